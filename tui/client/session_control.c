// What the events of a session's RTSP machine mean.
#include <stdio.h>

#include "base/err.h"
#include "base/text.h"
#include "client/sentences.h"
#include "client/session_internal.h"

#define HINT_MAX 64
#define A_DIRECTORY "this is a directory, not a reel: kinora ls lists it"

static void say_event(struct session *s, const struct kin_rtsp_client_event *e, bool is_error)
{
    char sentence[SENTENCE_MAX];
    sentence_of_event(e, sentence);
    session_say(s, is_error, "%s", sentence);
}

// --- what was described and agreed

static void take_facts(struct session *s, const struct kin_sdp_video *v)
{
    static const char *const codecs[] = {[KIN_SDP_JPEG] = "JPEG", [KIN_SDP_XQT] = "X-QT", [KIN_SDP_OTHER] = "?"};
    struct session_info *info = &s->info;
    struct kin_media_reel reel = {
        .width = v->width,
        .height = v->height,
        .rate_milli = v->rate_milli,
        .even = v->rate_milli > 0 && v->uneven_frames == 0,
        .duration = v->duration_given ? v->duration : -1,
        .frames = v->uneven_frames,
        .payload_type = v->payload_type,
        .carrier = v->codec == KIN_SDP_XQT ? KIN_JPEG_CARRIER_XQT : KIN_JPEG_CARRIER_AUTO,
    };
    kin_media_receiver_describe(&s->media, &reel);
    kin_text_clean(v->session_name, true, info->name, sizeof info->name);
    kin_span_copy(kin_span_str(kin_rtsp_client_server(s->link.rtsp)), info->server, sizeof info->server);
    kin_span_copy(kin_span_str(codecs[v->codec]), info->codec, sizeof info->codec);
    info->duration = reel.duration;
    info->numbered = reel.even;
    session_note_reel(s);
}

static void on_described(struct session *s, const struct kin_rtsp_client_event *e)
{
    if (!e->is_sdp) {
        session_fail(s, A_DIRECTORY);
        return;
    }
    take_facts(s, &e->video); // what a lost connection has left stays within reach until now
    session_want_speed(s);
    session_set_state(s, SESSION_INIT);
    bool go_on = s->wants_setup; // not when the callback is what asks for it
    if (!s->link.closed && s->on.on_described != NULL)
        s->on.on_described(s->ctx);
    if (!s->link.closed && go_on)
        session_setup_transport(s);
}

int session_setup_transport(struct session *s)
{
    uint16_t port = 0;
    if (s->opts.transport != SESSION_TCP && session_open_sockets(s, &port) != KIN_OK)
        session_say(s, true, "cannot open UDP ports: %s", "using TCP");
    return kin_rtsp_client_setup(s->link.rtsp, kin_loop_now(s->loop), port);
}

// The server may name another host as the source of its packets (RFC 2326 section 12.39): they are taken from there as
// well, but nothing is ever sent to a third host on a server's word, or it could be flooded through us.
static void take_server(struct session *s, const struct kin_rtsp_transport *t)
{
    char text[KIN_ADDR_TEXT], shown[64];
    union kin_addr source;
    const union kin_addr *peer = kin_stream_peer(s->link.stream);
    struct kin_span named = kin_span_first(t->source, 50);
    bool v6 = kin_span_find(named, ':') < named.n;
    for (size_t i = 0; i < 2; i++) {
        s->server[i] = *peer;
        kin_addr_set_port(&s->server[i], t->has_server_port ? t->server_port[i] : 0);
    }
    s->source = *peer;
    snprintf(text, sizeof text, v6 ? "[%.*s]:0" : "%.*s:0", KIN_SPAN_ARG(named));
    if (named.n == 0 || kin_addr_parse(text, &source) != KIN_OK || kin_addr_same_host(&source, peer))
        return; // what is no address is none
    s->source = source;
    kin_text_clean(named, true, shown, sizeof shown);
    session_say(s, false, "the server sends from another host, %s: nothing will be sent there", shown);
}

static void name_transport(struct session *s)
{
    char *dst = s->info.transport;
    if (s->tcp)
        snprintf(dst, sizeof s->info.transport, "TCP interleaved %u-%u", s->channels[0], s->channels[1]);
    else
        snprintf(dst, sizeof s->info.transport, "UDP %u-%u", kin_addr_port(kin_datagram_local(s->udp[0])),
                 kin_addr_port(kin_datagram_local(s->udp[1])));
}

