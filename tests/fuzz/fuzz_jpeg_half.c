// Halving a JPEG of any content: no crash, no more memory than is allowed, and what comes out fits RFC 2435.
#include "base/err.h"
#include "jpeg/fit.h"
#include "jpeg/half.h"
#include "must.h"

#define PIXELS_MAX (1u << 20) // larger ones only take longer

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kin_span file = kin_span_make(data, size);
    struct kin_jpeg_info info, half;
    struct kin_jpeg_rtp rtp;
    struct kin_buf *buf = NULL;
    if (size < 2 || kin_jpeg_walk(file, &info, NULL) != KIN_OK || (uint32_t)info.width * info.height > PIXELS_MAX)
        return 0;
    int err = kin_jpeg_half(file, &info, &buf);
    MUST(err == KIN_OK || err == KIN_EBAD || err == KIN_EUNSUPPORTED || err == KIN_ENOMEM);
    MUST((err == KIN_OK) == (buf != NULL));
    if (err == KIN_OK) {
        MUST(kin_jpeg_walk(kin_buf_span(buf), &half, NULL) == KIN_OK);
        MUST(kin_jpeg_fit(&half, &rtp) == KIN_JPEG_FIT_OK);
        MUST(half.width == KIN_JPEG_HALF_OF(info.width) && half.height == KIN_JPEG_HALF_OF(info.height));
    }
    kin_buf_unref(buf);
    return 0;
}
