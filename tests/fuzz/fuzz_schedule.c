// When frames and packets leave: any reel, any range at any Scale and Speed, through play_schedule, pacer and sender,
// with a sender that is late by any time. Times rise, nothing leaves early, trains keep their distance and add up.
//
// The input: a byte of bits (1 loop, 2 lab sender; from 4 on how many of 8 frames are left out), percent, 8 bytes of
// start time, range (4 first, 8 end, 4 scale, 4 speed), a byte of frames of the reel and a byte that says how far its
// times are shifted left; then for each frame 2 bytes of time and, for as long as there are bytes, for each frame sent
// 2 bytes of packets and 1 of lateness.
#include <stdlib.h>

#include "engine/play/play_schedule.h"
#include "engine/rtp/pacer.h"
#include "engine/rtp/rtp_sender.h"
#include "media/reel_builder.h"
#include "must.h"
#include "script.h"

enum { LOOP = 1, LAB = 2, OUT = 4 };

#define START_MAX (INT64_C(1) << 60) // the clock of the machine: 36 000 years
#define PACKETS_MAX 200u
#define SHIFT_MAX 44 // of a time: 16 bits shifted by this stay below KIN_REEL_MAX_TS

struct run {
    struct kin_play_schedule schedule;
    struct kin_pacer pacer;
    struct kin_rtp_sender sender;
    kin_us now, train_at; // when the gap after the last train is over
    uint64_t recent;      // packets without a gap between them
    uint64_t ts;          // of the frame before, in this pass
    bool begun;
};

// --- the reel

static void make_reel(struct kin_rd *r, struct kin_reel *reel, struct kin_reel_frame frames[256])
{
    uint32_t count = 1u + kin_rd_u8(r);
    unsigned shift = kin_rd_u8(r) % (SHIFT_MAX - 8 + 1); // 256 frames of 16 bits
    uint64_t ts = 0;
    for (uint32_t i = 0; i < count; i++) {
        frames[i] = (struct kin_reel_frame){.ts = ts, .length = 4};
        ts += (1 + (uint64_t)kin_rd_be16(r)) << shift;
        if (ts > KIN_REEL_MAX_TS)
            ts = KIN_REEL_MAX_TS + i; // only for the last ones, which then follow closely
    }
    *reel = (struct kin_reel){.frames = frames, .frame_count = count, .duration_ts = ts + 1};
}

static struct kin_play_range read_trip(struct kin_rd *r)
{
    struct kin_play_range range = {.first = kin_rd_be32(r)};
    range.end = (int64_t)kin_rd_be64(r);
    range.scale_milli = (int32_t)kin_rd_be32(r);
    range.speed_milli = (int32_t)kin_rd_be32(r);
    return range;
}

// A range as play_range.c makes it: with an end that can be reached.
static struct kin_play_range possible(struct kin_play_range range, const struct kin_reel *reel)
{
    if (range.first >= reel->frame_count)
        range.first = reel->frame_count - 1;
    int64_t end = range.end < -1 ? -1 : range.end > (int64_t)reel->frame_count ? (int64_t)reel->frame_count : range.end;
    bool backward = range.scale_milli < 0;
    if (backward ? end > (int64_t)range.first : end < (int64_t)range.first)
        end = backward ? -1 : (int64_t)reel->frame_count;
    range.end = end;
    return range;
}

// --- one frame

// Sends as soon as it is allowed, after `late`; all packets within the frame's time when nothing is late.
static void send_packets(struct run *run, unsigned packets, kin_us late)
{
    unsigned sent = 0;
    uint8_t head[KIN_RTP_HEADER_BYTES];
    while (!kin_pacer_done(&run->pacer)) {
        kin_us at = kin_pacer_deadline(&run->pacer);
        MUST(at >= run->pacer.due);
        MUST(at == INT64_MIN || at <= run->now || kin_pacer_allowed(&run->pacer, at - 1) == 0);
        run->now = kin_us_max(run->now, at) + late;
        unsigned train = kin_pacer_allowed(&run->pacer, run->now), n = train;
        MUST(n >= 1 && n <= packets - sent && n <= run->pacer.train_max);
        run->recent = run->now < run->train_at ? run->recent : 0;
        MUST(run->now >= run->train_at || run->recent + train <= run->pacer.burst);
        for (unsigned i = 0; i < n; i++)
            kin_rtp_sender_packet(&run->sender, sent + i + 1 == packets, 1400, head);
        if (late > 0 && n > 1) { // the kernel took all but the last one, which may follow at once
            n--;
            kin_rtp_sender_undo(&run->sender, 1, 1400);
        }
        sent += n;
        run->recent += n;
        kin_pacer_sent(&run->pacer, n, run->now);
        if (n == train)
            run->train_at = run->now + KIN_PACER_GAP_US;
    }
    MUST(sent == packets);
}