static void on_set_up(struct session *s, const struct kin_rtsp_client_event *e)
{
    s->tcp = e->transport.lower == KIN_RTSP_LOWER_TCP;
    if (!s->tcp && s->udp[0] == NULL) {
        session_fail(s, "the server wants to send over UDP, which was not requested");
        return;
    }
    if (s->link.stream == NULL || session_open_media(s, &e->transport) != KIN_OK) {
        session_fail(s, "out of memory");
        return;
    }
    s->channels[0] = e->transport.interleaved[0];
    s->channels[1] = e->transport.interleaved[1];
    if (s->tcp)
        session_close_sockets(s);
    else
        take_server(s, &e->transport);
    s->set_up = true;
    name_transport(s);
    kin_receive_stats_set_up(&s->media.received, kin_loop_now(s->loop));
    session_punch(s);
    session_set_state(s, SESSION_READY);
    bool asked = !kin_rtsp_client_idle(s->link.rtsp); // after a switch the machine plays by itself
    if (!s->link.closed && s->wants_play && !asked)
        session_request_play(s, true, s->seek_to > 0 ? s->seek_to : session_trip_start(s));
}

// --- play, pause, end

static void on_started(struct session *s, const struct kin_rtsp_client_event *e)
{
    kin_us now = kin_loop_now(s->loop);
    s->wants_play = false;
    if (kin_rtsp_client_idle(s->link.rtsp)) // else a newer PLAY may ask for another
        session_note_scale(s, e->scale_milli);
    s->info.speed_milli = e->speed_milli;
    session_started_at(s, e);
    session_drain(s); // those first that came before the reply
    if (s->peeking || s->wants_pause || s->link.closed)
        return;
    kin_playout_resume(s->media.playout, now);
    session_set_state(s, SESSION_PLAYING);
}

static void on_jumping(struct session *s, const struct kin_rtsp_client_event *e)
{
    (void)e;
    session_forget_run(s, true);
    s->peek_shown = false;
}

static void on_stopped(struct session *s, const struct kin_rtsp_client_event *e)
{
    (void)e;
    session_forget_run(s, false);
}

static void on_closed(struct session *s, const struct kin_rtsp_client_event *e)
{
    session_goodbye(s);
    session_close_sockets(s);
    kin_media_receiver_forget(&s->media, kin_loop_now(s->loop));
    session_unsay(s, CAUSE_SILENCE);
    s->set_up = s->peeking = false;
    s->seek_to = 0;
    s->position_us = 0;
    if (e->trouble != KIN_RTSP_TROUBLE_NONE)
        say_event(s, e, true);
    session_set_state(s, SESSION_INIT);
}

static void on_switching(struct session *s, const struct kin_rtsp_client_event *e)
{
    char sentence[SENTENCE_MAX];
    sentence_of_event(e, sentence);
    kin_span_copy(kin_span_str(sentence), s->info.switched, sizeof s->info.switched);
    s->set_up = false;
    kin_media_receiver_ask(&s->media, false);
    session_say(s, false, "%s", sentence);
}

// What was agreed with the server before is void when it was a SETUP or PLAY: the description comes anew, then both.
static void on_redirected(struct session *s, const struct kin_rtsp_client_event *e)
{
    say_event(s, e, false);
    if (s->link.closed || (e->method != KIN_RTSP_SETUP && e->method != KIN_RTSP_PLAY))
        return;
    s->set_up = false;
    s->wants_setup = true;
    if (e->method == KIN_RTSP_PLAY) {
        s->wants_play = true;
        s->seek_to = s->play_from;
    }
    session_set_state(s, SESSION_CONNECTING);
}

static void on_other_port(struct session *s, const struct kin_rtsp_client_event *e)
{
    say_event(s, e, false);
}

static void on_skipped(struct session *s, const struct kin_rtsp_client_event *e)
{
    if (s->stray_bytes == 0) // once is enough: the statistics go on counting
        say_event(s, e, false);
    s->stray_bytes += e->count;
}

static void on_silent(struct session *s, const struct kin_rtsp_client_event *e)
{
    kin_media_receiver_silent(&s->media);
    say_event(s, e, true);
    s->cause = CAUSE_SILENCE;
}

