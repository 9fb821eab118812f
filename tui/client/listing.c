// Asks a server what a directory holds: one connection, one DESCRIBE with Accept: application/json.
#include "client/listing.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "client/rtsp_link.h"
#include "text/messages.h"
#include "text/sentences.h"

#define BODY_MAX ((size_t)8 * 1024 * 1024) // LISTING_MAX long names fit
#define HEAD_MAX ((size_t)64 * 1024)

struct listing_request {
    struct rtsp_link link;
    listing_fn *done; // NULL once it was called or the request was cancelled
    void *ctx;
    char notice[SENTENCE_MAX];
};

static void finish(struct listing_request *r, struct listing *listing, bool is_reel, const char *error)
{
    listing_fn *done = r->done;
    listing_cancel(r);
    if (done != NULL)
        done(r->ctx, listing, is_reel, error);
    else
        listing_free(listing);
}

static void on_described(struct listing_request *r, const struct kin_rtsp_client_event *e)
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
    snprintf(why, sizeof why, MSG_LISTING_UNREADABLE, kin_err_str(err));
    finish(r, listing, false, err == KIN_OK ? NULL : why);
}

static void on_event(void *ctx, const struct kin_rtsp_client_event *e)
{
    struct listing_request *r = ctx;
    char sentence[SENTENCE_MAX];
    sentence_of_event(e, sentence);
    if (e->kind == KIN_RTSP_CLIENT_DESCRIBED)
        on_described(r, e);
    else if (e->kind == KIN_RTSP_CLIENT_FAILED)
        finish(r, NULL, false, sentence);
    else if (sentence[0] != '\0')
        memcpy(r->notice, sentence, sizeof sentence);
}

static void on_gone(void *ctx)
{
    struct listing_request *r = ctx;
    rtsp_link_deinit(&r->link);
    free(r);
}

static const struct rtsp_link_kind link_kind = {
    .limits = {.read_max = BODY_MAX + HEAD_MAX, .write_max = HEAD_MAX, .write_low = HEAD_MAX / 2},
    .on_event = on_event,
    .on_gone = on_gone,
};

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
    *r = (struct listing_request){.done = done, .ctx = ctx};
    int err = rtsp_link_init(&r->link, loop, &link_kind, r);
    if (err == KIN_OK)
        err = rtsp_link_start(&r->link, &options);
    if (err != KIN_OK) {
        on_gone(r);
        return err == KIN_ELIMIT ? KIN_EBAD : err;
    }
    *ret = r;
    return KIN_OK;
}

void listing_cancel(struct listing_request *r)
{
    if (r == NULL)
        return;
    r->done = NULL;
    rtsp_link_close(&r->link, NULL, NULL);
}
