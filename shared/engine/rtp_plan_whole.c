// Plans that send the JPEG file unchanged: QuickTime's payload and the lab's.
#include "base/err.h"
#include "base/wr.h"
#include "engine/rtp_plan_internal.h"
#include "proto/rtp.h"
#include "proto/rtp_xqt.h"

static struct plan_shape whole(const struct kin_buf *jpeg)
{
    return (struct plan_shape){.in_file = kin_buf_span(jpeg), .body = jpeg->len};
}

int kin_rtp_plan_xqt(struct kin_buf *jpeg, uint16_t width, uint16_t height, size_t packet_bytes,
                     struct kin_rtp_plan **ret)
{
    struct plan_shape shape = whole(jpeg);
    shape.first_head = KIN_RTP_XQT_HEADER_BYTES + KIN_RTP_XQT_DESCRIPTION_BYTES;
    shape.rest_head = KIN_RTP_XQT_HEADER_BYTES;
    struct kin_rtp_plan *p = NULL;
    int err = plan_cut(jpeg, &shape, packet_bytes, &p);
    if (err != KIN_OK)
        return err;
    struct kin_wr w = kin_wr_init(p->heads, p->heads_bytes);
    kin_rtp_xqt_write(&w, true);
    kin_rtp_xqt_write_description(&w, width, height);
    for (unsigned i = 1; i < p->count; i++)
        kin_rtp_xqt_write(&w, false);
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
