// daemon/frame_cache: read once, shared, bounded, failures forgotten; several workers.
#include <sched.h>

#include "base/err.h"
#include "film.h"
#include "frames/frame_cache.h"
#include "ground/worker.h"
#include "io/timer.h"
#include "sample.h"
#include "unit.h"

static uint8_t copy[1u << 20];

struct stage {
    struct worker worker;
    struct frame_cache *cache;
    struct kin_reel *reel;
    struct frame_reader reader;
    bool woken, have_worker;
    struct kin_timer *guard;
    const struct frame_want *want; // what is waited for
    struct frame *got;
    int err;
};

// Whoever is woken must come for his frame at once.
static void on_wake(void *ctx)
{
    struct stage *s = ctx;
    s->woken = true;
    s->err = frame_cache_get(&s->reader, s->want, &s->got);
}

static void on_guard(void *ctx, kin_us now)
{
    (void)now;
    ((struct stage *)ctx)->woken = true;
}

static int stage_open(struct stage *s, size_t cache_bytes, int odd)
{
    struct film *film = film_shot();
    *s = (struct stage){.woken = false};
    if (film == NULL)
        return KIN_ENOMEM;
    int err = film_reel(film, copy, odd, &s->reel);
    if (err == KIN_OK)
        err = frame_cache_new(&(struct frame_cache_params){.max_bytes = cache_bytes}, &s->cache);
    if (err == KIN_OK)
        err = worker_init(&s->worker, &(struct worker_params){.index = 0});
    s->have_worker = err == KIN_OK;
    if (err == KIN_OK)
        frame_reader_init(&s->reader, s->cache, &s->worker, 1, on_wake, s);
    if (err == KIN_OK)
        err = kin_timer_new(&s->worker.loop, on_guard, s, &s->guard);
    return err;
}

static int stage_close(struct stage *s)
{
    kin_timer_free(s->guard);
    frame_reader_withdraw(&s->reader);
    int err = s->have_worker ? worker_deinit(&s->worker) : 0;
    frame_cache_free(s->cache);
    kin_reel_unref(s->reel);
    return err;
}

static struct frame_want want(const struct stage *s, uint32_t i)
{
    return (struct frame_want){.reel = s->reel, .index = i, .packet_bytes = 1400};
}

// Gets a frame, waiting once if it has to be read.
static int get(struct stage *s, const struct frame_want *w, struct frame **ret)
{
    int err = frame_cache_get(&s->reader, w, ret);
    if (err != KIN_EAGAIN)
        return err;
    s->woken = false;
    s->want = w;
    s->err = KIN_EAGAIN;
    kin_timer_set(s->guard, kin_loop_now(&s->worker.loop) + 5 * KIN_US_PER_S);
    while (!s->woken)
        uv_run(&s->worker.loop.uv, UV_RUN_ONCE);
    kin_timer_set(s->guard, KIN_US_NEVER);
    if (s->err == KIN_OK)
        *ret = s->got;
    return s->err;
}

TEST(a_frame_is_read_once_and_shared)
{
    struct stage s;
    struct frame *a = NULL, *b = NULL;
    struct frame_cache_stats stats;
    CHECK_INT(stage_open(&s, 1u << 20, -1), KIN_OK);
    struct frame_want w = want(&s, 3);
    CHECK_INT(get(&s, &w, &a), KIN_OK);
    CHECK_INT(get(&s, &w, &b), KIN_OK);
    CHECK(a == b && a->plan != NULL && a->error == KIN_OK);
    struct kin_span bytes = kin_buf_span(kin_rtp_plan_jpeg_buf(a->plan));
    CHECK(kin_span_eq(bytes, film_frame(film_shot(), 3)));
    frame_cache_stats(s.cache, &stats);
    CHECK_INT(stats.reads, 1);
    CHECK_INT(stats.frames, 1);
    CHECK(stats.bytes >= bytes.n);
out:
    frame_unref(a);
    frame_unref(b);
    int left = stage_close(&s);
    if (left != 0)
        unit_fail(__FILE__, __LINE__, "the loop did not end clean");
}

