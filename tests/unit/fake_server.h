// An RTSP server on a loop of the test: it answers as the test says and sends numbered pictures over the connection.
#ifndef FAKE_SERVER_H
#define FAKE_SERVER_H

#include <stdio.h>
#include <unistd.h>

#include "base/err.h"
#include "io/acceptor.h"
#include "io/stream.h"
#include "proto/rtp.h"
#include "proto/rtsp_frame.h"
#include "proto/rtsp_hdr.h"
#include "proto/rtsp_msg.h"
#include "sample.h"

#define FAKE_FPS 100 // of the reel
#define FAKE_REEL                                                                                                      \
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=A reel\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 X-QT/90000\r\n"       \
    "a=control:track1\r\na=range:npt=0-0.2\r\na=framerate:100\r\na=x-dimensions:64,48\r\n"
#define FAKE_REEL_FRAMES 20
#define FAKE_SDP "Content-Type: application/sdp\r\n"
#define FAKE_TICKS (90000 / FAKE_FPS)

struct fake_answer {
    unsigned status;     // 0: 200
    const char *headers; // whole lines, instead of those that belong there; NULL: those
    const char *body;
    bool hang_up;   // closes instead
    unsigned times; // it is given so often, then the usual one; 0: always
};

struct fake_server {
    struct kin_loop *loop;
    struct kin_acceptor *acceptor;
    struct kin_stream *stream;
    int fd;
    uint16_t port;
    struct kin_buf *picture;
    struct fake_answer answers[KIN_RTSP_METHOD_COUNT];
    unsigned frames;    // of the reel, of which a PLAY sends all from its Range on
    bool no_bye;        // the stream just stops
    bool hang_up_after; // and the connection ends
    char asked[512];    // methods, PLAY with its Range and Scale: "OPTIONS DESCRIBE SETUP PLAY(npt=0-)"
    unsigned connections;
    uint16_t seq;
    uint32_t ts;
};

static void fake_hang_up(struct fake_server *f)
{
    if (f->stream != NULL)
        kin_stream_close(f->stream, KIN_US_PER_S, NULL, NULL);
    f->stream = NULL;
}

static void fake_note(struct fake_server *f, const struct kin_rtsp_msg *msg)
{
    size_t len = strlen(f->asked);
    struct kin_span range = kin_rtsp_msg_get(msg, "Range"), scale = kin_rtsp_msg_get(msg, "Scale");
    snprintf(f->asked + len, sizeof f->asked - len, "%s%.*s", len > 0 ? " " : "", KIN_SPAN_ARG(msg->method_text));
    len = strlen(f->asked);
    if (range.n + scale.n > 0)
        snprintf(f->asked + len, sizeof f->asked - len, "(%.*s%s%.*s)", KIN_SPAN_ARG(range), scale.n > 0 ? " x" : "",
                 KIN_SPAN_ARG(scale));
}

static void fake_block(struct fake_server *f, uint8_t channel, struct kin_span head, struct kin_span body)
{
    uint8_t room[64 + SAMPLE_MAX_BYTES];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    kin_wr_u8(&w, '$');
    kin_wr_u8(&w, channel);
    kin_wr_be16(&w, (unsigned)(head.n + body.n));
    kin_wr_put(&w, head);
    kin_wr_put(&w, body);
    kin_stream_write(f->stream, kin_wr_span(&w));
}

static void fake_picture(struct fake_server *f)
{
    uint8_t head[KIN_RTP_HEADER_BYTES + 4] = {0};
    struct kin_rtp_header h = {.marker = true, .payload_type = 96, .seq = f->seq++, .ts = f->ts, .ssrc = 7};
    kin_rtp_write(head, &h);
    head[KIN_RTP_HEADER_BYTES] = 0x0e; // QuickTime: one sample, no description
    fake_block(f, 0, kin_span_make(head, sizeof head), kin_buf_span(f->picture));
    f->ts += FAKE_TICKS;
}

static unsigned fake_start(const struct kin_rtsp_msg *msg)
{
    struct kin_rtsp_range range;
    struct kin_span value = kin_rtsp_msg_get(msg, "Range");
    if (value.p == NULL || kin_rtsp_range_parse(value, &range) != KIN_OK || !range.start_given)
        return 0;
    return (unsigned)((range.start * FAKE_FPS + KIN_US_PER_S / 2) / KIN_US_PER_S);
}

static void fake_play(struct fake_server *f, const struct kin_rtsp_msg *msg)
{
    static const uint8_t bye[] = {0x80, 201, 0, 1, 0, 0, 0, 7, 0x81, 203, 0, 1, 0, 0, 0, 7};
    for (unsigned i = fake_start(msg); i < f->frames; i++)
        fake_picture(f);
    if (!f->no_bye)
        fake_block(f, 1, kin_span_make(bye, sizeof bye), kin_span_make(NULL, 0));
    if (f->hang_up_after)
        fake_hang_up(f);
}

