// When a stream is over: it says so (BYE), or nothing comes any more once the last frame's time is over. Silence before
// that is noticed, and is the end only long after the whole reel should have been played. Pure.
#ifndef KIN_ENGINE_STREAM_END_H
#define KIN_ENGINE_STREAM_END_H

#include <stdbool.h>

#include "base/time.h"

#define KIN_STREAM_BYE_GRACE_US (120 * KIN_US_PER_MS) // without a packet: the BYE may have overtaken some
#define KIN_STREAM_END_GRACE_US (700 * KIN_US_PER_MS) // silence behind the end of the reel: the BYE was lost
#define KIN_STREAM_QUIET_US KIN_US_PER_S              // after which a stream that is left has lost what was due
#define KIN_STREAM_SILENT_US (2 * KIN_US_PER_S)       // silence in the middle, and three frame intervals
#define KIN_STREAM_FIRST_US (10 * KIN_US_PER_S)       // the same before the first packet
#define KIN_STREAM_BROKEN_US (10 * KIN_US_PER_S)      // silence after the time at which the reel should have ended

enum kin_stream_verdict {
    KIN_STREAM_GOES_ON,
    KIN_STREAM_SILENT, // said once for each silence
    KIN_STREAM_ENDED,
    KIN_STREAM_BROKEN, // it never ended, but nothing can come any more
};

struct kin_stream_end {
    bool running;
    bool first;       // a packet came since it was started
    bool silent;      // its silence has been noticed
    kin_us packet_at; // of the last packet, or the start
    kin_us bye_at;    // when the BYE counts; KIN_US_NEVER when there was none
};

struct kin_stream_place { // what the timeline says
    bool watched;         // it should play: silence means something, not only a BYE
    kin_us last_over;     // near the end: when the last frame's time is over, as if no more came; else KIN_US_NEVER
    kin_us interval;      // of frames; 0 when unknown
    kin_us ends_at;       // by the clock; KIN_US_NEVER when unknown
};

void kin_stream_end_init(struct kin_stream_end *e);
void kin_stream_end_start(struct kin_stream_end *e, kin_us now); // PLAY was accepted
void kin_stream_end_stop(struct kin_stream_end *e);              // nothing is awaited until the next start
// A packet came. Returns how long it was silent when that had been noticed, else 0.
kin_us kin_stream_end_packet(struct kin_stream_end *e, kin_us at);
void kin_stream_end_bye(struct kin_stream_end *e, kin_us now);
// How long nothing has come, when that is long enough to be noticed, else 0.
kin_us kin_stream_end_silence(const struct kin_stream_end *e, kin_us now, const struct kin_stream_place *place);

// Is nothing coming, for so long that what is due is not only late? A run's first packet may take longer.
bool kin_stream_end_is_quiet(const struct kin_stream_end *e, kin_us now);

kin_us kin_stream_end_deadline(const struct kin_stream_end *e, const struct kin_stream_place *place);
enum kin_stream_verdict kin_stream_end_check(struct kin_stream_end *e, kin_us now,
                                             const struct kin_stream_place *place);

#endif
