// RTP payload of QuickTime media: the header of one packet.
#include "proto/rtp_xqt.h"

#include "base/err.h"
#include "base/rd.h"

#define TLV_SAMPLE_DESCRIPTION 0x7364 // "sd"
#define MEDIA_VIDEO 0x76696465u       // "vide"
#define WHOLE_DESCRIPTION 0x30        // A and Z: it begins and ends in this packet

static int read_tlvs(struct kin_rd r, struct kin_rtp_xqt *x)
{
    while (r.in.n >= 4 && !r.bad) {
        uint16_t length = kin_rd_be16(&r);
        uint16_t type = kin_rd_be16(&r);
        struct kin_span data = kin_rd_take(&r, length);
        if (type == TLV_SAMPLE_DESCRIPTION && !r.bad)
            x->sample_description = data;
    }
    return r.bad ? KIN_EBAD : KIN_OK;
}

static int read_description(struct kin_rd *r, struct kin_rtp_xqt *x)
{
    uint8_t flags = kin_rd_u8(r);
    kin_rd_u8(r);
    uint16_t length = kin_rd_be16(r);
    if (r->bad || length < 12)
        return KIN_EBAD;
    struct kin_rd body = kin_rd_init(kin_rd_take(r, length - 4u));
    kin_rd_take(r, (4 - length % 4u) % 4); // padding
    x->is_video = kin_rd_be32(&body) == MEDIA_VIDEO;
    x->timescale = kin_rd_be32(&body);
    if (r->bad)
        return KIN_EBAD;
    return (flags & WHOLE_DESCRIPTION) == WHOLE_DESCRIPTION ? read_tlvs(body, x) : KIN_EUNSUPPORTED;
}

int kin_rtp_xqt_parse(struct kin_span payload, struct kin_rtp_xqt *ret)
{
    struct kin_rd r = kin_rd_init(payload);
    uint8_t first = kin_rd_u8(&r);
    uint8_t second = kin_rd_u8(&r);
    kin_rd_be16(&r); // payload id
    struct kin_rtp_xqt x = {.packing = first >> 2 & 3, .key = (first & 2) != 0, .has_description = (first & 1) != 0};
    if (r.bad)
        return KIN_EBAD;
    if (first >> 4 != 0 || x.packing != KIN_RTP_XQT_PACK_SPREAD || second >> 7 != 0)
        return KIN_EUNSUPPORTED;
    int err = x.has_description ? read_description(&r, &x) : KIN_OK;
    if (err != KIN_OK)
        return err;
    x.data = r.in;
    *ret = x;
    return KIN_OK;
}
