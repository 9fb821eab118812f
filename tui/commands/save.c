// kinora save: stores what is received as a reel of concatenated JPEGs, as fast as the server gives it.
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/err.h"
#include "base/plural.h"
#include "client/session.h"
#include "commands/commands.h"
#include "commands/leave.h"
#include "commands/save_file.h"
#include "commands/save_order.h"
#include "commands/save_progress.h"
#include "io/priority.h"
#include "io/timer.h"
#include "text/messages.h"

#define HELD_MAX 16 // frames that wait until the frame rate is known: the first one in the file states it
#define CACHE_BYTES ((size_t)1024 * 1024)
#define STALLED_US (30 * KIN_US_PER_S)
#define TICK_US (100 * KIN_US_PER_MS) // how often signals are checked and the bar is drawn

struct save {
    struct kin_loop loop;
    struct session *session;
    struct kin_timer *tick;
    struct kin_timer *refetch_timer; // fires at once: requests are made outside the session's callbacks
    struct save_file file;
    struct save_order order;
    struct save_progress progress;
    struct kin_buf *held[HELD_MAX];
    size_t held_count;
    bool ordered;     // `order` has begun
    bool refetch_due; // refetch_timer has yet to request a gap
    bool ended;       // the stream has reached its end once, perhaps before gaps were refetched
    bool complete;    // there is nothing left to fetch
    bool failed;      // writing did: `file.why`
    bool over;
    uint64_t incomplete; // frames that are not in the file
    uint64_t left_out;   // those of them that the server did not send
    kin_us frame_at;
    char message[256];
};

// Set by a plain signal handler, since a signal must also interrupt a write to a pipe that nobody reads: the loop is
// blocked then.
static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    caught = number;
}

static bool is_interrupted(void)
{
    return caught != 0;
}

// A shell without job control ignores SIGINT in background jobs: it is caught all the same. nohup is respected.
static void catch_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction old, action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (sigaction(numbers[i], NULL, &old) == 0 && (numbers[i] != SIGHUP || old.sa_handler != SIG_IGN))
            sigaction(numbers[i], &action, NULL);
}

// --- frames to the file

static void stop(struct save *s);

static void free_timers(struct save *s)
{
    kin_timer_free(s->tick);
    kin_timer_free(s->refetch_timer);
}

static int write_frame(struct save *s, struct kin_span jpeg)
{
    const struct session_info *info = session_info(s->session);
    if (s->file.out.leftover > 0)
        fprintf(stderr, MSG_LINE(MSG_SAVE_LEFTOVER), s->file.out.part);
    int err = save_file_frame(&s->file, jpeg, info->rate_milli, strcmp(info->codec, "X-QT") == 0);
    s->failed |= err != KIN_OK && err != KIN_ECANCELED;
    return err;
}

static int write_held(struct save *s)
{
    int err = KIN_OK;
    for (size_t i = 0; i < s->held_count; i++) {
        if (err == KIN_OK)
            err = write_frame(s, kin_buf_span(s->held[i]));
        kin_buf_unref(s->held[i]);
    }
    s->held_count = 0;
    return err;
}

// True when frames are numbered as in the reel, so that missing ones can be requested again.
static bool is_ordered(struct save *s)
{
    const struct session_info *info = session_info(s->session);
    if (!s->ordered && info->numbered && info->frames > 0 && strncmp(info->transport, "TCP", 3) == 0) {
        s->order = save_order_make(info->speed_milli);
        s->ordered = true;
    }
    return s->ordered;
}

static void on_refetch(void *ctx, kin_us now)
{
    struct save *s = ctx;
    (void)now;
    uint32_t rate = session_info(s->session)->rate_milli;
    s->refetch_due = false;
    kin_us from = (kin_us)llround((double)s->order.next * 1e9 / rate);
    if (session_fetch_again(s->session, from, s->order.speed_milli) != KIN_OK)
        stop(s);
}

static void refetch(struct save *s)
{
    s->refetch_due = true;
    kin_timer_set(s->refetch_timer, kin_loop_now(&s->loop));
}

