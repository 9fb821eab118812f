// Any bytes that kin_jpeg_walk() accepts: rewriting gives an error, or a JPEG of the same size that RFC 2435 can
// express; a variant is a JPEG of the same size and form.
#include <stdlib.h>

#include "base/err.h"
#include "jpeg/rewrite.h"
#include "jpeg/vary.h"
#include "must.h"

#define PIXELS_MAX (256u * 256u) // larger pictures are the same, but slower
#define BYTES_MAX 65536u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct kin_jpeg_info *before, struct kin_span jpeg)
{
    struct kin_jpeg_info after;
    struct kin_jpeg_rtp rtp;
    MUST(kin_jpeg_walk(jpeg, &after, NULL) == KIN_OK);
    MUST(kin_jpeg_compat(&after, &rtp) == KIN_JPEG_COMPAT_OK);
    MUST(after.width == before->width && after.height == before->height && rtp.type <= 1 && after.has_eoi);
}

// A canceled task ends without a result, unless it had ended before the first check.
static void check_canceled(struct kin_span jpeg, const struct kin_jpeg_info *info, int wanted)
{
    atomic_bool canceled = true;
    struct kin_buf *out = NULL;
    const char *why = NULL;
    int err = kin_jpeg_rewrite(jpeg, info, &canceled, &out, &why);
    MUST(err == KIN_ECANCELED || err == wanted);
    MUST((err == KIN_OK) == (out != NULL) && (err == KIN_OK || why != NULL));
    kin_buf_unref(out);
}

static void check_variant(struct kin_span jpeg, const struct kin_jpeg_info *before)
{
    uint8_t choice = jpeg.p[jpeg.n - 1];
    struct kin_jpeg_variant variant = {.bands = choice >= 128,
                                       .quality = (uint8_t)(choice % (KIN_JPEG_QUALITY_STEPS + 1))};
    struct kin_jpeg_info after;
    struct kin_buf *out = NULL;
    const char *why = NULL;
    int err = kin_jpeg_vary(jpeg, before, variant, NULL, &out, &why);
    MUST((err == KIN_OK) == (out != NULL) && (err == KIN_OK || why != NULL));
    if (err != KIN_OK)
        return;
    MUST(kin_jpeg_walk(kin_buf_span(out), &after, NULL) == KIN_OK);
    MUST(after.width == before->width && after.height == before->height && after.has_eoi && after.scan_count == 1);
    MUST(after.component_count == before->component_count && (!variant.bands || after.restart_interval > 0));
    MUST(kin_jpeg_quality_of(kin_buf_span(out)) == variant.quality);
    kin_buf_unref(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kin_jpeg_info info;
    struct kin_buf *out = NULL;
    const char *why = NULL;
    if (size > BYTES_MAX || kin_jpeg_walk(kin_span_make(data, size), &info, NULL) != KIN_OK)
        return 0;
    if ((uint32_t)info.width * info.height > PIXELS_MAX)
        return 0;
    int err = kin_jpeg_rewrite(kin_span_make(data, size), &info, NULL, &out, &why);
    if (err == KIN_OK)
        check(&info, kin_buf_span(out));
    else
        MUST(out == NULL && why != NULL && *why != '\0');
    kin_buf_unref(out);
    check_canceled(kin_span_make(data, size), &info, err);
    MUST(kin_jpeg_rewrite_memory(&info) <= KIN_JPEG_REWRITE_MEMORY_MAX);
    check_variant(kin_span_make(data, size), &info);
    return 0;
}
