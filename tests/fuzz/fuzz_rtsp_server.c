// The server's RTSP machine over time: requests of both dialects and interleaved blocks, split anywhere, answers of the
// application in any order and of any kind, time in any steps.
//
// The input is a script (script.h). Its first record holds the options: a byte of bits (1 the peer is local, 2 small
// limits, 4 answers wait for 'a', 8 output waits for 's'). Then:
//   d TEXT  bytes arrive            D TEXT  bytes arrive one by one       w       time passes up to the deadline
//   t B     time passes             a B     the pending request is answered, by the kind that B says
//   s B     B bytes of output are taken     h S, e S, x S   heard, ended, drop of session S
//   c       the connection is gone          E       all sessions end      o B     options change
#include <string.h>

#include "base/err.h"
#include "engine/rtsp/rtsp_server.h"
#include "must.h"
#include "proto/rtsp_msg.h"
#include "script.h"

enum { LOCAL = 1, SMALL = 2, HOLD_ANSWERS = 4, HOLD_OUTPUT = 8 };

#define INPUT_MAX 65536
#define HEADS_MAX (2u * 65536u + 16384u) // of a reply: what it repeats from its request, and what it adds
#define SILENT_TICKS 4                   // in a row, at the deadline, after which the deadline must lie ahead

struct run {
    struct kin_rtsp_server *s;
    kin_us now;
    uint8_t bits, random;
    uint8_t in[INPUT_MAX];
    size_t in_len;
    bool closing, gone;                  // CLOSE was fetched; closed() was called
    bool live[KIN_RTSP_SERVER_SESSIONS]; // the shell has media for it
    bool pending;                        // a request awaits its answer
    struct kin_rtsp_server_event asked;  // that request
    bool lab;                            // the connection has spoken the lab's dialect
};

// --- what holds at any time

static void check_output(const struct run *r)
{
    struct kin_span out = kin_rtsp_server_output(r->s);
    MUST(out.n <= KIN_RTSP_SERVER_BODY_MAX + HEADS_MAX);
    MUST(!r->gone || out.n == 0);
}

static void check_sessions(const struct run *r)
{
    unsigned live = 0;
    bool setting_up = r->pending && r->asked.kind == KIN_RTSP_SERVER_SETUP && !r->asked.again;
    for (unsigned i = 0; i < KIN_RTSP_SERVER_SESSIONS; i++)
        live += r->live[i];
    MUST(kin_rtsp_server_sessions(r->s) == live + setting_up);
    MUST(kin_rtsp_server_awaits_reply(r->s) == r->pending);
}

// The answer to a request is one message, and begins like a reply.
static void check_reply(struct kin_span out)
{
    struct kin_rtsp_msg msg;
    if (kin_span_starts(out, "HTTP/1.1 ")) {
        MUST(kin_span_find_str(out, "\r\nConnection: close\r\n") < out.n);
        return;
    }
    MUST(kin_span_starts(out, "RTSP/1.0 "));
    if (kin_span_find_str(out, "\r\n\r\n") == out.n)
        return; // the lab's: three lines, or a body right behind them
    MUST(kin_rtsp_msg_parse(out, &msg) == KIN_OK);
    MUST(!msg.is_request && msg.status >= 200 && msg.status < 600);
}

static void take_output(struct run *r, size_t n)
{
    struct kin_span out = kin_rtsp_server_output(r->s);
    if (n >= out.n)
        n = out.n;
    kin_rtsp_server_sent(r->s, n);
    MUST(kin_rtsp_server_output(r->s).n == out.n - n);
}

// --- the application

static void answer_describe(struct run *r, uint8_t kind)
{
    struct kin_sdp_out sdp = {.session_id = 1, .name = kin_span_str(r->asked.path), .duration = KIN_US_PER_S};
    sdp.width = 64, sdp.height = 48, sdp.rate_milli = 25000;
    sdp.format = kind & 0x80 ? KIN_PAYLOAD_XQT : KIN_PAYLOAD_JPEG;
    sdp.payload_type = kind & 0x80 ? 96 : 26;
    if (r->asked.json && (kind & 0x40) != 0)
        kin_rtsp_server_reply_body(r->s, r->now, "application/json", kin_span_str("{\"entries\":[]}"));
    else
        kin_rtsp_server_reply_describe(r->s, r->now, &sdp);
}

static void answer_setup(struct run *r)
{
    struct kin_rtsp_server_setup setup = {.server_port = {6000, 6001}, .ssrc = 7};
    memset(setup.random, r->random++, sizeof setup.random);
    kin_rtsp_server_reply_setup(r->s, r->now, &setup);
}

static void answer_play(struct run *r, uint8_t kind)
{
    struct kin_rtsp_server_play play = {.start = r->asked.range.start, .end = r->asked.range.end, .seq = 65535};
    play.scale_milli = kind & 0x40 ? 0 : r->asked.scale_milli;
    play.speed_milli = r->asked.speed_milli;
    play.rtptime = UINT32_MAX;
    kin_rtsp_server_reply_play(r->s, r->now, &play);
}

