// kinora terminal: asks the terminal and prints what it answers.
#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "commands/commands.h"
#include "commands/guardian.h"
#include "commands/terminal_report.h"
#include "terminal/charset.h"
#include "terminal/writer.h"
#include "text/messages.h"

#define KEY_PATIENCE_US KIN_US_PER_S
#define WIPE "\r\033[K" // what a terminal printed of a query that it does not know

struct run {
    struct terminal_report report;
    const struct settings *settings;
    struct input input;
    struct writer writer;
};

// Sends the queries that are due.
static int ask(struct run *r, kin_us now, void (*append)(struct probe *p, kin_us now, struct kin_wr *out))
{
    uint8_t bytes[PROBE_BATCH_MAX + sizeof WIPE];
    struct kin_wr w = kin_wr_init(bytes, sizeof bytes);
    append(&r->report.probe, now, &w);
    kin_wr_str(&w, w.len > 0 ? WIPE : "");
    return writer_attach(&r->writer, r->report.term.fd, kin_wr_span(&w));
}

static void take_answers(struct run *r, kin_us now, struct kin_span bytes)
{
    struct input_event e;
    input_feed(&r->input, now, bytes);
    while (input_next(&r->input, now, KEY_PATIENCE_US, &e))
        probe_report(&r->report.probe, now, &e);
}

// One turn of the conversation: false when the terminal is gone.
static bool converse(struct run *r, kin_us now)
{
    const struct terminal_report *t = &r->report;
    uint8_t bytes[512];
    if (now >= probe_due(&t->probe) && ask(r, now, probe_ask_more) != KIN_OK)
        return false;
    if (writer_flush(&r->writer, now) == KIN_EIO)
        return false;
    kin_us left = kin_us_min(probe_due(&t->probe), probe_deadline(&t->probe)) - now;
    struct pollfd p = {.fd = t->term.fd, .events = POLLIN};
    if (!writer_idle(&r->writer))
        p.events |= POLLOUT;
    if (poll(&p, 1, (int)(left / KIN_US_PER_MS) + 1) < 0)
        return errno == EINTR;
    if (p.revents & POLLOUT)
        writer_writable(&r->writer);
    int n = term_read(&t->term, bytes, sizeof bytes);
    if (n > 0)
        take_answers(r, kin_clock_mono_us(), kin_span_make(bytes, (size_t)n));
    return n >= 0;
}

static void probe_terminal(struct run *r)
{
    kin_us now = kin_clock_mono_us();
    if (ask(r, now, probe_ask) == KIN_OK)
        while (!probe_is_done(&r->report.probe, now) && converse(r, now))
            now = kin_clock_mono_us();
    writer_deinit(&r->writer);
    if (r->report.probe.facts.truecolor.yes)
        term_set_depth(&r->report.term, DEPTH_16M);
}

static int print(const struct run *r)
{
    int err = KIN_OK;
    if (r->settings->json)
        terminal_print_json(&r->report, stdout);
    else
        terminal_print_text(&r->report, stdout);
    if (!r->settings->json && r->report.term.fd >= 0)
        err = terminal_print_pictures(&r->report, stdout);
    if (err == KIN_OK && fflush(stdout) == 0)
        return 0;
    fprintf(stderr, MSG_LINE(MSG_TERMINAL_OUTPUT), err != KIN_OK ? kin_err_str(err) : strerror(errno));
    return 1;
}

static int probe_and_print(void *ctx, struct guardian_note *note)
{
    struct run *r = ctx;
    note->answers_until = kin_clock_mono_us() + PROBE_PATIENCE_US;
    note->entered = true;
    term_raw(&r->report.term);
    probe_terminal(r);
    term_cooked(&r->report.term);
    note->entered = false;
    return print(r);
}

int terminal_run(const struct settings *settings)
{
    static struct run r;
    struct terminal_report *t = &r.report;
    r.settings = settings;
    facts_environment_read(&t->environment);
    t->utf8 = charset_choose()->utf8;
    writer_init(&r.writer);
    input_init(&r.input);
    bool is_terminal = term_open(&t->term, TERM_COLORS_AUTO, t->why);
    probe_init(&t->probe, &t->environment, t->term.direct_color);
    if (!is_terminal)
        return print(&r);
    t->window = term_window(&t->term);
    probe_set_window(&t->probe, t->window.cols, t->window.rows, t->window.width, t->window.height);
    struct guardian g = {t->term.fd, &t->term.cooked, "\033\\\033[0m"};
    int status = guardian_run(&g, probe_and_print, &r);
    term_close(&t->term);
    return status;
}