static void fake_headers(struct fake_server *f, struct kin_wr *w, const struct kin_rtsp_msg *msg)
{
    static const char *const usual[KIN_RTSP_METHOD_COUNT] = {
        [KIN_RTSP_DESCRIBE] = FAKE_SDP,
        [KIN_RTSP_SETUP] = "Session: 1234;timeout=60\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"};
    const struct fake_answer *a = &f->answers[msg->method];
    if (a->headers != NULL)
        kin_wr_str(w, a->headers);
    else if (usual[msg->method] != NULL && a->status == 0)
        kin_wr_str(w, usual[msg->method]);
    if (msg->method == KIN_RTSP_PLAY && a->status == 0)
        kin_wr_fmt(w, "Range: npt=%u.%02u-\r\nRTP-Info: url=track1;seq=%u;rtptime=%u\r\n", fake_start(msg) / FAKE_FPS,
                   fake_start(msg) % FAKE_FPS, f->seq, f->ts);
}

static void fake_reply(struct fake_server *f, const struct kin_rtsp_msg *msg)
{
    char room[2048];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    const struct fake_answer *a = &f->answers[msg->method];
    const char *body = a->body != NULL ? a->body : msg->method == KIN_RTSP_DESCRIBE && a->status == 0 ? FAKE_REEL : "";
    kin_rtsp_write_response(&w, a->status != 0 ? a->status : 200, NULL);
    kin_rtsp_write_header(&w, "CSeq", kin_rtsp_msg_get(msg, "CSeq"));
    fake_headers(f, &w, msg);
    kin_rtsp_write_end(&w, kin_span_str(body));
    kin_stream_write(f->stream, kin_wr_span(&w));
}

static void fake_request(struct fake_server *f, const struct kin_rtsp_msg *msg)
{
    struct fake_answer *a = &f->answers[msg->method];
    fake_note(f, msg);
    if (a->hang_up)
        fake_hang_up(f);
    else
        fake_reply(f, msg);
    if (msg->method == KIN_RTSP_PLAY && a->status == 0 && f->stream != NULL)
        fake_play(f, msg);
    if (a->times > 0 && --a->times == 0)
        *a = (struct fake_answer){.status = 0};
}

static size_t fake_on_input(void *ctx, struct kin_span in)
{
    struct fake_server *f = ctx;
    struct kin_rtsp_framer framer;
    struct kin_rtsp_frame frame;
    struct kin_rtsp_msg msg;
    size_t used = 0;
    ptrdiff_t n = 1;
    while (n > 0 && f->stream != NULL) {
        kin_rtsp_framer_init(&framer, true, &kin_rtsp_limits_default);
        n = kin_rtsp_framer_next(&framer, kin_span_skip(in, used), &frame);
        used += n > 0 ? (size_t)n : 0;
        if (n > 0 && frame.kind == KIN_RTSP_FRAME_MESSAGE && kin_rtsp_msg_parse(frame.bytes, &msg) == KIN_OK)
            fake_request(f, &msg);
    }
    return used;
}

static void fake_on_end(void *ctx, int error)
{
    struct fake_server *f = ctx;
    (void)error;
    fake_hang_up(f);
}

static void fake_on_accept(void *ctx, int fd)
{
    static const struct kin_stream_limits limits = {.read_max = 65536, .write_max = 1 << 20, .write_low = 1 << 19};
    static const struct kin_stream_handler handler = {.on_input = fake_on_input, .on_end = fake_on_end};
    struct fake_server *f = ctx;
    fake_hang_up(f);
    f->connections++;
    if (kin_stream_adopt(f->loop, fd, &limits, &handler, f, &f->stream) != KIN_OK) {
        f->stream = NULL;
        close(fd);
    }
}

// False without memory, descriptors or the sample. fake_close() it in any case.
static bool fake_open(struct fake_server *f, struct kin_loop *loop)
{
    union kin_addr address, bound;
    *f = (struct fake_server){.loop = loop, .fd = -1, .frames = FAKE_REEL_FRAMES, .seq = 100, .ts = 5000};
    f->picture = sample_load("444.jpg");
    kin_addr_parse("127.0.0.1:0", &address);
    f->fd = kin_acceptor_listen(&address, &bound);
    if (f->picture == NULL || f->fd < 0)
        return false;
    f->port = kin_addr_port(&bound);
    return kin_acceptor_new(loop, f->fd, fake_on_accept, NULL, f, &f->acceptor) == KIN_OK;
}

static void fake_close(struct fake_server *f)
{
    fake_hang_up(f);
    kin_acceptor_close(f->acceptor);
    if (f->fd >= 0)
        close(f->fd);
    kin_buf_unref(f->picture);
}

#endif
