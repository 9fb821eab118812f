// A session's media: sockets and blocks in, packets put in order and assembled, reports and hole punching out.
#include "base/err.h"
#include "base/rng.h"
#include "client/session_internal.h"
#include "proto/rtcp.h"

#define REPORT_MAX 512
#define UDP_OVERHEAD_V4 28 // IP and UDP headers
#define UDP_OVERHEAD_V6 48
#define TCP_OVERHEAD 4 // the '$' prefix; what TCP adds cannot be seen

// --- sockets

// Only the server may send us media: anybody can guess a port.
static bool from_server(const struct session *s, const union kin_addr *from)
{
    return kin_addr_same_host(from, &s->server[0]) || kin_addr_same_host(from, &s->source);
}

static void on_rtp(void *ctx, const struct kin_datagram_in *packets, size_t count)
{
    struct session *s = ctx;
    rtsp_link_enter(&s->link);
    for (size_t i = 0; i < count && !s->link.closed && s->set_up; i++)
        if (from_server(s, &packets[i].from))
            session_packet(s, packets[i].bytes, packets[i].at);
    rtsp_link_leave(&s->link);
}

static void on_rtcp(void *ctx, const struct kin_datagram_in *packets, size_t count)
{
    struct session *s = ctx;
    rtsp_link_enter(&s->link);
    for (size_t i = 0; i < count && !s->link.closed && s->set_up; i++)
        if (from_server(s, &packets[i].from))
            session_rtcp(s, packets[i].bytes, packets[i].at);
    rtsp_link_leave(&s->link);
}

static const struct kin_datagram_handler udp_handlers[2] = {{.on_packets = on_rtp}, {.on_packets = on_rtcp}};

int session_open_sockets(struct session *s, uint16_t *ret_port)
{
    struct kin_datagram_options options = {.bind = s->link.local, .recv_buffer = RTP_SOCKET_BYTES, .gro = true};
    void *const ctx[2] = {s, s};
    kin_addr_set_port(&options.bind, 0);
    session_close_sockets(s);
    int err = kin_datagram_open_pair(s->loop, &options, udp_handlers, ctx, s->udp);
    if (err == KIN_OK)
        *ret_port = kin_addr_port(kin_datagram_local(s->udp[0]));
    return err;
}

void session_close_sockets(struct session *s)
{
    for (size_t i = 0; i < 2; i++) {
        if (s->udp[i] == NULL)
            continue;
        kin_receive_stats_keep_socket(&s->media.received, kin_datagram_kernel_dropped(s->udp[i]));
        kin_datagram_close(s->udp[i]);
        s->udp[i] = NULL;
    }
}

static void send_to_server(struct session *s, size_t which, struct kin_span bytes)
{
    if (bytes.n == 0 || s->link.rtsp == NULL)
        return;
    if (s->tcp) {
        if (which == 1)
            kin_rtsp_client_send_block(s->link.rtsp, s->channels[1], bytes);
        return;
    }
    struct kin_datagram_out out = {.part = {bytes}, .parts = 1, .size = bytes.n};
    if (s->udp[which] != NULL && kin_addr_port(&s->server[which]) != 0)
        kin_datagram_send(s->udp[which], &s->server[which], NULL, &out, 1);
}

// --- packets and frames

int session_open_media(struct session *s, const struct kin_rtsp_transport *transport)
{
    struct kin_media_stream stream = {.in_order = s->tcp,
                                      .has_ssrc = transport->has_ssrc,
                                      .ssrc = transport->ssrc,
                                      .own_ssrc = kin_rng_u32(),
                                      .cname = "kinora"};
    return kin_media_receiver_open(&s->media, kin_loop_now(s->loop), &stream);
}

static size_t overhead(const struct session *s)
{
    if (s->tcp)
        return TCP_OVERHEAD;
    return kin_addr_is_ipv4(&s->server[0]) ? UDP_OVERHEAD_V4 : UDP_OVERHEAD_V6;
}

void session_packet(struct session *s, struct kin_span bytes, kin_us at)
{
    kin_us silence;
    if (bytes.n < KIN_RTP_HEADER_BYTES || s->media.rtp == NULL)
        return;
    if (!kin_media_receiver_feed(&s->media, at, bytes, bytes.n + overhead(s), &silence)) {
        session_foreign_packet(s, bytes.p[1] & 0x7f);
        return;
    }
    kin_rtsp_client_media(s->link.rtsp, at);
    if (silence > 0)
        session_say(s, false, "the server is sending again, after %.1f s", (double)silence / KIN_US_PER_S);
    session_drain(s);
}

void session_drain(struct session *s)
{
    struct kin_media_frame frame;
    while (kin_media_receiver_frame(&s->media, kin_loop_now(s->loop), &frame))
        session_take_frame(s, &frame);
    session_check_trouble(s, TROUBLE_FRAMES);
}

// --- RTCP

void session_rtcp(struct session *s, struct kin_span bytes, kin_us at)
{
    if (s->media.rtp == NULL || kin_media_receiver_feed_rtcp(&s->media, at, kin_loop_now(s->loop), bytes) != KIN_OK)
        return;
    if (session_live(s).packets.bye)
        session_check_trouble(s, 1);
}

void session_report(struct session *s)
{
    uint8_t bytes[REPORT_MAX];
    struct kin_wr w = kin_wr_init(bytes, sizeof bytes);
    kin_us now = kin_loop_now(s->loop);
    if (s->media.rtp == NULL || !s->set_up)
        return;
    if (kin_rtp_receiver_output(s->media.rtp, now, kin_rng_u32(), &w))
        send_to_server(s, 1, kin_wr_span(&w));
    if (!s->tcp && now >= s->punch_at)
        session_punch(s);
}

// Opens the way through a NAT or firewall in front of us: an RTP header without a payload and an empty RR.
void session_punch(struct session *s)
{
    static const uint8_t rtp[KIN_RTP_HEADER_BYTES] = {0x80};
    uint8_t rr[16];
    struct kin_wr w = kin_wr_init(rr, sizeof rr);
    s->punch_at = kin_loop_now(s->loop) + PUNCH_EVERY_US;
    if (s->tcp)
        return;
    kin_rtcp_write_rr(&w, 0, NULL, 0);
    send_to_server(s, 0, kin_span_make(rtp, sizeof rtp));
    send_to_server(s, 1, kin_wr_span(&w));
}

void session_goodbye(struct session *s)
{
    uint8_t bytes[REPORT_MAX];
    struct kin_wr w = kin_wr_init(bytes, sizeof bytes);
    if (s->media.rtp == NULL || !s->set_up)
        return;
    kin_rtp_receiver_write_bye(s->media.rtp, kin_loop_now(s->loop), &w);
    send_to_server(s, 1, kin_wr_span(&w));
}

kin_us session_media_deadline(const struct session *s)
{
    if (s->media.rtp == NULL || !s->set_up)
        return KIN_US_NEVER;
    kin_us at = kin_rtp_receiver_deadline(s->media.rtp);
    return s->tcp ? at : kin_us_min(at, s->punch_at);
}
