// The RTSP client machine: redirects (RFC 2326 section 11.3 and RFC 2616 section 10.3) of OPTIONS, DESCRIBE, SETUP and
// PLAY. Whichever was redirected, the machine starts over with a description from there; credentials are not passed on.
#include "base/err.h"
#include "engine/rtsp/rtsp_client_internal.h"

bool rtsp_client_is_redirect(const struct kin_rtsp_client *c, const struct kin_rtsp_msg *reply)
{
    static const unsigned codes[] = {301, 302, 303, 305, 307, 308};
    enum kin_rtsp_method m = c->request.method;
    bool follows = c->request.purpose == FOR_DESCRIPTION || m == KIN_RTSP_SETUP || m == KIN_RTSP_PLAY;
    if (!follows || kin_rtsp_msg_get(reply, "Location").n == 0)
        return false;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (reply->status == codes[i])
            return true;
    return false;
}

// The URL of the presentation, when a SETUP was redirected to a URL that ends in the track's control.
static struct kin_span without_control(const struct kin_rtsp_client *c, struct kin_span url)
{
    size_t n = strlen(c->control);
    bool track = c->request.method == KIN_RTSP_SETUP && n > 0 && url.n > n && kin_span_ends(url, c->control) &&
                 url.p[url.n - n - 1] == '/';
    return track ? kin_span_first(url, url.n - n - 1) : url;
}

static void leave_for_url(struct kin_rtsp_client *c)
{
    bool had_session = c->session[0] != '\0';
    c->command_count = 0; // the shell gives them again
    rtsp_client_push_front(c, (struct command){.purpose = FOR_REDIRECT});
    if (had_session)
        rtsp_client_push_front(c, (struct command){.method = KIN_RTSP_TEARDOWN, .purpose = FOR_TRANSPORT_CHANGE});
}

void rtsp_client_redirect(struct kin_rtsp_client *c, const struct kin_rtsp_msg *reply)
{
    char url[KIN_URI_MAX + 1];
    struct kin_span location = kin_rtsp_msg_get(reply, "Location");
    int err = kin_uri_resolve(rtsp_client_url_for(c, c->request.method), location, url, sizeof url);
    if (err == KIN_OK)
        err = rtsp_client_set_url(c, without_control(c, kin_span_str(url)));
    c->may_change_port = false;
    if (err != KIN_OK) {
        rtsp_client_fail(c, KIN_RTSP_TROUBLE_REDIRECT_TARGET)->url = location;
        return;
    }
    if (c->redirects++ >= KIN_RTSP_CLIENT_REDIRECTS_MAX) {
        rtsp_client_fail(c, KIN_RTSP_TROUBLE_REDIRECT_LOOP)->url = kin_span_str(c->url);
        return;
    }
    struct kin_rtsp_client_event *e = rtsp_client_emit(c, KIN_RTSP_CLIENT_REDIRECTED);
    e->method = c->request.method;
    e->status = reply->status;
    e->url = kin_span_str(c->url);
    leave_for_url(c);
}
