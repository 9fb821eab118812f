// What a receiver measures: throughput, loss, frame rate, distribution of intervals, bursts. Pure arithmetic in bounded
// memory.
#ifndef KIN_ENGINE_STATS_H
#define KIN_ENGINE_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

// --- bytes per second, over a window that slides in steps of 50 ms
#define KIN_THROUGHPUT_SLOTS 20
#define KIN_THROUGHPUT_SLOT_US (50 * KIN_US_PER_MS)
#define KIN_THROUGHPUT_HISTORY 120
#define KIN_THROUGHPUT_HISTORY_US (500 * KIN_US_PER_MS)

struct kin_throughput {
    uint64_t slots[KIN_THROUGHPUT_SLOTS]; // bytes of the last second
    int64_t slot;                         // number of the newest slot since `start`
    kin_us start;                         // time of the first byte, plus all rests since
    kin_us seen;                          // newest time of a call
    bool started, resting;
    uint64_t total;                         // bytes
    uint64_t half;                          // bytes of the running half second
    int64_t halves;                         // half seconds that are complete
    double history[KIN_THROUGHPUT_HISTORY]; // bits/s of the last complete half seconds, a ring
    double min_bps, max_bps;                // of complete half seconds; min is 0 before there is one
};

void kin_throughput_init(struct kin_throughput *r);
void kin_throughput_add(struct kin_throughput *r, kin_us now, size_t bytes);
void kin_throughput_tick(struct kin_throughput *r, kin_us now); // lets time pass without bytes
// The stream stops: unless kin_throughput_tick() is called, the time until the next byte is left out of all figures.
void kin_throughput_rest(struct kin_throughput *r);
// Over the last second, or since the start, as of the last call.
double kin_throughput_bps(const struct kin_throughput *r);
kin_us kin_throughput_time(const struct kin_throughput *r, kin_us end); // from the first byte to `end`, without rests
double kin_throughput_avg_bps(const struct kin_throughput *r, kin_us end); // over that time, 0 when it is none
// Copies the newest `max` entries, oldest first. Returns their number.
unsigned kin_throughput_history(const struct kin_throughput *r, double *dst, unsigned max);

// --- share of packets that are lost: over the last seconds, and in the worst one
#define KIN_LOSS_SLOTS 20
#define KIN_LOSS_SLOT_US (250 * KIN_US_PER_MS)
#define KIN_LOSS_SECOND_SLOTS 4

struct kin_loss {
    int64_t received[KIN_LOSS_SLOTS], lost[KIN_LOSS_SLOTS]; // of the last five seconds
    kin_us start;                                           // of the first slot: the first packet
    int64_t slot;                                           // number of the newest slot since then
    bool started;
    uint64_t received_before, lost_before; // totals at the last call
    double worst;                          // of any second that is over, 0..1
};

void kin_loss_init(struct kin_loss *l);
// Totals so far; the difference to the last call counts at `now`. A total goes back when lost packets come after all.
void kin_loss_add(struct kin_loss *l, kin_us now, uint64_t received, uint64_t lost);
double kin_loss_recent(const struct kin_loss *l); // over the last five seconds, as of the last call; 0 without packets
// In the worst second. Seconds with few packets, at the beginning, at the end or after a rest, do not count; but a
// stream shorter than a second counts as one.
double kin_loss_worst(const struct kin_loss *l);

// --- events (frames) per second, over the last two seconds, or over three intervals if these are longer
#define KIN_FPS_RING 512
#define KIN_FPS_WINDOW_US (2 * KIN_US_PER_S)

struct kin_fps {
    kin_us at[KIN_FPS_RING];
    unsigned head, count;
};

void kin_fps_init(struct kin_fps *f);
void kin_fps_add(struct kin_fps *f, kin_us now);
kin_us kin_fps_window(kin_us interval); // for events that are due at this interval; 0 unknown
double kin_fps_get(const struct kin_fps *f, kin_us now, kin_us interval); // 0 when fewer than two are in the window

// --- distribution of intervals: logarithmic buckets, 1/256 wide, from 1 us to 2^38 us (76 h)
#define KIN_HISTOGRAM_SUB 256
#define KIN_HISTOGRAM_BUCKETS (KIN_HISTOGRAM_SUB * 31)

struct kin_histogram {
    uint32_t count[KIN_HISTOGRAM_BUCKETS];
    uint64_t total;
    kin_us max;
};

void kin_histogram_init(struct kin_histogram *s);
void kin_histogram_add(struct kin_histogram *s, kin_us value); // negative counts as 0
// The value below or at which `percent` (0..100) of all values lie, 0 when there is none. Exact to 1/512.
kin_us kin_histogram_percentile(const struct kin_histogram *s, unsigned percent);

// --- most packets within any one millisecond
#define KIN_BURST_RING 2048 // a burst longer than this counts as this many
#define KIN_BURST_WINDOW_US KIN_US_PER_MS

struct kin_burst {
    kin_us at[KIN_BURST_RING];
    unsigned head, count;
    unsigned max;
};

void kin_burst_init(struct kin_burst *b);
void kin_burst_add(struct kin_burst *b, kin_us at); // arrival time; never counts as earlier than the one before

#endif
