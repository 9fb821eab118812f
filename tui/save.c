// kinora save: stores what is received as a reel of concatenated JPEGs.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "commands.h"
#include "jpeg/markers.h"
#include "media/rate.h"
#include "net/priority.h"
#include "session.h"

#define PATH_MAX_BYTES 4096
#define HELD_MAX 16 // frames that wait until the frame rate is known, which the first one must say
#define CACHE_BYTES ((size_t)1024 * 1024)
#define STALLED_US (30 * KIN_US_PER_S)
#define UNSAID_FPS 24 // at which kinorad plays a reel that says nothing

struct save {
    struct kin_loop loop;
    struct session *session;
    uv_signal_t signals[2];
    uv_timer_t timer;
    const char *path;
    char part[PATH_MAX_BYTES];
    FILE *file;
    struct kin_buf *held[HELD_MAX];
    size_t held_count;
    bool begun; // the first frame is written
    uint64_t frames, bytes, incomplete;
    kin_us frame_at;
    bool stopped, failed, over, tty;
    char message[PATH_MAX_BYTES + 128];
};

// --- frames to the file

static void fail(struct save *s, const char *what)
{
    if (!s->failed)
        snprintf(s->message, sizeof s->message, "%s: %s", s->part, what);
    s->failed = true;
}

static void put(struct save *s, const void *p, size_t n)
{
    if (!s->failed && n > 0 && fwrite(p, 1, n, s->file) != n)
        fail(s, strerror(errno));
    s->bytes += n;
}

// 23976 per 1000 s is 24000/1001, 24000 is 24/1.
static void rate_terms(uint32_t milli, uint32_t *num, uint32_t *den)
{
    uint32_t rounded = (milli + 500) / 1000 * 1000;
    uint32_t ntsc = (uint32_t)(((uint64_t)rounded * 1000 + 500) / 1001);
    bool is_ntsc = milli + 1 >= ntsc && milli <= ntsc + 1 && milli != rounded;
    *num = is_ntsc ? rounded : milli % 1000 == 0 ? milli / 1000 : milli;
    *den = is_ntsc ? 1001 : milli % 1000 == 0 ? 1 : 1000;
}

// Where a comment may stand: after SOI and a JFIF header, which must come first.
static size_t comment_place(struct kin_span jpeg)
{
    if (jpeg.n < 6 || jpeg.p[2] != 0xff || jpeg.p[3] != 0xe0)
        return 2;
    size_t end = 4 + (size_t)(jpeg.p[4] << 8 | jpeg.p[5]);
    return end < jpeg.n ? end : 2;
}

// A copy that needs no comment stays one, byte for byte: of a file that says its rate, or of one that says none and was
// played at the rate it will be played at again.
static bool says_enough(const struct save *s, struct kin_span jpeg, uint32_t num, uint32_t den)
{
    uint32_t said_num, said_den;
    bool is_file = strcmp(session_info(s->session)->codec, "X-QT") == 0;
    return kin_rate_find_comment(jpeg, &said_num, &said_den) || (is_file && num == UNSAID_FPS && den == 1);
}

static void put_comment(struct save *s, uint32_t num, uint32_t den)
{
    char text[KIN_RATE_COMMENT_MAX];
    size_t n = kin_rate_format_comment(num, den, text);
    uint8_t head[4] = {0xff, KIN_JPEG_COM, 0, (uint8_t)(n + 2)};
    put(s, head, sizeof head);
    put(s, text, n);
}

static void put_first(struct save *s, struct kin_span jpeg)
{
    uint32_t num, den;
    size_t at = comment_place(jpeg);
    rate_terms(session_info(s->session)->rate_milli, &num, &den);
    put(s, jpeg.p, at);
    if (kin_rate_valid(num, den) && !says_enough(s, jpeg, num, den))
        put_comment(s, num, den);
    put(s, jpeg.p + at, jpeg.n - at);
}

static void write_frame(struct save *s, struct kin_span jpeg)
{
    if (s->begun)
        put(s, jpeg.p, jpeg.n);
    else
        put_first(s, jpeg);
    s->begun = true;
    if (!s->failed)
        s->frames++;
}

static void write_held(struct save *s)
{
    for (size_t i = 0; i < s->held_count; i++) {
        write_frame(s, kin_buf_span(s->held[i]));
        kin_buf_unref(s->held[i]);
    }
    s->held_count = 0;
}

static void stop(struct save *s);

static void on_received(void *ctx, const struct session_frame *frame)
{
    struct save *s = ctx;
    s->frame_at = kin_loop_now(&s->loop);
    if (!s->begun && session_info(s->session)->rate_milli == 0 && s->held_count < HELD_MAX) {
        s->held[s->held_count++] = kin_buf_ref(frame->jpeg);
        return;
    }
    write_held(s);
    write_frame(s, kin_buf_span(frame->jpeg));
    if (s->failed)
        stop(s);
}

// --- the session

static void stop(struct save *s)
{
    struct session_stats stats;
    if (s->over)
        return;
    s->over = true;
    write_held(s);
    session_stats(s->session, &stats);
    s->incomplete = stats.frames.partial + stats.frames.lost;
    session_close(s->session, NULL, NULL);
    s->session = NULL;
    for (size_t i = 0; i < 2; i++)
        uv_close((uv_handle_t *)&s->signals[i], NULL);
    uv_close((uv_handle_t *)&s->timer, NULL);
}

