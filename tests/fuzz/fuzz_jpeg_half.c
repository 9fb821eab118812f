// Halving any JPEG: no crash, no more memory than allowed, and the result fits RFC 2435.
#include "base/err.h"
#include "jpeg/compat.h"
#include "jpeg/half.h"
#include "must.h"

#define PIXELS_MAX (1u << 20) // larger ones only take longer

// A canceled task ends without a result, unless it had ended before the first check.
static void check_canceled(struct kin_span file, const struct kin_jpeg_info *info, int wanted)
{
    atomic_bool canceled = true;
    struct kin_buf *out = NULL;
    const char *why = NULL;
    int err = kin_jpeg_half(file, info, &canceled, &out, &why);
    MUST(err == KIN_ECANCELED || err == wanted);
    MUST((err == KIN_OK) == (out != NULL) && (err == KIN_OK || why != NULL));
    kin_buf_unref(out);
}

// Whatever can be halved has a halved size, and needs no more memory than allowed.
static void check_size(const struct kin_jpeg_info *info)
{
    struct kin_jpeg_half want;
    const char *obstacle = kin_jpeg_half_refusal(info);
    bool fits = kin_jpeg_half_size(info->width, info->height, &want) == KIN_OK;
    if (fits)
        MUST(want.width > 0 && want.height > 0 && want.width <= info->width &&
             want.divisor <= KIN_JPEG_HALF_DIVISOR_MAX);
    MUST(obstacle != NULL || fits);
    MUST(obstacle != NULL || kin_jpeg_half_memory(info) <= KIN_JPEG_HALF_MEMORY_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kin_span file = kin_span_make(data, size);
    struct kin_jpeg_info info, half;
    struct kin_jpeg_half want;
    struct kin_jpeg_rtp rtp;
    struct kin_buf *buf = NULL;
    if (size < 2 || kin_jpeg_walk(file, &info, NULL) != KIN_OK)
        return 0;
    check_size(&info);
    if ((uint32_t)info.width * info.height > PIXELS_MAX)
        return 0;
    const char *why = NULL;
    int err = kin_jpeg_half(file, &info, NULL, &buf, &why);
    MUST((err == KIN_OK) == (buf != NULL) && (err == KIN_OK) == (why == NULL));
    if (err == KIN_OK) {
        MUST(kin_jpeg_walk(kin_buf_span(buf), &half, NULL) == KIN_OK);
        MUST(kin_jpeg_compat(&half, &rtp) == KIN_JPEG_COMPAT_OK);
        MUST(rtp.width > 0 && rtp.height > 0);
        MUST(kin_jpeg_half_size(info.width, info.height, &want) == KIN_OK);
        MUST(half.width == want.width && half.height == want.height);
    }
    kin_buf_unref(buf);
    check_canceled(file, &info, err);
    return 0;
}