// Frame 0 claims to be progressive, which it is not: no repair helps.
TEST(the_lab_gets_the_file_and_others_packets)
{
    struct stage s;
    struct frame *a = NULL, *b = NULL;
    CHECK_INT(stage_open(&s, 1u << 20, 0), KIN_OK);
    struct frame_want w = want(&s, 0);
    CHECK_INT(get(&s, &w, &a), KIN_OK);
    CHECK_INT(a->error, KIN_EBAD);
    CHECK_INT(a->fit, KIN_JPEG_FIT_PROGRESSIVE);
    CHECK(a->plan == NULL && a->why != NULL);
    w.form = FRAME_LAB;
    w.packet_bytes = 20480;
    CHECK_INT(get(&s, &w, &b), KIN_OK);
    CHECK_INT(b->error, KIN_OK);
    CHECK_INT(kin_rtp_plan_count(b->plan), 1);
out:
    frame_unref(a);
    frame_unref(b);
    stage_close(&s);
}

// One frame in every form: what each needs, and that they do not meet in the cache.
TEST(every_form_has_an_entry_of_its_own)
{
    static const struct {
        enum frame_form form;
        int odd_error; // for a frame that claims to be progressive
        size_t extension;
    } table[] = {{FRAME_RFC2435, KIN_EBAD, 0},
                 {FRAME_SIZED, KIN_EBAD, 24},
                 {FRAME_ONVIF, KIN_EUNSUPPORTED, 600},
                 {FRAME_XQT, KIN_OK, 0},
                 {FRAME_HALF, KIN_OK, 0}};
    struct stage s;
    struct frame *f = NULL;
    struct frame_cache_stats stats;
    CHECK_INT(stage_open(&s, 1u << 20, 0), KIN_OK); // frame 0 says that it is progressive
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        for (uint32_t frame = 0; frame < 2; frame++) {
            struct frame_want w = want(&s, frame);
            w.form = table[i].form;
            CHECK_INT(get(&s, &w, &f), KIN_OK);
            bool damaged = frame == 0 && table[i].form == FRAME_HALF; // its scan is not what its header says
            CHECK(damaged || f->error == (frame == 0 ? table[i].odd_error : KIN_OK));
            CHECK((f->plan != NULL) == (f->error == KIN_OK));
            size_t extension = f->plan != NULL ? kin_rtp_plan_packet(f->plan, 0).extension : 0;
            CHECK(f->plan == NULL || (extension >= table[i].extension && (extension > 0) == (table[i].extension > 0)));
            frame_unref(f);
            f = NULL;
        }
    }
    frame_cache_stats(s.cache, &stats);
    CHECK_INT(stats.frames, 10);
out:
    frame_unref(f);
    stage_close(&s);
}

TEST(half_is_half)
{
    struct stage s;
    struct frame *f = NULL;
    struct kin_jpeg_info info;
    CHECK_INT(stage_open(&s, 1u << 20, -1), KIN_OK);
    struct frame_want w = want(&s, 1);
    w.form = FRAME_HALF;
    CHECK_INT(get(&s, &w, &f), KIN_OK);
    CHECK_INT(f->error, KIN_OK);
    CHECK_INT(kin_jpeg_walk(kin_buf_span(kin_rtp_plan_jpeg_buf(f->plan)), &info, NULL), KIN_OK);
    CHECK(info.width == FILM_WIDTH / 2 && info.height == FILM_HEIGHT / 2);
out:
    frame_unref(f);
    stage_close(&s);
}

// A reel of one picture that needs a repair.
static int open_sample(struct stage *s, const char *name, struct kin_buf **ret)
{
    struct kin_source *source = NULL;
    struct kin_buf *jpeg = sample_load(name);
    int err = jpeg != NULL ? stage_open(s, 1u << 20, -1) : KIN_ENOMEM;
    if (jpeg == NULL)
        *s = (struct stage){.err = err};
    kin_reel_unref(s->reel);
    s->reel = NULL;
    if (err == KIN_OK)
        err = kin_source_from_span(kin_buf_span(jpeg), &source);
    if (err == KIN_OK)
        err = kin_reel_open(source, NULL, &s->reel, NULL);
    kin_source_unref(source);
    *ret = jpeg;
    return err;
}

