// The client's RTSP machine over time: whatever a server says, commands in any order, time in any steps.
//
// The input is a script (script.h). The first record is a byte of options (low 2 bits: AUTO, UDP, TCP; 4 small bodies)
// and the URL. Then:
//   c       connected                  x TEXT  disconnected, by an error or (no text) the peer     X  connection
//   refused d TEXT  bytes arrive               D TEXT  bytes arrive one by one k TEXT  a reply to the request last
//   sent: "200 OK", header lines and body; CSeq is added t B     time passes                w       time passes up to
//   the deadline s, p, r N, a, z, l   commands: setup, play, play from (8 bytes), pause, teardown, leave f N     Scale
//   (4 bytes)            m, e    media arrives, media ends        b TEXT  a block is sent
#include <string.h>

#include "base/err.h"
#include "engine/rtsp/rtsp_client.h"
#include "must.h"
#include "proto/rtsp_frame.h"
#include "rtsp_script.h"
#include "script.h"

enum { TRANSPORT = 3, SMALL = 4 };
enum { REFUSED = -111, RESET = -104 }; // errors of the connection

#define INPUT_MAX 131072
#define SENT_MAX (2u * KIN_RTSP_CLIENT_OUTPUT_MAX)
#define TICKS_MAX 4        // in a row, at the deadline, after which the deadline must lie ahead
#define EVENTS_AT_ONCE 16u // of one call

struct run {
    struct kin_rtsp_client *c;
    kin_us now;
    uint8_t in[INPUT_MAX];
    size_t in_len;
    uint8_t sent[SENT_MAX]; // expected output, from SENT events and blocks
    size_t sent_len;
    uint32_t cseq; // of the request last sent
    unsigned connects;
    bool connecting, connected, failed;
};

// --- events

static void on_sent(struct run *r, struct kin_span bytes)
{
    struct kin_rtsp_msg msg;
    uint32_t cseq = 0;
    MUST(bytes.n <= sizeof r->sent - r->sent_len);
    memcpy(r->sent + r->sent_len, bytes.p, bytes.n);
    r->sent_len += bytes.n;
    if (kin_rtsp_msg_parse(bytes, &msg) != KIN_OK || !msg.is_request)
        return; // a reply to the server's request, with the server's CSeq
    MUST(kin_rtsp_cseq(&msg, &cseq) == KIN_OK && cseq > r->cseq);
    r->cseq = cseq;
}

// Troubles come as codes, with all that a sentence about them needs.
static void check_words(const struct kin_rtsp_client_event *e, struct kin_span in)
{
    bool failed = e->kind == KIN_RTSP_CLIENT_FAILED, troubled = failed || e->kind == KIN_RTSP_CLIENT_REFUSED;
    MUST(e->trouble < KIN_RTSP_TROUBLE_COUNT);
    MUST(!troubled || e->trouble != KIN_RTSP_TROUBLE_NONE);
    MUST(!failed || (e->host.n > 0 && e->port != 0));
    MUST(e->trouble != KIN_RTSP_TROUBLE_STATUS || (e->status >= 300 && fuzz_inside(in, e->peer_text)));
    MUST(e->trouble != KIN_RTSP_TROUBLE_MALFORMED_REPLY || fuzz_inside(in, e->peer_text));
    MUST(e->trouble != KIN_RTSP_TROUBLE_NO_ANSWER || e->seconds > 0);
    MUST(e->kind != KIN_RTSP_CLIENT_TRANSPORT_CHANGED || e->status >= 300 || e->cause != KIN_RTSP_CAUSE_REFUSED);
    MUST(e->kind != KIN_RTSP_CLIENT_NO_MEDIA || e->seconds > 0);
    MUST(e->kind != KIN_RTSP_CLIENT_REDIRECTED || (e->url.n > 0 && e->status >= 300));
    MUST(e->kind != KIN_RTSP_CLIENT_SKIPPED || (e->count > 0 && e->count <= KIN_RTSP_CLIENT_STRAY_MAX));
}

