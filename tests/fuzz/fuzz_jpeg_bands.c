// A JPEG of which parts are missing, any bytes, with any description of the holes: it cannot be told what is there, or
// it becomes a whole JPEG of bounded size, and the gaps are within the picture.
//
// The input: how many holes, and whether the end is missing; for each hole how far behind the one before it is, how
// much is missing, what is known of the intervals beside it (a byte of flags, a number); then the bytes that came.
#include "base/err.h"
#include "base/rd.h"
#include "jpeg/bands.h"
#include "jpeg/markers.h"
#include "must.h"

#define BYTES_MAX 65536u

static uint32_t divide_up(uint32_t a, uint32_t b)
{
    return (a + b - 1) / b;
}

static void check(const struct kin_jpeg_info *before, struct kin_span jpeg, const struct kin_jpeg_gaps *gaps)
{
    struct kin_jpeg_info after;
    MUST(jpeg.n <= BYTES_MAX && kin_jpeg_walk(jpeg, &after, NULL) == KIN_OK);
    MUST(after.has_eoi && after.length == jpeg.n);
    MUST(after.width == before->width && after.height == before->height);
    MUST(after.restart_interval > 0);
    MUST(gaps->count <= KIN_JPEG_GAPS_MAX && gaps->mcu_width > 0 && gaps->mcu_height > 0);
    MUST(gaps->columns == divide_up(after.width, gaps->mcu_width));
    uint32_t mcus = gaps->columns * divide_up(after.height, gaps->mcu_height), at = 0;
    for (unsigned i = 0; i < gaps->count; i++) {
        MUST(gaps->mcus[i].from < gaps->mcus[i].to && gaps->mcus[i].to <= mcus);
        MUST(i == 0 || gaps->mcus[i].from > at);
        at = gaps->mcus[i].to;
    }
}

// The holes lie behind the beginning of the scan, in ascending order, as the assembler sees to.
static void read_holes(struct kin_rd *r, struct kin_jpeg_torn *torn)
{
    uint8_t head = kin_rd_u8(r);
    torn->count = head % (KIN_JPEG_HOLES_MAX + 1);
    torn->cut = (head & 0x80) != 0;
    for (unsigned i = 0; i < torn->count; i++) {
        struct kin_jpeg_hole *h = &torn->holes[i];
        uint8_t flags;
        h->at = kin_rd_be16(r);
        h->missing = kin_rd_be16(r);
        flags = kin_rd_u8(r);
        h->ends = (flags & 1) != 0;
        h->begins = (flags & 2) != 0;
        h->interval = (uint32_t)(flags >> 2) << 16 | kin_rd_be16(r);
    }
}

static void place_holes(struct kin_jpeg_torn *torn, size_t scan_offset)
{
    size_t at = scan_offset;
    for (unsigned i = 0; i < torn->count; i++) {
        at += torn->holes[i].at;
        if (at > torn->bytes.n)
            at = torn->bytes.n;
        torn->holes[i].at = at;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kin_rd r = kin_rd_init(kin_span_make(data, size));
    struct kin_jpeg_torn torn = {.count = 0};
    struct kin_jpeg_info info;
    struct kin_jpeg_gaps gaps;
    struct kin_buf *out = NULL;
    read_holes(&r, &torn);
    torn.bytes = r.in;
    if (size > BYTES_MAX || kin_jpeg_walk(torn.bytes, &info, NULL) != KIN_OK)
        return 0;
    place_holes(&torn, info.scan_offset);
    if (kin_jpeg_bands(&torn, BYTES_MAX, &out, &gaps) == KIN_OK)
        check(&info, kin_buf_span(out), &gaps);
    else
        MUST(out == NULL);
    kin_buf_unref(out);
    return 0;
}
