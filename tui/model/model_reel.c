// The reel that is played: its session, its events, and the actions on it.
#include "model/model_internal.h"

#include <math.h>
#include <stdio.h>

#include "base/err.h"
#include "model/format.h"
#include "model/position_input.h"
#include "text/messages.h"

#define RECONNECT_US (600 * KIN_US_PER_S) // for which a lost connection is tried again
#define CACHE_BYTES_MAX ((size_t)256 << 20)
#define REFRESH_US (250 * KIN_US_PER_MS) // between refreshes of the statistics
#define OPENING_US (2 * KIN_US_PER_S)    // opening a reel may take this long without a message

static void forget_history(struct model *m)
{
    kin_receive_history_init(&m->reel.history, m->reel.seconds, sizeof m->reel.seconds / sizeof m->reel.seconds[0]);
    m->reel.terminal = (struct terminal_history){.started = false};
}

void reel_close(struct model *m)
{
    if (m->reel.session != NULL)
        session_close(m->reel.session, NULL, NULL);
    m->reel.session = NULL;
    m->reel.play_when_ready = false;
    m->reel.position = 0;
    m->reel.stats = (struct session_stats){.rtt_ms = -1};
    forget_history(m);
    frames_drop(m);
}

// Starts to measure how long the server takes to open the reel.
static void start_opening_clock(struct model *m)
{
    m->reel.opened_at = kin_loop_now(m->loop);
    m->reel.answered = m->reel.slow_opening_over = false;
}

// --- session events

static void on_state(void *ctx, enum kin_player_state state)
{
    struct model *m = ctx;
    if (state == KIN_PLAYER_PLAYING || state == KIN_PLAYER_CONNECTING)
        message_clear_error(m);
    if (state == KIN_PLAYER_INIT && m->reel.session != NULL) { // after TEARDOWN it starts from the beginning
        session_stats(m->reel.session, &m->reel.stats);
        m->reel.position = m->reel.stats.position_us;
    }
    m->reel.opened |= state == KIN_PLAYER_READY;
    if (state == KIN_PLAYER_READY && m->reel.play_when_ready && m->reel.session != NULL) {
        m->reel.play_when_ready = false;
        session_play(m->reel.session);
    }
    m->reel.stats_due = 0;
    model_touch(m);
}

static void on_described(void *ctx)
{
    struct model *m = ctx;
    m->reel.slow_opening_over = true;
    model_touch(m);
}

static void on_frame(void *ctx, const struct session_frame *f)
{
    struct model *m = ctx;
    frames_put(m, f);
    if (!f->leaving)
        m->reel.position = (kin_us)f->media_us;
}

static void on_message(void *ctx, bool is_error, const char *sentence)
{
    message_of_session(ctx, is_error, sentence);
}

static void on_message_withdrawn(void *ctx)
{
    message_withdraw(ctx);
}

static void on_protocol(void *ctx, bool sent, struct kin_span message)
{
    struct model *m = ctx;
    m->reel.answered |= !sent;
    wire_log_add(&m->log, kin_loop_now(m->loop), sent, message);
    if (model_page(m) == PAGE_PROTOCOL)
        model_touch(m);
}

// --- opening and leaving

void reel_open(struct model *m, const char *url, bool from_library)
{
    static const struct session_handler handler = {.on_state = on_state,
                                                   .on_described = on_described,
                                                   .on_frame = on_frame,
                                                   .on_message = on_message,
                                                   .on_message_withdrawn = on_message_withdrawn,
                                                   .on_protocol = on_protocol};
    const struct session_options options = {.transport = (enum kin_rtsp_client_transport)m->settings->transport,
                                            .cache_frames = (unsigned)m->settings->cache,
                                            .cache_frames_max = (unsigned)m->settings->cache_max,
                                            .cache_bytes_max = CACHE_BYTES_MAX,
                                            .reconnect_us = RECONNECT_US,
                                            .no_retransmit = m->settings->no_retransmit,
                                            .fec = m->settings->fec,
                                            .no_adapt = m->settings->no_adapt,
                                            .prebuffer = (unsigned)m->settings->prebuffer,
                                            .fill = !m->settings->no_fill,
                                            .show_partial = true,
                                            .auto_setup = true,
                                            .auto_play = true};
    library_cancel(m);
    thumbnails_stop(m);
    prompt_end_search(m);
    reel_close(m);
    start_opening_clock(m);
    if (strcmp(url, m->reel.url) != 0)
        marks_clear(m);
    if (url != m->reel.url)
        snprintf(m->reel.url, sizeof m->reel.url, "%s", url);
    marks_jumped(m);
    message_clear(m);
    m->reel.from_library = from_library;
    frames_reset_drops(m);
    pages_show_only(m, PAGE_PLAYER);
    model_wake(m);
    m->reel.stats_due = 0;
    m->reel.rate = 1;
    int err = session_new(m->loop, m->reel.url, &options, &handler, m, &m->reel.session);
    if (err != KIN_OK)
        message_cannot_open(m, m->reel.url, err);
    else
        session_set_loop(m->reel.session, m->reel.loop_on);
}

