// RTP fixed header and header extension (RFC 3550 section 5.1 and 5.3.1).
#include "proto/rtp.h"

#include "base/err.h"

static int drop_padding(struct kin_span *payload)
{
    uint8_t count = payload->n > 0 ? payload->p[payload->n - 1] : 0;
    if (count == 0 || count > payload->n)
        return KIN_EBAD;
    payload->n -= count;
    return KIN_OK;
}

int kin_rtp_parse(struct kin_span bytes, struct kin_rtp_packet *ret)
{
    struct kin_rd r = kin_rd_init(bytes);
    struct kin_rtp_packet p = {.has_extension = false};
    uint8_t first = kin_rd_u8(&r);
    uint8_t second = kin_rd_u8(&r);
    p.h.marker = second >> 7 != 0;
    p.h.payload_type = second & 0x7f;
    p.h.seq = kin_rd_be16(&r);
    p.h.ts = kin_rd_be32(&r);
    p.h.ssrc = kin_rd_be32(&r);
    kin_rd_take(&r, 4u * (first & 15)); // CSRC list
    if ((first & 0x10) != 0) {
        p.has_extension = true;
        p.extension_profile = kin_rd_be16(&r);
        p.extension = kin_rd_take(&r, 4u * kin_rd_be16(&r));
    }
    p.payload = r.in;
    if (r.bad || first >> 6 != 2)
        return KIN_EBAD;
    if ((first & 0x20) != 0 && drop_padding(&p.payload) != KIN_OK)
        return KIN_EBAD;
    *ret = p;
    return KIN_OK;
}

void kin_rtp_write(uint8_t dst[KIN_RTP_HEADER_BYTES], const struct kin_rtp_header *h)
{
    struct kin_wr w = kin_wr_init(dst, KIN_RTP_HEADER_BYTES);
    kin_wr_u8(&w, 0x80);
    kin_wr_u8(&w, (h->marker ? 0x80u : 0u) | (h->payload_type & 0x7fu));
    kin_wr_be16(&w, h->seq);
    kin_wr_be32(&w, h->ts);
    kin_wr_be32(&w, h->ssrc);
}

void kin_rtp_write_extended(uint8_t dst[KIN_RTP_HEADER_BYTES])
{
    dst[0] |= 0x10;
}