static struct kin_span sent_bytes(const struct frame *f)
{
    return kin_buf_span(kin_rtp_plan_jpeg_buf(f->plan));
}

TEST(a_frame_is_repaired_once_and_counted)
{
    struct stage s;
    struct frame *a = NULL, *b = NULL;
    struct frame_cache_stats stats;
    struct kin_jpeg_info info;
    struct kin_jpeg_rtp rtp;
    struct kin_buf *file = NULL;
    CHECK_INT(open_sample(&s, "progressive.jpg", &file), KIN_OK);
    struct frame_want w = want(&s, 0);
    CHECK_INT(get(&s, &w, &a), KIN_OK);
    CHECK_INT(get(&s, &w, &b), KIN_OK);
    CHECK(a == b);
    CHECK_INT(a->error, KIN_OK);
    CHECK_INT(a->fit, KIN_JPEG_FIT_PROGRESSIVE);
    struct kin_span sent = sent_bytes(a);
    CHECK_INT(kin_jpeg_walk(sent, &info, NULL), KIN_OK);
    CHECK_INT(kin_jpeg_fit(&info, &rtp), KIN_JPEG_FIT_OK);
    frame_cache_stats(s.cache, &stats);
    CHECK_INT(stats.reads, 1);
    CHECK(stats.bytes >= sent.n);
    frame_unref(b);
    b = NULL;
    w.form = FRAME_LAB;
    w.packet_bytes = 20480;
    CHECK_INT(get(&s, &w, &b), KIN_OK);
    CHECK_INT(b->error, KIN_OK);
    CHECK(kin_span_eq(kin_buf_span(kin_rtp_plan_jpeg_buf(b->plan)), kin_buf_span(file))); // as it is in the file
out:
    frame_unref(a);
    frame_unref(b);
    stage_close(&s);
    kin_buf_unref(file);
}

static struct frame *read_or_convert(const struct frame_want *w, const struct frame_tools *tools)
{
    struct frame *f = frame_read(w, tools);
    if (f == NULL || f->error != KIN_EAGAIN)
        return f;
    frame_unref(f);
    return frame_convert(w, tools);
}

// In every form that is rewritten; others are read from the file, and nothing of them is kept.
TEST(what_was_rewritten_is_kept_on_disk)
{
    static const struct {
        enum frame_form form;
        bool first_is_new, second_is_new;
    } cases[] = {{FRAME_RFC2435, true, false},
                 {FRAME_SIZED, false, false},
                 {FRAME_HALF, true, false},
                 {FRAME_XQT, false, false},
                 {FRAME_LAB, false, false}};
    struct stage s;
    struct frame *a = NULL, *b = NULL;
    struct kin_buf *file = NULL;
    struct repair_store *store = repair_store_open("/tmp", 64u << 20);
    struct frame_tools tools = {.store = store};
    CHECK_INT(open_sample(&s, "progressive.jpg", &file), KIN_OK);
    CHECK(store != NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct frame_want w = want(&s, 0);
        w.form = cases[i].form;
        w.packet_bytes = w.form == FRAME_LAB ? 20480 : 1400;
        a = read_or_convert(&w, &tools);
        CHECK(a != NULL && a->error == KIN_OK);
        CHECK_INT(a->is_new, cases[i].first_is_new);
        frame_keep(a, &w, store);
        b = read_or_convert(&w, &tools);
        CHECK(b != NULL && b->error == KIN_OK);
        CHECK_INT(b->is_new, cases[i].second_is_new);
        CHECK_INT(b->fit, a->fit);
        CHECK_INT(kin_rtp_plan_count(b->plan), kin_rtp_plan_count(a->plan));
        CHECK(kin_span_eq(sent_bytes(a), sent_bytes(b)));
        frame_unref(a);
        frame_unref(b);
        a = b = NULL;
    }
    frame_keep(NULL, NULL, store);
out:
    frame_unref(a);
    frame_unref(b);
    stage_close(&s);
    repair_store_close(store);
    kin_buf_unref(file);
}