static void on_block(struct session *s, const struct kin_rtsp_client_event *e)
{
    if (!s->set_up || !s->tcp)
        return;
    if (e->channel == s->channels[0])
        session_packet(s, e->bytes, kin_loop_now(s->loop));
    else if (e->channel == s->channels[1])
        session_rtcp(s, e->bytes, kin_loop_now(s->loop));
}

// Fails with what may help against this status.
static void fail_with(struct session *s, const struct kin_rtsp_client_event *e)
{
    char sentence[SENTENCE_MAX], text[SENTENCE_MAX + HINT_MAX];
    const char *hint = "";
    if (e->status == 406 && kin_span_find_str(e->peer_text, "Directory") < e->peer_text.n) { // kinorad says so
        session_fail(s, A_DIRECTORY);
        return;
    }
    if (e->status == 406)
        hint = ": if it is a directory, kinora ls lists it";
    else if (e->status == 461 && s->opts.transport == SESSION_UDP)
        hint = ": --transport auto would switch to TCP";
    sentence_of_event(e, sentence);
    snprintf(text, sizeof text, "%s%s", sentence, hint);
    session_fail(s, text);
}

static void on_refused(struct session *s, const struct kin_rtsp_client_event *e)
{
    if (e->method == KIN_RTSP_PLAY && session_drop_speed(s))
        return;
    if (s->wants_play && (e->method == KIN_RTSP_SETUP || e->method == KIN_RTSP_PLAY)) {
        fail_with(s, e);
        return;
    }
    say_event(s, e, true);
    if (s->link.closed || s->state == SESSION_FAILED)
        return;
    s->peeking = false;
    kin_media_receiver_refused(&s->media);
    session_drain(s);
    if (e->method == KIN_RTSP_PAUSE && kin_rtsp_client_state(s->link.rtsp) == KIN_RTSP_CLIENT_PLAYING) {
        s->wants_pause = false;
        kin_playout_resume(s->media.playout, kin_loop_now(s->loop));
        session_set_state(s, SESSION_PLAYING);
    } else {
        kin_playout_pause(s->media.playout, kin_loop_now(s->loop));
        bool init = kin_rtsp_client_state(s->link.rtsp) == KIN_RTSP_CLIENT_INIT;
        session_set_state(s, init ? SESSION_INIT : SESSION_READY);
    }
}

// Some servers close the connection where others say BYE.
static void on_failed(struct session *s, const struct kin_rtsp_client_event *e)
{
    s->stray_bytes += e->count;
    if (s->state != SESSION_PLAYING || (!s->media.ended && !kin_timeline_near_end(&s->media.timeline))) {
        fail_with(s, e);
        return;
    }
    session_stop(s);
    session_finish(s);
}

static void log_protocol(struct session *s, const struct kin_rtsp_client_event *e)
{
    if (!s->link.closed && s->on.on_protocol != NULL)
        s->on.on_protocol(s->ctx, e->kind == KIN_RTSP_CLIENT_SENT, e->bytes);
}

typedef void event_fn(struct session *s, const struct kin_rtsp_client_event *e);

static event_fn *const event_handlers[KIN_RTSP_CLIENT_EVENT_COUNT] = {
    [KIN_RTSP_CLIENT_SENT] = log_protocol,        [KIN_RTSP_CLIENT_RECEIVED] = log_protocol,
    [KIN_RTSP_CLIENT_DESCRIBED] = on_described,   [KIN_RTSP_CLIENT_SET_UP] = on_set_up,
    [KIN_RTSP_CLIENT_JUMPING] = on_jumping,       [KIN_RTSP_CLIENT_STARTED] = on_started,
    [KIN_RTSP_CLIENT_STOPPED] = on_stopped,       [KIN_RTSP_CLIENT_CLOSED] = on_closed,
    [KIN_RTSP_CLIENT_SWITCHING] = on_switching,   [KIN_RTSP_CLIENT_SILENT] = on_silent,
    [KIN_RTSP_CLIENT_REDIRECTED] = on_redirected, [KIN_RTSP_CLIENT_OTHER_PORT] = on_other_port,
    [KIN_RTSP_CLIENT_SKIPPED] = on_skipped,       [KIN_RTSP_CLIENT_BLOCK] = on_block,
    [KIN_RTSP_CLIENT_REFUSED] = on_refused,       [KIN_RTSP_CLIENT_FAILED] = on_failed,
};

void session_on_event(void *ctx, const struct kin_rtsp_client_event *e)
{
    event_handlers[e->kind](ctx, e);
}
