// A session's transport: sockets, interleaved blocks, RTCP reports and NAT keepalives.
#include <stdio.h>

#include "base/err.h"
#include "base/rng.h"
#include "base/text.h"
#include "client/session_internal.h"
#include "proto/rtcp.h"
#include "text/messages.h"

#define REPORT_MAX 512
#define RTP_SOCKET_BYTES (4 * 1024 * 1024)   // requested; the kernel may grant less
#define NAT_KEEPALIVE_US (15 * KIN_US_PER_S) // keeps a NAT's mapping of the RTP port open
#define UDP_OVERHEAD_V4 28                   // IP and UDP headers
#define UDP_OVERHEAD_V6 48
#define TCP_OVERHEAD 4 // the '$' prefix; the overhead of TCP itself is unknown

// --- packets

static size_t overhead(const struct session *s)
{
    if (s->transport.tcp)
        return TCP_OVERHEAD;
    return kin_addr_is_ipv4(&s->transport.server[0]) ? UDP_OVERHEAD_V4 : UDP_OVERHEAD_V6;
}

static void on_packet(struct session *s, bool rtcp, struct kin_span bytes, kin_us at)
{
    if (rtcp)
        kin_player_feed_rtcp(&s->player, at, kin_loop_now(s->loop), bytes);
    else
        kin_player_feed(&s->player, at, bytes, bytes.n + overhead(s));
    session_dispatch(s);
}

void session_on_interleaved(struct session *s, uint8_t channel, struct kin_span bytes)
{
    const struct transport *t = &s->transport;
    if (t->set_up && t->tcp && (channel == t->channels[0] || channel == t->channels[1]))
        on_packet(s, channel == t->channels[1], bytes, kin_loop_now(s->loop));
}

// --- sockets

// Media are accepted only from the server: anyone can guess a port.
static bool from_server(const struct session *s, const union kin_addr *from)
{
    return kin_addr_same_host(from, &s->transport.server[0]) || kin_addr_same_host(from, &s->transport.source);
}

static void on_datagrams(struct session *s, bool rtcp, const struct kin_datagram_in *packets, size_t count)
{
    bool accepted = false;
    rtsp_link_enter(&s->link);
    for (size_t i = 0; i < count && !s->link.closed && s->transport.set_up; i++) {
        if (i == 0 || !kin_addr_same(&packets[i].from, &packets[i - 1].from))
            accepted = from_server(s, &packets[i].from);
        if (accepted)
            on_packet(s, rtcp, packets[i].bytes, packets[i].at);
    }
    rtsp_link_leave(&s->link);
}

static void on_rtp(void *ctx, const struct kin_datagram_in *packets, size_t count)
{
    on_datagrams(ctx, false, packets, count);
}

static void on_rtcp(void *ctx, const struct kin_datagram_in *packets, size_t count)
{
    on_datagrams(ctx, true, packets, count);
}

static const struct kin_datagram_handler udp_handlers[2] = {{.on_packets = on_rtp}, {.on_packets = on_rtcp}};

static void close_sockets(struct session *s)
{
    for (size_t i = 0; i < 2; i++) {
        if (s->transport.udp[i] == NULL)
            continue;
        kin_receive_stats_keep_socket(&s->player.media.received, kin_datagram_kernel_dropped(s->transport.udp[i]));
        kin_datagram_close(s->transport.udp[i]);
        s->transport.udp[i] = NULL;
    }
}

static int open_sockets(struct session *s, uint16_t *ret_port)
{
    struct kin_datagram_options options = {.bind = s->link.local, .recv_buffer = RTP_SOCKET_BYTES, .gro = true};
    void *const ctx[2] = {s, s};
    kin_addr_set_port(&options.bind, 0);
    close_sockets(s);
    int err = kin_datagram_open_pair(s->loop, &options, udp_handlers, ctx, s->transport.udp);
    if (err == KIN_OK)
        *ret_port = kin_addr_port(kin_datagram_local(s->transport.udp[0]));
    return err;
}

void session_open_transport(struct session *s)
{
    uint16_t port = 0;
    if (s->opts.transport != KIN_RTSP_CLIENT_TCP && open_sockets(s, &port) != KIN_OK)
        session_say(s, true, MSG_UDP_PORTS);
    kin_player_transport(&s->player, kin_loop_now(s->loop), port);
}

void session_close_transport(struct session *s)
{
    close_sockets(s);
    s->transport.set_up = false;
}

