// What a server must do so that a standard player can take a reel over RTP (RFC 2435).
#include "report.h"

#define RFC2435_MAX_SIDE 2040 // sizes travel as one byte of 8-pixel blocks (RFC 2435 section 3.1.5)

#define LOSSLESS_BASELINE "write the coefficients again as baseline with the standard Huffman tables (lossless)"
#define REENCODE "decode, and encode again as baseline 4:2:0"

static const char *const actions[KIN_JPEG_FIT_COUNT] = {
    [KIN_JPEG_FIT_OK] = "nothing",
    [KIN_JPEG_FIT_PROGRESSIVE] = LOSSLESS_BASELINE,
    [KIN_JPEG_FIT_CODING] = LOSSLESS_BASELINE,
    [KIN_JPEG_FIT_BITS] = REENCODE " with 8 bits",
    [KIN_JPEG_FIT_HUFFMAN] = "code it again with the standard Huffman tables (lossless)",
    [KIN_JPEG_FIT_GRAY] = "add two empty colour components (lossless)",
    [KIN_JPEG_FIT_COMPONENTS] = REENCODE,
    [KIN_JPEG_FIT_RGB] = REENCODE,
    [KIN_JPEG_FIT_SAMPLING_444] = REENCODE,
    [KIN_JPEG_FIT_SAMPLING_440] = REENCODE,
    [KIN_JPEG_FIT_SAMPLING_411] = REENCODE,
    [KIN_JPEG_FIT_SAMPLING_FACTORS] = "write the same coefficients with the factors 2x1,1x1 (lossless)",
    [KIN_JPEG_FIT_SAMPLING] = REENCODE,
    [KIN_JPEG_FIT_QUANT_BITS] = "quantize again with 8-bit tables",
    [KIN_JPEG_FIT_QUANT_CHROMA] = "quantize Cr again with the table of Cb",
    [KIN_JPEG_FIT_QUANT_MISSING] = "nothing helps: without its table the picture cannot be decoded",
    [KIN_JPEG_FIT_TOO_LONG] = "encode again with a lower quality",
};

static bool above_rfc2435(const struct report *r)
{
    return r->reel->width > RFC2435_MAX_SIDE || r->reel->height > RFC2435_MAX_SIDE;
}

struct verdict report_verdict(const struct report *r)
{
    if (r->fit != KIN_JPEG_FIT_OK)
        return (struct verdict){false, kin_jpeg_fit_str(r->fit), actions[r->fit]};
    if (above_rfc2435(r))
        return (struct verdict){true, "larger than 2040 pixels, which the RTP header cannot say",
                                "state the size in the SDP (a=x-dimensions); not every player reads it"};
    return (struct verdict){true, kin_jpeg_fit_str(KIN_JPEG_FIT_OK), actions[KIN_JPEG_FIT_OK]};
}
