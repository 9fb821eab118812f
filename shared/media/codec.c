// The names of Motion-JPEG in AVI, QuickTime and Matroska's VFW form.
#include "media/codec.h"

#define NAME_MAX_SHOWN 16u

// mjpb is absent on purpose: Motion-JPEG B has no markers, so its frames are not JPEGs.
static const char *const names[] = {"MJPG", "JPEG", "AVI1", "AVI2", "MJPA", "AVDJ",
                                    "AVRN", "ACDV", "DMB1", "IJPG", "CJPG"};

bool kin_codec_is_mjpeg(struct kin_span fourcc)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (kin_span_case_is(fourcc, names[i]))
            return true;
    return false;
}

void kin_codec_refuse(struct kin_reel_builder *b, const char *container, struct kin_span codec)
{
    char shown[NAME_MAX_SHOWN + 1];
    size_t n = codec.n < NAME_MAX_SHOWN ? codec.n : NAME_MAX_SHOWN;
    for (size_t i = 0; i < n; i++)
        shown[i] = codec.p[i] > 0x20 && codec.p[i] < 0x7f ? (char)codec.p[i] : '?';
    shown[n] = '\0';
    if (n == 0)
        kin_reel_builder_why(b, "there is no video in this %s", container);
    else
        kin_reel_builder_why(b, "the video in this %s is %s, not Motion-JPEG", container, shown);
}
