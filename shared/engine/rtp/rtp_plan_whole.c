// Plans that send the JPEG file unchanged: QuickTime's payload and the lab's.
#include <stdlib.h>

#include "base/err.h"
#include "base/wr.h"
#include "engine/rtp/rtp_plan_internal.h"
#include "jpeg/mcu.h"
#include "proto/rtp.h"
#include "proto/rtp_jpeg.h"
#include "proto/rtp_xqt.h"

static struct plan_shape whole(const struct kin_buf *jpeg)
{
    return (struct plan_shape){.in_file = kin_buf_span(jpeg), .body = jpeg->len};
}

static bool has_intervals(const struct kin_jpeg_info *info)
{
    return kin_jpeg_is_one_scan(info) && info->restart_interval > 0;
}

static int cut_at_markers(struct plan_shape *shape, const struct kin_jpeg_info *info)
{
    uint32_t interval = info->restart_interval;
    struct plan_intervals intervals = {.scan_at = info->scan_offset,
                                       .scan = info->scan,
                                       .count = (kin_jpeg_mcus(info).count + interval - 1) / interval};
    return plan_chunks(shape, &intervals, &shape->chunks, &shape->chunk_count);
}

// Which interval packet i begins with, where it was cut at a marker.
static uint8_t eighth_of(const struct kin_rtp_plan *p, unsigned i)
{
    uint16_t count = p->shape.chunks != NULL ? p->shape.chunks[i].count : 0;
    bool begins = (count & KIN_RTP_JPEG_CHUNK_FIRST) != 0;
    return begins ? kin_rtp_xqt_eighth(count & KIN_RTP_JPEG_CHUNK_COUNT) : 0;
}

static void write_heads(struct kin_rtp_plan *p, const struct kin_jpeg_info *info)
{
    struct kin_wr w = kin_wr_init(p->heads, p->heads_bytes);
    kin_rtp_xqt_write(&w, true, 0);
    kin_rtp_xqt_write_description(&w, info->width, info->height);
    for (unsigned i = 1; i < p->count; i++)
        kin_rtp_xqt_write(&w, false, eighth_of(p, i));
}

int kin_rtp_plan_xqt(struct kin_buf *jpeg, const struct kin_jpeg_info *info, size_t packet_bytes,
                     struct kin_rtp_plan **ret)
{
    struct plan_shape shape = whole(jpeg);
    shape.first_head = KIN_RTP_XQT_HEADER_BYTES + KIN_RTP_XQT_DESCRIPTION_BYTES;
    shape.rest_head = KIN_RTP_XQT_HEADER_BYTES;
    int err = plan_divide(&shape, packet_bytes);
    if (err == KIN_OK && has_intervals(info))
        err = cut_at_markers(&shape, info);
    if (err != KIN_OK)
        return err;
    struct kin_rtp_plan *p = plan_new(jpeg, &shape);
    if (p == NULL) {
        free(shape.chunks);
        return KIN_ENOMEM;
    }
    write_heads(p, info);
    *ret = p;
    return KIN_OK;
}

int kin_rtp_plan_lab(struct kin_buf *jpeg, size_t datagram_bytes, struct kin_rtp_plan **ret)
{
    if (datagram_bytes < KIN_RTP_PLAN_LAB_MIN || datagram_bytes > KIN_RTP_PLAN_DATAGRAM)
        return KIN_EINVAL;
    bool fits = jpeg->len <= datagram_bytes - KIN_RTP_HEADER_BYTES;
    struct plan_shape shape = whole(jpeg);
    shape.first_body = shape.rest_body = fits ? jpeg->len : KIN_RTP_PLAN_LAB_CHUNK;
    struct kin_rtp_plan *p = plan_new(jpeg, &shape);
    if (p == NULL)
        return KIN_ENOMEM;
    *ret = p;
    return KIN_OK;
}
