// Asks a server what a directory holds: one connection, one DESCRIBE with Accept: application/json.
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "client/listing_json.h"
#include "client/sentences.h"
#include "client/session.h"
#include "engine/rtsp_client.h"
#include "io/stream.h"

#define BODY_MAX ((size_t)8 * 1024 * 1024) // LISTING_MAX long names fit
#define HEAD_MAX ((size_t)64 * 1024)
#define CONNECT_TIMEOUT_US (10 * KIN_US_PER_S)

struct listing_request {
    struct kin_loop *loop;
    struct kin_rtsp_client *rtsp;
    struct kin_stream *stream;
    struct kin_timer *timer;
    listing_fn *done; // NULL once it was called or the request was cancelled
    void *ctx;
    unsigned depth; // callbacks we are inside of
    bool over;
    char notice[SENTENCE_MAX];
};

static void close_all(struct listing_request *r)
{
    if (r->stream != NULL)
        kin_stream_close(r->stream, 0, NULL, NULL);
    r->stream = NULL;
    if (r->over && r->depth == 0) {
        kin_timer_free(r->timer);
        kin_rtsp_client_free(r->rtsp);
        free(r);
    }
}

static void finish(struct listing_request *r, struct listing *listing, bool is_reel, const char *error)
{
    listing_fn *done = r->done;
    r->done = NULL;
    r->over = true;
    if (done != NULL)
        done(r->ctx, listing, is_reel, error);
    else
        listing_free(listing);
}

static void take_description(struct listing_request *r, const struct kin_rtsp_client_event *e)
{
    struct listing *listing = NULL;
    if (e->is_sdp) {
        finish(r, NULL, true, NULL);
        return;
    }
    int err = listing_parse(e->body, &listing);
    char why[80];
    if (listing != NULL)
        kin_span_copy(kin_span_str(r->notice), listing->notice, sizeof listing->notice);
    snprintf(why, sizeof why, "the server's listing cannot be read: %s", kin_err_str(err));
    finish(r, listing, false, err == KIN_OK ? NULL : why);
}

static void pump(struct listing_request *r);

static size_t on_input(void *ctx, struct kin_span in)
{
    struct listing_request *r = ctx;
    const struct kin_stream *stream = r->stream;
    size_t used = 0;
    r->depth++;
    while (!r->over && r->stream == stream && used < in.n) {
        ptrdiff_t n = kin_rtsp_client_feed(r->rtsp, kin_loop_now(r->loop), kin_span_skip(in, used));
        pump(r);
        if (n <= 0)
            break;
        used += (size_t)n;
    }
    r->depth--;
    if (r->over)
        close_all(r);
    return used;
}

// Of a connection that could not be made as well.
static void on_end(void *ctx, int error)
{
    struct listing_request *r = ctx;
    r->depth++;
    if (error == UV_ECONNREFUSED)
        kin_rtsp_client_refused(r->rtsp, kin_loop_now(r->loop), error);
    else
        kin_rtsp_client_disconnected(r->rtsp, kin_loop_now(r->loop), error);
    pump(r);
    r->depth--;
    if (r->over)
        close_all(r);
}

static void on_connect(void *ctx, int error)
{
    struct listing_request *r = ctx;
    if (error != 0) {
        on_end(r, error);
        return;
    }
    r->depth++;
    kin_rtsp_client_connected(r->rtsp, kin_loop_now(r->loop));
    pump(r);
    r->depth--;
    if (r->over)
        close_all(r);
}

static void connect_to(struct listing_request *r, const struct kin_rtsp_client_event *e)
{
    static const struct kin_stream_limits limits = {
        .read_max = BODY_MAX + HEAD_MAX, .write_max = HEAD_MAX, .write_low = HEAD_MAX / 2};
    static const struct kin_stream_handler handler = {.on_input = on_input, .on_end = on_end};
    char host[256];
    kin_span_copy(e->host, host, sizeof host);
    if (r->stream != NULL)
        kin_stream_close(r->stream, 0, NULL, NULL);
    r->stream = NULL;
    int err = kin_stream_connect(r->loop, host, e->port, CONNECT_TIMEOUT_US, &limits, &handler, on_connect, r,
                                 &r->stream);
    if (err != KIN_OK)
        kin_rtsp_client_disconnected(r->rtsp, kin_loop_now(r->loop), err == KIN_ENOMEM ? UV_ENOMEM : UV_EAI_NONAME);
}

static void on_event(struct listing_request *r, const struct kin_rtsp_client_event *e)
{
    char sentence[SENTENCE_MAX];
    sentence_of_event(e, sentence);
    if (e->kind == KIN_RTSP_CLIENT_CONNECT)
        connect_to(r, e);
    else if (e->kind == KIN_RTSP_CLIENT_DESCRIBED)
        take_description(r, e);
    else if (e->kind == KIN_RTSP_CLIENT_FAILED)
        finish(r, NULL, false, sentence);
    else if (sentence[0] != '\0')
        memcpy(r->notice, sentence, sizeof sentence);
}

static void pump(struct listing_request *r)
{
    struct kin_rtsp_client_event e;
    while (!r->over && kin_rtsp_client_event(r->rtsp, &e))
        on_event(r, &e);
    struct kin_span out = kin_rtsp_client_output(r->rtsp);
    if (!r->over && out.n > 0 && r->stream != NULL)
        kin_stream_write(r->stream, out);
    if (!r->over)
        kin_timer_set(r->timer, kin_rtsp_client_deadline(r->rtsp));
}

static void on_timer(void *ctx, kin_us now)
{
    struct listing_request *r = ctx;
    r->depth++;
    kin_rtsp_client_tick(r->rtsp, now);
    pump(r);
    r->depth--;
    if (r->over)
        close_all(r);
}

int listing_start(struct kin_loop *loop, const char *url, listing_fn *done, void *ctx, struct listing_request **ret)
{
    struct kin_rtsp_client_options options = {
        .url = url,
        .accept = "application/json, application/sdp",
        .user_agent = "Kinora/" KIN_VERSION,
        .body_max = BODY_MAX,
    };
    struct listing_request *r = calloc(1, sizeof *r);
    if (r == NULL)
        return KIN_ENOMEM;
    *r = (struct listing_request){.loop = loop, .done = done, .ctx = ctx};
    int err = kin_timer_new(loop, on_timer, r, &r->timer);
    if (err == KIN_OK)
        err = kin_rtsp_client_new(&options, &r->rtsp);
    if (err != KIN_OK) {
        r->over = true;
        close_all(r);
        return err == KIN_ELIMIT ? KIN_EBAD : err;
    }
    kin_timer_set(r->timer, 0);
    *ret = r;
    return KIN_OK;
}

void listing_cancel(struct listing_request *r)
{
    if (r == NULL)
        return;
    r->done = NULL;
    r->over = true;
    close_all(r);
}
