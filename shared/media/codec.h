// The codec names of Motion-JPEG in containers.
#ifndef KIN_MEDIA_CODEC_H
#define KIN_MEDIA_CODEC_H

#include "media/reader.h"

// True for the four-character codes of codecs whose chunks are complete JPEGs; case does not matter.
bool kin_codec_is_mjpeg(struct kin_span fourcc);

// Sets the builder's reason: "the video in this AVI is H264, not Motion-JPEG", or that there is no video when `codec`
// is empty. Unprintable characters of the name become '?'.
void kin_codec_refuse(struct kin_reel_builder *b, const char *container, struct kin_span codec);

#endif