TEST(the_cache_keeps_its_bound_and_what_is_in_use)
{
    struct stage s;
    struct frame *held = NULL, *f = NULL;
    struct frame_cache_stats stats;
    size_t one = film_shot() != NULL ? film_shot()->at[1] : 10000;
    CHECK_INT(stage_open(&s, 3 * one, -1), KIN_OK);
    struct frame_want w = want(&s, 0);
    CHECK_INT(get(&s, &w, &held), KIN_OK);
    for (uint32_t i = 1; i < FILM_FRAMES; i++) {
        w = want(&s, i);
        CHECK_INT(get(&s, &w, &f), KIN_OK);
        frame_unref(f);
        f = NULL;
        frame_cache_stats(s.cache, &stats);
        CHECK(stats.bytes <= 4 * one);
    }
    CHECK(stats.evictions >= FILM_FRAMES - 4);
    w = want(&s, 0);
    CHECK_INT(frame_cache_get(&s.reader, &w, &f), KIN_OK); // it was in use all the time
    CHECK(f == held);
out:
    frame_unref(f);
    frame_unref(held);
    stage_close(&s);
}

// Even a frame larger than the whole cache reaches the one who asked for it.
TEST(a_frame_above_the_bound_is_served)
{
    struct stage s;
    struct frame *f = NULL;
    CHECK_INT(stage_open(&s, 100, -1), KIN_OK);
    for (uint32_t i = 0; i < 3; i++) {
        struct frame_want w = want(&s, i);
        CHECK_INT(get(&s, &w, &f), KIN_OK);
        frame_unref(f);
        f = NULL;
        frame_cache_prefetch(&s.reader, &w); // no room: nothing happens
    }
out:
    frame_unref(f);
    stage_close(&s);
}

TEST(reading_ahead_makes_the_next_one_ready)
{
    struct stage s;
    struct frame *f = NULL;
    struct frame_cache_stats stats;
    CHECK_INT(stage_open(&s, 1u << 20, -1), KIN_OK);
    struct frame_want w = want(&s, 1), first = want(&s, 0);
    frame_cache_prefetch(&s.reader, &w);
    frame_cache_prefetch(&s.reader, &w);
    uv_run(&s.worker.loop.uv, UV_RUN_NOWAIT);
    CHECK_INT(get(&s, &first, &f), KIN_OK);
    frame_unref(f);
    f = NULL;
    CHECK_INT(get(&s, &w, &f), KIN_OK);
    frame_cache_stats(s.cache, &stats);
    CHECK_INT(stats.reads, 2);
out:
    frame_unref(f);
    stage_close(&s);
}

TEST(a_failed_read_is_told_once_and_tried_again)
{
    struct stage s;
    struct frame *f = NULL;
    struct frame_cache_stats stats;
    CHECK_INT(stage_open(&s, 1u << 20, -1), KIN_OK);
    s.reel->frames[2].offset += sizeof copy; // the file was cut under us
    struct frame_want w = want(&s, 2);
    CHECK_INT(get(&s, &w, &f), KIN_OK);
    CHECK_INT(f->error, KIN_ECHANGED);
    frame_unref(f);
    f = NULL;
    s.reel->frames[2].offset -= sizeof copy;
    CHECK_INT(get(&s, &w, &f), KIN_OK);
    CHECK_INT(f->error, KIN_OK);
    frame_cache_stats(s.cache, &stats);
    CHECK_INT(stats.failures, 1);
out:
    frame_unref(f);
    stage_close(&s);
}

TEST(a_still_that_changed_is_a_bad_frame_and_no_end)
{
    struct stage s;
    struct frame *f = NULL;
    CHECK_INT(stage_open(&s, 1u << 20, -1), KIN_OK);
    s.reel->apart = true;
    s.reel->frames[2].offset += sizeof copy;
    struct frame_want w = want(&s, 2);
    CHECK_INT(get(&s, &w, &f), KIN_OK);
    CHECK_INT(f->error, KIN_EBAD);
    CHECK_SPAN(kin_span_str(f->why), "its file has changed");
out:
    frame_unref(f);
    stage_close(&s);
}