// Answers as the request requires; with an error when the low bits are 1.
static void answer_as(struct run *r, enum kin_rtsp_server_event_kind what, uint8_t kind)
{
    static const unsigned errors[] = {404, 415, 453, 454, 457, 500, 503, 599};
    if ((kind & 7) == 1)
        kin_rtsp_server_reply_error(r->s, r->now, errors[kind >> 3 & 7], kind & 0x40 ? "No" : NULL);
    else if (what == KIN_RTSP_SERVER_DESCRIBE)
        answer_describe(r, kind);
    else if (what == KIN_RTSP_SERVER_SETUP)
        answer_setup(r);
    else if (what == KIN_RTSP_SERVER_PLAY)
        answer_play(r, kind);
    else
        kin_rtsp_server_reply_pause(r->s, r->now, KIN_US_PER_S, (kind & 0x40) != 0);
}

static void note_answered(struct run *r, bool refused)
{
    if (r->asked.kind == KIN_RTSP_SERVER_SETUP && !refused)
        r->live[r->asked.session] = true;
    r->pending = false;
    r->asked = (struct kin_rtsp_server_event){.scale_milli = 1000, .speed_milli = 1000};
}

static bool is_refusal(struct kin_span out)
{
    return !kin_span_starts(out, "RTSP/1.0 2");
}

// One answer to each request, and none without one.
static void answer(struct run *r, uint8_t kind)
{
    bool was_pending = r->pending;
    size_t before = kin_rtsp_server_output(r->s).n;
    MUST(!was_pending || before == 0);
    answer_as(r, was_pending ? r->asked.kind : (enum kin_rtsp_server_event_kind)(kind & 3), kind);
    struct kin_span out = kin_rtsp_server_output(r->s);
    MUST(was_pending || out.n == before);
    if (!was_pending)
        return;
    MUST(out.n > 0);
    check_reply(out);
    note_answered(r, is_refusal(out));
}

// --- events

static void on_request(struct run *r, const struct kin_rtsp_server_event *e)
{
    MUST(!r->pending && !r->closing && !r->gone);
    MUST(kin_rtsp_server_output(r->s).n == 0);
    MUST(e->kind == KIN_RTSP_SERVER_DESCRIBE || e->session < KIN_RTSP_SERVER_SESSIONS);
    MUST(e->lab || (e->kind != KIN_RTSP_SERVER_DESCRIBE && e->kind != KIN_RTSP_SERVER_SETUP) || e->path != NULL);
    MUST(e->kind != KIN_RTSP_SERVER_SETUP || r->live[e->session] == e->again);
    MUST((e->kind != KIN_RTSP_SERVER_PLAY && e->kind != KIN_RTSP_SERVER_PAUSE) || r->live[e->session]);
    MUST(e->kind != KIN_RTSP_SERVER_PLAY || e->lab || (e->scale_milli != 0 && e->speed_milli > 0));
    r->pending = true;
    r->asked = *e;
}

static void on_event(struct run *r, const struct kin_rtsp_server_event *e, struct kin_span in)
{
    switch (e->kind) {
    case KIN_RTSP_SERVER_TEARDOWN:
        MUST(e->session < KIN_RTSP_SERVER_SESSIONS && r->live[e->session]);
        r->live[e->session] = false;
        break;
    case KIN_RTSP_SERVER_INTERLEAVED:
        MUST(e->session < KIN_RTSP_SERVER_SESSIONS && r->live[e->session] && fuzz_inside(in, e->data));
        break;
    case KIN_RTSP_SERVER_CLOSE:
        MUST(!r->closing && !r->gone);
        r->closing = true;
        break;
    default:
        on_request(r, e);
        break;
    }
}

static void settle(struct run *r, struct kin_span in)
{
    struct kin_rtsp_server_event e;
    while (kin_rtsp_server_event(r->s, &e))
        on_event(r, &e, in);
    if (r->pending && (r->bits & HOLD_ANSWERS) == 0)
        answer(r, 0);
    while (kin_rtsp_server_event(r->s, &e)) // a session whose second SETUP was refused
        on_event(r, &e, in);
    check_output(r);
    check_sessions(r);
    if ((r->bits & HOLD_OUTPUT) == 0)
        take_output(r, SIZE_MAX);
}

// --- bytes and time

static void consume(struct run *r, size_t n)
{
    MUST(n <= r->in_len);
    memmove(r->in, r->in + n, r->in_len - n);
    r->in_len -= n;
}

