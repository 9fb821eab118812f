// Which frames a PLAY means: Range in normal play time to frame numbers, exact to the frame.
#ifndef DAEMON_PLAY_RANGE_H
#define DAEMON_PLAY_RANGE_H

#include "media/reel.h"
#include "proto/rtsp_hdr.h"

struct play_range {
    uint32_t first, end; // frames [first, end)
};

// The frames of `range`; `given` false: none was asked for, go on at `position` to `until` (a frame number; a position
// at or past it starts over: at 0, to the end of the reel). Times that differ by less than half a millisecond from a
// frame's own count as that frame's, since clients send milliseconds. KIN_OK, or KIN_ERANGE: no frame of the reel lies
// in it (RTSP 457).
int play_range_find(const struct kin_reel *reel, const struct kin_rtsp_range *range, bool given, uint32_t position,
                    uint32_t until, struct play_range *ret);

kin_us play_range_time(const struct kin_reel *reel, uint32_t frame); // frame_count: the end of the reel

#endif