// Regression: a frame that was no JPEG passed for a file that had changed, which ends the reel.
TEST(bytes_that_are_no_jpeg_are_a_bad_frame)
{
    struct stage s;
    struct frame *f = NULL;
    CHECK_INT(stage_open(&s, 1u << 20, -1), KIN_OK);
    memset(copy + s.reel->frames[2].offset, 0, 600);
    struct frame_want w = want(&s, 2);
    CHECK_INT(get(&s, &w, &f), KIN_OK);
    CHECK_INT(f->error, KIN_EBAD);
    CHECK_SPAN(kin_span_str(f->why), "its bytes are no JPEG");
out:
    frame_unref(f);
    stage_close(&s);
}

TEST(a_reel_can_be_forgotten_while_its_frames_are_in_use)
{
    struct stage s;
    struct frame *f = NULL;
    struct frame_cache_stats stats;
    CHECK_INT(stage_open(&s, 1u << 20, -1), KIN_OK);
    struct frame_want w = want(&s, 0);
    CHECK_INT(get(&s, &w, &f), KIN_OK);
    frame_cache_forget(s.cache, s.reel->id);
    frame_cache_stats(s.cache, &stats);
    CHECK_INT(stats.frames, 0);
    CHECK_INT(stats.bytes, 0);
    CHECK_INT(f->error, KIN_OK); // still ours
    CHECK(frame_cache_complain(s.cache, s.reel));
    CHECK(!frame_cache_complain(s.cache, s.reel));
out:
    frame_unref(f);
    stage_close(&s);
}

// --- readers that lose interest

// The film behind a gate: while it is shut, reads of frames do not come back.
static struct gate {
    atomic_bool shut;
    struct kin_span film;
} gate;

static ptrdiff_t read_through_gate(void *ctx, uint64_t offset, void *dst, size_t n)
{
    (void)ctx;
    while (atomic_load(&gate.shut))
        sched_yield();
    size_t left = offset < gate.film.n ? gate.film.n - (size_t)offset : 0;
    n = n < left ? n : left;
    memcpy(dst, gate.film.p + offset, n);
    return (ptrdiff_t)n;
}

static void free_nothing(void *ctx)
{
    (void)ctx;
}

static int open_gated(struct stage *s)
{
    struct kin_source_reader reader = {.read = read_through_gate, .free = free_nothing};
    struct kin_source *source = NULL;
    int err = stage_open(s, 1u << 20, -1);
    if (err != KIN_OK)
        return err;
    atomic_store(&gate.shut, false);
    gate.film = kin_span_make(film_shot()->bytes, film_shot()->n);
    kin_reel_unref(s->reel);
    s->reel = NULL;
    err = kin_source_from_reader(&reader, gate.film.n, &source);
    if (err == KIN_OK)
        err = kin_reel_open(source, NULL, &s->reel, NULL);
    kin_source_unref(source);
    atomic_store(&gate.shut, true);
    return err;
}

static int close_gated(struct stage *s)
{
    atomic_store(&gate.shut, false);
    return stage_close(s);
}

// A jump left what was read ahead before it in the queue, in front of what is wanted now.
TEST(a_reader_that_withdraws_leaves_nothing_in_the_queue)
{
    struct stage s;
    struct frame *f = NULL;
    struct frame_cache_stats stats;
    CHECK_INT(open_gated(&s), KIN_OK);
    for (uint32_t i = 0; i < 8; i++) {
        struct frame_want w = want(&s, i);
        frame_cache_prefetch(&s.reader, &w);
    }
    frame_cache_stats(s.cache, &stats);
    CHECK_INT(stats.frames, 8);
    frame_reader_withdraw(&s.reader);
    frame_cache_stats(s.cache, &stats);
    CHECK_INT(stats.frames, 0);
    CHECK_INT(stats.bytes, 0);
    CHECK_INT(stats.withdrawn, 8);
    atomic_store(&gate.shut, false);
    struct frame_want w = want(&s, 2); // what was withdrawn can be had again
    CHECK_INT(get(&s, &w, &f), KIN_OK);
    CHECK_INT(f->error, KIN_OK);
    frame_cache_stats(s.cache, &stats);
    CHECK_INT(stats.frames, 1);
out:
    frame_unref(f);
    close_gated(&s);
}

