// Counts what was received and what is missing.
#include "engine/play/receive_stats.h"

#include "base/seq.h"

static void init_counters(struct kin_receive_stats *r)
{
    r->kept = (struct kin_receive_counts){.frames = {.lost = 0}};
    r->behind.lost = r->behind.left_out = r->behind.guessed = 0;
    r->frames_timed = 0;
    kin_throughput_init(&r->rate);
    kin_histogram_init(&r->intervals);
    kin_burst_init(&r->burst);
    kin_loss_init(&r->loss);
}

void kin_receive_stats_init(struct kin_receive_stats *r)
{
    *r = (struct kin_receive_stats){.times = {-1, -1, -1}};
    init_counters(r);
    kin_fps_init(&r->fps);
}

void kin_receive_stats_reset(struct kin_receive_stats *r, const struct kin_receive_live *live)
{
    init_counters(r);
    r->kept.packets.kernel_dropped -= live->kernel_dropped; // modulo 2^64, until the sockets' counts are added
}

// --- connections and sources

void kin_receive_stats_connect(struct kin_receive_stats *r, kin_us now)
{
    r->connected_at = now;
    r->times = (struct kin_receive_times){-1, -1, -1};
}

static void note_time(const struct kin_receive_stats *r, double *ms, kin_us at)
{
    if (*ms < 0)
        *ms = (double)(at - r->connected_at) / 1000;
}

void kin_receive_stats_set_up(struct kin_receive_stats *r, kin_us now)
{
    note_time(r, &r->times.setup_ms, now);
}

static void add(struct kin_receive_counts *n, const struct kin_receive_live *live)
{
    n->packets.received += live->packets.received;
    n->packets.lost += live->packets.lost;
    n->packets.late += live->packets.late;
    n->packets.missed += live->packets.missed;
    n->packets.recovered += live->packets.recovered;
    n->packets.reordered += live->packets.reordered;
    n->packets.duplicate += live->packets.duplicate;
    n->packets.rebuilt += live->packets.rebuilt;
    n->packets.parity += live->packets.parity;
    n->packets.parity_bytes += live->packets.parity_bytes;
    n->packets.requested += live->packets.requested;
    n->packets.spurious += live->packets.spurious;
    n->packets.retransmitted += live->packets.retransmitted;
    n->packets.retransmitted_bytes += live->packets.retransmitted_bytes;
    n->bytes.payload += live->packets.payload_bytes;
    n->frames.complete += live->frames.complete;
    n->frames.partial += live->frames.partial;
}

void kin_receive_stats_keep(struct kin_receive_stats *r, const struct kin_receive_live *live)
{
    add(&r->kept, live);
    r->next.known = false;
}

void kin_receive_stats_keep_socket(struct kin_receive_stats *r, uint64_t kernel_dropped)
{
    r->kept.packets.kernel_dropped += kernel_dropped;
}

// --- lost and found

// Returns how many of the missing frames the server left out: they are no loss of the network.
static uint64_t note_missing(struct kin_receive_stats *r, uint64_t missing, uint64_t partial, bool sent_all)
{
    uint64_t lost = kin_timeline_lost(missing, partial);
    uint64_t left_out = partial == 0 && sent_all ? lost : 0;
    r->kept.frames.lost += lost;
    r->kept.frames.left_out += left_out;
    return left_out;
}

// Uncounts frames that were counted as missing after the last one. False when there were none.
static bool uncount_missing(struct kin_receive_stats *r, uint64_t frames)
{
    if (r->behind.lost == 0)
        return false;
    uint64_t lost = frames < r->behind.lost ? frames : r->behind.lost;
    uint64_t left_out = lost < r->behind.left_out ? lost : r->behind.left_out;
    r->behind.lost -= lost;
    r->behind.left_out -= left_out;
    if (r->behind.guessed > r->behind.lost)
        r->behind.guessed = r->behind.lost;
    r->kept.frames.lost -= lost;
    r->kept.frames.left_out -= left_out;
    return true;
}

uint64_t kin_receive_stats_missing(const struct kin_timeline *t, kin_us now,
                                   const struct kin_jpeg_assembler_stats *frames)
{
    if (!frames->newest.known)
        return 0;
    return kin_timeline_before(t, now, (uint32_t)frames->newest.ts) + frames->newest.partial;
}

void kin_receive_stats_leave(struct kin_receive_stats *r, uint64_t missing, uint64_t partial)
{
    uint64_t lost = kin_timeline_lost(missing, partial);
    note_missing(r, missing, partial, false);
    r->behind.lost += lost;
    r->behind.guessed += lost;
    r->behind.partial += partial;
    kin_throughput_rest(&r->rate);
}

void kin_receive_stats_left_at(struct kin_receive_stats *r, uint64_t sent)
{
    uint64_t lost = kin_timeline_lost(sent, r->behind.partial);
    r->kept.frames.lost += lost - r->behind.guessed;
    r->behind.lost += lost - r->behind.guessed;
    r->behind.guessed = r->behind.partial = 0;
}

// Modulo 2^64: what the assembler has counted is added later. What a reset has forgotten is not uncounted.
static void uncount(uint64_t *kept, uint64_t live, uint64_t n)
{
    uint64_t counted = *kept + live;
    *kept -= n < counted ? n : counted;
}

void kin_receive_stats_uncount(struct kin_receive_stats *r, const struct kin_receive_live *live, uint64_t complete,
                               uint64_t partial)
{
    uncount(&r->kept.frames.complete, live->frames.complete, complete);
    uncount(&r->kept.frames.partial, live->frames.partial, partial);
}

void kin_receive_stats_again(struct kin_receive_stats *r, const struct kin_receive_live *live)
{
    kin_receive_stats_uncount(r, live, 0, live->frames.partial_since);
}

