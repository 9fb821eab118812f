// daemon/frame_cache: read once, shared, bounded, failures forgotten; several workers.
#include <sched.h>
#include <unistd.h>

#include "base/err.h"
#include "film.h"
#include "frames/frame_cache.h"
#include "ground/worker.h"
#include "io/timer.h"
#include "sample.h"
#include "unit.h"

static uint8_t copy[1u << 20];
static size_t kept_bytes; // 0: all

struct fixture {
    struct worker worker;
    struct frame_cache *cache;
    struct kin_reel *reel;
    struct frame_reader reader;
    bool woken, have_worker;
    struct kin_timer *guard;
    const struct frame_want *want; // what is waited for
    const struct frame_plan *got;
    int err;
};

// Whoever is woken must come for his frame at once.
static void on_wake(void *ctx)
{
    struct fixture *s = ctx;
    s->woken = true;
    s->err = frame_cache_get(&s->reader, s->want, &s->got);
}

static void on_guard(void *ctx, kin_us now)
{
    (void)now;
    ((struct fixture *)ctx)->woken = true;
}

static int fixture_open(struct fixture *s, size_t cache_bytes, int odd)
{
    struct film *film = film_shot();
    *s = (struct fixture){.woken = false};
    if (film == NULL)
        return KIN_ENOMEM;
    int err = film_reel(film, copy, odd, &s->reel);
    if (err == KIN_OK)
        err = frame_cache_new(&(struct frame_cache_params){.max_bytes = cache_bytes, .kept_bytes = kept_bytes},
                              &s->cache);
    if (err == KIN_OK)
        err = worker_init(&s->worker, &(struct worker_params){.index = 0});
    s->have_worker = err == KIN_OK;
    if (err == KIN_OK)
        frame_reader_init(&s->reader, s->cache, &s->worker, 1, on_wake, s);
    if (err == KIN_OK)
        err = kin_timer_new(&s->worker.loop, on_guard, s, &s->guard);
    return err;
}

static int fixture_close(struct fixture *s)
{
    kin_timer_free(s->guard);
    frame_reader_withdraw(&s->reader);
    int err = s->have_worker ? worker_deinit(&s->worker) : 0;
    frame_cache_free(s->cache);
    kin_reel_unref(s->reel);
    return err;
}

static struct frame_want want(const struct fixture *s, uint32_t i)
{
    return (struct frame_want){
        .reel = s->reel, .index = i, .content = FRAME_COMPATIBLE, .format = KIN_PAYLOAD_JPEG, .packet_bytes = 1400};
}

static void put(const struct frame_plan *p)
{
    if (p != NULL)
        frame_unref(p->frame);
}

// Gets a frame, waiting once if it has to be read.
static int get(struct fixture *s, const struct frame_want *w, const struct frame_plan **ret)
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
    struct fixture s;
    const struct frame_plan *a = NULL, *b = NULL;
    struct frame_cache_stats stats;
    CHECK_INT(fixture_open(&s, 1u << 20, -1), KIN_OK);
    struct frame_want w = want(&s, 3);
    CHECK_INT(get(&s, &w, &a), KIN_OK);
    CHECK_INT(get(&s, &w, &b), KIN_OK);
    CHECK(a == b && a->packets != NULL && a->error == KIN_OK);
    struct kin_span bytes = kin_buf_span(a->frame->jpeg);
    CHECK(kin_span_eq(bytes, film_frame(film_shot(), 3)));
    frame_cache_stats(s.cache, &stats);
    CHECK_INT(stats.reads, 1);
    CHECK_INT(stats.frames, 1);
    CHECK(stats.bytes >= bytes.n);
out:
    put(a);
    put(b);
    int left = fixture_close(&s);
    if (left != 0)
        unit_fail(__FILE__, __LINE__, "the loop did not end clean");
}