void reel_leave(struct model *m)
{
    reel_close(m);
    message_clear(m);
    pages_show_only(m, PAGE_LIBRARY);
}

// --- facts

enum kin_player_state model_state(const struct model *m)
{
    return m->reel.session != NULL ? session_state(m->reel.session) : KIN_PLAYER_INIT;
}

kin_us model_duration(const struct model *m)
{
    return m->reel.session != NULL ? session_info(m->reel.session)->duration : -1;
}

// A server reads a reel through before it describes it for the first time: after a while, says so. Returns when to call
// again. A connection that is made again later is another matter.
static kin_us watch_opening(struct model *m, kin_us now)
{
    if (m->reel.session == NULL || m->reel.slow_opening_over || session_state(m->reel.session) != KIN_PLAYER_CONNECTING)
        return KIN_US_NEVER;
    if (now < m->reel.opened_at + OPENING_US)
        return m->reel.opened_at + OPENING_US;
    m->reel.slow_opening_over = true;
    if (m->reel.answered)
        model_say(m, false, MSG_OPENING_SLOWLY);
    return KIN_US_NEVER;
}

// The counters of this side, in the second that runs, or ran until now.
static void note_terminal(struct model *m, bool ran)
{
    struct model_drops drops = model_drops(m);
    const struct terminal_totals totals = {.bytes = m->terminal.bytes,
                                           .shown = m->frames.shown,
                                           .dropped = drops.terminal,
                                           .decoder = drops.decoder,
                                           .late = m->reel.stats.frames.late};
    if (m->reel.history.runs || ran)
        terminal_history_tick(&m->reel.terminal, m->reel.history.newest, &totals);
    else
        terminal_history_rest(&m->reel.terminal, &totals);
}

static void refresh_stats(struct model *m, kin_us now)
{
    session_stats(m->reel.session, &m->reel.stats);
    struct kin_receive_totals totals = session_stats_totals(&m->reel.stats, model_drops(m).terminal);
    bool makes_it_again = model_state(m) == KIN_PLAYER_CONNECTING && m->reel.history.started; // the connection
    bool runs = model_state(m) == KIN_PLAYER_PLAYING || makes_it_again, ran = m->reel.history.runs;
    kin_receive_history_tick(&m->reel.history, now, runs, &totals);
    note_terminal(m, ran);
    m->reel.rate = session_rate(m->reel.session);
    m->reel.stats_due = now + REFRESH_US;
    model_touch(m);
}

kin_us reel_tick(struct model *m, kin_us now)
{
    if (m->reel.session == NULL)
        return KIN_US_NEVER;
    marks_tick(m);
    if (now >= m->reel.stats_due)
        refresh_stats(m, now);
    return kin_us_min(m->reel.stats_due, watch_opening(m, now));
}

void reel_say_indexing(struct model *m, double share)
{
    char percent[FORMAT_MAX];
    if (m->reel.session == NULL)
        return;
    m->reel.slow_opening_over = true;
    model_say(m, false, MSG_OPENING_INDEXING, format_percent(share, percent));
}

// --- actions

bool reel_is_seekable(struct model *m)
{
    bool possible = model_duration(m) > 0;
    if (!possible && m->reel.session != NULL)
        model_say(m, false, MSG_NO_SEEK);
    return possible;
}

void reel_seek_to(struct model *m, kin_us position)
{
    if (!reel_is_seekable(m))
        return;
    position = kin_us_max(0, kin_us_min(position, model_duration(m)));
    if (session_seek(m->reel.session, position) != KIN_OK)
        return;
    m->reel.position = position;
    marks_jumped(m);
}

