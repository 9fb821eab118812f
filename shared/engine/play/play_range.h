// Which frames a PLAY requests: its Range and Scale headers as a range of frames, exact to the frame.
#ifndef KIN_ENGINE_PLAY_RANGE_H
#define KIN_ENGINE_PLAY_RANGE_H

#include "engine/play/play_schedule.h"
#include "proto/rtsp_hdr.h"

struct kin_play_request {
    bool given; // a Range was given; if not, resume
    struct kin_rtsp_range range;
    int32_t scale_milli, speed_milli; // as requested; 0 is KIN_SCALE_NORMAL
};

// The frames requested by a viewer of the range `now` whose next frame is `position`. A range includes the frame shown
// at its start and excludes that at its end, in the direction of play (RFC 2326 sections 12.29 and 12.34: backward, it
// starts later than it ends); only an end of 0 includes the first frame. Without a Range, play resumes to the end of
// `now`, or to the end of the reel when the end of `now` has been passed; at the end of the reel it starts over. Times
// within half a millisecond of a frame's own time mean that frame, since clients send milliseconds. KIN_OK, or
// KIN_ERANGE: no frame of the reel lies in the range (RTSP 457).
int kin_play_range_find(const struct kin_reel *reel, const struct kin_play_request *request, uint32_t position,
                        const struct kin_play_range *now, struct kin_play_range *ret);

// The frame before which a viewer at `position` of `range` pauses at time `at` (section 10.6). KIN_OK, or KIN_ERANGE:
// `at` does not lie in what is left of the range.
int kin_play_range_pause(const struct kin_reel *reel, kin_us at, uint32_t position, const struct kin_play_range *range,
                         uint32_t *ret);

kin_us kin_play_range_time(const struct kin_reel *reel, uint32_t frame); // frame_count: the end of the reel
kin_us kin_play_range_end(const struct kin_reel *reel, const struct kin_play_range *range);

#endif
