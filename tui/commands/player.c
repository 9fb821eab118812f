// The player's shell: the loop with terminal, signals and timer around the model, its setup and its teardown.
#include "commands/player.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "commands/answers.h"
#include "commands/compositor.h"
#include "commands/guardian.h"
#include "commands/leave.h"
#include "commands/plain.h"
#include "commands/thumbnailer.h"
#include "io/priority.h"
#include "io/timer.h"
#include "text/messages.h"

#define ESC_PATIENCE_US (100 * KIN_US_PER_MS) // after that, a lone ESC is the Esc key
#define ANSWER_PATIENCE_US KIN_US_PER_S       // the same while the terminal owes an answer
#define BACKGROUND_US (50 * KIN_US_PER_MS)    // in the background it stops again after that
#define READ_ROUNDS 16                        // reads of input per turn, so that a flood of it cannot starve the rest

enum { SIGNAL_INT, SIGNAL_TERM, SIGNAL_HUP, SIGNAL_QUIT, SIGNAL_TSTP, SIGNAL_CONT, SIGNAL_WINCH, SIGNAL_COUNT };

enum phase { RUNNING, STOPPING, ENDING }; // a later one overrides an earlier one

struct player {
    const char *url;
    const struct settings *settings;
    struct terminal term;
    struct probe probe;
    struct guardian_note *note;
    pid_t guardian;
    struct kin_loop loop;
    struct model model;
    struct compositor compositor;
    struct thumbnailer thumbnailer;
    struct input input;
    struct kin_timer *timer;
    uv_poll_t tty;
    uv_prepare_t prepare;
    uv_signal_t signals[SIGNAL_COUNT];
    int events;        // UV_READABLE, UV_WRITABLE: what the tty is polled for
    int died_of;       // the signal that ended the program
    bool gone;         // the terminal is
    bool outside;      // the terminal is to be entered, once this job is in the foreground
    kin_us stop_again; // if it is not by then
    enum phase phase;
    kin_us due; // when the phase ends at the latest
};

// --- the answers that the terminal owes

// For the guardian, in case that the player dies.
static void note_answers(struct player *p, kin_us now)
{
    p->note->answers_until = answers_due(&p->compositor.writer, &p->probe, now);
    p->note->answers_longest = answers_longest(&p->compositor.writer, &p->probe);
    p->note->answers_missing = answers_are_missing(&p->compositor.writer, &p->probe);
}

// Returns when there will be more.
static kin_us ask_more(struct player *p, kin_us now)
{
    uint8_t bytes[PROBE_BATCH_MAX];
    struct kin_wr queries = kin_wr_init(bytes, sizeof bytes);
    if (!writer_ready(&p->compositor.writer, now)) // another turn comes when it is
        return KIN_US_NEVER;
    if (now < probe_due(&p->probe))
        return probe_due(&p->probe);
    probe_ask_more(&p->probe, now, &queries);
    note_answers(p, now);
    compositor_send(&p->compositor, now, kin_wr_span(&queries));
    return probe_due(&p->probe);
}

// --- leaving and entering the terminal: the compositor writes to it between these two, and at no other time

static void read_window(struct player *p)
{
    struct term_window w = term_window(&p->term);
    probe_set_window(&p->probe, w.cols, w.rows, w.width, w.height);
}

static void enter_terminal(struct player *p)
{
    uint8_t bytes[PROBE_BATCH_MAX];
    struct kin_wr queries = kin_wr_init(bytes, sizeof bytes);
    kin_us now = kin_loop_now(&p->loop);
    p->outside = false;
    if (!p->note->entered) // who left it has waited for what was owed
        compositor_detach(&p->compositor);
    read_window(p);
    probe_ask(&p->probe, now, &queries);
    note_answers(p, now); // before the first is sent
    p->note->entered = true;
    term_raw(&p->term);
    compositor_attach(&p->compositor, kin_wr_span(&queries));
}

static void leave_terminal(struct player *p)
{
    note_answers(p, kin_loop_now(&p->loop));
    compositor_detach(&p->compositor);
    if (!p->note->entered)
        return;
    if (term_is_ours(p->term.fd))
        term_cooked(&p->term); // first: what is typed once the screen is left is the shell's
    guardian_leave(p->note, p->term.fd, p->term.leave);
    p->note->entered = false;
}

// --- ending and stopping: draw nothing more, wait for answers that are on their way, then go

static void wind_down(struct player *p, enum phase phase)
{
    if (p->phase >= phase)
        return;
    if (p->phase == RUNNING)
        p->due = answers_due(&p->compositor.writer, &p->probe, kin_loop_now(&p->loop));
    p->phase = phase;
}

static bool is_wound_down(const struct player *p, kin_us now)
{
    return p->phase != RUNNING && (now >= p->due || answers_due(&p->compositor.writer, &p->probe, now) == 0);
}