void reel_play(struct model *m)
{
    enum kin_player_state state = model_state(m);
    if (m->reel.session == NULL) {
        reel_open(m, m->reel.url, m->reel.from_library);
        return;
    }
    if (state == KIN_PLAYER_ENDED)
        reel_seek_to(m, m->reel.rate < 0 ? model_duration(m) : 0);
    if (state == KIN_PLAYER_INIT) {
        m->reel.play_when_ready = true;
        session_setup(m->reel.session);
    } else if (state == KIN_PLAYER_FAILED) {
        start_opening_clock(m);
        session_play(m->reel.session); // reconnects and continues where it was
    } else if (state == KIN_PLAYER_READY || state == KIN_PLAYER_ENDED) {
        session_play(m->reel.session);
    }
}

void reel_pause(struct model *m)
{
    if (m->reel.session != NULL)
        session_pause(m->reel.session);
}

void reel_toggle(struct model *m)
{
    if (model_state(m) == KIN_PLAYER_PLAYING)
        reel_pause(m);
    else
        reel_play(m);
}

void reel_setup(struct model *m)
{
    if (model_state(m) == KIN_PLAYER_FAILED)
        start_opening_clock(m);
    if (m->reel.session == NULL)
        reel_open(m, m->reel.url, m->reel.from_library);
    else
        session_setup(m->reel.session);
}

void reel_teardown(struct model *m)
{
    m->reel.play_when_ready = false;
    if (m->reel.session != NULL)
        session_teardown(m->reel.session);
}

void reel_seek_by(struct model *m, int seconds)
{
    reel_seek_to(m, m->reel.position + seconds * KIN_US_PER_S);
}

void reel_seek_share(struct model *m, int n, int of)
{
    reel_seek_to(m, model_duration(m) / of * n);
}

void reel_step(struct model *m, int frames)
{
    if (m->reel.session == NULL)
        return;
    if (model_state(m) == KIN_PLAYER_PLAYING)
        session_pause(m->reel.session);
    session_step(m->reel.session, frames);
}

void reel_toggle_loop(struct model *m)
{
    m->reel.loop_on = !m->reel.loop_on;
    if (m->reel.session != NULL)
        session_set_loop(m->reel.session, m->reel.loop_on);
    model_say(m, false, m->reel.loop_on ? MSG_LOOP_ON : MSG_LOOP_OFF);
}

void reel_reset_counters(struct model *m)
{
    if (m->reel.session != NULL)
        session_reset_counters(m->reel.session);
    frames_reset_drops(m);
    forget_history(m);
    m->reel.stats_due = 0;
    model_say(m, false, MSG_COUNTERS_RESET);
}

bool reel_go_to(struct model *m, const char *text)
{
    kin_us position;
    if (m->reel.session == NULL)
        return true;
    if (!position_input_parse(text, session_info(m->reel.session), &position)) {
        model_say(m, false, MSG_NOT_A_POSITION);
        return false;
    }
    reel_seek_to(m, position);
    return true;
}

// --- speed

static const double rates[] = {0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 4, 8, 16};
#define RATES (sizeof rates / sizeof rates[0])

void reel_rate_set(struct model *m, double rate)
{
    m->reel.rate = rate;
    if (m->reel.session != NULL) {
        session_set_rate(m->reel.session, rate);
        m->reel.rate = session_rate(m->reel.session);
    }
    model_say(m, false, m->reel.rate < 0 ? MSG_SPEED_BACKWARD : MSG_SPEED, fabs(m->reel.rate));
}

static void set_size(struct model *m, double size)
{
    reel_rate_set(m, m->reel.rate < 0 ? -size : size);
}

void reel_rate_slower(struct model *m)
{
    size_t i = RATES - 1;
    while (i > 0 && rates[i] >= fabs(m->reel.rate))
        i--;
    set_size(m, fmin(rates[i], fabs(m->reel.rate)));
}

void reel_rate_faster(struct model *m)
{
    size_t i = 0;
    while (i < RATES - 1 && rates[i] <= fabs(m->reel.rate))
        i++;
    set_size(m, fmax(rates[i], fabs(m->reel.rate)));
}

void reel_rate_scale(struct model *m, double factor)
{
    set_size(m, fmin(fmax(fabs(m->reel.rate) * factor, SESSION_RATE_MIN), SESSION_RATE_MAX));
}

void reel_rate_turn(struct model *m)
{
    reel_rate_set(m, -m->reel.rate);
}
