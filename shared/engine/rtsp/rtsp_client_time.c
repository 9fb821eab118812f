// Timers of the RTSP client machine: keepalives, silence over UDP, missing replies.
#include "engine/rtsp/rtsp_client_internal.h"

#define REPLY_PATIENCE 6 // times the time for a reply, while media keep coming before it

static bool waits_for_media(const struct kin_rtsp_client *c)
{
    return c->state == KIN_RTSP_CLIENT_PLAYING && c->lower_transport == KIN_LOWER_TRANSPORT_UDP && !c->media_seen &&
           !c->silence_reported;
}

static kin_us keepalive_at(const struct kin_rtsp_client *c)
{
    bool alive = c->state != KIN_RTSP_CLIENT_INIT && c->connected && !c->request.active;
    kin_us wait = c->keepalive_due ? 0 : c->keepalive_us;
    return alive ? c->last_sent_at + wait : KIN_US_NEVER;
}

kin_us kin_rtsp_client_deadline(const struct kin_rtsp_client *c)
{
    if (c->failed)
        return KIN_US_NEVER;
    kin_us at = c->request.active ? c->request.deadline : keepalive_at(c);
    return waits_for_media(c) ? kin_us_min(at, c->playing_since + c->opts.silence_us) : at;
}

static void on_silence(struct kin_rtsp_client *c)
{
    c->silence_reported = true;
    bool changes = rtsp_client_change_transport(c);
    struct kin_rtsp_client_event *e = changes ? rtsp_client_emit_transport_changed(c, KIN_RTSP_CAUSE_SILENCE)
                                              : rtsp_client_emit(c, KIN_RTSP_CLIENT_NO_MEDIA);
    e->seconds = (unsigned)(c->opts.silence_us / KIN_US_PER_S);
    if (changes)
        rtsp_client_replay(c);
}

// A keepalive got no reply. While media arrive, the session goes on. Some servers silently ignore GET_PARAMETER: an
// OPTIONS follows at once, which keeps their sessions alive just as well.
static void on_no_keepalive(struct kin_rtsp_client *c, kin_us now)
{
    bool media = c->media_at > c->request.sent_at;
    bool get = c->request.method == KIN_RTSP_GET_PARAMETER;
    c->public_methods &= ~(get ? 1u << KIN_RTSP_GET_PARAMETER : 0);
    c->keepalive_due = get || !media;
    if (media)
        c->unanswered_since = KIN_US_NEVER;
    else if (c->unanswered_since == KIN_US_NEVER)
        c->unanswered_since = c->request.sent_at;
    if (c->unanswered_since < KIN_US_NEVER && now - c->unanswered_since >= KEEPALIVE_PATIENCE * c->opts.timeout_us)
        rtsp_client_fail(c, KIN_RTSP_TROUBLE_NO_REPLY);
}

// Over TCP a reply comes behind the media that were sent before it, which may take long on a slow line.
static bool is_behind_media(const struct kin_rtsp_client *c, kin_us now)
{
    return c->state == KIN_RTSP_CLIENT_PLAYING && c->lower_transport == KIN_LOWER_TRANSPORT_TCP &&
           c->media_at + c->opts.timeout_us > now && now - c->request.sent_at < REPLY_PATIENCE * c->opts.timeout_us;
}

// No reply in time. A TEARDOWN needs none.
static void on_no_reply(struct kin_rtsp_client *c, kin_us now)
{
    if (c->request.method != KIN_RTSP_TEARDOWN && is_behind_media(c, now)) {
        c->request.deadline = now + c->opts.timeout_us;
        return;
    }
    c->request.active = false;
    if (c->request.method == KIN_RTSP_TEARDOWN) {
        rtsp_client_session_gone(c);
        if (c->request.purpose == FOR_COMMAND)
            rtsp_client_emit(c, KIN_RTSP_CLIENT_CLOSED);
    } else if (!c->rtsp_seen) {
        rtsp_client_fail(c, KIN_RTSP_TROUBLE_NO_ANSWER)->seconds = (unsigned)(c->opts.timeout_us / KIN_US_PER_S);
    } else if (c->request.purpose == FOR_KEEPALIVE) {
        on_no_keepalive(c, now);
    } else if (!rtsp_client_retry_setup(c, KIN_RTSP_CAUSE_NO_ANSWER)) {
        rtsp_client_fail(c, KIN_RTSP_TROUBLE_NO_REPLY);
    }
}

void kin_rtsp_client_away(struct kin_rtsp_client *c, kin_us now, kin_us away)
{
    c->playing_since = kin_us_min(now, c->playing_since + away);
    if (!c->request.active)
        return;
    c->request.sent_at = kin_us_min(now, c->request.sent_at + away);
    c->request.deadline += away;
}

void kin_rtsp_client_tick(struct kin_rtsp_client *c, kin_us now)
{
    if (c->failed)
        return;
    if (c->request.active && now >= c->request.deadline)
        on_no_reply(c, now);
    if (!c->failed && waits_for_media(c) && now >= c->playing_since + c->opts.silence_us)
        on_silence(c);
    rtsp_client_pump(c, now);
    if (!c->failed && now >= keepalive_at(c)) {
        c->keepalive_due = false;
        bool get = c->public_methods & 1u << KIN_RTSP_GET_PARAMETER;
        rtsp_client_send(c, now, get ? KIN_RTSP_GET_PARAMETER : KIN_RTSP_OPTIONS, FOR_KEEPALIVE, NULL);
    }
}

void kin_rtsp_client_ask(struct kin_rtsp_client *c)
{
    c->keepalive_due = true;
}

bool kin_rtsp_client_rests(const struct kin_rtsp_client *c)
{
    bool minor = c->request.purpose == FOR_KEEPALIVE || c->request.purpose == FOR_PACE;
    return c->command_count == 0 && (!c->request.active || minor);
}

kin_us kin_rtsp_client_replied_at(const struct kin_rtsp_client *c)
{
    return c->request.replied_at;
}

void kin_rtsp_client_media(struct kin_rtsp_client *c, kin_us now)
{
    c->media_seen = true;
    c->media_at = now;
}

void kin_rtsp_client_ended(struct kin_rtsp_client *c)
{
    if (c->state == KIN_RTSP_CLIENT_PLAYING)
        c->state = KIN_RTSP_CLIENT_READY;
}

void kin_rtsp_client_goes_on(struct kin_rtsp_client *c)
{
    if (c->state == KIN_RTSP_CLIENT_READY)
        c->state = KIN_RTSP_CLIENT_PLAYING;
}
