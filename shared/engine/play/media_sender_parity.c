// The server's media path: parity, of the frame that is being sent.
#include "engine/play/media_sender_internal.h"

size_t kin_media_sender_parity(const struct kin_media_sender *s, kin_us now, uint8_t dst[KIN_FEC_PACKET_MAX])
{
    struct kin_fec_source source = {.plan = s->plan,
                                    .payload_type = s->rtp.payload_type,
                                    .ssrc = s->rtp.ssrc,
                                    .ts = s->rtp.frame_ts,
                                    .seq = (uint16_t)(s->rtp.seq - s->packet)};
    return kin_fec_sender_packet(&s->fec, &source, s->parity, kin_rtp_sender_ts_at(&s->rtp, now), dst);
}

void kin_media_sender_parity_sent(struct kin_media_sender *s, kin_us now, size_t on_wire)
{
    s->parity++;
    s->stats.parity_packets += on_wire > 0 ? 1 : 0;
    s->stats.parity_bytes += on_wire;
    kin_fec_sender_sent(&s->fec);
    media_sender_spent(s, 1, now);
}
