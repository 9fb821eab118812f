// A client's playback over time: whatever a server says and sends, whatever the viewer does, in any order.
//
// The input is a script (script.h). Records of the target rtsp_client mean the same here, so that its corpus can be
// used for this target. The first record is a byte of options (low 2 bits: AUTO, UDP, TCP; 4: without a cache; 8: sets
// up and plays by itself) and the URL. Then:
//   c       connected                  x TEXT  disconnected   X  connection refused
//   d TEXT  bytes arrive               k TEXT  a reply to the request last sent: "200 OK", header lines and body
//   t B     time passes                w       time passes up to the deadline
//   s, p, r N, a, z, f N, n B, o   commands: setup, play, seek (8 bytes), pause, teardown, scale (4 bytes), step, loop
//   h B N   a packet of RFC 2435 with a whole picture arrives: number steps by B, time by N (4 bytes)
//   g B     one of the packets that the client asked for is sent again: the B-th last
//   e B     parity of the newest packets arrives, a row of up to ROW_MAX by B
//   i B     a packet whose number is lower by B arrives, overtaken or doubled
//   u TEXT  an RTP packet arrives      v TEXT  an RTCP packet arrives
#include <string.h>

#include "base/err.h"
#include "engine/play/player.h"
#include "must.h"
#include "proto/rtcp_fb.h"
#include "rtsp_script.h"
#include "script.h"

enum { TRANSPORT = 3, NO_CACHE = 4, AUTO_PLAY = 8 };

#define INPUT_MAX 65536
#define TICKS_MAX 8           // in a row, at the deadline, after which the deadline must lie ahead
#define EVENTS_AT_ONCE 20000u // of one call, which may release all that the receiver and the gate hold
#define MESSAGES_AT_ONCE 2u   // a report and a NACK
#define SSRC 7
#define ROW_MAX 16
#define RECENT 256 // packets of which is known when they were sent

struct run {
    struct kin_rtsp_client *c;
    struct kin_player player;
    kin_us now;
    uint8_t in[INPUT_MAX];
    size_t in_len;
    uint32_t cseq; // of the request last sent
    uint16_t seq;
    uint32_t ts;
    uint32_t ts_of[RECENT]; // of a packet, by the low byte of its number
    uint16_t asked[RECENT], again_seq;
    uint8_t asked_count; // a ring
    bool connecting, connected;
    enum kin_player_state state; // of the last STATE event
    char url[256];
    enum kin_rtsp_client_transport transport;
};

// --- events

static int open_client(struct run *r)
{
    struct kin_rtsp_client_options options = {.url = r->url, .user_agent = "Kinora", .transport = r->transport};
    kin_rtsp_client_free(r->c);
    r->c = NULL;
    r->connecting = r->connected = false;
    r->in_len = 0;
    int err = kin_rtsp_client_new(&options, &r->c);
    if (err == KIN_OK)
        kin_player_attach(&r->player, r->now, r->c);
    return err;
}

static void check_frame(const struct run *r, const struct kin_player_event *e)
{
    const struct kin_buf *jpeg = e->frame.picture.jpeg;
    MUST(jpeg != NULL && jpeg->len > 4 && jpeg->data[0] == 0xff);
    MUST(e->frame.media_us >= 0);
    MUST(e->kind != KIN_PLAYER_SHOW || !r->player.media.no_cache);
}

static void tell(struct run *r)
{
    struct kin_player_event e;
    unsigned count = 0;
    while (kin_player_event(&r->player, r->now, &e)) {
        MUST(++count <= EVENTS_AT_ONCE);
        if (e.kind == KIN_PLAYER_STATE) {
            MUST(e.state < KIN_PLAYER_STATE_COUNT && e.state != r->state);
            r->state = e.state;
        } else if (e.kind == KIN_PLAYER_RECEIVED || e.kind == KIN_PLAYER_SHOW) {
            check_frame(r, &e);
        } else if (e.kind == KIN_PLAYER_NOTICE) {
            MUST(e.notice.code < KIN_PLAYER_NOTICE_COUNT && e.notice.trouble < KIN_JPEG_TROUBLE_COUNT);
        } else if (e.kind == KIN_PLAYER_TRANSPORT) {
            kin_player_transport(&r->player, r->now, 5000);
        } else if (e.kind == KIN_PLAYER_HANG_UP) {
            r->connecting = r->connected = false;
        } else if (e.kind == KIN_PLAYER_RECONNECT) {
            MUST(open_client(r) == KIN_OK);
        }
    }
    MUST(r->player.event_count == 0 && r->state == r->player.state);
}