// Frame 0 claims to be progressive, which it is not: no repair helps.
TEST(the_lab_gets_the_file_and_others_packets)
{
    struct fixture s;
    const struct frame_plan *a = NULL, *b = NULL;
    CHECK_INT(fixture_open(&s, 1u << 20, 0), KIN_OK);
    struct frame_want w = want(&s, 0);
    CHECK_INT(get(&s, &w, &a), KIN_OK);
    CHECK_INT(a->error, KIN_EBAD);
    CHECK_INT(a->frame->compat, KIN_JPEG_COMPAT_PROGRESSIVE);
    CHECK(a->packets == NULL && a->why != NULL);
    w.content = FRAME_ORIGINAL;
    w.format = KIN_PAYLOAD_WHOLE_FILE;
    w.packet_bytes = 20480;
    CHECK_INT(get(&s, &w, &b), KIN_OK);
    CHECK_INT(b->error, KIN_OK);
    CHECK_INT(kin_rtp_plan_count(b->packets), 1);
out:
    put(a);
    put(b);
    fixture_close(&s);
}

// One frame in every format: what each needs. The bytes are there once, and once more where they were converted.
TEST(formats_share_the_bytes_of_a_frame)
{
    static const struct {
        enum frame_content content;
        enum kin_payload_format format;
        int odd_error; // for a frame that claims to be progressive
        size_t extension;
    } table[] = {{FRAME_COMPATIBLE, KIN_PAYLOAD_JPEG, KIN_EBAD, 0},
                 {FRAME_COMPATIBLE, KIN_PAYLOAD_JPEG_SIZED, KIN_EBAD, 24},
                 {FRAME_ORIGINAL, KIN_PAYLOAD_JPEG_ONVIF, KIN_EUNSUPPORTED, 600},
                 {FRAME_ORIGINAL, KIN_PAYLOAD_XQT, KIN_OK, 0},
                 {FRAME_ORIGINAL, KIN_PAYLOAD_WHOLE_FILE, KIN_OK, 0},
                 {FRAME_REDUCED, KIN_PAYLOAD_JPEG, KIN_OK, 0}};
    struct fixture s;
    const struct frame_plan *f = NULL;
    struct frame_cache_stats stats;
    CHECK_INT(fixture_open(&s, 1u << 20, 0), KIN_OK); // frame 0 says that it is progressive
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        for (uint32_t frame = 0; frame < 2; frame++) {
            struct frame_want w = want(&s, frame);
            w.content = table[i].content;
            w.format = table[i].format;
            w.packet_bytes = w.format == KIN_PAYLOAD_WHOLE_FILE ? 20480 : 1400;
            CHECK_INT(get(&s, &w, &f), KIN_OK);
            bool damaged = frame == 0 && w.content == FRAME_REDUCED; // its scan is not what its header says
            CHECK(damaged || f->error == (frame == 0 ? table[i].odd_error : KIN_OK));
            CHECK((f->packets != NULL) == (f->error == KIN_OK));
            size_t extension = f->packets != NULL ? kin_rtp_plan_packet(f->packets, 0).extension : 0;
            CHECK(f->packets == NULL ||
                  (extension >= table[i].extension && (extension > 0) == (table[i].extension > 0)));
            put(f);
            f = NULL;
        }
    }
    frame_cache_stats(s.cache, &stats);
    CHECK_INT(stats.frames, 3 + 2); // original, compatible (it failed), reduced; original, reduced
    CHECK_INT(stats.reads, 2 + 1);  // what failed was read as well
out:
    put(f);
    fixture_close(&s);
}

