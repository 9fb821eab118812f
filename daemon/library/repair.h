// What a reel needs before a standard player can take it, and what that costs: measured once for each version of its
// file.
#ifndef DAEMON_REPAIR_H
#define DAEMON_REPAIR_H

#include "frames/frame.h"
#include "jpeg/remedy.h"
#include "media/reel.h"

struct repair {
    uint32_t obstacles; // kin_jpeg_obstacles() of the first frame
    enum kin_jpeg_remedy remedy;
    uint32_t cost_us; // of one core, for the rewrite of the frame in the middle, which says more than a black first one
    int growth_percent;  // of its length; negative when it became shorter
    const char *refusal; // static text: why the reel cannot be served; NULL when it can
};

// Reads the first frame and, if need be, rewrites it and one more. Blocks: never on a loop. A failure of the moment
// (memory, the disk, tools->canceled) leaves cost and growth 0 and refuses nothing. The store is not used.
void repair_survey(struct kin_reel *reel, const struct frame_tools *tools, struct repair *ret);

#define REPAIR_TEXT_MAX 512
// For the log: what is in the way, what is done about it, what is lost, what it costs. Returns dst.
const char *repair_text(const struct repair *r, char dst[REPAIR_TEXT_MAX]);
// For a refusal, names the frame: "frame 1: ..." or the like. Returns dst.
const char *repair_refusal(const struct repair *r, char dst[REPAIR_TEXT_MAX]);

#endif