static void check_facts(const struct run *r)
{
    const struct kin_media_receiver *m = &r->player.media;
    struct kin_receive_live live = kin_media_receiver_live(m);
    struct kin_receive_counts n = kin_receive_stats_counts(&m->received, &live, 0);
    const struct kin_rtp_receiver_stats *p = &live.packets;
    MUST((m->rtp == NULL) == (m->assembler == NULL));
    MUST(n.frames.expected == n.frames.complete + n.frames.partial + n.frames.lost);
    MUST(n.frames.left_out <= n.frames.lost && n.frames.lost < INT64_MAX);
    MUST(n.frames.complete < INT64_MAX && n.frames.partial < INT64_MAX);
    MUST(m->received.behind.lost <= n.frames.lost && m->received.behind.guessed <= m->received.behind.lost);
    MUST(r->player.position >= 0 && r->player.scale != 0);
    MUST(p->spurious <= p->requested && p->lost < INT64_MAX && p->held <= KIN_RTP_REPAIR_PACKETS + 1);
}

static void on_event(struct run *r, const struct kin_rtsp_client_event *e)
{
    struct kin_rtsp_msg msg;
    if (e->kind == KIN_RTSP_CLIENT_SENT && kin_rtsp_msg_parse(e->bytes, &msg) == KIN_OK && msg.is_request)
        kin_rtsp_cseq(&msg, &r->cseq);
    if (e->kind == KIN_RTSP_CLIENT_CONNECT) {
        r->connecting = true;
        r->connected = false;
        r->in_len = 0;
    } else if (e->kind == KIN_RTSP_CLIENT_INTERLEAVED) {
        if (e->channel % 2 == 0)
            kin_player_feed(&r->player, r->now, e->bytes, e->bytes.n);
        else
            kin_player_feed_rtcp(&r->player, r->now, r->now, e->bytes);
    } else {
        kin_player_rtsp(&r->player, r->now, e);
    }
    tell(r);
}

static void settle(struct run *r)
{
    struct kin_rtsp_client_event e;
    tell(r);
    while (kin_rtsp_client_event(r->c, &e))
        on_event(r, &e);
    kin_rtsp_client_output(r->c);
    check_facts(r);
}

// --- bytes and packets

static void arrive(struct run *r, struct kin_span text)
{
    text = kin_span_first(text, sizeof r->in - r->in_len);
    if (text.n == 0 || !r->connected)
        return;
    memcpy(r->in + r->in_len, text.p, text.n);
    r->in_len += text.n;
    while (r->in_len > 0 && r->connected) {
        ptrdiff_t n = kin_rtsp_client_feed(r->c, r->now, kin_span_make(r->in, r->in_len));
        settle(r);
        if (n <= 0 || (size_t)n > r->in_len)
            return;
        memmove(r->in, r->in + n, r->in_len - (size_t)n);
        r->in_len -= (size_t)n;
    }
}

static const uint8_t jpeg[] = {0, 0, 0, 0, 1, 50, 2, 2, 0x12, 0x34, 0x56, 0x78};

static void send(struct run *r, const struct kin_rtp_header *h, struct kin_span before)
{
    static uint8_t packet[KIN_RTP_HEADER_BYTES + KIN_RTP_RTX_HEADER_BYTES + sizeof jpeg]; // borrowed by the player
    struct kin_wr w = kin_wr_init(packet, sizeof packet);
    kin_rtp_write(packet, h);
    w.len = KIN_RTP_HEADER_BYTES;
    kin_wr_put(&w, before);
    kin_wr_put(&w, kin_span_make(jpeg, sizeof jpeg));
    kin_player_feed(&r->player, r->now, kin_wr_span(&w), w.len);
}

static void send_picture(struct run *r, uint16_t seq)
{
    struct kin_rtp_header h = {.marker = true, .payload_type = KIN_RTP_PT_JPEG, .seq = seq, .ssrc = SSRC};
    h.ts = r->ts_of[seq % RECENT];
    send(r, &h, kin_span_make(NULL, 0));
}