static void on_event(struct run *r, const struct kin_rtsp_client_event *e, struct kin_span in)
{
    MUST(!r->failed);
    check_words(e, in);
    switch (e->kind) {
    case KIN_RTSP_CLIENT_CONNECT:
        MUST(e->host.n > 0 && !r->connecting);
        r->connecting = true;
        r->connected = false;
        r->in_len = 0;
        r->sent_len = 0;
        r->connects++;
        break;
    case KIN_RTSP_CLIENT_SENT:
        on_sent(r, e->bytes);
        break;
    case KIN_RTSP_CLIENT_RECEIVED:
    case KIN_RTSP_CLIENT_INTERLEAVED:
        MUST(fuzz_inside(in, e->bytes));
        break;
    case KIN_RTSP_CLIENT_DESCRIBED:
        MUST(fuzz_inside(in, e->body));
        break;
    case KIN_RTSP_CLIENT_STARTED:
        MUST(e->scale_milli != 0);
        break;
    case KIN_RTSP_CLIENT_FAILED:
        r->failed = true;
        break;
    default:
        break;
    }
}

// The output is what the SENT events contain, and empty while there is no connection.
static void check_output(struct run *r)
{
    struct kin_span out = kin_rtsp_client_output(r->c);
    MUST(out.n <= KIN_RTSP_CLIENT_OUTPUT_MAX && (r->connected || out.n == 0));
    MUST(!r->connected || out.n == r->sent_len);
    MUST(out.n == 0 || memcmp(out.p, r->sent, out.n) == 0);
    MUST(kin_rtsp_client_output(r->c).n == 0);
    r->sent_len = 0;
}

static void check_facts(const struct run *r)
{
    enum kin_rtsp_client_state state = kin_rtsp_client_state(r->c);
    MUST(!r->failed || (state == KIN_RTSP_CLIENT_INIT && kin_rtsp_client_deadline(r->c) == KIN_US_NEVER));
    MUST(kin_rtsp_client_rtt_us(r->c) >= -1);
}

static void settle(struct run *r, struct kin_span in)
{
    struct kin_rtsp_client_event e;
    unsigned count = 0;
    while (kin_rtsp_client_event(r->c, &e)) {
        on_event(r, &e, in);
        count++;
    }
    MUST(count <= EVENTS_AT_ONCE);
    check_output(r);
    check_facts(r);
}

// --- bytes

static void pump(struct run *r)
{
    while (r->in_len > 0 && r->connected) {
        struct kin_span in = kin_span_make(r->in, r->in_len);
        ptrdiff_t n = kin_rtsp_client_feed(r->c, r->now, in);
        MUST(n <= (ptrdiff_t)r->in_len);
        settle(r, in);
        MUST(n >= 0 || r->failed);
        if (n <= 0 || !r->connected)
            return;
        memmove(r->in, r->in + n, r->in_len - (size_t)n);
        r->in_len -= (size_t)n;
    }
}

static void arrive(struct run *r, struct kin_span text)
{
    text = kin_span_first(text, sizeof r->in - r->in_len);
    if (text.n == 0 || !r->connected)
        return;
    memcpy(r->in + r->in_len, text.p, text.n);
    r->in_len += text.n;
    pump(r);
}

static void send_block(struct run *r, struct kin_span bytes)
{
    int err = kin_rtsp_client_send_block(r->c, 1, bytes);
    MUST(err == KIN_OK || err == KIN_ELIMIT || err == KIN_ESTATE);
    if (err != KIN_OK)
        return;
    uint8_t head[4] = {'$', 1, (uint8_t)(bytes.n >> 8), (uint8_t)bytes.n};
    MUST(r->connected && sizeof head + bytes.n <= sizeof r->sent - r->sent_len);
    memcpy(r->sent + r->sent_len, head, sizeof head);
    if (bytes.n > 0)
        memcpy(r->sent + r->sent_len + sizeof head, bytes.p, bytes.n);
    r->sent_len += sizeof head + bytes.n;
}

// --- time

static void tick(struct run *r, kin_us now)
{
    r->now = now;
    kin_rtsp_client_tick(r->c, now);
    settle(r, kin_span_make(NULL, 0));
}