// An ordinary reel with one odd frame: it is read as it is, and only then found to need a conversion.
TEST(a_frame_unlike_the_others_is_converted_from_what_was_read)
{
    struct fixture s;
    const struct frame_plan *f = NULL;
    struct frame_cache_stats stats;
    CHECK_INT(fixture_open(&s, 1u << 20, 3), KIN_OK);
    struct frame_want w = want(&s, 3), original = w;
    original.content = FRAME_ORIGINAL;
    original.format = KIN_PAYLOAD_XQT;
    CHECK_INT(get(&s, &w, &f), KIN_OK);
    CHECK_INT(f->error, KIN_EBAD); // no progressive JPEG, as it says
    put(f);
    f = NULL;
    CHECK_INT(get(&s, &original, &f), KIN_OK);
    CHECK_INT(f->error, KIN_OK);
    frame_cache_stats(s.cache, &stats);
    CHECK_INT(stats.reads, 1);
    CHECK_INT(stats.frames, 2);
out:
    put(f);
    fixture_close(&s);
}

// As ffmpeg, kinora and a lab client get it, side by side.
TEST(three_clients_of_a_reel_read_and_hold_each_frame_once)
{
    static const struct frame_want clients[] = {
        {.content = FRAME_COMPATIBLE, .format = KIN_PAYLOAD_JPEG, .packet_bytes = 1400},
        {.content = FRAME_ORIGINAL, .format = KIN_PAYLOAD_XQT, .packet_bytes = 1400},
        {.content = FRAME_ORIGINAL, .format = KIN_PAYLOAD_WHOLE_FILE, .packet_bytes = 20480}};
    enum { COUNT = sizeof clients / sizeof *clients };
    struct fixture s;
    const struct frame_plan *got[COUNT] = {NULL};
    struct frame_cache_stats stats;
    CHECK_INT(fixture_open(&s, sizeof copy * 2, -1), KIN_OK);
    for (uint32_t frame = 0; frame < FILM_FRAMES; frame++) {
        for (unsigned i = 0; i < COUNT; i++) {
            struct frame_want w = clients[i];
            w.reel = s.reel;
            w.index = frame;
            CHECK_INT(get(&s, &w, &got[i]), KIN_OK);
            CHECK_INT(got[i]->error, KIN_OK);
        }
        CHECK(got[0]->frame == got[1]->frame && got[1]->frame == got[2]->frame);
        CHECK(got[0]->packets != got[1]->packets && got[1]->packets != got[2]->packets);
        for (unsigned i = 0; i < COUNT; i++) {
            put(got[i]);
            got[i] = NULL;
        }
    }
    frame_cache_stats(s.cache, &stats);
    printf("%u frames to %u clients: %llu read, %zu held, %zu bytes of %zu in the file\n", FILM_FRAMES, COUNT,
           (unsigned long long)stats.reads, stats.frames, stats.bytes, film_shot()->n);
    CHECK_INT(stats.reads, FILM_FRAMES);
    CHECK_INT(stats.frames, FILM_FRAMES);
    CHECK(stats.bytes < film_shot()->n + film_shot()->n / 4);
out:
    for (unsigned i = 0; i < COUNT; i++)
        put(got[i]);
    fixture_close(&s);
}

// What is read ahead is converted ahead, too.
TEST(reading_ahead_converts_as_well)
{
    struct fixture s;
    struct kin_source *source = NULL;
    struct frame_cache_stats stats;
    struct kin_buf *odd = sample_load("progressive.jpg");
    struct film *film = film_shot();
    CHECK_INT(fixture_open(&s, 1u << 20, -1), KIN_OK);
    CHECK(odd != NULL && film->at[1] + odd->len <= sizeof copy);
    memcpy(copy + film->at[1], odd->data, odd->len); // a film of two frames
    kin_reel_unref(s.reel);
    s.reel = NULL;
    CHECK_INT(kin_source_from_span(kin_span_make(copy, film->at[1] + odd->len), &source), KIN_OK);
    CHECK_INT(kin_reel_open(source, NULL, &s.reel, NULL), KIN_OK);
    CHECK_INT(s.reel->frame_count, 2);
    CHECK_INT(s.reel->compat, KIN_JPEG_COMPAT_OK);
    struct frame_want w = want(&s, 1);
    frame_cache_prefetch(&s.reader, &w);
    do {
        sched_yield();
        frame_cache_stats(s.cache, &stats);
    } while (stats.conversions == 0 && !unit_starved()); // without memory it may come to nothing
    CHECK_INT(stats.reads, 1);
out:
    kin_source_unref(source);
    kin_buf_unref(odd);
    fixture_close(&s);
}

