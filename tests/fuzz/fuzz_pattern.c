// Any options for the test picture: refused, or a JPEG that fits RFC 2435; and reading its number from any pixels.
#include "base/err.h"
#include "base/rd.h"
#include "drawing/pattern.h"
#include "jpeg/compat.h"
#include "must.h"

#define MAX_PIXELS (512u * 512u) // larger ones are only slow

static void check_encode(struct kin_pattern *p, const struct kin_pattern_options *o, uint32_t n)
{
    struct kin_buf *buf = NULL;
    struct kin_jpeg_info info;
    struct kin_jpeg_rtp rtp;
    MUST(kin_pattern_encode(p, n, &buf) == KIN_OK);
    MUST(kin_jpeg_walk(kin_buf_span(buf), &info, NULL) == KIN_OK);
    MUST(kin_jpeg_compat(&info, &rtp) == KIN_JPEG_COMPAT_OK);
    MUST(info.width == o->width && info.height == o->height && info.length == buf->len);
    kin_buf_unref(buf);
}

static void check_read(struct kin_span luma)
{
    uint32_t n;
    for (uint16_t height = KIN_PATTERN_NUMBER_SIDE; height <= 256; height = (uint16_t)(height * 2)) {
        size_t width = luma.n / height;
        if (width > 0 && width <= UINT16_MAX)
            kin_pattern_read_number(luma.p, width, (uint16_t)width, height, &n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kin_rd r = kin_rd_init(kin_span_make(data, size));
    struct kin_pattern_options o = {.width = kin_rd_be16(&r), .height = kin_rd_be16(&r)};
    o.rate_num = kin_rd_be32(&r);
    o.rate_den = kin_rd_be32(&r);
    o.quality = kin_rd_u8(&r);
    uint32_t n = kin_rd_be32(&r);
    struct kin_pattern *p = NULL;
    if (!r.bad && (uint32_t)o.width * o.height <= MAX_PIXELS && kin_pattern_new(&o, &p) == KIN_OK)
        check_encode(p, &o, n);
    kin_pattern_free(p);
    check_read(r.in);
    return 0;
}