// The shell has continued the process. Other signals, which may be those that end it, come in any order and by any
// thread: they get a moment before it stops again.
static void continued(struct player *p)
{
    kin_loop_touch(&p->loop);
    p->phase = p->phase == STOPPING ? RUNNING : p->phase;
    p->outside = true;
    p->stop_again = kin_loop_now(&p->loop) + BACKGROUND_US;
}

// Returns when the shell continues the process.
static void stop(struct player *p)
{
    leave_terminal(p);
    raise(SIGSTOP);
    continued(p);
}

// After a stop, or at first. In the background the terminal is the shell's.
static void come_back(struct player *p)
{
    if (term_is_ours(p->term.fd))
        enter_terminal(p);
    else if (kin_loop_now(&p->loop) >= p->stop_again)
        stop(p);
}

// --- signals

static void on_signal(uv_signal_t *handle, int sig)
{
    struct player *p = (struct player *)handle->data;
    if (sig == SIGWINCH) {
        read_window(p);
        compositor_resize(&p->compositor);
    } else if (sig == SIGTSTP) {
        wind_down(p, STOPPING);
    } else if (sig == SIGCONT) { // also after a SIGSTOP, which cannot be caught
        continued(p);
    } else {
        p->died_of = sig;
        wind_down(p, ENDING);
    }
}

// --- input

static kin_us patience(const struct player *p, kin_us now)
{
    bool owed = p->compositor.writer.drain.count > 0 || probe_is_owed(&p->probe, now, PROBE_LATE_US);
    return owed ? ANSWER_PATIENCE_US : ESC_PATIENCE_US;
}

static void handle_input(struct player *p, kin_us now)
{
    struct input_event e;
    while (input_next(&p->input, now, patience(p, now), &e))
        if (!compositor_report(&p->compositor, now, &e) && p->phase == RUNNING)
            view_input(&p->model, &p->compositor.layout, &e);
}

static void read_input(struct player *p, kin_us now)
{
    uint8_t bytes[1024];
    for (int i = 0; i < READ_ROUNDS; i++) {
        int n = term_read(&p->term, bytes, sizeof bytes);
        if (n < 0)
            p->gone = true;
        if (n <= 0)
            return;
        input_feed(&p->input, now, kin_span_make(bytes, (size_t)n));
        handle_input(p, now);
    }
}

static void on_tty(uv_poll_t *handle, int status, int events)
{
    struct player *p = (struct player *)handle->data;
    if (status < 0)
        p->gone = true;
    if (events & UV_WRITABLE)
        writer_writable(&p->compositor.writer);
    if ((events & UV_READABLE) && !p->outside)
        read_input(p, kin_loop_now(&p->loop));
}

static void watch_tty(struct player *p)
{
    int events = UV_READABLE | (writer_idle(&p->compositor.writer) ? 0 : UV_WRITABLE);
    if (events == p->events)
        return;
    p->events = events;
    uv_poll_start(&p->tty, events, on_tty);
}

// --- one turn of the loop: check everything once, then set the timer

static void on_turn(uv_prepare_t *handle)
{
    struct player *p = (struct player *)handle->data;
    kin_us now = kin_loop_now(&p->loop);
    kin_us next = KIN_US_NEVER;
    p->outside |= !p->note->entered; // at first, and when the guardian has restored the terminal meanwhile
    handle_input(p, now);
    if (p->model.pages.quit)
        wind_down(p, ENDING);
    if (is_wound_down(p, now) && p->phase == STOPPING)
        stop(p);
    else if (p->phase == RUNNING && p->outside)
        come_back(p);
    if (p->phase == RUNNING && p->outside) {
        kin_timer_set(p->timer, p->stop_again);
        return;
    }
    if (p->phase == RUNNING && !p->gone) {
        now = kin_loop_now(&p->loop);
        next = model_tick(&p->model, now);
        next = kin_us_min(next, ask_more(p, now));
        next = kin_us_min(next, compositor_turn(&p->compositor, now, &p->gone));
        if (p->note->removal[0] == '\0')
            compositor_image_removal(&p->compositor, p->note->removal, sizeof p->note->removal);
        next = kin_us_min(next, thumbnailer_turn(&p->thumbnailer, now, &p->compositor));
    }
    if (p->gone || is_wound_down(p, now)) {
        note_answers(p, now);
        compositor_detach(&p->compositor);
        p->note->answers_until = p->note->answers_longest = 0; // they have come, or have been waited for
        uv_stop(&p->loop.uv);
        return;
    }
    note_answers(p, now);
    next = kin_us_min(next, input_deadline(&p->input, patience(p, now)));
    kin_timer_set(p->timer, p->phase != RUNNING ? kin_us_min(next, p->due) : next);
    watch_tty(p);
}

static void on_timer(void *ctx, kin_us now) // on_turn() does the work
{
    (void)ctx;
    (void)now;
}

// --- setup and teardown

static const int watched[SIGNAL_COUNT] = {
    [SIGNAL_INT] = SIGINT,   [SIGNAL_TERM] = SIGTERM, [SIGNAL_HUP] = SIGHUP,     [SIGNAL_QUIT] = SIGQUIT,
    [SIGNAL_TSTP] = SIGTSTP, [SIGNAL_CONT] = SIGCONT, [SIGNAL_WINCH] = SIGWINCH,
};

