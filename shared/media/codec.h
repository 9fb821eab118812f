// Names by which containers call Motion-JPEG.
#ifndef KIN_MEDIA_CODEC_H
#define KIN_MEDIA_CODEC_H

#include "media/reader.h"

// True for the four-character codes of JPEGs that stand whole in their chunk; case does not matter.
bool kin_codec_is_mjpeg(struct kin_span fourcc);

// Says why: "the video in this AVI is H264, not Motion-JPEG", or that there is none when `codec` is empty. What cannot
// be shown of the name becomes '?'.
void kin_codec_refuse(struct kin_reel_builder *b, const char *container, struct kin_span codec);

#endif
