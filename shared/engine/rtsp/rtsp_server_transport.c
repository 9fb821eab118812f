// Chooses one of the transports that a client offers (RFC 2326 section 12.39), and checks where RTP may be sent at all.
#include "base/err.h"
#include "engine/rtsp/rtsp_server_internal.h"

#define PORT_UNPRIVILEGED 1024

// UDP services above 1023 that answer packets: RTP is never aimed at them on this machine.
static const uint16_t udp_services[] = {1900, 2049, 3702, 4500, 5060, 5353, 5355, 11211};

static bool is_service(uint16_t port)
{
    for (size_t i = 0; i < sizeof udp_services / sizeof udp_services[0]; i++) {
        if (udp_services[i] == port)
            return true;
    }
    return false;
}

unsigned rtsp_transport_port(const struct kin_rtsp_server *s, uint16_t port)
{
    const struct kin_rtsp_server_options *o = &s->options;
    if (port == 0)
        return 400;
    if (port < PORT_UNPRIVILEGED)
        return 403;
    if (o->peer_is_local && (port == o->own_ports[0] || port == o->own_ports[1] || is_service(port)))
        return 403;
    return 0;
}

// Streams go where the commands come from, nowhere else (section 16, denial of service).
static bool destination_is_peer(const struct kin_rtsp_server *s, struct kin_span destination)
{
    if (destination.n >= 2 && destination.p[0] == '[' && destination.p[destination.n - 1] == ']')
        destination = kin_span_make(destination.p + 1, destination.n - 2);
    return destination.n == 0 || kin_span_case_is(destination, s->peer_host);
}

static unsigned judge_udp(const struct kin_rtsp_server *s, const struct kin_rtsp_transport *t,
                          struct kin_rtsp_server_transport *ret)
{
    if (!t->has_client_port || t->client_port[0] == UINT16_MAX)
        return 400;
    uint16_t rtp = t->client_port[0];
    uint16_t rtcp = t->client_port[1] != 0 ? t->client_port[1] : (uint16_t)(rtp + 1);
    unsigned status = rtsp_transport_port(s, rtp);
    if (status == 0)
        status = rtcp == rtp ? 400 : rtsp_transport_port(s, rtcp);
    if (status == 0)
        *ret = (struct kin_rtsp_server_transport){.lower_transport = KIN_LOWER_TRANSPORT_UDP,
                                                  .client_port = {rtp, rtcp}};
    return status;
}

static bool channel_taken(const struct kin_rtsp_server *s, unsigned channel, unsigned slot)
{
    for (unsigned i = 0; i < KIN_RTSP_SERVER_SESSIONS; i++) {
        const struct rtsp_session *session = &s->sessions[i];
        bool live = session->state == RTSP_READY || session->state == RTSP_PLAYING;
        if (i == slot || !live || session->transport.lower_transport != KIN_LOWER_TRANSPORT_TCP)
            continue;
        if (channel == session->transport.channel[0] || channel == session->transport.channel[1])
            return true;
    }
    return false;
}

// The channels that the client requested, or the lowest free pair when it requested none, or channels in use.
static unsigned judge_tcp(const struct kin_rtsp_server *s, const struct kin_rtsp_transport *t, unsigned slot,
                          struct kin_rtsp_server_transport *ret)
{
    unsigned rtp = t->has_interleaved ? t->interleaved[0] : 0;
    unsigned rtcp = t->has_interleaved ? t->interleaved[1] : 1;
    if (rtp == rtcp)
        return 400;
    if (channel_taken(s, rtp, slot) || channel_taken(s, rtcp, slot)) {
        for (rtp = 0; channel_taken(s, rtp, slot) || channel_taken(s, rtp + 1, slot); rtp += 2)
            continue;
        rtcp = rtp + 1;
    }
    *ret = (struct kin_rtsp_server_transport){.lower_transport = KIN_LOWER_TRANSPORT_TCP,
                                              .channel = {(uint8_t)rtp, (uint8_t)rtcp}};
    return 0;
}

static unsigned judge(const struct kin_rtsp_server *s, const struct kin_rtsp_transport *t, unsigned slot,
                      struct kin_rtsp_server_transport *ret)
{
    if ((t->profile != KIN_RTSP_AVP && t->profile != KIN_RTSP_AVPF) || t->multicast || t->record)
        return 461;
    if (!destination_is_peer(s, t->destination))
        return 403;
    return t->lower_transport == KIN_LOWER_TRANSPORT_TCP ? judge_tcp(s, t, slot, ret) : judge_udp(s, t, ret);
}

unsigned rtsp_transport_pick(const struct kin_rtsp_server *s, struct kin_span list, unsigned slot,
                             struct kin_rtsp_transport *ret_spec, struct kin_rtsp_server_transport *ret)
{
    unsigned verdict = list.n > 0 ? 461 : 400;
    struct kin_rtsp_transport t;
    int err;
    while (kin_rtsp_transport_next(&list, &t, &err)) {
        unsigned status = 461;
        if (err == KIN_EBAD)
            status = 400;
        else if (err == KIN_OK)
            status = judge(s, &t, slot, ret);
        if (status == 0) {
            *ret_spec = t;
            return 0;
        }
        if (verdict == 461)
            verdict = status;
    }
    return verdict;
}
