// The RTSP client machine: SETUP, and what cameras make of it. A control URL can be resolved in several ways, and UDP
// is refused with many status codes: so a refusal leads to the next form of the URL, then to the other transport, each
// tried once.
#include "base/err.h"
#include "engine/rtsp/rtsp_client_internal.h"

// --- the control URL

int rtsp_client_set_track(struct kin_rtsp_client *c, struct kin_span control)
{
    if (control.n >= sizeof c->control)
        return KIN_ELIMIT;
    struct kin_span base = kin_span_str(c->base);
    kin_span_copy(control, c->control, sizeof c->control);
    c->form = KIN_URI_CONTROL_FROM_ROOT;
    int err = kin_uri_control(c->form, base, control, c->track, sizeof c->track);
    if (err != KIN_EUNSUPPORTED)
        return err;
    c->form = KIN_URI_CONTROL_APPENDED;
    return kin_uri_control(c->form, base, control, c->track, sizeof c->track);
}

// Hardly any server means the RFC's own form: it is tried only where the others were not found.
static bool may_help(enum kin_uri_control_form form, unsigned status)
{
    return form != KIN_URI_CONTROL_RFC3986 || status == 404;
}

// Resolves the control URL in the next form that differs. False when there is none.
static bool next_form(struct kin_rtsp_client *c, unsigned status)
{
    char url[sizeof c->track];
    for (unsigned form = c->form + 1u; form < KIN_URI_CONTROL_FORM_COUNT; form++) {
        enum kin_uri_control_form f = (enum kin_uri_control_form)form;
        if (!may_help(f, status) ||
            kin_uri_control(f, kin_span_str(c->base), kin_span_str(c->control), url, sizeof url) != KIN_OK)
            continue;
        bool same = strcmp(url, c->track) == 0;
        c->form = f;
        memcpy(c->track, url, strlen(url) + 1);
        if (!same)
            return true;
    }
    return false;
}

// --- the transport

// The transport agreed upon: that of the reply; what the reply omits or garbles, as requested.
static struct kin_rtsp_transport agreed_transport(const struct kin_rtsp_client *c, const struct kin_rtsp_msg *reply)
{
    struct kin_rtsp_transport t = {.profile = KIN_RTSP_AVP};
    struct kin_span list = kin_rtsp_msg_get(reply, "Transport");
    int err = KIN_OK;
    while (kin_rtsp_transport_next(&list, &t, &err) && err != KIN_OK)
        t = (struct kin_rtsp_transport){.profile = KIN_RTSP_AVP};
    if (t.has_interleaved)
        t.lower_transport = KIN_LOWER_TRANSPORT_TCP;
    else if (!t.lower_transport_given)
        t.lower_transport = t.has_client_port || t.has_server_port ? KIN_LOWER_TRANSPORT_UDP : c->lower_transport;
    if (!t.has_interleaved) {
        t.interleaved[0] = 0;
        t.interleaved[1] = 1;
    }
    t.client_port[0] = c->client_port;
    t.client_port[1] = (uint16_t)(c->client_port + 1);
    return t;
}

static enum kin_lower_transport other_lower_transport(const struct kin_rtsp_client *c)
{
    return c->lower_transport == KIN_LOWER_TRANSPORT_UDP ? KIN_LOWER_TRANSPORT_TCP : KIN_LOWER_TRANSPORT_UDP;
}

bool rtsp_client_may_change_transport(const struct kin_rtsp_client *c)
{
    bool has_ports = c->lower_transport == KIN_LOWER_TRANSPORT_UDP || c->client_port != 0;
    return c->opts.transport == KIN_RTSP_CLIENT_AUTO && !c->tried[other_lower_transport(c)] && has_ports;
}

bool rtsp_client_change_transport(struct kin_rtsp_client *c)
{
    c->tried[c->lower_transport] = true;
    if (!rtsp_client_may_change_transport(c))
        return false;
    c->lower_transport = other_lower_transport(c);
    return true;
}

struct kin_rtsp_client_event *rtsp_client_emit_transport_changed(struct kin_rtsp_client *c,
                                                                 enum kin_rtsp_client_cause cause)
{
    struct kin_rtsp_client_event *e = rtsp_client_emit(c, KIN_RTSP_CLIENT_TRANSPORT_CHANGED);
    e->cause = cause;
    e->method = c->request.method;
    e->transport.lower_transport = c->lower_transport;
    return e;
}

