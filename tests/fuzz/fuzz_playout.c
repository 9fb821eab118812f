// The client's cache over time: frames with any RTP times in any order, every control at any moment, time in any steps.
// Frames come out in order and when they are due, memory stays bounded, and a tick at the deadline moves the deadline.
//
// The input is a script (script.h). The first record: a byte of start time (a power of two), 2 of target, 2 of
// look-back, 4 of bytes. Then:
//   f S TTTT  a frame arrives: size by S, RTP time         n S TTTT  the same, TTTT is added to the time before
//   w         time passes up to the deadline               t B       time passes
//   p, r      pause, resume      s B   step (signed)       j 8B      seek        e, o   end, reopen
//   c         clear              d TTTT   set_interval     z         counters begin anew
//   g 2B 2B   set_target         x 4B     set_pace         m 2B 4B   set_mark        i B       set_easing (odd)
// The greatest target is four times the first one.
#include <stdlib.h>

#include "base/err.h"
#include "engine/play/playout.h"
#include "must.h"
#include "script.h"

#define LARGEST 700000u
#define WAITS_MAX 4 // in a row, at the deadline, after which the deadline must lie ahead

struct run {
    struct kin_playout *p;
    kin_us now;
    uint32_t rtp_ts;
    int64_t last; // time of the frame that came out before, INT64_MIN after a jump
    uint64_t shown;
};

static struct kin_buf *frame_of_size(uint8_t s)
{
    static struct kin_buf *sizes[4];
    static const size_t bytes[4] = {100, 40000, 300000, LARGEST};
    struct kin_buf **b = &sizes[s & 3];
    if (*b == NULL && (*b = kin_buf_new(bytes[s & 3])) != NULL)
        memset((*b)->data, 0, (*b)->len);
    return *b;
}

// --- what holds at any time

static void check(const struct run *run)
{
    const struct kin_playout *p = run->p;
    int64_t from = 0, to = 0;
    unsigned others = kin_playout_ahead(p) + kin_playout_look_back(p); // without the one shown
    bool any = kin_playout_span(p, &from, &to);
    MUST(from <= to && (any || others == 0));
    MUST(others <= KIN_PLAYOUT_FRAMES_MAX);
    MUST(kin_playout_bytes(p) <= kin_playout_bytes_max(p) || others <= 2);
    MUST((kin_playout_bytes(p) > 0) == any);
    MUST(kin_playout_buffered_us(p) >= 0 && kin_playout_target(p) >= 1);
    MUST(kin_playout_stats(p)->min_ahead <= kin_playout_target(p));
    MUST(kin_playout_low(p) >= 1 && kin_playout_low(p) <= kin_playout_target(p));
    MUST(kin_playout_mark(p) >= 1 && kin_playout_mark(p) <= kin_playout_target(p));
    MUST(kin_playout_interval_us(p) > 0 && kin_playout_reason(p) <= KIN_PLAYOUT_HOLE);
    MUST(kin_playout_room(p) <= KIN_PLAYOUT_FRAMES_MAX / 2);
    MUST(kin_playout_stats(p)->shown >= run->shown);
}

// --- frames

static void take_one(struct run *run, const struct kin_playout_frame *f)
{
    MUST(f->jpeg != NULL && f->ts > run->last);
    run->last = f->ts;
    run->shown = kin_playout_stats(run->p)->shown;
}

// Takes all frames that are due. After that none is.
static void take(struct run *run)
{
    const struct kin_playout_frame *f;
    while ((f = kin_playout_next(run->p, run->now)) != NULL)
        take_one(run, f);
    if (kin_playout_finished(run->p, run->now))
        MUST(kin_playout_ahead(run->p) == 0);
    MUST(kin_playout_deadline(run->p) > run->now);
}

static void wait_for_deadline(struct run *run)
{
    for (unsigned i = 0; i < WAITS_MAX; i++) {
        kin_us at = kin_playout_deadline(run->p);
        if (at == KIN_US_NEVER)
            return;
        run->now = kin_us_max(run->now, at);
        take(run);
    }
}

static void arrive(struct run *run, uint8_t size)
{
    struct kin_playout_frame f = {.jpeg = frame_of_size(size), .width = 16, .height = 16};
    if (f.jpeg == NULL)
        return;
    int64_t ts = kin_playout_extend(run->p, run->rtp_ts);
    kin_playout_push(run->p, run->now, run->rtp_ts, &f);
    MUST((uint32_t)ts == run->rtp_ts);
}

