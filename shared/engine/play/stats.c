// What a receiver measures.
#include "engine/play/stats.h"

// --- throughput

void kin_throughput_init(struct kin_throughput *r)
{
    *r = (struct kin_throughput){.started = false};
}

static void end_half(struct kin_throughput *r)
{
    double bps = (double)r->half * 8 * (double)KIN_US_PER_S / (double)KIN_THROUGHPUT_HISTORY_US;
    r->history[r->halves % KIN_THROUGHPUT_HISTORY] = bps;
    if (r->halves == 0 || bps < r->min_bps)
        r->min_bps = bps;
    if (bps > r->max_bps)
        r->max_bps = bps;
    r->halves++;
    r->half = 0;
}

void kin_throughput_tick(struct kin_throughput *r, kin_us now)
{
    if (!r->started || now < r->start)
        return;
    r->seen = kin_us_max(r->seen, now);
    int64_t slot = (now - r->start) / KIN_THROUGHPUT_SLOT_US;
    int64_t steps = slot - r->slot;
    for (int64_t i = 1; i <= steps && i <= KIN_THROUGHPUT_SLOTS; i++)
        r->slots[(r->slot + i) % KIN_THROUGHPUT_SLOTS] = 0;
    if (steps > 0)
        r->slot = slot;
    int64_t halves = (now - r->start) / KIN_THROUGHPUT_HISTORY_US;
    if (halves - r->halves > KIN_THROUGHPUT_HISTORY) { // of a long silence only the last half seconds are entered
        end_half(r);
        r->halves = halves - KIN_THROUGHPUT_HISTORY;
    }
    while (r->halves < halves)
        end_half(r);
}

void kin_throughput_add(struct kin_throughput *r, kin_us now, size_t bytes)
{
    if (!r->started) {
        r->started = true;
        r->start = now;
    }
    if (r->resting)
        r->start += kin_us_max(now - r->seen, 0);
    r->resting = false;
    kin_throughput_tick(r, now);
    r->slots[r->slot % KIN_THROUGHPUT_SLOTS] += bytes;
    r->half += bytes;
    r->total += bytes;
}

void kin_throughput_rest(struct kin_throughput *r)
{
    r->resting = r->started;
}

double kin_throughput_bps(const struct kin_throughput *r)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < KIN_THROUGHPUT_SLOTS; i++)
        sum += r->slots[i];
    int64_t filled = r->slot + 1 < KIN_THROUGHPUT_SLOTS ? r->slot + 1 : KIN_THROUGHPUT_SLOTS;
    return (double)sum * 8 * (double)KIN_US_PER_S / (double)(filled * KIN_THROUGHPUT_SLOT_US);
}

kin_us kin_throughput_time(const struct kin_throughput *r, kin_us end)
{
    return r->started ? kin_us_max(end - r->start, 0) : 0;
}

double kin_throughput_avg_bps(const struct kin_throughput *r, kin_us end)
{
    kin_us time = kin_throughput_time(r, end);
    return time > 0 ? (double)r->total * 8 * (double)KIN_US_PER_S / (double)time : 0;
}

unsigned kin_throughput_history(const struct kin_throughput *r, double *dst, unsigned max)
{
    int64_t have = r->halves < KIN_THROUGHPUT_HISTORY ? r->halves : KIN_THROUGHPUT_HISTORY;
    unsigned n = have < (int64_t)max ? (unsigned)have : max;
    for (unsigned i = 0; i < n; i++)
        dst[i] = r->history[(r->halves - n + i) % KIN_THROUGHPUT_HISTORY];
    return n;
}

// --- loss

void kin_loss_init(struct kin_loss *l)
{
    *l = (struct kin_loss){.started = false};
}

// Over the newest `slots`.
static double loss_over(const struct kin_loss *l, int64_t slots)
{
    int64_t received = 0;
    int64_t lost = 0;
    for (int64_t i = 0; i < slots; i++) {
        size_t at = (size_t)((l->slot + KIN_LOSS_SLOTS - i) % KIN_LOSS_SLOTS);
        received += l->received[at];
        lost += l->lost[at];
    }
    return lost <= 0 ? 0 : received <= 0 ? 1 : (double)lost / (double)(received + lost);
}

// Do the newest `slots` have at least half as many packets as that many slots have on average?
static bool has_weight(const struct kin_loss *l, int64_t slots)
{
    int64_t packets = 0;
    for (int64_t i = 0; i < slots; i++) {
        size_t at = (size_t)((l->slot + KIN_LOSS_SLOTS - i) % KIN_LOSS_SLOTS);
        packets += l->received[at] + l->lost[at];
    }
    return 2.0 * (double)packets * (double)(l->slot + 1) >=
           (double)(l->received_before + l->lost_before) * (double)slots;
}

// Over the newest `slots`, if there were packets from their beginning on, or nothing came at all; else 0.
static double loss_of_second(const struct kin_loss *l, int64_t slots)
{
    size_t first = (size_t)((l->slot + 1 + KIN_LOSS_SLOTS - slots) % KIN_LOSS_SLOTS);
    double loss = loss_over(l, slots);
    bool whole = l->received[first] + l->lost[first] > 0 || loss >= 1;
    return whole && has_weight(l, slots) ? loss : 0;
}

static void end_slot(struct kin_loss *l)
{
    double second = l->slot + 1 >= KIN_LOSS_SECOND_SLOTS ? loss_of_second(l, KIN_LOSS_SECOND_SLOTS) : 0;
    l->worst = second > l->worst ? second : l->worst;
    l->slot++;
    size_t at = (size_t)(l->slot % KIN_LOSS_SLOTS);
    l->received[at] = l->lost[at] = 0;
}

