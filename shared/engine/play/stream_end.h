// When a stream is over: after a BYE, or when nothing more comes after the last frame's time. Earlier silence is
// reported, and is the end only long after the whole reel should have been played. Pure.
#ifndef KIN_ENGINE_STREAM_END_H
#define KIN_ENGINE_STREAM_END_H

#include <stdbool.h>

#include "base/time.h"

#define KIN_STREAM_BYE_GRACE_US (120 * KIN_US_PER_MS) // without a packet: the BYE may have overtaken some
#define KIN_STREAM_END_GRACE_US (700 * KIN_US_PER_MS) // silence after the end of the reel: the BYE was lost
#define KIN_STREAM_QUIET_US KIN_US_PER_S // silence after which frames that are due count as lost when a run is left
#define KIN_STREAM_HUSH_US (250 * KIN_US_PER_MS) // silence that is shown, at least three frame intervals
#define KIN_STREAM_SILENT_US (2 * KIN_US_PER_S)  // silence in the middle, at least three frame intervals
#define KIN_STREAM_FIRST_US (10 * KIN_US_PER_S)  // the same before the first packet
#define KIN_STREAM_BROKEN_US (10 * KIN_US_PER_S) // silence after the time at which the reel should have ended

enum kin_stream_verdict {
    KIN_STREAM_GOES_ON,
    KIN_STREAM_SILENT, // once for each silence
    KIN_STREAM_ENDED,
    KIN_STREAM_BROKEN, // it did not end properly, but nothing will come any more
};

struct kin_stream_end {
    bool running;
    bool first;       // a packet came since it was started
    bool silent;      // the present silence was reported
    kin_us packet_at; // of the last packet, or the start
    kin_us bye_at;    // when the BYE counts; KIN_US_NEVER when there was none
};

struct kin_stream_place { // from the timeline
    bool watched;         // media are expected, so that silence means something
    kin_us last_over; // near the end: when the time of the newest frame, taken as the last, is over; else KIN_US_NEVER
    kin_us interval;  // of frames; 0 when unknown
    kin_us repaired_at; // lost packets may come until then; 0: none is waited for
    kin_us ends_at;     // by the clock; KIN_US_NEVER when unknown
};

void kin_stream_end_init(struct kin_stream_end *e);
void kin_stream_end_start(struct kin_stream_end *e, kin_us now); // PLAY was accepted
void kin_stream_end_stop(struct kin_stream_end *e);              // nothing is expected until the next start
// Nobody was there to receive anything for so long: that is no silence.
void kin_stream_end_away(struct kin_stream_end *e, kin_us now, kin_us away);
// A packet came. Returns the length of the silence before it if that had been reported, else 0.
kin_us kin_stream_end_packet(struct kin_stream_end *e, kin_us at);
void kin_stream_end_bye(struct kin_stream_end *e, kin_us now);
// How long nothing has come, if long enough to be reported, else 0.
kin_us kin_stream_end_silence(const struct kin_stream_end *e, kin_us now, const struct kin_stream_place *place);

// How long nothing has come, if long enough to be shown (KIN_STREAM_HUSH_US), else 0; 0 before the first packet.
kin_us kin_stream_end_hush(const struct kin_stream_end *e, kin_us now, const struct kin_stream_place *place);

// Has nothing come for so long that frames that are due are lost, not just late? The first packet of a run gets more
// time.
bool kin_stream_end_is_quiet(const struct kin_stream_end *e, kin_us now);

kin_us kin_stream_end_deadline(const struct kin_stream_end *e, const struct kin_stream_place *place);
enum kin_stream_verdict kin_stream_end_check(struct kin_stream_end *e, kin_us now,
                                             const struct kin_stream_place *place);

#endif
