// kinora probe: runs the sessions. What is printed is in probe_report.c.
#include "commands/probe.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/err.h"
#include "base/text.h"
#include "client/url_path.h"
#include "commands/leave.h"
#include "io/priority.h"
#include "io/timer.h"
#include "text/messages.h"

#define CHECK_EVERY_US KIN_US_PER_S
#define NO_MEDIA_US (12 * KIN_US_PER_S) // playing without any packet
#define STALLED_US (30 * KIN_US_PER_S)  // no further packet and no end
#define DESCRIPTORS_PER_SESSION 4
#define RECONNECT_US (15 * KIN_US_PER_S) // for which a lost connection is tried again
#define CACHE_BYTES ((size_t)64 * 1024 * 1024)

struct probe;

struct runner { // one session
    struct probe *probe;
    struct session *session;
    struct kin_timer *timer;
    kin_us playing_at; // 0 until it plays
    uint64_t seen_packets;
    kin_us seen_at;
    char message[PROBE_MESSAGE_MAX]; // the last error
    struct probe_result *result;
};

struct probe {
    struct kin_loop loop;
    const struct settings *settings;
    const char *url;
    size_t count, running;
    struct runner *runners;
    struct probe_result *results;
    uv_signal_t signals[2];
    struct kin_timer *every_second;
    kin_us started;
    struct kin_receive_history history; // begins when the first session plays
    struct kin_receive_second *seconds; // its memory, and as much again for a copy
};

// --- second by second

static struct probe_result refresh(struct probe *p)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->runners[i].session != NULL)
            session_stats(p->runners[i].session, &p->results[i].stats);
    return probe_sum(p->results, p->count);
}

// The least of those that play; when all have ended, of all.
static unsigned frames_in_cache(const struct probe *p)
{
    unsigned least = UINT_MAX;
    for (size_t i = 0; i < p->count; i++) {
        unsigned frames = p->results[i].stats.cache.frames;
        bool plays = p->runners[i].playing_at > 0 && (p->running == 0 || p->runners[i].session != NULL);
        least = plays && frames < least ? frames : least;
    }
    return least < UINT_MAX ? least : 0;
}

static void note(struct probe *p, kin_us now, bool plays, const struct probe_result *sum)
{
    struct kin_receive_totals totals = session_stats_totals(&sum->stats, 0);
    totals.state.cache = frames_in_cache(p);
    kin_receive_history_tick(&p->history, now, plays || p->history.started, &totals);
}

static void on_second(void *ctx, kin_us now)
{
    struct probe *p = ctx;
    struct probe_result sum = refresh(p);
    note(p, now, false, &sum);
    if (isatty(STDERR_FILENO))
        probe_print_progress(stderr, &sum, p->count, now - p->started);
    kin_timer_set(p->every_second, kin_us_min(now + KIN_US_PER_S, kin_receive_history_deadline(&p->history)));
}

static void begin_history(struct probe *p, kin_us now)
{
    struct probe_result sum = refresh(p);
    note(p, now, true, &sum);
    kin_timer_set(p->every_second, kin_receive_history_deadline(&p->history));
}

// --- the end of one session

static void close_helpers(struct probe *p)
{
    for (size_t i = 0; i < 2; i++)
        uv_close((uv_handle_t *)&p->signals[i], NULL);
    kin_timer_free(p->every_second);
    uv_stop(&p->loop.uv);
}

static void end_runner(struct runner *r, bool ok, const char *message)
{
    struct probe *p = r->probe;
    if (r->session == NULL)
        return;
    session_stats(r->session, &r->result->stats);
    r->result->info = *session_info(r->session);
    r->result->ok = ok;
    const char *text = ok ? r->result->info.switched : message;
    kin_span_copy(kin_span_str(text), r->result->message, sizeof r->result->message);
    session_stats_add_overdue(&r->result->stats);
    if (p->settings->duration == 0 && r->playing_at > 0 && !r->result->interrupted)
        session_stats_add_unsent(&r->result->stats, r->result->info.frames, ok);
    kin_timer_free(r->timer);
    session_close(r->session, NULL, NULL);
    r->session = NULL;
    r->timer = NULL;
    if (--p->running == 0) {
        struct probe_result sum = refresh(p);
        note(p, kin_loop_now(&p->loop), false, &sum);
        close_helpers(p);
    }
}