void rtsp_client_setup_again(struct kin_rtsp_client *c)
{
    c->request.active = false;
    rtsp_client_set_track(c, kin_span_str(c->control));
    rtsp_client_push_front(c, (struct command){.method = KIN_RTSP_SETUP});
}

bool rtsp_client_retry_setup(struct kin_rtsp_client *c, enum kin_rtsp_client_cause cause)
{
    if (c->request.method != KIN_RTSP_SETUP || c->lower_transport != KIN_LOWER_TRANSPORT_UDP ||
        !rtsp_client_change_transport(c))
        return false;
    rtsp_client_setup_again(c);
    rtsp_client_emit_transport_changed(c, cause)->seconds = (unsigned)((c->request.deadline - c->request.sent_at) /
                                                                       KIN_US_PER_S);
    rtsp_client_request_connect(c);
    return true;
}

void rtsp_client_replay(struct kin_rtsp_client *c)
{
    rtsp_client_push_front(c, (struct command){.method = KIN_RTSP_PLAY, .has_range = true, .range = c->last_range});
    rtsp_client_push_front(c, (struct command){.method = KIN_RTSP_SETUP});
    rtsp_client_push_front(c, (struct command){.method = KIN_RTSP_TEARDOWN, .purpose = FOR_TRANSPORT_CHANGE});
}

// --- replies

// Keepalives are sent at half of the session's timeout, which leaves time for a second try.
static void parse_session(struct kin_rtsp_client *c, const struct kin_rtsp_msg *reply)
{
    struct kin_span id = kin_span_make(NULL, 0);
    uint32_t timeout_s = 60;
    struct kin_span value = kin_rtsp_msg_get(reply, "Session");
    if (value.p != NULL && kin_rtsp_session_parse(value, &id, &timeout_s) == KIN_OK)
        kin_span_copy(id, c->session, sizeof c->session);
    if (timeout_s < TIMEOUT_MIN_S)
        timeout_s = TIMEOUT_MIN_S;
    if (timeout_s > TIMEOUT_MAX_S)
        timeout_s = TIMEOUT_MAX_S;
    c->keepalive_us = timeout_s * KIN_US_PER_S / 2;
}

void rtsp_client_on_setup(struct kin_rtsp_client *c, const struct kin_rtsp_msg *reply)
{
    parse_session(c, reply);
    struct kin_rtsp_transport t = agreed_transport(c, reply);
    bool other = t.lower_transport != c->lower_transport &&
                 (t.lower_transport == KIN_LOWER_TRANSPORT_TCP || c->client_port != 0);
    c->lower_transport = t.lower_transport;
    if (other)
        rtsp_client_emit_transport_changed(c, KIN_RTSP_CAUSE_SERVER);
    c->state = KIN_RTSP_CLIENT_READY;
    c->media_seen = false;
    c->silence_reported = false;
    c->blocks.known = t.lower_transport == KIN_LOWER_TRANSPORT_TCP;
    memcpy(c->blocks.channels, t.interleaved, sizeof c->blocks.channels);
    rtsp_client_emit(c, KIN_RTSP_CLIENT_SET_UP)->transport = t;
}

// 401 and 407: another URL or transport would get the same answer.
static bool wants_credentials(unsigned status)
{
    return status == 401 || status == 407;
}

void rtsp_client_on_setup_refused(struct kin_rtsp_client *c, const struct kin_rtsp_msg *reply)
{
    unsigned status = reply->status;
    bool about_url = status < 500 && status != 461 && !wants_credentials(status);
    if (about_url && next_form(c, status)) {
        rtsp_client_push_front(c, (struct command){.method = KIN_RTSP_SETUP});
        return;
    }
    if (!wants_credentials(status) && rtsp_client_change_transport(c)) {
        rtsp_client_setup_again(c);
        rtsp_client_emit_transport_changed(c, KIN_RTSP_CAUSE_REFUSED)->status = status;
        return;
    }
    c->command_count = 0; // a PLAY after it makes no sense without a session
    rtsp_client_note_status(c, rtsp_client_emit(c, KIN_RTSP_CLIENT_REFUSED), reply);
}