void kin_loss_add(struct kin_loss *l, kin_us now, uint64_t received, uint64_t lost)
{
    if (!l->started && received == 0 && lost == 0)
        return;
    if (!l->started)
        l->start = now;
    l->started = true;
    int64_t slot = (now - l->start) / KIN_LOSS_SLOT_US;
    for (int i = 0; i < KIN_LOSS_SLOTS && l->slot < slot; i++)
        end_slot(l);
    l->slot = slot > l->slot ? slot : l->slot;
    size_t at = (size_t)(l->slot % KIN_LOSS_SLOTS);
    l->received[at] += (int64_t)(received - l->received_before);
    l->lost[at] += (int64_t)(lost - l->lost_before);
    l->received_before = received;
    l->lost_before = lost;
}

double kin_loss_worst(const struct kin_loss *l)
{
    if (l->slot < KIN_LOSS_SECOND_SLOTS)
        return loss_over(l, KIN_LOSS_SECOND_SLOTS);
    double newest = loss_of_second(l, KIN_LOSS_SECOND_SLOTS + 1); // the current slot is not complete
    return newest > l->worst ? newest : l->worst;
}

double kin_loss_recent(const struct kin_loss *l)
{
    return loss_over(l, KIN_LOSS_SLOTS);
}

// --- events per second

void kin_fps_init(struct kin_fps *f)
{
    f->head = 0;
    f->count = 0;
}

void kin_fps_add(struct kin_fps *f, kin_us now)
{
    f->at[f->head] = now;
    f->head = (f->head + 1) % KIN_FPS_RING;
    if (f->count < KIN_FPS_RING)
        f->count++;
}

static kin_us fps_at(const struct kin_fps *f, unsigned back)
{
    return f->at[(f->head + KIN_FPS_RING - 1 - back) % KIN_FPS_RING];
}

kin_us kin_fps_window(kin_us interval)
{
    return kin_us_max(KIN_FPS_WINDOW_US, 3 * interval);
}

// From the first to the last event in the window. After a standstill the empty part of the window counts too: two
// events in quick succession are not yet a rate.
double kin_fps_get(const struct kin_fps *f, kin_us now, kin_us interval)
{
    kin_us from = now - kin_fps_window(interval);
    unsigned n = 0;
    while (n < f->count && fps_at(f, n) >= from)
        n++;
    if (n < 2)
        return 0;
    kin_us span = fps_at(f, 0) - fps_at(f, n - 1);
    unsigned events = n - 1;
    bool stood_still = n < f->count && fps_at(f, n - 1) - fps_at(f, n) > 2 * span / (n - 1);
    if (stood_still) {
        span = fps_at(f, 0) - from;
        events = n;
    }
    return span > 0 ? (double)events * (double)KIN_US_PER_S / (double)span : 0;
}

// --- distribution

// Values below SUB have a bucket each; above, every power of two is cut into SUB equal parts.
static size_t bucket_of(uint64_t v)
{
    if (v < KIN_HISTOGRAM_SUB)
        return (size_t)v;
    unsigned shift = 0;
    while (v >> shift >= 2 * KIN_HISTOGRAM_SUB)
        shift++;
    size_t i = (size_t)(shift + 1) * KIN_HISTOGRAM_SUB + (size_t)((v >> shift) - KIN_HISTOGRAM_SUB);
    return i < KIN_HISTOGRAM_BUCKETS ? i : KIN_HISTOGRAM_BUCKETS - 1;
}

// The middle of the values that fall into bucket i.
static kin_us middle_of(size_t i)
{
    if (i < KIN_HISTOGRAM_SUB)
        return (kin_us)i;
    unsigned shift = (unsigned)(i / KIN_HISTOGRAM_SUB) - 1;
    uint64_t mantissa = i % KIN_HISTOGRAM_SUB + KIN_HISTOGRAM_SUB;
    return (kin_us)((mantissa << shift) + ((UINT64_C(1) << shift) - 1) / 2);
}

void kin_histogram_init(struct kin_histogram *s)
{
    *s = (struct kin_histogram){.total = 0};
}

void kin_histogram_add(struct kin_histogram *s, kin_us value)
{
    kin_us v = kin_us_max(value, 0);
    s->count[bucket_of((uint64_t)v)]++;
    s->total++;
    s->max = kin_us_max(s->max, v);
}

kin_us kin_histogram_percentile(const struct kin_histogram *s, unsigned percent)
{
    uint64_t want = (s->total * percent + 99) / 100;
    uint64_t seen = 0;
    if (s->total == 0)
        return 0;
    for (size_t i = 0; i < KIN_HISTOGRAM_BUCKETS; i++) {
        seen += s->count[i];
        if (seen >= want && seen > 0)
            return kin_us_min(middle_of(i), s->max);
    }
    return s->max;
}

// --- bursts

void kin_burst_init(struct kin_burst *b)
{
    b->head = 0;
    b->count = 0;
    b->max = 0;
}

void kin_burst_add(struct kin_burst *b, kin_us at)
{
    if (b->count > 0)
        at = kin_us_max(at, b->at[(b->head + KIN_BURST_RING - 1) % KIN_BURST_RING]);
    b->at[b->head] = at;
    b->head = (b->head + 1) % KIN_BURST_RING;
    if (b->count < KIN_BURST_RING)
        b->count++;
    while (b->at[(b->head + KIN_BURST_RING - b->count) % KIN_BURST_RING] <= at - KIN_BURST_WINDOW_US)
        b->count--;
    if (b->count > b->max)
        b->max = b->count;
}