// A tick at the deadline moves the deadline.
static void wait_for_deadline(struct run *r)
{
    for (unsigned i = 0; i < TICKS_MAX; i++) {
        kin_us at = kin_rtsp_client_deadline(r->c);
        if (at == KIN_US_NEVER || (i > 0 && at > r->now))
            return;
        tick(r, kin_us_max(at, r->now));
    }
    MUST(kin_rtsp_client_deadline(r->c) > r->now);
}

// --- the script

static void play_from(struct run *r, struct kin_rd *numbers)
{
    struct kin_rtsp_range range = {.unit = KIN_RTSP_NPT, .start_given = true};
    range.start = (kin_us)(kin_rd_be64(numbers) & INT64_MAX);
    if (kin_rd_u8(numbers) != 0) {
        range.end_given = true;
        range.end = (kin_us)(kin_rd_be64(numbers) & INT64_MAX);
    }
    kin_rtsp_client_play(r->c, r->now, &range);
}

static void connection(struct run *r, const struct script_record *x)
{
    if (x->op == 'X' && r->connecting) {
        r->connecting = false;
        kin_rtsp_client_refused(r->c, r->now, REFUSED);
    } else if (x->op == 'c' && r->connecting) {
        r->connecting = false;
        r->connected = true;
        kin_rtsp_client_connected(r->c, r->now);
    } else if (x->op == 'x' && (r->connecting || r->connected)) {
        r->connecting = r->connected = false;
        r->sent_len = 0;
        kin_rtsp_client_disconnected(r->c, r->now, x->text.n > 0 ? RESET : 0);
    }
}

static void command(struct run *r, struct script_record *x)
{
    switch (x->op) {
    case 's':
        kin_rtsp_client_setup(r->c, r->now, kin_rd_be16(&x->numbers) & 0xfffe);
        break;
    case 'p':
        kin_rtsp_client_play(r->c, r->now, NULL);
        break;
    case 'r':
        play_from(r, &x->numbers);
        break;
    case 'a':
        kin_rtsp_client_pause(r->c, r->now);
        break;
    case 'z':
        kin_rtsp_client_teardown(r->c, r->now);
        break;
    case 'l':
        kin_rtsp_client_leave(r->c, r->now);
        break;
    case 'f':
        kin_rtsp_client_set_scale(r->c, (int32_t)kin_rd_be32(&x->numbers));
        break;
    case 'm':
        kin_rtsp_client_media(r->c, r->now);
        break;
    case 'e':
        kin_rtsp_client_ended(r->c);
        break;
    case 'b':
        send_block(r, x->text);
        break;
    default:
        connection(r, x);
        break;
    }
    settle(r, kin_span_make(NULL, 0));
}

static void run_record(struct run *r, struct script_record *x)
{
    switch (x->op) {
    case 'd':
        arrive(r, x->text);
        break;
    case 'D':
        for (size_t i = 0; i < x->text.n; i++)
            arrive(r, kin_span_first(kin_span_skip(x->text, i), 1));
        break;
    case 'k':
        arrive(r, rtsp_script_reply(x->text, r->cseq));
        break;
    case 't':
        tick(r, r->now + script_us(kin_rd_u8(&x->numbers)));
        break;
    case 'w':
        wait_for_deadline(r);
        break;
    default:
        command(r, x);
        break;
    }
}

static int open_client(struct run *r, const struct script_record *first)
{
    char url[256];
    kin_span_copy(first->text, url, sizeof url);
    struct kin_rtsp_client_options options = {.url = url, .user_agent = "Kinora"};
    options.transport = (enum kin_rtsp_client_transport)((first->op & TRANSPORT) % 3);
    options.body_max = first->op & SMALL ? 256 : 0;
    return kin_rtsp_client_new(&options, &r->c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct run run;
    struct kin_span rest = kin_span_make(data, size);
    struct script_record x = {.op = 0};
    memset(&run, 0, sizeof run);
    script_next(&rest, &x);
    if (open_client(&run, &x) != KIN_OK)
        return 0;
    settle(&run, kin_span_make(NULL, 0));
    MUST(run.connecting);
    while (script_next(&rest, &x))
        run_record(&run, &x);
    kin_rtsp_client_leave(run.c, run.now);
    settle(&run, kin_span_make(NULL, 0));
    kin_rtsp_client_free(run.c);
    return 0;
}