static void picture(struct run *r, struct kin_rd *numbers)
{
    uint8_t step = kin_rd_u8(numbers);
    r->ts += kin_rd_be32(numbers);
    for (uint8_t i = 0; i < step; i++)
        r->ts_of[++r->seq % RECENT] = r->ts;
    send_picture(r, r->seq);
}

static void picture_again(struct run *r, uint8_t back)
{
    uint16_t seq = r->asked[(uint8_t)(r->asked_count - 1 - back)];
    struct kin_rtp_header h = {.marker = true, .payload_type = r->player.media.reel.rtx_payload_type, .ssrc = SSRC + 1};
    uint8_t number[KIN_RTP_RTX_HEADER_BYTES] = {(uint8_t)(seq >> 8), (uint8_t)seq};
    h.seq = r->again_seq++;
    h.ts = r->ts_of[seq % RECENT];
    if (r->player.media.reel.repair == KIN_RTP_REPAIR_RTX)
        send(r, &h, kin_span_make(number, sizeof number));
    else
        send_picture(r, seq);
}

static void parity(struct run *r, uint8_t columns)
{
    static uint8_t packet[KIN_RTP_FLEXFEC_HEADERS + sizeof jpeg];
    struct kin_rtp_header h = {.payload_type = r->player.media.reel.fec_payload_type, .ssrc = SSRC + 2};
    struct kin_rtp_flexfec mask = {.ssrc = SSRC, .columns = (uint8_t)(1 + columns % ROW_MAX)};
    struct kin_span rest = kin_span_make(jpeg, sizeof jpeg);
    struct kin_rtp_parity sum;
    mask.base = (uint16_t)(r->seq - mask.columns + 1);
    kin_rtp_parity_init(&sum, packet + KIN_RTP_FLEXFEC_HEADERS, sizeof jpeg);
    for (uint16_t seq = mask.base; seq != (uint16_t)(r->seq + 1); seq++) {
        struct kin_rtp_header of = {.marker = true, .payload_type = KIN_RTP_PT_JPEG, .ts = r->ts_of[seq % RECENT]};
        uint8_t header[KIN_RTP_HEADER_BYTES];
        kin_rtp_write(header, &of);
        MUST(kin_rtp_parity_add(&sum, header, &rest, 1));
    }
    kin_rtp_flexfec_write(packet, &h, &mask, &sum);
    kin_player_feed(&r->player, r->now, kin_span_make(packet, sizeof packet), sizeof packet);
}

// --- what the receiver says

static void note_nack(struct run *r, struct kin_rtcp_nack *nack)
{
    uint16_t seqs[KIN_RTCP_NACK_PER_PAIR];
    unsigned n, all = 0;
    MUST(!r->player.media.in_order);
    while ((n = kin_rtcp_nack_next(nack, seqs)) > 0)
        for (unsigned i = 0; i < n; i++, all++)
            r->asked[r->asked_count++] = seqs[i];
    MUST(all > 0 && all <= KIN_RTCP_NACK_PACKETS_MAX);
}

static void report(struct run *r)
{
    uint8_t room[KIN_RTP_REPORT_MAX];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    unsigned messages = 0;
    for (; kin_rtp_receiver_output(r->player.media.rtp, r->now, 0, &w); w = kin_wr_init(room, sizeof room)) {
        struct kin_span in = kin_wr_span(&w);
        struct kin_rtcp_packet p;
        struct kin_rtcp_nack nack;
        MUST(!w.bad && ++messages <= MESSAGES_AT_ONCE);
        MUST(kin_rtcp_next(&in, &p) == KIN_OK && p.type == KIN_RTCP_RR);
        while (kin_rtcp_next(&in, &p) == KIN_OK)
            if (kin_rtcp_nack_read(&p, &nack))
                note_nack(r, &nack);
        MUST(in.n == 0);
    }
}

// --- time

static kin_us deadline(const struct run *r)
{
    kin_us at = kin_us_min(kin_rtsp_client_deadline(r->c), kin_player_deadline(&r->player));
    return r->player.media.rtp != NULL ? kin_us_min(at, kin_rtp_receiver_deadline(r->player.media.rtp)) : at;
}

