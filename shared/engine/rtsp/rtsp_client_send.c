// The RTSP client machine: writes its requests (RFC 2326 section 10), and its answers to requests of the server.
#include "base/err.h"
#include "engine/rtsp/rtsp_client_internal.h"

static void write_accept(struct kin_rtsp_client *c, struct kin_wr *w, const struct kin_rtsp_range *range)
{
    (void)range;
    kin_rtsp_write_header(w, "Accept", kin_span_str(c->opts.accept != NULL ? c->opts.accept : "application/sdp"));
}

static void write_transport(struct kin_rtsp_client *c, struct kin_wr *w, const struct kin_rtsp_range *range)
{
    (void)range;
    uint8_t value[128];
    struct kin_wr v = kin_wr_init(value, sizeof value);
    bool tcp = c->lower_transport == KIN_LOWER_TRANSPORT_TCP;
    struct kin_rtsp_transport t = {
        .profile = c->feedback ? KIN_RTSP_AVPF : KIN_RTSP_AVP,
        .lower_transport = c->lower_transport,
        .lower_transport_given = tcp,
        .unicast = true,
        .has_interleaved = tcp,
        .interleaved = {0, 1},
        .has_client_port = !tcp,
        .client_port = {c->client_port, (uint16_t)(c->client_port + 1)},
        .client_port_pair = true,
    };
    kin_rtsp_transport_write(&v, &t);
    kin_rtsp_write_header(w, "Transport", kin_wr_span(&v));
    if (c->opts.no_adapt)
        kin_rtsp_write_header(w, KIN_RTSP_ADAPTATION, kin_span_str(KIN_RTSP_ADAPTATION_NO));
}

static void write_play(struct kin_rtsp_client *c, struct kin_wr *w, const struct kin_rtsp_range *range)
{
    if (range != NULL)
        kin_rtsp_write_range(w, range);
    c->scaled = c->scaled || c->scale_milli != NORMAL_MILLI;
    if (c->scaled)
        kin_rtsp_write_rate(w, "Scale", c->scale_milli);
    bool may = c->speed_over_udp || c->lower_transport == KIN_LOWER_TRANSPORT_TCP;
    if (c->request.purpose == FOR_PACE || (c->speed_milli != NORMAL_MILLI && may))
        kin_rtsp_write_rate(w, "Speed", c->speed_milli);
}

// Which URL a method names, and who writes its own header fields.
enum target { URL_REQUESTED, URL_AGGREGATE, URL_TRACK };
static const struct shape {
    enum target target;
    void (*write)(struct kin_rtsp_client *c, struct kin_wr *w, const struct kin_rtsp_range *range);
} shapes[KIN_RTSP_METHOD_COUNT] = {
    [KIN_RTSP_OPTIONS] = {URL_REQUESTED, NULL},       [KIN_RTSP_DESCRIBE] = {URL_REQUESTED, write_accept},
    [KIN_RTSP_SETUP] = {URL_TRACK, write_transport},  [KIN_RTSP_PLAY] = {URL_AGGREGATE, write_play},
    [KIN_RTSP_PAUSE] = {URL_AGGREGATE, NULL},         [KIN_RTSP_TEARDOWN] = {URL_AGGREGATE, NULL},
    [KIN_RTSP_GET_PARAMETER] = {URL_AGGREGATE, NULL},
};

struct kin_span rtsp_client_url_for(const struct kin_rtsp_client *c, enum kin_rtsp_method method)
{
    const char *urls[] = {[URL_REQUESTED] = c->url, [URL_AGGREGATE] = c->aggregate, [URL_TRACK] = c->track};
    return kin_span_str(urls[shapes[method].target]);
}

#define FEC_FIELD "fec=1"

// Writes the request line. A description is asked for with a field more where parity is wanted and there is room for
// it.
static void write_request(const struct kin_rtsp_client *c, struct kin_wr *w, enum kin_rtsp_method method)
{
    char text[KIN_URI_MAX];
    struct kin_span url = rtsp_client_url_for(c, method);
    struct kin_wr longer = kin_wr_init(text, sizeof text);
    if (method == KIN_RTSP_DESCRIBE && c->asks_fec) {
        kin_wr_put(&longer, url);
        kin_wr_u8(&longer, kin_span_find(url, '?') < url.n ? '&' : '?');
        kin_wr_str(&longer, FEC_FIELD);
        url = longer.bad ? url : kin_wr_span(&longer);
    }
    kin_rtsp_write_request(w, method, url, c->cseq);
}

