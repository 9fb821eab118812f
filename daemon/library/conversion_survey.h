// What a reel needs before a standard player can play it, and what that costs; measured once for each version of its
// file.
#ifndef DAEMON_CONVERSION_SURVEY_H
#define DAEMON_CONVERSION_SURVEY_H

#include "frames/frame.h"
#include "jpeg/conversion.h"
#include "media/reel.h"

struct conversion_survey {
    uint32_t incompatibilities; // kin_jpeg_incompatibilities() of the first frame
    enum kin_jpeg_conversion conversion;
    uint32_t cost_us;    // of one core, to rewrite the frame in the middle: the first one may be black
    int growth_percent;  // of its length; negative when it became shorter
    const char *refusal; // static text: why the reel cannot be served; NULL when it can
};

// Reads the first frame and, if need be, rewrites it and one more. Blocks: never on a loop. A transient failure
// (memory, the disk, tools->canceled) leaves cost and growth 0 and refuses nothing. The store is not used.
void conversion_survey_make(struct kin_reel *reel, const struct frame_tools *tools, struct conversion_survey *ret);

#define CONVERSION_SURVEY_TEXT_MAX 512
// For the log: what is in the way, what is done about it, what is lost, what it costs. Returns dst.
const char *conversion_survey_text(const struct conversion_survey *r, char dst[CONVERSION_SURVEY_TEXT_MAX]);
// Why the reel is refused, with the frame: "frame 1: ...". Returns dst.
const char *conversion_survey_refusal(const struct conversion_survey *r, char dst[CONVERSION_SURVEY_TEXT_MAX]);

#endif