TEST(a_frame_that_two_want_stays_when_one_leaves)
{
    struct stage s;
    struct frame_reader other;
    struct frame *f = NULL;
    struct frame_cache_stats stats;
    CHECK_INT(open_gated(&s), KIN_OK);
    frame_reader_init(&other, s.cache, &s.worker, 1, on_wake, &s);
    struct frame_want w = want(&s, 1);
    CHECK_INT(frame_cache_get(&s.reader, &w, &f), KIN_EAGAIN);
    frame_cache_prefetch(&other, &w);
    frame_reader_withdraw(&other);
    frame_cache_stats(s.cache, &stats);
    CHECK_INT(stats.withdrawn, 0);
    atomic_store(&gate.shut, false);
    CHECK_INT(get(&s, &w, &f), KIN_OK);
    frame_cache_stats(s.cache, &stats);
    CHECK_INT(stats.reads, 1);
out:
    frame_unref(f);
    close_gated(&s);
}

// Was asked whether a reel is used by dropping its frames: the answer must not depend on what is cached.
TEST(cached_frames_do_not_hold_their_reel)
{
    struct stage s;
    struct frame *f = NULL;
    CHECK_INT(stage_open(&s, 1u << 20, -1), KIN_OK);
    struct frame_want w = want(&s, 0);
    CHECK_INT(get(&s, &w, &f), KIN_OK);
    frame_cache_stop(s.cache);
    while (kin_ref_is_shared(&s.reel->refs)) // the task that has read it ends
        sched_yield();
out:
    frame_unref(f);
    stage_close(&s);
}

TEST(a_stopped_cache_reads_nothing)
{
    struct stage s;
    struct frame *f = NULL;
    struct frame_cache_stats stats;
    CHECK_INT(open_gated(&s), KIN_OK);
    struct frame_want w = want(&s, 0), next = want(&s, 1);
    CHECK_INT(frame_cache_get(&s.reader, &w, &f), KIN_EAGAIN);
    frame_cache_stop(s.cache);
    CHECK_INT(frame_cache_get(&s.reader, &next, &f), KIN_ENOMEM);
    atomic_store(&gate.shut, false);
    do {
        frame_cache_stats(s.cache, &stats);
    } while (stats.frames > 0);
out:
    close_gated(&s);
}

// --- two workers want the same frame

struct other {
    struct worker worker;
    struct worker_job ask;
    struct frame_reader reader;
    struct frame_want want;
    struct frame *got;
};

static void other_try(void *ctx)
{
    struct other *o = ctx;
    if (frame_cache_get(&o->reader, &o->want, &o->got) != KIN_EAGAIN)
        worker_stop(&o->worker);
}

static void on_ask(struct worker_job *job)
{
    other_try(KIN_CONTAINER(job, struct other, ask));
}

TEST(workers_share_frames)
{
    struct stage s;
    struct other o = {.ask = {.run = on_ask}};
    struct frame *f = NULL;
    int left = 0;
    CHECK_INT(stage_open(&s, 1u << 20, -1), KIN_OK);
    o.want = want(&s, 5);
    kin_list_init(&o.ask.node);
    struct worker_params p = {.index = 1};
    CHECK_INT(worker_init(&o.worker, &p), KIN_OK);
    frame_reader_init(&o.reader, s.cache, &o.worker, 2, other_try, &o);
    int started = worker_start(&o.worker);
    bool posted = started == KIN_OK && worker_post(&o.worker, &o.ask);
    int err = get(&s, &o.want, &f);
    if (!posted)
        worker_stop(&o.worker);
    worker_join(&o.worker);
    frame_reader_withdraw(&o.reader);
    left = worker_deinit(&o.worker);
    CHECK_INT(started, KIN_OK);
    CHECK(posted);
    CHECK_INT(err, KIN_OK);
    CHECK(f == o.got);
    CHECK_INT(left, 0);
out:
    frame_unref(f);
    frame_unref(o.got);
    stage_close(&s);
}
