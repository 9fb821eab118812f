// The server's media path: parity, of the frame that is being sent.
#include "engine/play/media_sender_internal.h"

// All frames are sent, as they are; evenly or not.
static bool is_carried(const struct kin_media_sender *s)
{
    struct kin_adaptation_level l = kin_adaptation_level(&s->adaptation);
    return l.keep == l.of && l.quality == 0 && !kin_adaptation_is_congested(&s->adaptation);
}

void media_sender_hold_parity(struct kin_media_sender *s, kin_us now)
{
    if (!is_carried(s))
        kin_fec_sender_hold(&s->fec, now);
}

unsigned media_sender_parities(struct kin_media_sender *s, kin_us now)
{
    media_sender_hold_parity(s, now);
    return s->in_order ? 0 : kin_fec_sender_begin(&s->fec, now, s->plan);
}

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