void kin_receive_stats_end(struct kin_receive_stats *r, uint64_t missing, uint64_t partial, bool sent_all)
{
    r->behind.left_out = note_missing(r, missing, partial, sent_all);
    r->behind.lost = kin_timeline_lost(missing, partial);
    r->behind.guessed = 0;
    r->behind.partial += partial;
    kin_throughput_rest(&r->rate);
}

void kin_receive_stats_goes_on(struct kin_receive_stats *r, const struct kin_receive_live *live)
{
    uncount_missing(r, r->behind.lost);
    kin_receive_stats_uncount(r, live, 0, r->behind.partial);
    r->behind.partial = 0;
}

// --- what comes

void kin_receive_stats_run(struct kin_receive_stats *r, uint16_t seq)
{
    r->next.known = true;
    r->next.seq = seq;
}

void kin_receive_stats_packet(struct kin_receive_stats *r, kin_us at, size_t wire, bool datagram)
{
    r->kept.bytes.wire += wire;
    r->packet_at = kin_us_max(r->packet_at, at);
    kin_throughput_add(&r->rate, at, wire);
    if (datagram)
        kin_burst_add(&r->burst, at);
    note_time(r, &r->times.first_packet_ms, at);
}

bool kin_receive_stats_follows(const struct kin_receive_stats *r, const struct kin_jpeg_frame *frame)
{
    return r->next.known && (uint16_t)(frame->seq - frame->packets + 1) == r->next.seq;
}

// Does the frame begin with the sequence number after that of the frame before?
static bool is_next(struct kin_receive_stats *r, const struct kin_jpeg_frame *frame)
{
    bool is = kin_receive_stats_follows(r, frame);
    kin_receive_stats_run(r, (uint16_t)(frame->seq + 1));
    return is;
}

uint64_t kin_receive_stats_frame(struct kin_receive_stats *r, const struct kin_jpeg_frame *frame,
                                 const struct kin_timeline_step *step, bool late)
{
    bool next = is_next(r, frame);
    uint64_t left_out = 0;
    if (!late)
        r->behind.lost = r->behind.left_out = r->behind.guessed = r->behind.partial = 0;
    if (!late || !uncount_missing(r, 1 + frame->partial_before))
        left_out = note_missing(r, step->missing, frame->partial_before, next);
    kin_left_out_frame(&r->left_out, left_out);
    if (step->follows && frame->partial_before == 0)
        kin_histogram_add(&r->intervals, frame->first_at - r->frame_at);
    r->frame_at = frame->first_at;
    r->frames_timed++;
    kin_fps_add(&r->fps, frame->last_at);
    note_time(r, &r->times.first_frame_ms, frame->last_at);
    return left_out;
}

void kin_receive_stats_quality(struct kin_receive_stats *r, unsigned quality)
{
    r->quality = quality;
    r->kept.frames.coarser += quality > 0;
}

void kin_receive_stats_late(struct kin_receive_stats *r, const struct kin_jpeg_frame *frame)
{
    uncount_missing(r, 1 + frame->partial_before);
}

// --- figures

void kin_receive_stats_tick(struct kin_receive_stats *r, kin_us now, const struct kin_receive_live *live)
{
    kin_loss_add(&r->loss, now, r->kept.packets.received + live->packets.received,
                 r->kept.packets.lost + live->packets.lost);
}

void kin_receive_stats_advance(struct kin_receive_stats *r, kin_us now)
{
    kin_throughput_tick(&r->rate, now);
}

struct kin_receive_counts kin_receive_stats_counts(const struct kin_receive_stats *r,
                                                   const struct kin_receive_live *live, uint64_t overdue)
{
    struct kin_receive_counts n = r->kept;
    add(&n, live);
    n.packets.kernel_dropped += live->kernel_dropped;
    n.packets.kernel_dropped -= n.packets.missed < n.packets.kernel_dropped ? n.packets.missed
                                                                            : n.packets.kernel_dropped;
    n.frames.lost += overdue;
    n.frames.expected = n.frames.complete + n.frames.partial + n.frames.lost;
    return n;
}

struct kin_receive_loss kin_receive_stats_loss(const struct kin_receive_stats *r, kin_us now,
                                               const struct kin_receive_packets *packets, kin_us silence)
{
    uint64_t sent = packets->received + packets->lost;
    struct kin_receive_loss loss = {
        .all = sent > 0 ? (double)packets->lost / (double)sent : 0,
        .recent = kin_loss_recent(&r->loss),
        .worst_second = kin_loss_worst(&r->loss),
    };
    if (loss.recent <= 0 && now - r->packet_at >= silence)
        loss.recent = -1;
    return loss;
}

// The duration of the last frame is included: otherwise there would be one more frame than intervals.
struct kin_receive_average kin_receive_stats_average(const struct kin_receive_stats *r, kin_us frame_us)
{
    kin_us end = r->frames_timed > 0 ? kin_us_max(r->packet_at, r->frame_at + frame_us) : r->packet_at;
    struct kin_receive_average a = {.us = kin_throughput_time(&r->rate, end),
                                    .bps = kin_throughput_avg_bps(&r->rate, end)};
    if (a.us > 0)
        a.fps = (double)r->frames_timed * (double)KIN_US_PER_S / (double)a.us;
    return a;
}

struct kin_receive_average kin_receive_average_played(const struct kin_receive_average *a, kin_us gained, kin_us media)
{
    if (media > 0)
        gained = kin_us_min(gained, kin_us_max(media - a->us, 0));
    double share = a->us > 0 ? (double)a->us / (double)(a->us + gained) : 1;
    return (struct kin_receive_average){.us = a->us + gained, .bps = a->bps * share, .fps = a->fps * share};
}