// Each reload may change the length of packets, and a frame may stay in memory for all of them.
TEST(a_frame_has_only_so_many_plans)
{
    struct fixture s;
    const struct frame_plan *f = NULL;
    struct frame_cache_stats stats;
    CHECK_INT(fixture_open(&s, 1u << 20, -1), KIN_OK);
    for (unsigned i = 0; i < 4 * FRAME_PLANS_MAX; i++) {
        struct frame_want w = want(&s, 0);
        w.packet_bytes += i;
        int err = get(&s, &w, &f);
        err = err == KIN_ENOMEM ? get(&s, &w, &f) : err; // a viewer tries again, too
        CHECK_INT(err, KIN_OK);
        CHECK_INT(f->error, KIN_OK);
        CHECK_INT(f->packet_bytes, w.packet_bytes);
        put(f);
        f = NULL;
    }
    frame_cache_stats(s.cache, &stats);
    CHECK_INT(stats.frames, 1);
out:
    put(f);
    fixture_close(&s);
}

TEST(half_is_half)
{
    struct fixture s;
    const struct frame_plan *f = NULL;
    struct kin_jpeg_info info;
    CHECK_INT(fixture_open(&s, 1u << 20, -1), KIN_OK);
    struct frame_want w = want(&s, 1);
    w.content = FRAME_REDUCED;
    CHECK_INT(get(&s, &w, &f), KIN_OK);
    CHECK_INT(f->error, KIN_OK);
    CHECK_INT(kin_jpeg_walk(kin_buf_span(f->frame->jpeg), &info, NULL), KIN_OK);
    CHECK(info.width == FILM_WIDTH / 2 && info.height == FILM_HEIGHT / 2);
out:
    put(f);
    fixture_close(&s);
}

// A variant is made once for all that want it, in whatever format, and beside the frame as it is.
TEST(a_variant_is_made_once_and_shared)
{
    struct fixture s;
    const struct frame_plan *plans[5] = {NULL};
    struct frame_cache_stats stats;
    CHECK_INT(fixture_open(&s, 1u << 20, -1), KIN_OK);
    struct frame_want w = want(&s, 3);
    CHECK_INT(get(&s, &w, &plans[0]), KIN_OK);
    w.variant = (struct kin_jpeg_variant){.bands = true, .quality = 2};
    CHECK_INT(get(&s, &w, &plans[1]), KIN_OK);
    CHECK_INT(get(&s, &w, &plans[2]), KIN_OK);
    w.content = FRAME_ORIGINAL;
    w.format = KIN_PAYLOAD_XQT;
    CHECK_INT(get(&s, &w, &plans[3]), KIN_OK);
    w.variant.quality = 1;
    CHECK_INT(get(&s, &w, &plans[4]), KIN_OK);
    CHECK(plans[0]->error == KIN_OK && plans[1]->error == KIN_OK && plans[4]->error == KIN_OK);
    CHECK(plans[1] == plans[2] && plans[1]->frame == plans[3]->frame && plans[1]->frame != plans[0]->frame);
    CHECK(plans[1]->frame->info.restart_interval > 0);
    CHECK_INT(kin_jpeg_quality_of(kin_buf_span(plans[1]->frame->jpeg)), 2);
    CHECK_INT(kin_jpeg_quality_of(kin_buf_span(plans[4]->frame->jpeg)), 1);
    CHECK(plans[1]->frame->jpeg->len < plans[0]->frame->jpeg->len);
    frame_cache_stats(s.cache, &stats);
    CHECK_INT(stats.reads, 1); // of the file: variants are made of what is in memory
    CHECK_INT(stats.conversions, 2);
    CHECK_INT(stats.frames, 3);
out:
    for (size_t i = 0; i < 5; i++)
        put(plans[i]);
    fixture_close(&s);
}

