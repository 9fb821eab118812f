// A shell around the RTSP server machine: bytes in, bytes and events out, in virtual time.
#ifndef UNIT_RTSP_SERVER_FIXTURE_H
#define UNIT_RTSP_SERVER_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "engine/rtsp/rtsp_server.h"
#include "unit.h"

#define OUT_MAX (1 << 16)
#define EVENTS_MAX 16

// A shell that knows one reel "a.mjpeg" of 10 s and one directory "clips", and answers at once unless `hold`.
struct fixture {
    struct kin_rtsp_server *s;
    kin_us now;
    char in[1 << 15];
    size_t in_len;
    char out[OUT_MAX];
    size_t out_len;
    struct kin_rtsp_server_event events[EVENTS_MAX];
    char path[256];
    unsigned count;
    bool hold, closed;
    uint8_t seed;
};

static const struct kin_rtsp_server_options defaults = {
    .limits = {.line_max = 1024, .head_max = 4096, .body_max = 2048, .header_max = 32},
    .session_timeout = 60 * KIN_US_PER_S,
    .idle_timeout = 30 * KIN_US_PER_S,
    .request_timeout = 10 * KIN_US_PER_S,
    .name = "kinorad/test",
    .peer_host = "192.0.2.7",
    .own_ports = {7000, 7001}};

static inline struct fixture *fixture_new_with(const struct kin_rtsp_server_options *options)
{
    struct fixture *r = calloc(1, sizeof *r);
    if (r != NULL && kin_rtsp_server_new(0, options, &r->s) != KIN_OK) {
        free(r);
        return NULL;
    }
    return r;
}

static inline struct fixture *fixture_new(void)
{
    return fixture_new_with(&defaults);
}

static inline void fixture_free(struct fixture *r)
{
    if (r != NULL)
        kin_rtsp_server_free(r->s);
    free(r);
}

static inline void answer_describe(struct fixture *r, const struct kin_rtsp_server_event *e)
{
    struct kin_sdp_out sdp = {.session_id = 1, .version = 1, .name = kin_span_str("a"), .duration = 10 * KIN_US_PER_S};
    sdp.address = kin_span_str("192.0.2.1");
    sdp.format = KIN_PAYLOAD_JPEG;
    sdp.payload_type = 26;
    if (strcmp(e->path, "a.mjpeg") == 0 && e->sdp)
        kin_rtsp_server_reply_describe(r->s, r->now, &sdp);
    else if (strcmp(e->path, "clips") == 0 && e->json)
        kin_rtsp_server_reply_body(r->s, r->now, "application/json", kin_span_str("{}"));
    else if (strcmp(e->path, "large") == 0 && e->json)
        (void)kin_rtsp_server_reply_head(r->s, r->now, "application/json", 1000000);
    else if (strcmp(e->path, "huge") == 0 && e->json)
        (void)kin_rtsp_server_reply_head(r->s, r->now, "application/json", KIN_RTSP_SERVER_BODY_MAX + 1);
    else
        kin_rtsp_server_reply_error(r->s, r->now, 404, NULL);
}

static inline void answer_setup(struct fixture *r, const struct kin_rtsp_server_event *e)
{
    struct kin_rtsp_server_setup setup = {.server_port = {7000, 7001}, .ssrc = 0x0a0b0c0d, .frames = 240};
    for (size_t i = 0; i < sizeof setup.random; i++)
        setup.random[i] = (uint8_t)(i * 7 + r->seed);
    r->seed++;
    if (strcmp(e->path, "a.mjpeg") == 0)
        kin_rtsp_server_reply_setup(r->s, r->now, &setup);
    else
        kin_rtsp_server_reply_error(r->s, r->now, 404, NULL);
}

static inline void answer_play(struct fixture *r, const struct kin_rtsp_server_event *e)
{
    struct kin_rtsp_server_play play = {.start = e->range.start, .end = 10 * KIN_US_PER_S, .seq = 77, .rtptime = 4242};
    play.frames = 240;
    play.scale_milli = e->scale_milli > 16000 ? 16000 : e->scale_milli;
    play.speed_milli = e->speed_milli;
    if (e->scale_milli < 0)
        play.end = e->range.end;
    if (e->range.start >= 10 * KIN_US_PER_S)
        kin_rtsp_server_reply_error(r->s, r->now, 457, NULL);
    else
        kin_rtsp_server_reply_play(r->s, r->now, &play);
}

static inline void answer(struct fixture *r, const struct kin_rtsp_server_event *e)
{
    switch (e->kind) {
    case KIN_RTSP_SERVER_DESCRIBE:
        answer_describe(r, e);
        break;
    case KIN_RTSP_SERVER_SETUP:
        answer_setup(r, e);
        break;
    case KIN_RTSP_SERVER_PLAY:
        answer_play(r, e);
        break;
    case KIN_RTSP_SERVER_PAUSE:
        kin_rtsp_server_reply_pause(r->s, r->now, e->has_range ? e->range.start : 1500000, e->has_range);
        break;
    case KIN_RTSP_SERVER_CLOSE:
        r->closed = true;
        break;
    default:
        break;
    }
}

static inline void take_events(struct fixture *r)
{
    struct kin_rtsp_server_event e;
    while (kin_rtsp_server_event(r->s, &e)) {
        if (r->count < EVENTS_MAX)
            r->events[r->count++] = e;
        if (e.path != NULL)
            kin_span_copy(kin_span_str(e.path), r->path, sizeof r->path);
        if (!r->hold || e.kind == KIN_RTSP_SERVER_CLOSE)
            answer(r, &e);
    }
}

static inline void take_output(struct fixture *r)
{
    struct kin_span o = kin_rtsp_server_output(r->s);
    if (o.n > OUT_MAX - r->out_len - 1)
        o.n = OUT_MAX - r->out_len - 1;
    if (o.n > 0)
        memcpy(r->out + r->out_len, o.p, o.n);
    r->out_len += o.n;
    r->out[r->out_len] = '\0';
    kin_rtsp_server_sent(r->s, o.n);
}

static inline void drop_input(struct fixture *r, size_t n)
{
    memmove(r->in, r->in + n, r->in_len - n);
    r->in_len -= n;
}

static inline void pump(struct fixture *r)
{
    size_t n;
    do {
        n = kin_rtsp_server_feed(r->s, r->now, kin_span_make(r->in, r->in_len));
        take_events(r);
        take_output(r);
        drop_input(r, n);
    } while (n > 0 && r->in_len > 0);
}

static inline void push(struct fixture *r, const void *p, size_t n)
{
    if (n > sizeof r->in - r->in_len)
        n = sizeof r->in - r->in_len;
    memcpy(r->in + r->in_len, p, n);
    r->in_len += n;
    pump(r);
}

// Forgets what was said so far, then sends; the replies are in r->out.
static const char *say(struct fixture *r, const char *text)
{
    r->out_len = 0;
    r->out[0] = '\0';
    r->count = 0;
    push(r, text, strlen(text));
    return r->out;
}

static inline void wait_until(struct fixture *r, kin_us at)
{
    r->now = at;
    r->out_len = 0;
    r->count = 0;
    kin_rtsp_server_tick(r->s, r->now);
    take_events(r);
    take_output(r);
    pump(r);
}

static inline bool has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

static inline bool starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static inline void session_of(const char *reply, char id[32])
{
    const char *at = strstr(reply, "Session: ");
    size_t n = at != NULL ? strspn(at + 9, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") : 0;
    kin_span_copy(kin_span_make(at != NULL ? at + 9 : "", n < 31 ? n : 31), id, 32);
}

#endif
