// The server's part of a conversation with the RTSP client machine, played by hand in virtual time.
#ifndef RTSP_PEER_H
#define RTSP_PEER_H

#include <stdio.h>

#include "base/err.h"
#include "engine/rtsp/rtsp_client.h"
#include "unit.h"

#define SEC KIN_US_PER_S

// The client under test, what it last sent, and the events it made.
struct peer {
    struct kin_rtsp_client *c;
    kin_us now;
    char sent[4096];
    struct kin_rtsp_client_event last[32]; // the last event of each kind
    unsigned seen[32];
    char url[512], peer_text[128]; // of the last event that has one
};

static inline void collect(struct peer *p)
{
    struct kin_rtsp_client_event e;
    while (kin_rtsp_client_event(p->c, &e)) {
        p->last[e.kind] = e;
        p->seen[e.kind]++;
        if (e.url.n > 0)
            kin_span_copy(e.url, p->url, sizeof p->url);
        if (e.peer_text.n > 0)
            kin_span_copy(e.peer_text, p->peer_text, sizeof p->peer_text);
    }
    struct kin_span out = kin_rtsp_client_output(p->c);
    if (out.n > 0)
        kin_span_copy(out, p->sent, sizeof p->sent);
}

static inline int open_as(struct peer *p, const struct kin_rtsp_client_options *options)
{
    *p = (struct peer){.now = 1000 * SEC};
    int err = kin_rtsp_client_new(options, &p->c);
    if (err == KIN_OK)
        collect(p);
    return err;
}

static inline int open_with(struct peer *p, const char *url, enum kin_rtsp_client_transport transport)
{
    struct kin_rtsp_client_options options = {.url = url, .transport = transport, .user_agent = "Test"};
    return open_as(p, &options);
}

static inline void connect_now(struct peer *p)
{
    kin_rtsp_client_connected(p->c, p->now);
    collect(p);
}

static inline ptrdiff_t feed(struct peer *p, const char *text)
{
    struct kin_span in = unit_guarded_str(text);
    size_t used = 0;
    while (used < in.n) {
        ptrdiff_t n = kin_rtsp_client_feed(p->c, p->now, kin_span_skip(in, used));
        collect(p);
        if (n <= 0)
            return n;
        used += (size_t)n;
    }
    return (ptrdiff_t)used;
}

static inline unsigned sent_cseq(const struct peer *p)
{
    unsigned cseq = 0;
    const char *at = strstr(p->sent, "CSeq: ");
    for (at = at != NULL ? at + 6 : ""; *at >= '0' && *at <= '9'; at++)
        cseq = cseq * 10 + (unsigned)(*at - '0');
    return cseq;
}

// Answers the request last sent. `more` are further header lines and the body, each line with its CRLF.
static inline void answer(struct peer *p, const char *status, const char *more)
{
    char reply[2048];
    snprintf(reply, sizeof reply, "RTSP/1.0 %s\r\nCSeq: %u\r\n%s%s", status, sent_cseq(p), more,
             strstr(more, "\r\n\r\n") != NULL ? "" : "\r\n");
    feed(p, reply);
}

static inline void tick(struct peer *p, kin_us after)
{
    p->now += after;
    kin_rtsp_client_tick(p->c, p->now);
    collect(p);
}

#define SDP_TEXT                                                                                                       \
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=reel\r\nt=0 0\r\na=control:*\r\na=range:npt=0-10\r\n"                          \
    "m=video 0 RTP/AVP 26\r\na=framerate:24\r\na=control:track1\r\n"

static inline void answer_sdp(struct peer *p, const char *headers, const char *sdp)
{
    char more[1500];
    snprintf(more, sizeof more, "%sContent-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s", headers,
             strlen(sdp), sdp);
    answer(p, "200 OK", more);
}

// Up to the description.
static inline int describe(struct peer *p, enum kin_rtsp_client_transport transport)
{
    int err = open_with(p, "rtsp://cam.example:8554/reel", transport);
    if (err != KIN_OK)
        return err;
    connect_now(p);
    answer(p, "200 OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER\r\n");
    answer_sdp(p, "Content-Base: rtsp://cam.example:8554/reel/\r\n", SDP_TEXT);
    return KIN_OK;
}

static inline int play_udp(struct peer *p, enum kin_rtsp_client_transport transport)
{
    struct kin_rtsp_range range = {.start_given = true};
    int err = describe(p, transport);
    if (err != KIN_OK)
        return err;
    kin_rtsp_client_setup(p->c, p->now, 5000);
    collect(p);
    answer(p, "200 OK",
           "Session: abc123;timeout=20\r\nTransport: RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001\r\n");
    kin_rtsp_client_play(p->c, p->now, &range);
    collect(p);
    answer(p, "200 OK",
           "Session: abc123\r\nRange: npt=0.000-10.000\r\n"
           "RTP-Info: url=rtsp://cam.example:8554/reel/track1;seq=7;rtptime=4294967290\r\n");
    return KIN_OK;
}

#endif