static void tick(struct run *r, kin_us now)
{
    r->now = now;
    kin_rtsp_client_tick(r->c, now);
    settle(r);
    if (r->player.media.rtp != NULL)
        report(r);
    kin_player_tick(&r->player, now);
    settle(r);
}

// A tick at the deadline moves the deadline.
static void wait_for_deadline(struct run *r)
{
    for (unsigned i = 0; i < TICKS_MAX; i++) {
        kin_us at = deadline(r);
        if (at == KIN_US_NEVER || (i > 0 && at > r->now))
            return;
        tick(r, kin_us_max(at, r->now));
    }
    MUST(deadline(r) > r->now);
}

// --- the script

static void connection(struct run *r, const struct script_record *x)
{
    if (x->op == 'X' && r->connecting) {
        r->connecting = false;
        kin_rtsp_client_refused(r->c, r->now, -111);
    } else if (x->op == 'c' && r->connecting) {
        r->connecting = false;
        r->connected = true;
        kin_rtsp_client_connected(r->c, r->now);
    } else if (x->op == 'x' && (r->connecting || r->connected)) {
        r->connecting = r->connected = false;
        kin_rtsp_client_disconnected(r->c, r->now, x->text.n > 0 ? -104 : 0);
    }
}

static void command(struct run *r, struct script_record *x)
{
    struct kin_player *p = &r->player;
    switch (x->op) {
    case 's':
        kin_player_setup(p, r->now);
        break;
    case 'p':
        kin_player_play(p, r->now);
        break;
    case 'r':
        kin_player_seek(p, r->now, (kin_us)(kin_rd_be64(&x->numbers) & INT64_MAX) / 4);
        break;
    case 'a':
        kin_player_pause(p, r->now);
        break;
    case 'z':
        kin_player_teardown(p, r->now);
        break;
    case 'f':
        kin_player_set_scale(p, r->now, (int32_t)kin_rd_be32(&x->numbers));
        break;
    case 'n':
        kin_player_step(p, r->now, kin_rd_u8(&x->numbers) % 2 == 0 ? 1 : -1);
        break;
    case 'o':
        kin_player_set_loop(p, !p->wanted.loop);
        break;
    case 'h':
        picture(r, &x->numbers);
        break;
    case 'g':
        picture_again(r, kin_rd_u8(&x->numbers));
        break;
    case 'e':
        parity(r, kin_rd_u8(&x->numbers));
        break;
    case 'i':
        send_picture(r, (uint16_t)(r->seq - kin_rd_u8(&x->numbers)));
        break;
    case 'u':
        kin_player_feed(p, r->now, x->text, x->text.n);
        break;
    case 'v':
        kin_player_feed_rtcp(p, r->now, r->now, x->text);
        break;
    default:
        connection(r, x);
        break;
    }
    settle(r);
}

static void run_record(struct run *r, struct script_record *x)
{
    switch (x->op) {
    case 'd':
    case 'D':
        arrive(r, x->text);
        break;
    case 'k':
        arrive(r, rtsp_script_reply(x->text, r->cseq));
        break;
    case 't':
        tick(r, r->now + script_us(kin_rd_u8(&x->numbers)));
        break;
    case 'w':
        wait_for_deadline(r);
        break;
    default:
        command(r, x);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct run run;
    struct kin_span rest = kin_span_make(data, size);
    struct script_record x = {.op = 0};
    memset(&run, 0, sizeof run);
    script_next(&rest, &x);
    kin_span_copy(x.text, run.url, sizeof run.url);
    run.transport = (enum kin_rtsp_client_transport)((x.op & TRANSPORT) % 3);
    struct kin_player_options options = {.media = {.cache = {.target = 8, .look_back = 8}, .no_cache = x.op & NO_CACHE},
                                         .auto_play = x.op & AUTO_PLAY,
                                         .fill = !(x.op & NO_CACHE)};
    MUST(kin_player_init(&run.player, &options) == KIN_OK);
    if (open_client(&run) == KIN_OK) {
        settle(&run);
        while (script_next(&rest, &x))
            run_record(&run, &x);
    }
    kin_player_deinit(&run.player);
    kin_rtsp_client_free(run.c);
    return 0;
}