// The server may name another host as the source of its packets (RFC 2326 section 12.39). They are accepted from there
// as well, but nothing is sent there: a server could otherwise make us flood a third host.
static void set_server(struct session *s, const struct kin_rtsp_transport *t)
{
    char text[KIN_ADDR_TEXT], shown[64], sentence[SENTENCE_MAX];
    union kin_addr source;
    const union kin_addr *peer = kin_stream_peer(s->link.stream);
    struct kin_span named = kin_span_first(t->source, 50);
    bool v6 = kin_span_find(named, ':') < named.n;
    for (size_t i = 0; i < 2; i++) {
        s->transport.server[i] = *peer;
        kin_addr_set_port(&s->transport.server[i], t->has_server_port ? t->server_port[i] : 0);
    }
    s->transport.source = *peer;
    snprintf(text, sizeof text, v6 ? "[%.*s]:0" : "%.*s:0", KIN_SPAN_ARG(named));
    if (named.n == 0 || kin_addr_parse(text, &source) != KIN_OK || kin_addr_same_host(&source, peer))
        return; // not an address, or the same host
    s->transport.source = source;
    kin_text_clean(named, true, shown, sizeof shown);
    snprintf(sentence, sizeof sentence, MSG_OTHER_SOURCE, shown);
    session_say(s, false, sentence);
}

static void name_transport(struct session *s)
{
    const struct transport *t = &s->transport;
    char *dst = s->info.transport;
    if (t->tcp)
        snprintf(dst, sizeof s->info.transport, "TCP interleaved %u-%u", t->channels[0], t->channels[1]);
    else
        snprintf(dst, sizeof s->info.transport, "UDP %u-%u", kin_addr_port(kin_datagram_local(t->udp[0])),
                 kin_addr_port(kin_datagram_local(t->udp[1])));
}

enum kin_player_notice session_apply_transport(struct session *s, const struct kin_rtsp_transport *t)
{
    s->transport.tcp = t->lower_transport == KIN_LOWER_TRANSPORT_TCP;
    if (!s->transport.tcp && s->transport.udp[0] == NULL)
        return KIN_PLAYER_NOTICE_UDP_UNASKED;
    if (s->link.stream == NULL)
        return KIN_PLAYER_NOTICE_NO_MEMORY;
    s->transport.channels[0] = t->interleaved[0];
    s->transport.channels[1] = t->interleaved[1];
    if (s->transport.tcp)
        close_sockets(s);
    else
        set_server(s, t);
    s->transport.set_up = true;
    name_transport(s);
    session_nat_keepalive(s);
    return KIN_PLAYER_NOTICE_COUNT;
}

static void send_to_server(struct session *s, size_t which, struct kin_span bytes)
{
    if (bytes.n == 0 || s->link.rtsp == NULL)
        return;
    if (s->transport.tcp) {
        if (which == 1)
            kin_rtsp_client_send_block(s->link.rtsp, s->transport.channels[1], bytes);
        return;
    }
    struct kin_datagram_out out = {.part = {bytes}, .parts = 1, .size = bytes.n};
    if (s->transport.udp[which] != NULL && kin_addr_port(&s->transport.server[which]) != 0)
        kin_datagram_send(s->transport.udp[which], &s->transport.server[which], NULL, &out, 1);
}

// --- reports

void session_report(struct session *s)
{
    uint8_t bytes[REPORT_MAX];
    struct kin_wr w = kin_wr_init(bytes, sizeof bytes);
    kin_us now = kin_loop_now(s->loop);
    if (s->player.media.rtp == NULL || !s->transport.set_up)
        return;
    bool due = now >= kin_rtp_receiver_deadline(s->player.media.rtp); // else no random number is needed
    for (; due && kin_rtp_receiver_output(s->player.media.rtp, now, kin_rng_u32(), &w);
         w = kin_wr_init(bytes, sizeof bytes))
        send_to_server(s, 1, kin_wr_span(&w));
    if (!s->transport.tcp && now >= s->transport.nat_keepalive_at)
        session_nat_keepalive(s);
}

// Opens or keeps the mapping of a NAT or firewall in front of us: an RTP header without a payload and an empty RR.
void session_nat_keepalive(struct session *s)
{
    static const uint8_t rtp[KIN_RTP_HEADER_BYTES] = {0x80};
    uint8_t rr[16];
    struct kin_wr w = kin_wr_init(rr, sizeof rr);
    s->transport.nat_keepalive_at = kin_loop_now(s->loop) + NAT_KEEPALIVE_US;
    if (s->transport.tcp)
        return;
    kin_rtcp_write_rr(&w, 0, NULL, 0);
    send_to_server(s, 0, kin_span_make(rtp, sizeof rtp));
    send_to_server(s, 1, kin_wr_span(&w));
}

void session_goodbye(struct session *s)
{
    uint8_t bytes[REPORT_MAX];
    struct kin_wr w = kin_wr_init(bytes, sizeof bytes);
    if (s->player.media.rtp == NULL || !s->transport.set_up)
        return;
    kin_rtp_receiver_write_bye(s->player.media.rtp, kin_loop_now(s->loop), &w);
    send_to_server(s, 1, kin_wr_span(&w));
}

kin_us session_report_deadline(const struct session *s)
{
    if (s->player.media.rtp == NULL || !s->transport.set_up)
        return KIN_US_NEVER;
    kin_us at = kin_rtp_receiver_deadline(s->player.media.rtp);
    return s->transport.tcp ? at : kin_us_min(at, s->transport.nat_keepalive_at);
}
