// RTP payload of QuickTime media: the header of one packet.
#include "proto/rtp_xqt.h"

#include "base/err.h"
#include "base/rd.h"

#define TLV_SAMPLE_DESCRIPTION 0x7364 // "sd"
#define MEDIA_VIDEO 0x76696465u       // "vide"
#define WHOLE_DESCRIPTION 0x30        // A and Z: it begins and ends in this packet
#define FIRST_BYTE 0x0e               // version 0, packing 3, S
#define PAYLOAD_ID 1
#define CLOCK_HZ 90000
#define RESTART 0xd0           // of the codes of restart markers, the first
#define EIGHTHS 127u           // different ones
#define DESCRIPTION_LENGTH 102 // without padding
#define SAMPLE_DESCRIPTION_LENGTH 86
#define JPEG 0x6a706567u // "jpeg"
#define NORMAL_QUALITY 512
#define RESOLUTION 0x00480000u // 72 dots per inch, 16.16
#define NAME_BYTES 32          // Pascal string of the compressor's name
#define DEPTH_COLOR 24
#define NO_COLOR_TABLE 0xffff

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
    struct kin_rtp_xqt x = {.packing = first >> 2 & 3,
                            .key = (first & 2) != 0,
                            .has_description = (first & 1) != 0,
                            .eighth = second & 0x7f};
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

uint8_t kin_rtp_xqt_eighth(uint32_t interval)
{
    return (uint8_t)(interval / 8 % EIGHTHS + 1);
}

// Marker n stands before interval n + 1, modulo 8.
bool kin_rtp_xqt_interval(const struct kin_rtp_xqt *x, uint32_t least, uint32_t *ret)
{
    if (x->eighth == 0 || x->data.n < 2 || x->data.p[0] != 0xff || (x->data.p[1] & 0xf8) != RESTART)
        return false;
    uint32_t interval = (x->eighth - 1u) * 8 + ((x->data.p[1] + 1u) & 7);
    uint32_t behind = (interval + KIN_RTP_XQT_INTERVALS - least % KIN_RTP_XQT_INTERVALS) % KIN_RTP_XQT_INTERVALS;
    *ret = least + behind;
    return true;
}

void kin_rtp_xqt_write(struct kin_wr *w, bool has_description, uint8_t eighth)
{
    kin_wr_u8(w, has_description ? FIRST_BYTE | 1u : FIRST_BYTE);
    kin_wr_u8(w, eighth);
    kin_wr_be16(w, PAYLOAD_ID);
}

static void write_zeros(struct kin_wr *w, size_t n)
{
    uint8_t *at = kin_wr_room(w, n);
    if (at != NULL)
        memset(at, 0, n);
}

// ImageDescription of the QuickTime File Format.
static void write_sample_description(struct kin_wr *w, uint16_t width, uint16_t height)
{
    kin_wr_be32(w, SAMPLE_DESCRIPTION_LENGTH);
    kin_wr_be32(w, JPEG);
    write_zeros(w, 6);
    kin_wr_be16(w, 1);  // data reference index
    write_zeros(w, 12); // version, revision, vendor, temporal quality
    kin_wr_be32(w, NORMAL_QUALITY);
    kin_wr_be16(w, width);
    kin_wr_be16(w, height);
    kin_wr_be32(w, RESOLUTION);
    kin_wr_be32(w, RESOLUTION);
    kin_wr_be32(w, 0); // data size
    kin_wr_be16(w, 1); // frames a sample
    write_zeros(w, NAME_BYTES);
    kin_wr_be16(w, DEPTH_COLOR);
    kin_wr_be16(w, NO_COLOR_TABLE);
}

void kin_rtp_xqt_write_description(struct kin_wr *w, uint16_t width, uint16_t height)
{
    kin_wr_u8(w, WHOLE_DESCRIPTION);
    kin_wr_u8(w, 0);
    kin_wr_be16(w, DESCRIPTION_LENGTH);
    kin_wr_be32(w, MEDIA_VIDEO);
    kin_wr_be32(w, CLOCK_HZ);
    kin_wr_be16(w, SAMPLE_DESCRIPTION_LENGTH);
    kin_wr_be16(w, TLV_SAMPLE_DESCRIPTION);
    write_sample_description(w, width, height);
    write_zeros(w, KIN_RTP_XQT_DESCRIPTION_BYTES - DESCRIPTION_LENGTH);
}
