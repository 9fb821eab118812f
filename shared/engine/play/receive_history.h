// What a client received, second by second, for as many of the last seconds as there is room for. Pure.
//
// Fed with counters that only ever add up, and with the time; each second keeps their differences. What is counted
// belongs to the second in which it became known, as everywhere (docs/statistics.md). What a counter takes back, since
// it came after all, is taken from the newest seconds that have it: a second is never negative, and together they are
// the counter.
//
// Nobody can say in which second things happened between two calls that are far apart: such a stretch leaves empty
// seconds, and what was counted in it is in none.
#ifndef KIN_ENGINE_RECEIVE_HISTORY_H
#define KIN_ENGINE_RECEIVE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

#define KIN_RECEIVE_HISTORY_SECONDS 120               // the last two minutes: what a person looks at
#define KIN_RECEIVE_HISTORY_GAP_US (2 * KIN_US_PER_S) // calls further apart than this leave empty seconds

// P: packets, F: frames, as in struct kin_receive_counts. `terminal` are frames that the terminal could not take.
enum kin_receive_counter {
    KIN_RECEIVE_P_RECEIVED,
    KIN_RECEIVE_P_LOST,
    KIN_RECEIVE_P_RECOVERED,
    KIN_RECEIVE_P_LATE,
    KIN_RECEIVE_F_COMPLETE,
    KIN_RECEIVE_F_PARTIAL,
    KIN_RECEIVE_F_LOST,
    KIN_RECEIVE_F_LEFT_OUT, // of those lost
    KIN_RECEIVE_F_COARSER,  // of those complete
    KIN_RECEIVE_F_TERMINAL,
    KIN_RECEIVE_WIRE_BYTES,
    KIN_RECEIVE_RETRANSMITTED_BYTES,
    KIN_RECEIVE_COUNTER_COUNT
};

struct kin_receive_state {    // as it is at present
    double jitter_ms, rtt_ms; // < 0: unknown
    unsigned cache;           // frames
};

struct kin_receive_totals {
    uint64_t counts[KIN_RECEIVE_COUNTER_COUNT]; // since the beginning
    struct kin_receive_state state;
};

struct kin_receive_second {
    uint64_t number;                            // from 0; its time is [number, number + 1)
    bool known;                                 // false: it is empty
    kin_us covers;                              // time that the counts are of: may differ from a second a little
    uint64_t counts[KIN_RECEIVE_COUNTER_COUNT]; // in this second
    struct kin_receive_state state;             // at its end
};

struct kin_receive_history {
    struct kin_receive_second *seconds; // a ring, borrowed
    size_t room;
    size_t count;    // in the ring; seconds[newest % room] is the last of them
    uint64_t newest; // number of the second that is running
    kin_us start;    // of second 0, plus all rests since
    kin_us seen;     // time of the last call
    bool started;
    bool runs; // time passes
    struct kin_receive_totals before;
};

// `seconds` is memory for `room` > 0 of them, which outlives the history.
void kin_receive_history_init(struct kin_receive_history *h, struct kin_receive_second *seconds, size_t room);

// The counters so far. Call it several times a second, or at each deadline. runs: time passes; the first such call is
// the beginning of second 0. While it rests, time stands still, and what is counted belongs to the second that is
// running. All counters may be set back to 0 only together with kin_receive_history_init().
void kin_receive_history_tick(struct kin_receive_history *h, kin_us now, bool runs,
                              const struct kin_receive_totals *totals);
kin_us kin_receive_history_deadline(const struct kin_receive_history *h); // the end of the second that is running

// Copies the newest `max` seconds, oldest first, the running one only if `running` is set. Returns their number.
size_t kin_receive_history_copy(const struct kin_receive_history *h, bool running, struct kin_receive_second *dst,
                                size_t max);

// Bits a second on the wire; of a second that is not over, as if it were.
double kin_receive_second_bps(const struct kin_receive_second *s);

#endif