static int start_signals(struct player *p)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTTOU, SIG_IGN); // what the background may do with the terminal is asked before (term_is_ours())
    for (int i = 0; i < SIGNAL_COUNT; i++) {
        uv_signal_init(&p->loop.uv, &p->signals[i]);
        p->signals[i].data = p;
        if (uv_signal_start(&p->signals[i], on_signal, watched[i]) != 0)
            return KIN_EIO;
    }
    return KIN_OK;
}

static int start_handles(struct player *p)
{
    uv_prepare_init(&p->loop.uv, &p->prepare);
    p->prepare.data = p;
    if (uv_poll_init(&p->loop.uv, &p->tty, p->term.fd) != 0)
        return KIN_EIO;
    p->tty.data = p;
    if (start_signals(p) != KIN_OK || kin_timer_new(&p->loop, on_timer, p, &p->timer) != KIN_OK)
        return KIN_EIO;
    uv_prepare_start(&p->prepare, on_turn);
    return KIN_OK;
}

static void close_handle(uv_handle_t *handle)
{
    if (handle->data != NULL && !uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void stop_handles(struct player *p)
{
    kin_timer_free(p->timer);
    close_handle((uv_handle_t *)&p->prepare);
    close_handle((uv_handle_t *)&p->tty);
    for (int i = 0; i < SIGNAL_COUNT; i++) {
        close_handle((uv_handle_t *)&p->signals[i]);
        if (watched[i] != SIGCONT && watched[i] != SIGWINCH)
            signal(watched[i], SIG_IGN); // a second one must not interrupt TEARDOWN
    }
}

// Advice on the terminal, printed once the screen is left.
static void advise(struct player *p)
{
    char advice[TERM_SEQUENCE_MAX];
    if (p->note->sentence[0] != '\0' || p->died_of != 0 || p->gone)
        return;
    term_advice(&p->term, advice);
    snprintf(p->note->sentence, sizeof p->note->sentence, "%.255s", advice);
}

// The exit status: 1 when nothing was ever opened; the guardian prints why.
static int outcome(struct player *p)
{
    const struct model *m = &p->model;
    if (m->library.opened || m->reel.opened || m->library.start[0] == '\0')
        return 0;
    if (m->message.is_error)
        model_message_behind_name(m, p->note->sentence, sizeof p->note->sentence);
    return 1;
}

static int run(struct player *p)
{
    int status = 1;
    model_init(&p->model, &p->loop, p->settings);
    if (thumbnailer_init(&p->thumbnailer, &p->model) != KIN_OK ||
        compositor_init(&p->compositor, &p->model, &p->term, &p->probe) != KIN_OK)
        goto out;
    if (start_handles(p) == KIN_OK) {
        model_open(&p->model, p->url);
        kin_priority_loop();
        uv_run(&p->loop.uv, UV_RUN_DEFAULT);
        status = outcome(p);
        advise(p);
    }
    stop_handles(p);
out:
    model_deinit(&p->model);
    thumbnailer_deinit(&p->thumbnailer);
    compositor_deinit(&p->compositor);
    return status;
}

// Restores the terminal in place of a guardian that was killed.
static void stand_in_for_guardian(struct player *p)
{
    if (getppid() != p->guardian)
        leave_terminal(p);
}

static int play(void *ctx, struct guardian_note *note)
{
    struct player *p = ctx;
    struct facts_environment environment;
    p->note = note;
    p->guardian = getppid();
    if (kin_loop_init(&p->loop) != 0) {
        snprintf(note->sentence, sizeof note->sentence, MSG_LOOP_FAILED);
        return 1;
    }
    facts_environment_read(&environment);
    probe_init(&p->probe, &environment, p->term.direct_color);
    input_init(&p->input);
    term_keys(&p->term, &p->input);
    int status = run(p);
    bool left = leave_loop(&p->loop);
    stand_in_for_guardian(p);
    term_close(&p->term);
    if (p->died_of != 0) {
        signal(p->died_of, SIG_DFL);
        raise(p->died_of);
    }
    if (!left)
        leave_now(status);
    return status;
}

int player_run(const char *url, const struct settings *settings)
{
    char why[TERM_SEQUENCE_MAX];
    struct player *p = calloc(1, sizeof *p);
    if (p == NULL)
        return 1;
    p->url = url;
    p->settings = settings;
    if (!term_open(&p->term, (enum term_colors)settings->colors, why)) {
        int status = p->term.only_lines ? plain_run(url, why, settings) : 1;
        if (!p->term.only_lines)
            fprintf(stderr, MSG_LINE("%s"), why);
        free(p);
        return status;
    }
    if (settings->render == RENDERER_ASCII + 1)
        p->term.lacks_charset = false; // ASCII was requested: no advice
    struct guardian g = {p->term.fd, &p->term.cooked, p->term.leave};
    int status = guardian_run(&g, play, p);
    term_close(&p->term);
    free(p);
    return status;
}