#define IDLE_US (10 * KIN_US_PER_S) // without a request: from then on the server may close the connection

// How long to wait for the reply. A server may read the whole reel before it describes it. A keepalive must leave time
// for another one before the session times out, and must not delay commands for long.
static kin_us reply_timeout(const struct kin_rtsp_client *c, enum kin_rtsp_method method, enum purpose purpose)
{
    kin_us patience = c->opts.timeout_us;
    if (purpose == FOR_KEEPALIVE)
        return kin_us_min(patience, c->keepalive_us) / 2;
    if (method == KIN_RTSP_SETUP && c->lower_transport == KIN_LOWER_TRANSPORT_UDP &&
        rtsp_client_may_change_transport(c))
        return kin_us_min(patience, KIN_RTSP_CLIENT_UDP_SETUP_US);
    return method == KIN_RTSP_DESCRIBE && c->rtsp_seen ? DESCRIBE_PATIENCE * patience : patience;
}

static void note_request(struct kin_rtsp_client *c, kin_us now, enum kin_rtsp_method method, enum purpose purpose)
{
    c->request.active = true;
    c->request.method = method;
    c->request.purpose = purpose;
    c->request.cseq = c->cseq;
    c->request.sent_at = now;
    c->request.deadline = now + reply_timeout(c, method, purpose);
    c->request.after_idle = now - c->last_sent_at >= IDLE_US;
    c->last_sent_at = now;
}

void rtsp_client_send(struct kin_rtsp_client *c, kin_us now, enum kin_rtsp_method method, enum purpose purpose,
                      const struct kin_rtsp_range *range)
{
    const struct shape *shape = &shapes[method];
    if (method == KIN_RTSP_PLAY && range != NULL)
        c->last_range = *range;
    if (method == KIN_RTSP_SETUP && c->lower_transport == KIN_LOWER_TRANSPORT_UDP && c->client_port == 0)
        c->lower_transport = KIN_LOWER_TRANSPORT_TCP;
    c->cseq++;
    c->request.purpose = purpose;
    struct kin_wr w = rtsp_client_writer(c);
    write_request(c, &w, method);
    if (c->opts.user_agent != NULL)
        kin_rtsp_write_header(&w, "User-Agent", kin_span_str(c->opts.user_agent));
    if (c->session[0] != '\0')
        kin_rtsp_write_header(&w, "Session", kin_span_str(c->session));
    if (shape->write != NULL)
        shape->write(c, &w, range);
    kin_rtsp_write_end(&w, kin_span_make(NULL, 0));
    if (w.bad) {
        rtsp_client_fail(c, KIN_RTSP_TROUBLE_OUTPUT_FULL);
        return;
    }
    rtsp_client_commit(c, &w);
    note_request(c, now, method, purpose);
    struct kin_rtsp_client_event *e = rtsp_client_emit(c, KIN_RTSP_CLIENT_SENT);
    e->bytes = kin_wr_span(&w);
    e->method = method;
}

void rtsp_client_answer(struct kin_rtsp_client *c, const struct kin_rtsp_msg *request)
{
    static const char known[] = "OPTIONS, GET_PARAMETER, SET_PARAMETER";
    bool can = request->method == KIN_RTSP_OPTIONS || request->method == KIN_RTSP_GET_PARAMETER ||
               request->method == KIN_RTSP_SET_PARAMETER;
    struct kin_wr w = rtsp_client_writer(c);
    kin_rtsp_write_response(&w, can ? 200 : 501, NULL);
    kin_rtsp_write_header(&w, "CSeq", kin_rtsp_msg_get(request, "CSeq"));
    if (c->session[0] != '\0')
        kin_rtsp_write_header(&w, "Session", kin_span_str(c->session));
    kin_rtsp_write_header(&w, can ? "Public" : "Allow", kin_span_str(known));
    kin_rtsp_write_end(&w, kin_span_make(NULL, 0));
    rtsp_client_commit(c, &w);
    if (!w.bad)
        rtsp_client_emit(c, KIN_RTSP_CLIENT_SENT)->bytes = kin_wr_span(&w);
}
