// The payload format of retransmissions.
#include "proto/rtp_rtx.h"

#include "base/err.h"

#define PADDING_BIT 0x20

size_t kin_rtp_rtx_restore(struct kin_span rtx, const struct kin_rtp_header *of, uint8_t *dst, size_t room)
{
    struct kin_rtp_packet p;
    if (kin_rtp_parse(rtx, &p) != KIN_OK || p.payload.n <= KIN_RTP_RTX_HEADER_BYTES)
        return 0;
    size_t before = (size_t)(p.payload.p - rtx.p);
    struct kin_rd r = kin_rd_init(p.payload);
    struct kin_wr w = kin_wr_init(dst, room);
    uint16_t seq = kin_rd_be16(&r);
    kin_wr_put(&w, kin_span_first(rtx, before)); // with contributors and extension
    kin_wr_put(&w, r.in);
    if (w.bad)
        return 0;
    struct kin_rtp_header h = {
        .marker = p.h.marker, .payload_type = of->payload_type, .seq = seq, .ts = p.h.ts, .ssrc = of->ssrc};
    uint8_t first = dst[0] & (uint8_t)~PADDING_BIT;
    kin_rtp_write(dst, &h);
    dst[0] = first;
    return w.len;
}
