// Passes on the events of a session's player and its RTSP machine.
#include <stdio.h>

#include "base/err.h"
#include "base/text.h"
#include "client/session_internal.h"
#include "text/messages.h"

// --- the player

static struct session_frame frame_of(const struct kin_player_event *e)
{
    return (struct session_frame){
        .jpeg = e->frame.picture.jpeg,
        .number = e->frame.number,
        .media_us = (uint64_t)e->frame.media_us,
        .width = e->frame.picture.width,
        .height = e->frame.picture.height,
        .gaps = e->frame.picture.gaps,
        .look_back = e->look_back,
        .leaving = e->leaving,
        .left_out = e->frame.left_out,
    };
}

static void copy_reel(struct session *s)
{
    const struct kin_media_reel *reel = &s->player.media.reel;
    s->info.width = reel->width;
    s->info.height = reel->height;
    s->info.rate_milli = reel->rate_milli;
    s->info.duration = reel->duration;
    s->info.frames = reel->frames;
    s->info.numbered = reel->even;
    s->info.speed_milli = s->player.speed_done;
}

static void say(struct session *s, const struct kin_player_event *e)
{
    char sentence[SENTENCE_MAX + SENTENCE_HINT_MAX];
    bool is_error = sentence_of_notice(e, s->words, s->hint, sentence);
    session_say(s, is_error, sentence);
}

static void reconnect(struct session *s, bool tcp)
{
    if (tcp)
        s->opts.transport = KIN_RTSP_CLIENT_TCP;
    if (session_start(s) != KIN_OK)
        kin_player_fail(&s->player, kin_loop_now(s->loop), KIN_PLAYER_NOTICE_NO_MEMORY);
}

static void dispatch(struct session *s, const struct kin_player_event *e)
{
    struct session_frame frame;
    switch (e->kind) {
    case KIN_PLAYER_STATE:
        if (s->on.on_state != NULL)
            s->on.on_state(s->ctx, e->state);
        break;
    case KIN_PLAYER_DESCRIBED:
        if (s->on.on_described != NULL)
            s->on.on_described(s->ctx);
        break;
    case KIN_PLAYER_RECEIVED:
        frame = frame_of(e);
        if (s->on.on_received != NULL)
            s->on.on_received(s->ctx, &frame);
        break;
    case KIN_PLAYER_SHOW:
        frame = frame_of(e);
        if (s->on.on_frame != NULL)
            s->on.on_frame(s->ctx, &frame);
        break;
    case KIN_PLAYER_NOTICE:
        say(s, e);
        break;
    case KIN_PLAYER_NOTICE_CLEARED:
        if (s->on.on_message_withdrawn != NULL)
            s->on.on_message_withdrawn(s->ctx);
        break;
    case KIN_PLAYER_TRANSPORT:
        session_open_transport(s);
        break;
    case KIN_PLAYER_RECONNECT:
        reconnect(s, e->tcp);
        break;
    case KIN_PLAYER_HANG_UP:
        rtsp_link_hang_up(&s->link);
        session_close_transport(s);
        break;
    }
}

void session_dispatch(struct session *s)
{
    struct kin_player_event e;
    while (kin_player_event(&s->player, kin_loop_now(s->loop), &e)) {
        if (s->link.closed)
            continue;
        copy_reel(s);
        dispatch(s, &e);
    }
}

// --- the RTSP machine: events of the connection and its transports; the player handles the rest

static void copy_description(struct session *s, const struct kin_rtsp_client_event *e)
{
    const char *codec = e->video.format == KIN_PAYLOAD_XQT ? "X-QT" : "JPEG";
    struct session_info *info = &s->info;
    if (!e->is_sdp)
        return;
    kin_text_clean(e->video.session_name, true, info->name, sizeof info->name);
    kin_span_copy(kin_span_str(kin_rtsp_client_server(s->link.rtsp)), info->server, sizeof info->server);
    kin_span_copy(kin_span_str(codec), info->codec, sizeof info->codec);
}

// What may help against this status.
static const char *hint_for(const struct session *s, const struct kin_rtsp_client_event *e)
{
    if (e->status == 406)
        return MSG_HINT_DIRECTORY;
    if (e->status == 461 && s->opts.transport == KIN_RTSP_CLIENT_UDP)
        return MSG_HINT_TRANSPORT;
    return "";
}

static bool is_directory(const struct kin_rtsp_client_event *e) // as kinorad answers
{
    return e->kind == KIN_RTSP_CLIENT_FAILED && e->status == 406 &&
           kin_span_find_str(e->peer_text, "Directory") < e->peer_text.n;
}

// KIN_PLAYER_NOTICE_COUNT, or why the session has to end.
static enum kin_player_notice apply_event(struct session *s, const struct kin_rtsp_client_event *e)
{
    switch (e->kind) {
    case KIN_RTSP_CLIENT_DESCRIBED:
        copy_description(s, e);
        break;
    case KIN_RTSP_CLIENT_SET_UP:
        return session_apply_transport(s, &e->transport);
    case KIN_RTSP_CLIENT_CLOSED:
        session_goodbye(s);
        session_close_transport(s);
        break;
    case KIN_RTSP_CLIENT_TRANSPORT_CHANGED:
        s->transport.set_up = false;
        kin_span_copy(kin_span_str(s->words), s->info.switched, sizeof s->info.switched);
        break;
    case KIN_RTSP_CLIENT_REDIRECTED:
        s->transport.set_up = s->transport.set_up && e->method != KIN_RTSP_SETUP && e->method != KIN_RTSP_PLAY;
        break;
    default:
        break;
    }
    return is_directory(e) ? KIN_PLAYER_NOTICE_DIRECTORY : KIN_PLAYER_NOTICE_COUNT;
}

void session_on_rtsp(void *ctx, const struct kin_rtsp_client_event *e)
{
    struct session *s = ctx;
    if (e->kind == KIN_RTSP_CLIENT_INTERLEAVED) {
        session_on_interleaved(s, e->channel, e->bytes);
        return;
    }
    if (e->kind == KIN_RTSP_CLIENT_SENT || e->kind == KIN_RTSP_CLIENT_RECEIVED) {
        if (s->on.on_protocol != NULL)
            s->on.on_protocol(s->ctx, e->kind == KIN_RTSP_CLIENT_SENT, e->bytes);
        return;
    }
    sentence_of_event(e, s->words);
    s->hint = hint_for(s, e);
    enum kin_player_notice why = apply_event(s, e);
    if (why == KIN_PLAYER_NOTICE_COUNT)
        kin_player_rtsp(&s->player, kin_loop_now(s->loop), e);
    else
        kin_player_fail(&s->player, kin_loop_now(s->loop), why);
    session_dispatch(s);
}
