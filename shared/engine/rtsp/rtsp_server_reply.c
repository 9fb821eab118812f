// The shell's answers: changes the sessions accordingly, and replies in the dialect of the request.
#include <stdlib.h>

#include "base/err.h"
#include "engine/rtsp/rtsp_server_internal.h"

static const char id_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

// --- output

static bool out_grow(struct rtsp_out *out, size_t more)
{
    if (out->size - out->len >= more)
        return true;
    uint8_t *p = realloc(out->p, out->len + more);
    if (p == NULL)
        return false;
    out->p = p;
    out->size = out->len + more;
    return true;
}

struct kin_wr rtsp_out_reserve(struct kin_rtsp_server *s, size_t size)
{
    if (!out_grow(&s->out, size))
        return (struct kin_wr){.bad = true};
    return kin_wr_init(s->out.p + s->out.len, size);
}

// A reply that could not be written ends the connection: the client would wait for it in vain.
void rtsp_out_commit(struct kin_rtsp_server *s, const struct kin_wr *w)
{
    if (w->bad)
        rtsp_close(s);
    else
        s->out.len += w->len;
    if (s->out.len == 0)
        kin_rtsp_server_sent(s, 0);
}

// --- answers of the shell

void kin_rtsp_server_reply_describe(struct kin_rtsp_server *s, kin_us now, const struct kin_sdp_out *sdp)
{
    (void)now;
    if (s->request.active)
        s->request.dialect->describe(s, sdp);
}

static void make_id(struct rtsp_session *session, const uint8_t random[KIN_RTSP_SERVER_RANDOM])
{
    unsigned sum = 0;
    for (unsigned i = 0; i < RTSP_ID_LEN; i++) {
        unsigned r = (unsigned)random[2 * i] << 8 | random[2 * i + 1];
        session->id[i] = id_alphabet[r % (sizeof id_alphabet - 1)];
        sum = sum * 31 + r;
    }
    session->lab_id = 100000 + sum % 900000; // six digits, as the stock server's
}

// Fills the slot from the request. KIN_ENOMEM leaves it as it was.
static int enter_session(struct kin_rtsp_server *s, struct rtsp_session *session)
{
    char *url = malloc(s->request.uri.n + 1);
    char *path = strdup(s->request.path);
    if (url == NULL || path == NULL) {
        free(url);
        free(path);
        return KIN_ENOMEM;
    }
    kin_span_copy(s->request.uri, url, s->request.uri.n + 1);
    free(session->url);
    free(session->path);
    session->url = url;
    session->path = path;
    session->transport = s->request.transport;
    return KIN_OK;
}

void kin_rtsp_server_reply_setup(struct kin_rtsp_server *s, kin_us now, const struct kin_rtsp_server_setup *setup)
{
    if (!s->request.active || s->request.session == RTSP_NO_SESSION)
        return;
    struct rtsp_session *session = &s->sessions[s->request.session];
    bool gone = session->state != RTSP_SETTING_UP && session->state != RTSP_READY;
    if (gone || enter_session(s, session) != KIN_OK) {
        kin_rtsp_server_reply_error(s, now, gone ? 454 : 500, NULL);
        return;
    }
    if (!s->request.again)
        make_id(session, setup->random);
    session->state = RTSP_READY;
    session->last_activity = now;
    s->request.dialect->setup(s, session, setup);
}

// False: the session of the pending request has ended meanwhile (silence, shutdown), and 454 was replied.
static bool session_stands(struct kin_rtsp_server *s, kin_us now)
{
    enum rtsp_state state = s->sessions[s->request.session].state;
    if (state == RTSP_READY || state == RTSP_PLAYING)
        return true;
    kin_rtsp_server_reply_error(s, now, 454, NULL);
    return false;
}

void kin_rtsp_server_reply_play(struct kin_rtsp_server *s, kin_us now, const struct kin_rtsp_server_play *play)
{
    if (!s->request.active || s->request.session == RTSP_NO_SESSION || !session_stands(s, now))
        return;
    struct rtsp_session *session = &s->sessions[s->request.session];
    session->state = RTSP_PLAYING;
    session->last_activity = kin_us_max(session->last_activity, now);
    s->request.dialect->play(s, session, play);
}

void kin_rtsp_server_reply_pause(struct kin_rtsp_server *s, kin_us now, kin_us position, bool later)
{
    if (!s->request.active || s->request.session == RTSP_NO_SESSION || !session_stands(s, now))
        return;
    if (!later)
        s->sessions[s->request.session].state = RTSP_READY;
    s->request.dialect->pause(s, position);
}

// Frees the slot that a SETUP had reserved; a session whose transport was to change ends.
static void abandon_setup(struct kin_rtsp_server *s)
{
    unsigned slot = s->request.session;
    if (s->request.method != KIN_RTSP_SETUP || slot == RTSP_NO_SESSION)
        return;
    s->request.session = RTSP_NO_SESSION;
    if (s->request.again)
        rtsp_session_end(s, slot, KIN_RTSP_SERVER_BY_ERROR);
    else if (s->sessions[slot].state == RTSP_SETTING_UP)
        rtsp_session_clear(&s->sessions[slot]);
}

void kin_rtsp_server_reply_error(struct kin_rtsp_server *s, kin_us now, unsigned status, const char *reason)
{
    (void)now;
    if (!s->request.active)
        return;
    abandon_setup(s);
    s->request.dialect->error(s, status, reason);
}
