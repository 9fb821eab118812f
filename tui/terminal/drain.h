// How fast the terminal takes what is written to it, measured by the answers to cursor queries (CSI 6n): over SSH the
// buffers on the way hide it from write(). Pure: time is an argument.
//
// An answer says that all bytes before its query have been taken. Where a screen waited behind the one before, the time
// between their answers is what its bytes took: that is the rate. Where none has to wait, the line takes at least what
// it is given, and the next screens may be larger. So no more than DRAIN_SCREENS of them, besides those that the round
// trip holds, are ever on their way.
#ifndef TUI_DRAIN_H
#define TUI_DRAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/time.h"

#define DRAIN_QUERIES_MAX 32 // unanswered ones
#define DRAIN_SCREENS 2      // on their way, besides those that the round trip holds
#define DRAIN_INTERVAL_MIN_US (16 * KIN_US_PER_MS)
#define DRAIN_INTERVAL_MAX_US (75 * KIN_US_PER_MS) // a key waits for two screens at most
#define DRAIN_BYTES_MIN 256                        // of a screen, however slow the terminal is
#define DRAIN_BYTES_FIRST 2048                     // of a screen, until the rate is known

struct drain {
    struct {
        kin_us at;
        size_t bytes;             // since the query before
        bool full;                // as many as the budget allowed, or nearly
    } queries[DRAIN_QUERIES_MAX]; // unanswered, oldest first
    unsigned count;
    kin_us interval;                   // between two screens
    kin_us answered;                   // when the last answer came
    kin_us rtt;                        // smoothed; 0 = unknown
    kin_us least_rtt;                  // of this period and the last; 0 = unknown
    kin_us period_from, period_rtt[2]; // the least of this period and of the last; 0 = none
    double most;                       // bytes a second that the user allows; 0: any number
    double rate;                       // bytes a second that may be sent; 0 = unknown
    size_t large_bytes;                // the most that kept the line busy lately
    kin_us large_took, large_at;       // for how long; when
    unsigned no_faster;                // screens of a quarter of these bytes that took as long
    size_t debt;                       // bytes by which screens exceeded their budget; the next ones get less
    size_t floor;                      // bytes below which a screen takes no less time; 0 = unknown
    kin_us floor_at;                   // when that was found
    double ceiling;                    // the rate last measured
    double trial_from;                 // the ceiling when a trial of more began; 0: there is none
    kin_us ceiling_at, raised_at;      // when that was; when the rate was last raised
};

// The time a screen lasts, from now on; 0 = unknown.
void drain_set_interval(struct drain *d, kin_us interval);

// What is written from now on is of another kind: what it takes has to be learnt anew.
void drain_forget_rate(struct drain *d);

// A query has been written behind `bytes` bytes; 0: they say nothing about the rate. False when too many are
// unanswered: then none may be written.
bool drain_query(struct drain *d, kin_us now, size_t bytes);
// The oldest query is answered.
void drain_answer(struct drain *d, kin_us now);
// The newest query has not been written after all.
void drain_take_back(struct drain *d);
// The unanswered queries will not be answered.
void drain_drop(struct drain *d);

// True when another screen may be written; where it is false, only an answer changes that.
bool drain_ready(const struct drain *d, kin_us now);

// The bytes that the next screen may have.
size_t drain_budget(const struct drain *d);

#endif