// Without the frame in memory it is read. Restart markers that are there need no work, and frame 0 cannot be varied.
TEST(what_cannot_be_varied_says_so)
{
    struct fixture s;
    const struct frame_plan *a = NULL;
    struct frame_cache_stats stats;
    CHECK_INT(fixture_open(&s, 1u << 20, 0), KIN_OK);
    struct frame_want w = want(&s, 0);
    w.content = FRAME_ORIGINAL;
    w.format = KIN_PAYLOAD_XQT;
    w.variant.quality = 1;
    CHECK_INT(get(&s, &w, &a), KIN_OK);
    CHECK(a->error == KIN_EBAD || a->error == KIN_EUNSUPPORTED);
    frame_cache_stats(s.cache, &stats);
    CHECK_INT(stats.reads, 1);
    CHECK_INT(stats.conversions, 0);
out:
    put(a);
    fixture_close(&s);
}

// A reel of one picture that needs a repair.
static int open_sample(struct fixture *s, const char *name, struct kin_buf **ret)
{
    struct kin_source *source = NULL;
    struct kin_buf *jpeg = sample_load(name);
    int err = jpeg != NULL ? fixture_open(s, 1u << 20, -1) : KIN_ENOMEM;
    if (jpeg == NULL)
        *s = (struct fixture){.err = err};
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

static struct kin_span sent_bytes(const struct frame_plan *f)
{
    return kin_buf_span(f->frame->jpeg);
}

TEST(a_frame_is_repaired_once_and_counted)
{
    struct fixture s;
    const struct frame_plan *a = NULL, *b = NULL;
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
    CHECK_INT(a->frame->compat, KIN_JPEG_COMPAT_PROGRESSIVE);
    struct kin_span sent = sent_bytes(a);
    CHECK_INT(kin_jpeg_walk(sent, &info, NULL), KIN_OK);
    CHECK_INT(kin_jpeg_compat(&info, &rtp), KIN_JPEG_COMPAT_OK);
    frame_cache_stats(s.cache, &stats);
    CHECK_INT(stats.reads, 1);
    CHECK(stats.bytes >= sent.n);
    put(b);
    b = NULL;
    w.content = FRAME_ORIGINAL;
    w.format = KIN_PAYLOAD_WHOLE_FILE;
    w.packet_bytes = 20480;
    CHECK_INT(get(&s, &w, &b), KIN_OK);
    CHECK_INT(b->error, KIN_OK);
    CHECK(kin_span_eq(kin_buf_span(b->frame->jpeg), kin_buf_span(file))); // as it is in the file
out:
    put(a);
    put(b);
    fixture_close(&s);
    kin_buf_unref(file);
}

// Of a frame that has to be converted, the variant is one of what it is converted to.
TEST(a_variant_of_a_repaired_frame)
{
    struct fixture s;
    const struct frame_plan *a = NULL, *b = NULL;
    struct kin_jpeg_rtp rtp;
    struct kin_buf *file = NULL;
    CHECK_INT(open_sample(&s, "progressive.jpg", &file), KIN_OK);
    struct frame_want w = want(&s, 0);
    w.variant.bands = true;
    CHECK_INT(get(&s, &w, &a), KIN_OK);
    CHECK_INT(a->error, KIN_OK);
    CHECK_INT(kin_jpeg_compat(&a->frame->info, &rtp), KIN_JPEG_COMPAT_OK);
    CHECK(rtp.restart_interval > 0);
    w.content = FRAME_REDUCED;
    CHECK_INT(get(&s, &w, &b), KIN_OK);
    CHECK_INT(b->error, KIN_OK);
    CHECK(b->frame->info.restart_interval > 0 && b->frame->info.width < a->frame->info.width);
out:
    put(a);
    put(b);
    fixture_close(&s);
    kin_buf_unref(file);
}

// It is not coded anew for them, and leaves the cache like any other frame.
TEST(restart_markers_that_are_there_are_taken)
{
    struct fixture s;
    const struct frame_plan *a = NULL, *b = NULL;
    struct frame_cache_stats stats;
    struct kin_buf *file = NULL;
    CHECK_INT(open_sample(&s, "dri.jpg", &file), KIN_OK);
    struct frame_want w = want(&s, 0);
    CHECK_INT(get(&s, &w, &a), KIN_OK);
    w.variant.bands = true;
    CHECK_INT(get(&s, &w, &b), KIN_OK);
    CHECK(a->error == KIN_OK && b->error == KIN_OK);
    CHECK(a->frame != b->frame && a->frame->jpeg == b->frame->jpeg);
    put(a);
    put(b);
    a = b = NULL;
    frame_cache_forget(s.cache, s.reel->id);
    frame_cache_stats(s.cache, &stats);
    CHECK_INT(stats.frames, 0);
    CHECK_INT(stats.conversions, 0);
out:
    put(a);
    put(b);
    fixture_close(&s);
    kin_buf_unref(file);
}

static struct frame *read_or_convert(const struct frame_want *w, const struct frame_tools *tools)
{
    struct frame *f = frame_read(w, tools);
    if (f == NULL || f->error != KIN_EAGAIN)
        return f;
    frame_unref(f);
    return frame_convert(w, tools, NULL);
}

// In every content that is converted; originals are read from the file, and nothing of them is kept.
TEST(what_was_converted_is_kept_on_disk)
{
    static const bool converted[FRAME_CONTENT_COUNT] = {[FRAME_COMPATIBLE] = true, [FRAME_REDUCED] = true};
    struct fixture s;
    struct frame *a = NULL, *b = NULL;
    struct kin_buf *file = NULL;
    struct converted_store *store = converted_store_open("/tmp", 64u << 20);
    struct frame_tools tools = {.store = store};
    CHECK_INT(open_sample(&s, "progressive.jpg", &file), KIN_OK);
    CHECK(store != NULL);
    for (unsigned i = 0; i < FRAME_CONTENT_COUNT; i++) {
        struct frame_want w = want(&s, 0);
        w.content = (enum frame_content)i;
        a = read_or_convert(&w, &tools);
        CHECK(a != NULL && a->error == KIN_OK);
        CHECK_INT(a->was_converted, converted[i]);
        CHECK(a->was_read);
        frame_keep(a, &w, store);
        b = read_or_convert(&w, &tools);
        CHECK(b != NULL && b->error == KIN_OK);
        CHECK(!b->was_converted);
        CHECK_INT(b->was_read, !converted[i]);
        CHECK_INT(b->compat, a->compat);
        CHECK(kin_span_eq(kin_buf_span(a->jpeg), kin_buf_span(b->jpeg)));
        frame_unref(a);
        frame_unref(b);
        a = b = NULL;
    }
    frame_keep(NULL, NULL, store);
out:
    frame_unref(a);
    frame_unref(b);
    fixture_close(&s);
    converted_store_close(store);
    kin_buf_unref(file);
}

TEST(the_cache_keeps_its_bound_and_what_is_in_use)
{
    struct fixture s;
    const struct frame_plan *held = NULL, *f = NULL;
    struct frame_cache_stats stats;
    size_t one = film_shot() != NULL ? film_shot()->at[1] : 10000;
    CHECK_INT(fixture_open(&s, 3 * one, -1), KIN_OK);
    struct frame_want w = want(&s, 0);
    CHECK_INT(get(&s, &w, &held), KIN_OK);
    for (uint32_t i = 1; i < FILM_FRAMES; i++) {
        w = want(&s, i);
        CHECK_INT(get(&s, &w, &f), KIN_OK);
        put(f);
        f = NULL;
        frame_cache_stats(s.cache, &stats);
        CHECK(stats.bytes <= 4 * one);
    }
    CHECK(stats.evictions >= FILM_FRAMES - 4);
    w = want(&s, 0);
    CHECK_INT(frame_cache_get(&s.reader, &w, &f), KIN_OK); // it was in use all the time
    CHECK(f == held);
out:
    put(f);
    put(held);
    fixture_close(&s);
}

TEST(a_frame_that_nobody_uses_is_not_kept_though_there_is_room)
{
    struct fixture s;
    const struct frame_plan *held = NULL, *f = NULL;
    struct frame_cache_stats stats;
    kept_bytes = 1;
    CHECK_INT(fixture_open(&s, 16u << 20, -1), KIN_OK);
    for (uint32_t i = 0; i < 3; i++) {
        struct frame_want w = want(&s, i);
        CHECK_INT(get(&s, &w, i == 0 ? &held : &f), KIN_OK);
        put(f);
        f = NULL;
        if (i == 1 && unit_plain())
            usleep(FRAME_KEPT_US + FRAME_KEPT_US / 8);
    }
    frame_cache_stats(s.cache, &stats);
    if (unit_plain())
        CHECK(stats.evictions >= 1 && stats.frames <= 2);
    struct frame_want w = want(&s, 0);
    CHECK_INT(frame_cache_get(&s.reader, &w, &f), KIN_OK); // it was in use all the time
    CHECK(f == held);
out:
    kept_bytes = 0;
    put(f);
    put(held);
    fixture_close(&s);
}

// Even a frame larger than the whole cache reaches the one who asked for it.
TEST(a_frame_above_the_bound_is_served)
{
    struct fixture s;
    const struct frame_plan *f = NULL;
    CHECK_INT(fixture_open(&s, 100, -1), KIN_OK);
    for (uint32_t i = 0; i < 3; i++) {
        struct frame_want w = want(&s, i);
        CHECK_INT(get(&s, &w, &f), KIN_OK);
        put(f);
        f = NULL;
        frame_cache_prefetch(&s.reader, &w); // no room: nothing happens
    }
out:
    put(f);
    fixture_close(&s);
}

TEST(reading_ahead_makes_the_next_one_ready)
{
    struct fixture s;
    const struct frame_plan *f = NULL;
    struct frame_cache_stats stats;
    CHECK_INT(fixture_open(&s, 1u << 20, -1), KIN_OK);
    struct frame_want w = want(&s, 1), first = want(&s, 0);
    frame_cache_prefetch(&s.reader, &w);
    frame_cache_prefetch(&s.reader, &w);
    uv_run(&s.worker.loop.uv, UV_RUN_NOWAIT);
    CHECK_INT(get(&s, &first, &f), KIN_OK);
    put(f);
    f = NULL;
    CHECK_INT(get(&s, &w, &f), KIN_OK);
    frame_cache_stats(s.cache, &stats);
    CHECK_INT(stats.reads, 2);
out:
    put(f);
    fixture_close(&s);
}

TEST(a_failed_read_is_told_once_and_tried_again)
{
    struct fixture s;
    const struct frame_plan *f = NULL;
    struct frame_cache_stats stats;
    CHECK_INT(fixture_open(&s, 1u << 20, -1), KIN_OK);
    s.reel->frames[2].offset += sizeof copy; // the file was cut under us
    struct frame_want w = want(&s, 2);
    CHECK_INT(get(&s, &w, &f), KIN_OK);
    CHECK_INT(f->error, KIN_ECHANGED);
    put(f);
    f = NULL;
    s.reel->frames[2].offset -= sizeof copy;
    CHECK_INT(get(&s, &w, &f), KIN_OK);
    CHECK_INT(f->error, KIN_OK);
    frame_cache_stats(s.cache, &stats);
    CHECK_INT(stats.failures, 1);
out:
    put(f);
    fixture_close(&s);
}

TEST(a_still_that_changed_is_a_bad_frame_and_no_end)
{
    struct fixture s;
    const struct frame_plan *f = NULL;
    CHECK_INT(fixture_open(&s, 1u << 20, -1), KIN_OK);
    s.reel->separate_files = true;
    s.reel->frames[2].offset += sizeof copy;
    struct frame_want w = want(&s, 2);
    CHECK_INT(get(&s, &w, &f), KIN_OK);
    CHECK_INT(f->error, KIN_EBAD);
    CHECK_SPAN(kin_span_str(f->why), "its file has changed");
out:
    put(f);
    fixture_close(&s);
}

// Regression: a frame that was no JPEG passed for a file that had changed, which ends the reel.
TEST(bytes_that_are_no_jpeg_are_a_bad_frame)
{
    struct fixture s;
    const struct frame_plan *f = NULL;
    CHECK_INT(fixture_open(&s, 1u << 20, -1), KIN_OK);
    memset(copy + s.reel->frames[2].offset, 0, 600);
    struct frame_want w = want(&s, 2);
    CHECK_INT(get(&s, &w, &f), KIN_OK);
    CHECK_INT(f->error, KIN_EBAD);
    CHECK_SPAN(kin_span_str(f->why), "its bytes are not a JPEG");
out:
    put(f);
    fixture_close(&s);
}

TEST(a_reel_can_be_forgotten_while_its_frames_are_in_use)
{
    struct fixture s;
    const struct frame_plan *f = NULL;
    struct frame_cache_stats stats;
    CHECK_INT(fixture_open(&s, 1u << 20, -1), KIN_OK);
    struct frame_want w = want(&s, 0);
    CHECK_INT(get(&s, &w, &f), KIN_OK);
    frame_cache_forget(s.cache, s.reel->id);
    frame_cache_stats(s.cache, &stats);
    CHECK_INT(stats.frames, 0);
    CHECK_INT(stats.bytes, 0);
    CHECK_INT(f->error, KIN_OK); // still ours
    CHECK(frame_cache_should_log(s.cache, s.reel));
    CHECK(!frame_cache_should_log(s.cache, s.reel));
out:
    put(f);
    fixture_close(&s);
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

static int open_gated(struct fixture *s)
{
    struct kin_source_reader reader = {.read = read_through_gate, .free = free_nothing};
    struct kin_source *source = NULL;
    int err = fixture_open(s, 1u << 20, -1);
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

static int close_gated(struct fixture *s)
{
    atomic_store(&gate.shut, false);
    return fixture_close(s);
}

// A jump left what was read ahead before it in the queue, in front of what is wanted now.
TEST(a_reader_that_withdraws_leaves_nothing_in_the_queue)
{
    struct fixture s;
    const struct frame_plan *f = NULL;
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
    put(f);
    close_gated(&s);
}

TEST(a_frame_that_two_want_stays_when_one_leaves)
{
    struct fixture s;
    struct frame_reader other;
    const struct frame_plan *f = NULL;
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
    put(f);
    close_gated(&s);
}

// Was asked whether a reel is used by dropping its frames: the answer must not depend on what is cached.
TEST(cached_frames_do_not_hold_their_reel)
{
    struct fixture s;
    const struct frame_plan *f = NULL;
    CHECK_INT(fixture_open(&s, 1u << 20, -1), KIN_OK);
    struct frame_want w = want(&s, 0);
    CHECK_INT(get(&s, &w, &f), KIN_OK);
    frame_cache_stop(s.cache);
    while (kin_ref_is_shared(&s.reel->refs)) // the task that has read it ends
        sched_yield();
out:
    put(f);
    fixture_close(&s);
}

TEST(a_stopped_cache_reads_nothing)
{
    struct fixture s;
    const struct frame_plan *f = NULL;
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
    const struct frame_plan *got;
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
    struct fixture s;
    struct other o = {.ask = {.run = on_ask}};
    const struct frame_plan *f = NULL;
    int left = 0;
    CHECK_INT(fixture_open(&s, 1u << 20, -1), KIN_OK);
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
    put(f);
    put(o.got);
    fixture_close(&s);
}
