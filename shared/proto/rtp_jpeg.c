// RTP payload for JPEG: the headers of one packet (RFC 2435 section 3.1).
#include "proto/rtp_jpeg.h"

#include "base/err.h"
#include "base/rd.h"

static bool type_has_restart(uint8_t type)
{
    return type >= 64 && type <= 127;
}

static void read_restart(struct kin_rd *r, struct kin_rtp_jpeg *h)
{
    h->has_restart = type_has_restart(h->type);
    if (!h->has_restart)
        return;
    h->restart_interval = kin_rd_be16(r);
    h->restart_count = kin_rd_be16(r);
}

static void read_quant(struct kin_rd *r, struct kin_rtp_jpeg *h)
{
    h->has_quant = h->q >= 128 && h->offset == 0;
    if (!h->has_quant)
        return;
    kin_rd_u8(r); // MBZ
    h->precision = kin_rd_u8(r);
    h->tables = kin_rd_take(r, kin_rd_be16(r));
}

int kin_rtp_jpeg_parse(struct kin_span payload, struct kin_rtp_jpeg *ret)
{
    struct kin_rd r = kin_rd_init(payload);
    struct kin_rtp_jpeg h = {.type_specific = kin_rd_u8(&r)};
    h.offset = kin_rd_be24(&r);
    h.type = kin_rd_u8(&r);
    h.q = kin_rd_u8(&r);
    h.width = (uint16_t)(kin_rd_u8(&r) * KIN_RTP_JPEG_BLOCK);
    h.height = (uint16_t)(kin_rd_u8(&r) * KIN_RTP_JPEG_BLOCK);
    read_restart(&r, &h);
    read_quant(&r, &h);
    h.data = r.in;
    if (r.bad)
        return KIN_EBAD;
    *ret = h;
    return KIN_OK;
}

void kin_rtp_jpeg_write(struct kin_wr *w, const struct kin_rtp_jpeg *h)
{
    bool large = h->width > KIN_RTP_JPEG_DIMENSION_MAX || h->height > KIN_RTP_JPEG_DIMENSION_MAX;
    kin_wr_u8(w, h->type_specific);
    kin_wr_be24(w, h->offset);
    kin_wr_u8(w, h->type);
    kin_wr_u8(w, h->q);
    kin_wr_u8(w, large ? 0 : (h->width + 7u) / 8);
    kin_wr_u8(w, large ? 0 : (h->height + 7u) / 8);
    if (h->has_restart) {
        kin_wr_be16(w, h->restart_interval);
        kin_wr_be16(w, h->restart_count);
    }
    if (h->has_quant) {
        kin_wr_u8(w, 0);
        kin_wr_u8(w, h->precision);
        kin_wr_be16(w, (unsigned)h->tables.n);
        kin_wr_put(w, h->tables);
    }
}