static void on_message(void *ctx, bool is_error, const char *sentence)
{
    struct runner *r = ctx;
    if (is_error)
        kin_span_copy(kin_span_str(sentence), r->message, sizeof r->message);
}

static void on_state(void *ctx, enum kin_player_state state)
{
    struct runner *r = ctx;
    struct session_stats stats;
    if (state == KIN_PLAYER_PLAYING && r->playing_at == 0) {
        r->playing_at = r->seen_at = kin_loop_now(&r->probe->loop);
        if (!r->probe->history.started)
            begin_history(r->probe, r->playing_at);
        kin_us duration = r->probe->settings->duration;
        kin_timer_set(r->timer, r->playing_at + (duration > 0 ? kin_us_min(duration, CHECK_EVERY_US) : CHECK_EVERY_US));
    } else if (state == KIN_PLAYER_FAILED) {
        end_runner(r, false, r->message);
    } else if (state == KIN_PLAYER_ENDED) {
        session_stats(r->session, &stats);
        bool empty = stats.frames.complete == 0;
        bool has_reason = r->message[0] != '\0' && !stats.ended_early;
        end_runner(r, !stats.ended_early && !empty, empty && !has_reason ? MSG_PROBE_EMPTY : r->message);
    }
}

// The duration is over. It is a failure if nothing was arriving at the end.
static void end_in_time(struct runner *r, const struct session_stats *stats)
{
    char text[PROBE_MESSAGE_MAX];
    if (stats->silent_us > 0) {
        snprintf(text, sizeof text, MSG_PROBE_SILENT, (double)stats->silent_us / KIN_US_PER_S);
        end_runner(r, false, text);
    } else if (stats->frames.complete == 0) {
        end_runner(r, false, r->message[0] != '\0' ? r->message : MSG_PROBE_INCOMPLETE);
    } else {
        end_runner(r, true, "");
    }
}

// Ends the session when the duration is over or nothing arrives any more.
static void on_check(void *ctx, kin_us now)
{
    struct runner *r = ctx;
    struct session_stats stats;
    kin_us duration = r->probe->settings->duration;
    kin_us end = duration > 0 ? r->playing_at + duration : KIN_US_NEVER;
    session_stats(r->session, &stats);
    if (stats.packets.received != r->seen_packets) {
        r->seen_packets = stats.packets.received;
        r->seen_at = now;
    }
    if (now >= end && r->seen_packets > 0)
        end_in_time(r, &stats);
    else if (now >= kin_us_min(end, r->playing_at + NO_MEDIA_US) && r->seen_packets == 0)
        end_runner(r, false, r->message[0] != '\0' ? r->message : MSG_PROBE_NO_MEDIA);
    else if (now >= r->seen_at + STALLED_US)
        end_runner(r, false, MSG_PROBE_STALLED);
    else
        kin_timer_set(r->timer, kin_us_min(end, now + CHECK_EVERY_US));
}

// --- start

static const struct session_handler handler = {.on_state = on_state, .on_message = on_message};

static int start_runner(struct probe *p, struct runner *r)
{
    struct session_options options = {
        .transport = (enum kin_rtsp_client_transport)p->settings->transport,
        .cache_frames = (unsigned)p->settings->cache,
        .cache_frames_max = (unsigned)p->settings->cache_max,
        .cache_bytes_max = CACHE_BYTES,
        .reconnect_us = RECONNECT_US,
        .no_retransmit = p->settings->no_retransmit,
        .fec = p->settings->fec,
        .no_adapt = p->settings->no_adapt,
        .prebuffer = (unsigned)p->settings->prebuffer,
        .fill = !p->settings->no_fill,
        .auto_setup = true,
        .auto_play = true,
        .no_look_back = true,
    };
    int err = kin_timer_new(&p->loop, on_check, r, &r->timer);
    if (err == KIN_OK)
        err = session_new(&p->loop, p->url, &options, &handler, r, &r->session);
    if (err != KIN_OK) {
        kin_timer_free(r->timer);
        r->timer = NULL;
        kin_span_copy(kin_span_str(kin_err_str(err)), r->result->message, sizeof r->result->message);
        return err;
    }
    p->running++;
    return KIN_OK;
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct probe *p = handle->data;
    (void)number;
    for (size_t i = 0; i < p->count; i++) {
        p->results[i].interrupted = p->runners[i].session != NULL;
        end_runner(&p->runners[i], false, MSG_INTERRUPTED);
    }
}