static void on_received(void *ctx, const struct session_frame *frame)
{
    struct save *s = ctx;
    if (s->over || s->refetch_due)
        return;
    s->frame_at = kin_loop_now(&s->loop);
    if (s->file.frames == 0 && session_info(s->session)->rate_milli == 0 && s->held_count < HELD_MAX) {
        s->held[s->held_count++] = kin_buf_ref(frame->jpeg);
        return;
    }
    int err = write_held(s);
    enum save_verdict verdict = SAVE_APPEND;
    if (is_ordered(s))
        verdict = save_order_feed(&s->order, frame->number, frame->leaving, frame->left_out);
    if (verdict == SAVE_REFETCH)
        refetch(s);
    else if (verdict == SAVE_APPEND && err == KIN_OK)
        err = write_frame(s, kin_buf_span(frame->jpeg));
    if (err != KIN_OK)
        stop(s);
}

// --- the session

// Frames without numbers: those missing are known only from the count in the description.
static void count_unnumbered(struct save *s, const struct session_stats *stats)
{
    uint64_t known = s->file.frames + s->incomplete, all = session_info(s->session)->frames;
    if (s->ordered || !s->complete || all <= known)
        return;
    s->incomplete += all - known;
    if (stats->packets.lost == 0 && stats->packets.late == 0)
        s->left_out += all - known;
}

static void stop(struct save *s)
{
    struct session_stats stats;
    if (s->over)
        return;
    s->over = true;
    if (!s->failed)
        write_held(s);
    session_stats(s->session, &stats);
    s->incomplete = s->ordered ? s->order.missing : stats.frames.partial + stats.frames.lost;
    s->left_out = s->ordered ? s->order.left_out : stats.frames.left_out;
    count_unnumbered(s, &stats);
    session_close(s->session, NULL, NULL);
    free_timers(s);
    uv_stop(&s->loop.uv);
}

static void on_message(void *ctx, bool is_error, const char *sentence)
{
    struct save *s = ctx;
    if (is_error)
        snprintf(s->message, sizeof s->message, "%s", sentence);
}

static void on_ended(struct save *s)
{
    struct session_stats stats;
    session_stats(s->session, &stats);
    s->ended |= !stats.ended_early;
    if (is_ordered(s) && save_order_end(&s->order, session_info(s->session)->frames) == SAVE_REFETCH) {
        refetch(s); // in vain if the last frame is broken
        return;
    }
    s->complete = s->ended || (s->ordered && s->order.missing == 0);
    stop(s);
}

// The server refused to send a gap again: it has ended the session, or has no more of the reel.
static void on_refetch_refused(struct save *s)
{
    snprintf(s->message, sizeof s->message, MSG_ENDED_EARLY);
    stop(s);
}

static void on_state(void *ctx, enum kin_player_state state)
{
    struct save *s = ctx;
    if (s->over)
        return;
    if (state == KIN_PLAYER_PLAYING)
        s->frame_at = kin_loop_now(&s->loop);
    else if (state == KIN_PLAYER_FAILED)
        stop(s);
    else if (state == KIN_PLAYER_ENDED)
        on_ended(s);
    else if (s->order.refetching)
        on_refetch_refused(s);
}

static void show_progress(struct save *s)
{
    const struct session_info *info = session_info(s->session);
    struct save_progress_facts facts = {.frames = s->file.frames,
                                        .frames_total = info->frames,
                                        .done = s->ordered ? s->order.next : s->file.frames,
                                        .bytes = s->file.bytes};
    save_progress_update(&s->progress, kin_loop_now(&s->loop), &facts);
}

static void on_tick(void *ctx, kin_us now)
{
    struct save *s = ctx;
    if (is_interrupted()) {
        stop(s);
        return;
    }
    kin_timer_set(s->tick, now + TICK_US);
    show_progress(s);
    if (s->frame_at == 0 || now < s->frame_at + STALLED_US)
        return;
    snprintf(s->message, sizeof s->message, MSG_SAVE_STALLED, (int)(STALLED_US / KIN_US_PER_S));
    stop(s);
}

static int make_timers(struct save *s)
{
    int err = kin_timer_new(&s->loop, on_tick, s, &s->tick);
    if (err == KIN_OK)
        err = kin_timer_new(&s->loop, on_refetch, s, &s->refetch_timer);
    return err;
}