static void on_message(void *ctx, bool is_error, const char *sentence)
{
    struct save *s = ctx;
    if (is_error)
        snprintf(s->message, sizeof s->message, "%s", sentence);
}

static void on_state(void *ctx, enum session_state state)
{
    struct save *s = ctx;
    struct session_stats stats;
    if (state == SESSION_PLAYING)
        s->frame_at = kin_loop_now(&s->loop);
    if (state != SESSION_ENDED && state != SESSION_FAILED)
        return;
    session_stats(s->session, &stats);
    s->stopped = state == SESSION_FAILED || stats.ended_early;
    stop(s);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct save *s = handle->data;
    (void)number;
    if (!s->over)
        snprintf(s->message, sizeof s->message, "interrupted");
    s->stopped = true;
    stop(s);
}

static void on_second(uv_timer_t *timer)
{
    struct save *s = timer->data;
    kin_us now = kin_loop_now(&s->loop);
    if (s->tty)
        fprintf(stderr, "\r\033[K%llu frames, %.1f MB", (unsigned long long)s->frames, (double)s->bytes / 1e6);
    if (s->frame_at == 0 || now < s->frame_at + STALLED_US)
        return;
    snprintf(s->message, sizeof s->message, "no frame has come for %d s", (int)(STALLED_US / KIN_US_PER_S));
    s->stopped = true;
    stop(s);
}

static int start(struct save *s, const char *url, const struct settings *settings)
{
    static const int numbers[2] = {SIGINT, SIGTERM};
    static const struct session_handler handler = {
        .on_state = on_state, .on_received = on_received, .on_message = on_message};
    struct session_options options = {
        // Every frame counts here, so TCP unless UDP is asked for.
        .transport = settings->transport == SESSION_UDP ? SESSION_UDP : SESSION_TCP,
        .dialect = (enum session_dialect)settings->dialect,
        .cache_frames = (unsigned)settings->cache,
        .cache_bytes_max = CACHE_BYTES,
        .auto_setup = true,
        .auto_play = true,
        .no_playout = true,
        .no_look_back = true,
    };
    int err = session_new(&s->loop, url, &options, &handler, s, &s->session);
    if (err != KIN_OK)
        return err;
    for (size_t i = 0; i < 2; i++) {
        uv_signal_init(&s->loop.uv, &s->signals[i]);
        s->signals[i].data = s;
        uv_signal_start(&s->signals[i], on_signal, numbers[i]);
    }
    uv_timer_init(&s->loop.uv, &s->timer);
    s->timer.data = s;
    uv_timer_start(&s->timer, on_second, 1000, 1000);
    return KIN_OK;
}

// --- the file

static bool open_part(struct save *s)
{
    int n = snprintf(s->part, sizeof s->part, "%s.part", s->path);
    if (n < 0 || (size_t)n >= sizeof s->part) {
        fprintf(stderr, "kinora: the file name is too long\n");
        return false;
    }
    s->file = fopen(s->part, "wbe");
    if (s->file == NULL)
        fprintf(stderr, "kinora: %s: %s\n", s->part, strerror(errno));
    return s->file != NULL;
}

// Keeps the frames there are under the real name; without any, and when the disk failed, nothing stays behind.
static void close_part(struct save *s)
{
    if (fclose(s->file) != 0)
        fail(s, strerror(errno));
    if (s->failed || s->frames == 0) {
        unlink(s->part);
    } else if (rename(s->part, s->path) != 0) {
        fail(s, strerror(errno));
    }
}

static int report(const struct save *s)
{
    const char *why = s->message[0] != '\0' ? s->message : "the stream brought no frame";
    if (s->tty)
        fprintf(stderr, "\r\033[K");
    if (s->failed || s->frames == 0) {
        fprintf(stderr, "kinora: %s\n", why);
        return 1;
    }
    if (s->stopped) {
        fprintf(stderr, "kinora: %s; %s has the first %llu frames\n", why, s->path, (unsigned long long)s->frames);
        return 1;
    }
    printf("%s: %llu frames, %.1f MB", s->path, (unsigned long long)s->frames, (double)s->bytes / 1e6);
    if (s->incomplete > 0)
        printf(" (%llu frames were lost on the way)", (unsigned long long)s->incomplete);
    printf("\n");
    return 0;
}

int save_run(const char *url, const char *path, const struct settings *settings)
{
    struct save s = {.path = path, .tty = isatty(STDERR_FILENO)};
    if (!open_part(&s))
        return 1;
    if (kin_loop_init(&s.loop) != KIN_OK) {
        fail(&s, kin_err_str(KIN_ENOMEM));
    } else {
        int err = start(&s, url, settings);
        if (err != KIN_OK)
            fail(&s, kin_err_str(err));
        kin_priority_loop();
        uv_run(&s.loop.uv, UV_RUN_DEFAULT);
        kin_loop_deinit(&s.loop);
    }
    close_part(&s);
    return report(&s);
}