static void start_helpers(struct probe *p)
{
    static const int numbers[2] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < 2; i++) {
        uv_signal_init(&p->loop.uv, &p->signals[i]);
        p->signals[i].data = p;
        uv_signal_start(&p->signals[i], on_signal, numbers[i]);
    }
    kin_timer_set(p->every_second, p->started + KIN_US_PER_S);
}

static void raise_descriptor_limit(size_t sessions)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= sessions * DESCRIPTORS_PER_SESSION + 64)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit); // if that is not enough, sessions report it
}

// --- the command

static int allocate(struct probe *p)
{
    p->runners = calloc(p->count, sizeof *p->runners);
    p->results = calloc(p->count, sizeof *p->results);
    p->seconds = calloc((size_t)2 * PROBE_TIMELINE_MAX, sizeof *p->seconds);
    if (p->runners == NULL || p->results == NULL || p->seconds == NULL)
        return KIN_ENOMEM;
    kin_receive_history_init(&p->history, p->seconds, PROBE_TIMELINE_MAX);
    for (size_t i = 0; i < p->count; i++)
        p->runners[i] = (struct runner){.probe = p, .result = &p->results[i]};
    return KIN_OK;
}

static void play(struct probe *p)
{
    p->started = kin_loop_now(&p->loop);
    start_helpers(p);
    for (size_t i = 0; i < p->count && start_runner(p, &p->runners[i]) == KIN_OK; i++)
        continue;
    if (p->running == 0)
        close_helpers(p);
    kin_priority_loop();
    uv_run(&p->loop.uv, UV_RUN_DEFAULT);
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
}

static int report(const struct probe *p)
{
    const char *why = NULL;
    char shown[URL_PATH_SHOWN_MAX];
    url_path_shown(p->url, shown);
    for (size_t i = 0; i < p->count && why == NULL; i++)
        if (!p->results[i].ok)
            why = p->results[i].message;
    struct kin_receive_second *copy = p->seconds + PROBE_TIMELINE_MAX;
    struct probe_timeline timeline = {copy, kin_receive_history_copy(&p->history, true, copy, PROBE_TIMELINE_MAX)};
    if (p->settings->json)
        probe_print_json(stdout, shown, p->results, p->count, &timeline);
    else
        probe_print_text(stdout, shown, p->results, p->count, &timeline);
    bool is_shown = !p->settings->json && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO); // as "status", above
    if (why != NULL && !is_shown)
        fprintf(stderr, MSG_LINE("%s"), why[0] != '\0' ? why : MSG_PROBE_NOT_STARTED);
    if (fflush(stdout) != 0)
        fprintf(stderr, MSG_LINE(MSG_PROBE_OUTPUT), strerror(errno));
    return why == NULL && !ferror(stdout) ? 0 : 1;
}

int probe_run(const char *url, const struct settings *settings)
{
    struct probe p = {.settings = settings, .url = url, .count = (size_t)settings->sessions};
    int status = 1;
    raise_descriptor_limit(p.count);
    if (allocate(&p) != KIN_OK || kin_loop_init(&p.loop) != KIN_OK ||
        kin_timer_new(&p.loop, on_second, &p, &p.every_second) != KIN_OK) {
        fprintf(stderr, MSG_LINE(MSG_OUT_OF_MEMORY));
        goto out;
    }
    play(&p);
    bool left = leave_loop(&p.loop);
    status = report(&p);
    if (!left)
        leave_now(status);
out:
    free(p.runners);
    free(p.results);
    free(p.seconds);
    return status;
}