static int start(struct save *s, const char *url, const struct settings *settings)
{
    static const struct session_handler handler = {
        .on_state = on_state, .on_received = on_received, .on_message = on_message};
    struct session_options options = {
        // Every frame counts here: TCP, unless UDP was requested.
        .transport = settings->transport == KIN_RTSP_CLIENT_UDP ? KIN_RTSP_CLIENT_UDP : KIN_RTSP_CLIENT_TCP,
        .cache_frames = (unsigned)settings->cache,
        .cache_bytes_max = CACHE_BYTES,
        .no_retransmit = settings->no_retransmit,
        .fec = settings->fec,
        .no_adapt = true, // for the same reason
        .auto_setup = true,
        .auto_play = true,
        .no_playout = true,
        .no_look_back = true,
        .speed_milli = SAVE_SPEED_MAX,
    };
    int err = make_timers(s);
    if (err == KIN_OK)
        err = session_new(&s->loop, url, &options, &handler, s, &s->session);
    if (err == KIN_OK)
        kin_timer_set(s->tick, kin_loop_now(&s->loop) + TICK_US);
    else
        free_timers(s);
    return err;
}

// --- the end

static const char *reason(const struct save *s)
{
    if (s->failed)
        return s->file.why;
    if (is_interrupted())
        return MSG_INTERRUPTED;
    return s->message[0] != '\0' ? s->message : MSG_SAVE_EMPTY;
}

static int report_incomplete(const struct save *s, const char *why, enum save_kept kept)
{
    fprintf(stderr, "kinora: %s", why);
    if (kept != SAVE_KEPT_NOTHING && strcmp(s->file.path, "-") != 0)
        fprintf(stderr, MSG_SAVE_KEPT, s->file.path, kept == SAVE_KEPT_AS_PART ? ".part" : "",
                (unsigned long long)s->file.frames, kin_plural(s->file.frames));
    fprintf(stderr, "\n");
    return 1;
}

// Frames that are broken in the server's file are never sent: they are not lost.
static void print_missing(const struct save *s, FILE *to)
{
    uint64_t lost = s->incomplete - s->left_out;
    if (s->left_out > 0)
        fprintf(to, " (" MSG_SAVE_LEFT_OUT, (unsigned long long)s->left_out, kin_plural(s->left_out));
    if (lost > 0)
        fprintf(to, "%s" MSG_SAVE_LOST, s->left_out > 0 ? "; " : " (", (unsigned long long)lost, kin_plural(lost));
    if (s->incomplete > 0)
        fputc(')', to);
}

// On standard output, or on standard error when the frames went to standard output; then, without a terminal, only what
// is missing is reported.
static int report_complete(const struct save *s)
{
    bool piped = strcmp(s->file.path, "-") == 0;
    if (piped && !s->progress.is_terminal && s->incomplete == 0)
        return 0;
    FILE *to = piped ? stderr : stdout;
    fprintf(to, MSG_SAVE_DONE, piped ? MSG_SAVE_STDOUT : s->file.path, (unsigned long long)s->file.frames,
            kin_plural(s->file.frames), (double)s->file.bytes / 1e6);
    print_missing(s, to);
    fprintf(to, "\n");
    return 0;
}

static int finish(struct save *s)
{
    enum save_kept kept;
    char why[KIN_OUTPUT_WHY_MAX];
    snprintf(why, sizeof why, "%s", reason(s));
    bool complete = s->complete && !s->failed;
    save_progress_end(&s->progress);
    if (save_file_end(&s->file, complete, &kept) != KIN_OK)
        return report_incomplete(s, s->file.why, kept);
    return complete && kept == SAVE_KEPT ? report_complete(s) : report_incomplete(s, why, kept);
}

static bool open_file(struct save *s, const char *path)
{
    if (strcmp(path, "-") == 0 && isatty(STDOUT_FILENO))
        snprintf(s->file.why, sizeof s->file.why, MSG_SAVE_TO_TERMINAL);
    else if (save_file_open(&s->file, path) == KIN_OK)
        return true;
    fprintf(stderr, MSG_LINE("%s"), s->file.why);
    return false;
}

int save_run(const char *url, const char *path, const struct settings *settings)
{
    static struct save s; // work on the thread pool may use it until the process ends
    bool left = true;
    if (!open_file(&s, path))
        return 1;
    catch_signals();
    s.file.out.interrupted = is_interrupted;
    save_progress_begin(&s.progress, path);
    int err = kin_loop_init(&s.loop);
    if (err == KIN_OK) {
        err = start(&s, url, settings);
        kin_priority_loop();
        if (err == KIN_OK)
            uv_run(&s.loop.uv, UV_RUN_DEFAULT);
        left = leave_loop(&s.loop);
    }
    if (err != KIN_OK)
        snprintf(s.message, sizeof s.message, "%s", kin_err_str(err));
    int status = finish(&s);
    if (!left)
        leave_now(status);
    return status;
}