static void step(struct run *run, int frames)
{
    int64_t from = 0, to = 0, ts = run->last;
    bool shown = kin_playout_span(run->p, &from, &to) && ts >= from;
    const struct kin_playout_frame *f = kin_playout_step(run->p, frames);
    MUST(f == NULL || !shown || (frames > 0 ? f->ts > ts : frames < 0 ? f->ts < ts : f->ts == ts));
    if (f != NULL)
        run->last = f->ts;
}

static void seek(struct run *run, int64_t ts)
{
    int64_t from = 0, to = 0;
    bool any = kin_playout_span(run->p, &from, &to);
    bool done = kin_playout_seek(run->p, run->now, ts);
    MUST(!done || (any && ts >= from));
    if (done)
        run->last = INT64_MIN;
}

// None of these changes the state or the frames.
static void adjust(struct run *run, struct script_record *x)
{
    enum kin_playout_state state = kin_playout_state(run->p);
    unsigned ahead = kin_playout_ahead(run->p);
    unsigned a = x->op == 'i' ? kin_rd_u8(&x->numbers) : x->op == 'x' ? 0 : kin_rd_be16(&x->numbers);
    if (x->op == 'g')
        kin_playout_set_target(run->p, a, kin_rd_be16(&x->numbers));
    else if (x->op == 'm')
        kin_playout_set_mark(run->p, a, kin_rd_be32(&x->numbers));
    else if (x->op == 'i')
        kin_playout_set_easing(run->p, a % 2 == 1);
    else
        kin_playout_set_pace(run->p, (int32_t)kin_rd_be32(&x->numbers));
    MUST(kin_playout_state(run->p) == state && kin_playout_ahead(run->p) == ahead);
}

// --- the script

static void control(struct run *run, struct script_record *x)
{
    switch (x->op) {
    case 'p':
        kin_playout_pause(run->p, run->now);
        break;
    case 'r':
        kin_playout_resume(run->p, run->now);
        break;
    case 's':
        step(run, (int8_t)kin_rd_u8(&x->numbers));
        break;
    case 'j':
        seek(run, (int64_t)kin_rd_be64(&x->numbers));
        break;
    case 'e':
        kin_playout_end(run->p, run->now);
        break;
    case 'o':
        kin_playout_reopen(run->p);
        break;
    case 'c':
        kin_playout_clear(run->p, KIN_PLAYOUT_JUMP);
        run->last = INT64_MIN;
        break;
    case 'd':
        kin_playout_set_interval(run->p, kin_rd_be32(&x->numbers));
        break;
    case 'z':
        kin_playout_reset_stats(run->p);
        run->shown = 0;
        break;
    case 'g':
    case 'x':
    case 'm':
    case 'i':
        adjust(run, x);
        break;
    default:
        break;
    }
}

static void run_record(struct run *run, struct script_record *x)
{
    uint8_t b = x->text.n > 0 ? x->text.p[0] : 0;
    if (x->op == 'f' || x->op == 'n') {
        kin_rd_u8(&x->numbers);
        uint32_t ts = kin_rd_be32(&x->numbers);
        run->rtp_ts = x->op == 'f' ? ts : run->rtp_ts + ts;
        arrive(run, b);
    } else if (x->op == 'w') {
        wait_for_deadline(run);
    } else if (x->op == 't') {
        run->now += script_us(b);
    } else {
        control(run, x);
    }
    take(run);
    check(run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kin_span rest = kin_span_make(data, size);
    struct run run = {.last = INT64_MIN};
    struct kin_playout_options options = {.target = 1};
    struct script_record x = {.op = 0};
    script_next(&rest, &x);
    run.now = INT64_C(1) << (x.op % 60);
    options.target = kin_rd_be16(&x.numbers);
    options.target_max = 4 * options.target;
    options.look_back = kin_rd_be16(&x.numbers);
    options.bytes_max = kin_rd_be32(&x.numbers);
    if (kin_playout_new(&options, &run.p) != KIN_OK)
        return 0;
    while (script_next(&rest, &x))
        run_record(&run, &x);
    kin_playout_free(run.p);
    return 0;
}
