// The session of a player without a screen.
#include "commands/plain.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "client/session.h"
#include "commands/leave.h"
#include "io/priority.h"
#include "io/timer.h"
#include "model/format.h"
#include "pages/view.h"
#include "text/messages.h"

#define RECONNECT_US (600 * KIN_US_PER_S)
#define CACHE_BYTES ((size_t)64 << 20)

enum { SIGNAL_INT, SIGNAL_TERM, SIGNAL_HUP, SIGNAL_COUNT };

struct plain {
    struct kin_loop loop;
    struct session *session; // NULL: it has ended
    struct kin_timer *every_second;
    uv_signal_t signals[SIGNAL_COUNT];
    char message[256]; // the newest one
    int status;
    int died_of; // the signal that ended it
};

static void print_line(struct plain *p)
{
    struct session_stats s;
    char at[FORMAT_MAX], frame[64], fps[FORMAT_MAX], rate[FORMAT_MAX], loss[FORMAT_MAX];
    unsigned long long frames = session_info(p->session)->frames;
    session_stats(p->session, &s);
    unsigned long long number = session_frame_number(p->session, s.position_us) + (s.frames.shown > 0);
    if (frames > 0)
        snprintf(frame, sizeof frame, MSG_PANEL_FRAME_OF, number, frames);
    else
        snprintf(frame, sizeof frame, MSG_PANEL_FRAME, number);
    printf(MSG_PLAIN_LINE, view_state_name(session_state(p->session)), format_time(s.position_us, at), frame,
           format_fps(s.receiving ? s.fps : 0, fps), format_bits(s.receiving ? s.throughput_bps : 0, rate),
           format_loss(s.loss.all > 0 ? s.loss.all : 0, loss), s.cache.frames, s.cache.target_frames);
}

static void end(struct plain *p, int status)
{
    if (p->session == NULL)
        return;
    if (session_state(p->session) != KIN_PLAYER_FAILED)
        print_line(p);
    session_close(p->session, NULL, NULL);
    p->session = NULL;
    p->status = status;
    kin_timer_free(p->every_second);
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        uv_close((uv_handle_t *)&p->signals[i], NULL);
    uv_stop(&p->loop.uv);
}

static void on_second(void *ctx, kin_us now)
{
    struct plain *p = ctx;
    print_line(p);
    kin_timer_set(p->every_second, now + KIN_US_PER_S);
    if (fflush(stdout) != 0) // the terminal is gone
        end(p, 1);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct plain *p = handle->data;
    p->died_of = number;
    if (number == SIGINT && isatty(STDOUT_FILENO))
        putchar('\r'); // the terminal may have echoed ^C
    end(p, 1);
}

static void on_message(void *ctx, bool is_error, const char *sentence)
{
    struct plain *p = ctx;
    (void)is_error;
    if (strcmp(p->message, sentence) == 0)
        return;
    snprintf(p->message, sizeof p->message, "%s", sentence);
    fflush(stdout);
    fprintf(stderr, MSG_LINE("%s"), p->message);
}

static void on_state(void *ctx, enum kin_player_state state)
{
    struct plain *p = ctx;
    struct session_stats s;
    if (state == KIN_PLAYER_FAILED) {
        end(p, 1);
    } else if (state == KIN_PLAYER_ENDED) {
        session_stats(p->session, &s);
        if (s.ended_early)
            on_message(p, true, MSG_ENDED_EARLY);
        end(p, s.ended_early ? 1 : 0);
    }
}

static void start_signals(struct plain *p)
{
    static const int numbers[SIGNAL_COUNT] = {[SIGNAL_INT] = SIGINT, [SIGNAL_TERM] = SIGTERM, [SIGNAL_HUP] = SIGHUP};
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        uv_signal_init(&p->loop.uv, &p->signals[i]);
        p->signals[i].data = p;
        uv_signal_start(&p->signals[i], on_signal, numbers[i]);
    }
}

static int start(struct plain *p, const char *url, const struct settings *settings)
{
    static const struct session_handler handler = {.on_state = on_state, .on_message = on_message};
    const struct session_options options = {
        .transport = (enum kin_rtsp_client_transport)settings->transport,
        .cache_frames = (unsigned)settings->cache,
        .cache_frames_max = (unsigned)settings->cache_max,
        .cache_bytes_max = CACHE_BYTES,
        .reconnect_us = RECONNECT_US,
        .no_retransmit = settings->no_retransmit,
        .fec = settings->fec,
        .no_adapt = settings->no_adapt,
        .prebuffer = (unsigned)settings->prebuffer,
        .fill = !settings->no_fill,
        .auto_setup = true,
        .auto_play = true,
        .no_look_back = true,
    };
    int err = kin_timer_new(&p->loop, on_second, p, &p->every_second);
    if (err == KIN_OK)
        err = session_new(&p->loop, url, &options, &handler, p, &p->session);
    if (err != KIN_OK) {
        kin_timer_free(p->every_second);
        return err;
    }
    start_signals(p);
    kin_timer_set(p->every_second, kin_loop_now(&p->loop) + KIN_US_PER_S);
    return KIN_OK;
}

int plain_run(const char *url, const char *why, const struct settings *settings)
{
    static struct plain p; // work on the thread pool may use it until the process ends
    bool left = true;
    fprintf(stderr, MSG_LINE(MSG_PLAIN_BEGIN), why);
    p.status = 1;
    int err = kin_loop_init(&p.loop);
    if (err == KIN_OK) {
        err = start(&p, url, settings);
        kin_priority_loop();
        if (err == KIN_OK)
            uv_run(&p.loop.uv, UV_RUN_DEFAULT);
        left = leave_loop(&p.loop);
    }
    if (err != KIN_OK)
        fprintf(stderr, MSG_LINE("%s"), kin_err_str(err));
    fflush(stdout);
    if (p.died_of != 0) {
        signal(p.died_of, SIG_DFL);
        raise(p.died_of);
    }
    if (!left)
        leave_now(p.status);
    return p.status;
}
