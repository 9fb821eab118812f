// One viewing session: birth and death, states and messages, the turn in which everything that is due is done.
#include "client/session.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "client/session_internal.h"

#define BUFFER_MAX ((size_t)256 * 1024) // of the RTSP connection, each way

// --- telling the owner

void session_set_state(struct session *s, enum session_state state)
{
    kin_us now = kin_loop_now(s->loop);
    if (s->link.closed || s->state == state)
        return;
    if (state == SESSION_PLAYING)
        s->playing_since = now;
    else if (s->state == SESSION_PLAYING)
        s->played_us += now - s->playing_since;
    s->state = state;
    if (s->on.on_state != NULL)
        s->on.on_state(s->ctx, state);
}

void session_say(struct session *s, bool is_error, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    s->cause = CAUSE_NONE;
    if (!s->link.closed && s->on.on_message != NULL)
        s->on.on_message(s->ctx, is_error, message);
}

void session_unsay(struct session *s, enum session_cause cause)
{
    if (s->cause != cause)
        return;
    s->cause = CAUSE_NONE;
    if (!s->link.closed && s->on.on_unsaid != NULL)
        s->on.on_unsaid(s->ctx);
}

void session_fail(struct session *s, const char *sentence)
{
    if (s->link.closed || s->state == SESSION_FAILED)
        return;
    session_stop(s);
    kin_media_receiver_break(&s->media, kin_loop_now(s->loop));
    session_unsay(s, CAUSE_SILENCE);
    session_say(s, true, "%s", sentence);
    session_set_state(s, SESSION_FAILED);
}

// --- birth and death

int session_start(struct session *s)
{
    static const enum kin_rtsp_client_lower lowers[] = {KIN_RTSP_CLIENT_AUTO, KIN_RTSP_CLIENT_UDP, KIN_RTSP_CLIENT_TCP};
    struct kin_rtsp_client_options options = {
        .url = s->url,
        .user_agent = "Kinora/" KIN_VERSION,
        .lower = lowers[s->opts.transport],
    };
    int err = rtsp_link_start(&s->link, &options);
    if (err == KIN_OK)
        kin_receive_stats_connect(&s->media.received, kin_loop_now(s->loop));
    return err;
}

static int init_media(struct session *s)
{
    struct kin_media_receiver_options options = {
        .cache = {.target = s->opts.cache_frames > 0 ? s->opts.cache_frames : 30,
                  .look_back = s->opts.no_look_back ? 0 : LOOK_BACK_FRAMES,
                  .bytes_max = s->opts.cache_bytes_max},
        .no_cache = s->opts.no_playout,
    };
    return kin_media_receiver_init(&s->media, &options);
}

static void init_fields(struct session *s, const struct session_options *options)
{
    s->opts = *options;
    s->info.duration = -1;
    s->info.speed_milli = SPEED_NORMAL;
    s->wants_setup = options->auto_setup || options->auto_play;
    s->wants_play = options->auto_play;
    s->seek_to = 0;
    s->play_from = -1;
    s->scale = s->scale_sent = SCALE_NORMAL;
}

static void destroy(void *ctx)
{
    struct session *s = ctx;
    kin_media_receiver_deinit(&s->media);
    rtsp_link_deinit(&s->link);
    free(s);
}

static void turn(void *ctx);
static kin_us deadline(void *ctx);

static const struct rtsp_link_kind link_kind = {
    .limits = {.read_max = BUFFER_MAX, .write_max = BUFFER_MAX, .write_low = BUFFER_MAX / 2},
    .flush_us = 300 * KIN_US_PER_MS,
    .on_event = session_on_event,
    .on_turn = turn,
    .deadline = deadline,
    .on_gone = destroy,
};

static int build(struct session *s, const char *url)
{
    kin_span_copy(kin_span_str(url), s->url, sizeof s->url);
    int err = init_media(s);
    if (err == KIN_OK)
        err = rtsp_link_init(&s->link, s->loop, &link_kind, s);
    if (err == KIN_OK)
        err = session_start(s);
    return err;
}

int session_new(struct kin_loop *loop, const char *url, const struct session_options *options,
                const struct session_handler *handler, void *ctx, struct session **ret)
{
    if (strlen(url) > URL_MAX)
        return KIN_EBAD;
    struct session *s = calloc(1, sizeof *s);
    if (s == NULL)
        return KIN_ENOMEM;
    s->loop = loop;
    s->on = *handler;
    s->ctx = ctx;
    init_fields(s, options);
    int err = build(s, url);
    if (err != KIN_OK) {
        destroy(s);
        return err == KIN_ELIMIT ? KIN_EBAD : err;
    }
    *ret = s;
    return KIN_OK;
}

void session_stop(struct session *s)
{
    rtsp_link_hang_up(&s->link);
    session_close_sockets(s);
    s->set_up = false;
}

void session_close(struct session *s, void (*on_closed)(void *ctx), void *ctx)
{
    if (s == NULL || s->link.closed)
        return;
    session_goodbye(s);
    session_close_sockets(s);
    rtsp_link_close(&s->link, on_closed, ctx);
}

// --- the turn: everything that is due

static void turn(void *ctx)
{
    struct session *s = ctx;
    if (s->state == SESSION_FAILED || kin_rtsp_client_idle(s->link.rtsp))
        kin_media_receiver_settled(&s->media);
    session_drain(s);
    session_report(s);
    session_show_due(s);
    session_check_end(s);
    kin_media_receiver_tick(&s->media, kin_loop_now(s->loop));
}

static kin_us deadline(void *ctx)
{
    const struct session *s = ctx;
    bool playing = s->state == SESSION_PLAYING;
    return kin_us_min(session_media_deadline(s), kin_media_receiver_deadline(&s->media, playing));
}

// --- facts

enum session_state session_state(const struct session *s)
{
    return s->state;
}

const struct session_info *session_info(const struct session *s)
{
    return &s->info;
}