// A reply follows only a message that was consumed, or lost framing.
static void pump(struct run *r)
{
    size_t n;
    do {
        size_t before = kin_rtsp_server_output(r->s).n;
        bool blocked = r->pending || before > 0;
        n = kin_rtsp_server_feed(r->s, r->now, kin_span_make(r->in, r->in_len));
        struct kin_span out = kin_rtsp_server_output(r->s);
        MUST(n <= r->in_len && (!blocked || n == 0 || r->closing));
        MUST(out.n == before || (n > 0 && before == 0));
        if (out.n > before)
            check_reply(out);
        settle(r, kin_span_make(r->in, r->in_len));
        consume(r, n);
    } while (n > 0 && r->in_len > 0);
}

static void arrive(struct run *r, struct kin_span text)
{
    text = kin_span_first(text, sizeof r->in - r->in_len);
    if (text.n == 0 || r->gone)
        return;
    memcpy(r->in + r->in_len, text.p, text.n);
    r->in_len += text.n;
    pump(r);
}

static void tick(struct run *r, kin_us now)
{
    r->now = now;
    kin_rtsp_server_tick(r->s, r->now);
    settle(r, kin_span_make(r->in, r->in_len));
    pump(r);
}

// A tick at the deadline moves the deadline.
static void wait_for_deadline(struct run *r)
{
    for (unsigned i = 0; i < SILENT_TICKS; i++) {
        kin_us at = kin_rtsp_server_deadline(r->s);
        if (at == KIN_US_NEVER || (i > 0 && at > r->now))
            return;
        tick(r, kin_us_max(at, r->now));
    }
    MUST(kin_rtsp_server_deadline(r->s) > r->now);
}

// --- the script

static void set_options(struct run *r, uint8_t bits, struct kin_rtsp_server_options *o)
{
    static const struct kin_rtsp_limits small = {.line_max = 128, .head_max = 512, .body_max = 64, .header_max = 8};
    r->bits = bits;
    *o = (struct kin_rtsp_server_options){.limits = bits & SMALL ? small : kin_rtsp_limits_default,
                                          .session_timeout = 60 * KIN_US_PER_S,
                                          .idle_timeout = 30 * KIN_US_PER_S,
                                          .request_timeout = 10 * KIN_US_PER_S,
                                          .name = bits & SMALL ? NULL : "kinorad",
                                          .peer_host = "192.0.2.7",
                                          .peer_is_local = (bits & LOCAL) != 0,
                                          .own_ports = {6000, 6001}};
}

// The session ends without an event, unless a request of it is pending.
static void drop(struct run *r, unsigned session)
{
    kin_rtsp_server_drop(r->s, session);
    if (session < KIN_RTSP_SERVER_SESSIONS && !(r->pending && r->asked.session == session))
        r->live[session] = false;
}

static void close_connection(struct run *r)
{
    kin_rtsp_server_closed(r->s);
    r->gone = true;
    note_answered(r, true);
    r->in_len = 0;
}

static void run_record(struct run *r, struct script_record *x)
{
    struct kin_rtsp_server_options options;
    uint8_t b = kin_rd_u8(&x->numbers);
    switch (x->op) {
    case 'd':
        arrive(r, x->text);
        break;
    case 'D':
        for (size_t i = 0; i < x->text.n; i++)
            arrive(r, kin_span_first(kin_span_skip(x->text, i), 1));
        break;
    case 't':
        tick(r, r->now + script_us(b));
        break;
    case 'w':
        wait_for_deadline(r);
        break;
    case 'a':
        answer(r, b);
        settle(r, kin_span_make(r->in, r->in_len));
        pump(r);
        break;
    case 's':
        take_output(r, b);
        pump(r);
        break;
    case 'h':
        kin_rtsp_server_session_active(r->s, b & 15, r->now);
        break;
    case 'e':
        kin_rtsp_server_ended(r->s, b & 15);
        break;
    case 'x':
        drop(r, b & 15);
        break;
    case 'c':
        close_connection(r);
        break;
    case 'E':
        kin_rtsp_server_end_all(r->s, KIN_RTSP_SERVER_BY_CLOSE);
        break;
    case 'o':
        set_options(r, b, &options);
        kin_rtsp_server_set_options(r->s, &options);
        break;
    default:
        return;
    }
    settle(r, kin_span_make(r->in, r->in_len));
}

// Nothing is left once the connection is gone and time has passed.
static void end(struct run *r)
{
    close_connection(r);
    settle(r, kin_span_make(NULL, 0));
    r->now += 3600 * KIN_US_PER_S;
    tick(r, r->now);
    MUST(kin_rtsp_server_sessions(r->s) == 0);
    MUST(kin_rtsp_server_deadline(r->s) == KIN_US_NEVER);
    kin_rtsp_server_free(r->s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct run run;
    struct kin_span rest = kin_span_make(data, size);
    struct kin_rtsp_server_options options;
    struct script_record x = {.op = 0};
    memset(&run, 0, sizeof run);
    script_next(&rest, &x);
    set_options(&run, x.op, &options);
    if (kin_rtsp_server_new(run.now, &options, &run.s) != KIN_OK)
        return 0;
    while (script_next(&rest, &x))
        run_record(&run, &x);
    end(&run);
    return 0;
}