static void send_frame(struct run *run, struct kin_rd *r)
{
    uint64_t ts = kin_play_schedule_ts(&run->schedule), next = kin_play_schedule_next_ts(&run->schedule);
    uint64_t from = kin_play_schedule_due(&run->schedule, ts), to = kin_play_schedule_due(&run->schedule, next);
    unsigned packets = 1u + kin_rd_be16(r) % PACKETS_MAX;
    kin_us late = script_us(kin_rd_u8(r));
    MUST(kin_play_schedule_frame(&run->schedule) < run->schedule.reel->frame_count);
    MUST(next >= ts && to >= from && (!run->begun || ts >= run->ts));
    MUST(kin_pacer_due(&run->pacer, to) >= kin_pacer_due(&run->pacer, from));
    run->begun = true;
    run->ts = ts;
    struct kin_rtp_sender_lab lab = {.unix_us = run->now, .frame = kin_play_schedule_frame(&run->schedule) + 1};
    kin_rtp_sender_frame(&run->sender, ts, next - ts, &lab);
    kin_pacer_begin(&run->pacer, from, to - from, packets);
    send_packets(run, packets, late);
}

static void report(struct run *run)
{
    uint8_t room[KIN_RTP_SENDER_RTCP_MAX];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    kin_rtp_sender_report(&run->sender, run->now, run->now, &w);
    MUST(!w.bad && kin_rtp_sender_interval(&run->sender, false, (uint32_t)run->now & 0xffff) > 0);
}

// --- the range

// Frames announced ahead are those that come.
static void check_ahead(const struct kin_play_schedule *way)
{
    struct kin_play_schedule later = *way;
    for (unsigned ahead = 0; ahead < 3; ahead++) {
        uint32_t frame = UINT32_MAX;
        bool comes = kin_play_schedule_ahead(way, ahead, &frame);
        bool over = kin_play_schedule_over(&later) && !kin_play_schedule_next_pass(&later);
        MUST(comes == !over && (over || frame == kin_play_schedule_frame(&later)));
        if (over)
            return;
        kin_play_schedule_advance(&later);
    }
}

// Begins another pass when this one ends. False at the end of the range, and at the end of time.
static bool next_pass(struct run *run)
{
    kin_us end = kin_pacer_due(&run->pacer,
                               kin_play_schedule_due(&run->schedule, kin_play_schedule_ts(&run->schedule)));
    MUST(end >= run->pacer.start);
    kin_rtp_sender_reach(&run->sender, kin_play_schedule_ts(&run->schedule));
    if (!kin_play_schedule_next_pass(&run->schedule) || end > START_MAX)
        return false;
    kin_pacer_move(&run->pacer, end);
    kin_rtp_sender_run(&run->sender, end, run->schedule.range.speed_milli);
    run->begun = false;
    return true;
}

static void travel(struct run *run, struct kin_rd *r)
{
    while (!r->bad) {
        check_ahead(&run->schedule);
        if (kin_play_schedule_over(&run->schedule)) {
            if (!next_pass(run))
                return;
            continue;
        }
        send_frame(run, r);
        report(run);
        kin_play_schedule_advance(&run->schedule);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct kin_reel_frame frames[256];
    struct kin_reel reel;
    struct kin_rd r = kin_rd_init(kin_span_make(data, size));
    uint8_t bits = kin_rd_u8(&r);
    unsigned percent = kin_rd_u8(&r) % 101;
    kin_us start = (kin_us)(kin_rd_be64(&r) % (uint64_t)START_MAX);
    struct kin_play_range range = read_trip(&r);
    make_reel(&r, &reel, frames);
    if (r.bad)
        return 0;
    range = possible(range, &reel);
    struct kin_rtp_sender_params params = {.ssrc = 1, .ts = UINT32_MAX - 1000, .random = 7, .seq = 65000};
    struct run run = {.now = start, .train_at = INT64_MIN};
    kin_play_schedule_init(&run.schedule, &reel, &range, (bits & LOOP) != 0);
    kin_play_schedule_thin(&run.schedule, (struct kin_play_thinning){8 - bits / OUT % 8, 8});
    kin_pacer_init(&run.pacer, start, percent);
    if ((bits & LAB) != 0)
        kin_rtp_sender_init_lab(&run.sender, (percent & 1) != 0 ? KIN_LAB_BY_PACKET : KIN_LAB_BY_FRAME);
    else
        kin_rtp_sender_init(&run.sender, &params);
    kin_rtp_sender_run(&run.sender, start, run.schedule.range.speed_milli);
    travel(&run, &r);
    uint8_t room[KIN_RTP_SENDER_RTCP_MAX];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    kin_rtp_sender_bye(&run.sender, run.now, run.now, "end", &w);
    MUST(!w.bad);
    return 0;
}
