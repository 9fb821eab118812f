// One viewing session: birth and death, states and messages, the turn in which everything that is due is done.
#include "client/session.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/rng.h"
#include "client/session_internal.h"

// --- brackets

static void destroy(struct session *s)
{
    kin_rtsp_client_free(s->rtsp);
    session_drop_early(s);
    session_close_media(s);
    kin_playout_free(s->playout);
    kin_timer_free(s->timer);
    free(s);
}

void session_enter(struct session *s)
{
    s->depth++;
}

bool session_leave(struct session *s)
{
    s->depth--;
    if (!s->closed)
        return true;
    if (s->depth == 0)
        destroy(s);
    return false;
}

// --- telling the owner

void session_set_state(struct session *s, enum session_state state)
{
    kin_us now = kin_loop_now(s->loop);
    if (s->closed || s->state == state)
        return;
    if (state == SESSION_PLAYING)
        s->playing_since = now;
    else if (s->state == SESSION_PLAYING)
        s->played_us += now - s->playing_since;
    s->state = state;
    if (s->on.on_state != NULL)
        s->on.on_state(s->ctx, state);
}

void session_say(struct session *s, bool is_error, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    s->cause = CAUSE_NONE;
    if (!s->closed && s->on.on_message != NULL)
        s->on.on_message(s->ctx, is_error, message);
}

void session_unsay(struct session *s, enum session_cause cause)
{
    if (s->cause != cause)
        return;
    s->cause = CAUSE_NONE;
    if (!s->closed && s->on.on_unsaid != NULL)
        s->on.on_unsaid(s->ctx);
}

void session_fail(struct session *s, const char *sentence)
{
    if (s->closed || s->state == SESSION_FAILED)
        return;
    session_stop(s);
    session_leave_run(s);
    s->ended = true;
    kin_playout_end(s->playout, kin_loop_now(s->loop));
    session_say(s, true, "%s", sentence);
    session_set_state(s, SESSION_FAILED);
}

// --- birth and death

static void on_timer(void *ctx, kin_us now)
{
    struct session *s = ctx;
    (void)now;
    session_enter(s);
    session_turn(s);
    session_leave(s);
}

int session_start(struct session *s)
{
    static const enum kin_rtsp_client_lower lowers[] = {KIN_RTSP_CLIENT_AUTO, KIN_RTSP_CLIENT_UDP, KIN_RTSP_CLIENT_TCP};
    struct kin_rtsp_client_options options = {
        .url = s->url,
        .user_agent = "Kinora/" KIN_VERSION,
        .lower = lowers[s->opts.transport],
    };
    struct kin_rtsp_client *fresh;
    int err = kin_rtsp_client_new(&options, &fresh);
    if (err != KIN_OK)
        return err;
    kin_rtsp_client_free(s->rtsp);
    s->rtsp = fresh;
    s->started_at = kin_loop_now(s->loop);
    s->setup_ms = s->first_packet_ms = s->first_frame_ms = -1;
    return KIN_OK;
}

static int new_playout(struct session *s)
{
    struct kin_playout_options options = {
        .target = s->opts.cache_frames > 0 ? s->opts.cache_frames : 30,
        .look_back = s->opts.no_look_back ? 0 : LOOK_BACK_FRAMES,
        .bytes_max = s->opts.cache_bytes_max,
    };
    return kin_playout_new(&options, &s->playout);
}

static void init_fields(struct session *s, const struct session_options *options)
{
    s->opts = *options;
    s->info.duration = -1;
    s->info.speed_milli = SPEED_NORMAL;
    s->wants_setup = options->auto_setup || options->auto_play;
    s->wants_play = options->auto_play;
    kin_timeline_init(&s->timeline);
    kin_stream_end_init(&s->end);
    s->seek_to = 0;
    s->play_from = -1;
    s->scale = s->scale_sent = SCALE_NORMAL;
    s->prev_first_at = -1;
    kin_rate_init(&s->rate);
    kin_fps_init(&s->fps);
    kin_spread_init(&s->spread);
    kin_burst_init(&s->burst);
    kin_loss_init(&s->loss);
}

static int build(struct session *s, const char *url)
{
    kin_span_copy(kin_span_str(url), s->url, sizeof s->url);
    int err = kin_timer_new(s->loop, on_timer, s, &s->timer);
    if (err == KIN_OK)
        err = new_playout(s);
    if (err == KIN_OK)
        err = session_start(s);
    return err;
}

int session_new(struct kin_loop *loop, const char *url, const struct session_options *options,
                const struct session_handler *handler, void *ctx, struct session **ret)
{
    if (strlen(url) > URL_MAX)
        return KIN_EBAD;
    struct session *s = calloc(1, sizeof *s);
    if (s == NULL)
        return KIN_ENOMEM;
    s->loop = loop;
    s->on = *handler;
    s->ctx = ctx;
    init_fields(s, options);
    int err = build(s, url);
    if (err != KIN_OK) {
        destroy(s);
        return err == KIN_ELIMIT ? KIN_EBAD : err;
    }
    kin_timer_set(s->timer, 0); // the first callback comes from the loop, not from inside of this call
    *ret = s;
    return KIN_OK;
}

void session_stop(struct session *s)
{
    session_close_stream(s, NULL, NULL);
    session_close_sockets(s);
    s->set_up = false;
}

struct farewell { // outlives the session: waits for the stream to be gone
    void (*on_closed)(void *ctx);
    void *ctx;
};

static void on_stream_closed(void *ctx)
{
    struct farewell *f = ctx;
    if (f->on_closed != NULL)
        f->on_closed(f->ctx);
    free(f);
}

static void say_goodbye(struct session *s)
{
    session_goodbye(s);
    kin_rtsp_client_leave(s->rtsp, kin_loop_now(s->loop));
    session_pump_rtsp(s);
}

void session_close(struct session *s, void (*on_closed)(void *ctx), void *ctx)
{
    if (s == NULL || s->closed)
        return;
    session_enter(s);
    s->closed = true;
    say_goodbye(s);
    session_close_sockets(s);
    struct farewell *f = on_closed != NULL ? malloc(sizeof *f) : NULL;
    if (f != NULL)
        *f = (struct farewell){on_closed, ctx};
    bool had_stream = s->stream != NULL;
    session_close_stream(s, f != NULL ? on_stream_closed : NULL, f);
    session_leave(s);
    if (f != NULL && !had_stream)
        on_stream_closed(f);
    else if (f == NULL && on_closed != NULL)
        on_closed(ctx);
}

// --- the turn

static kin_us next_deadline(const struct session *s)
{
    kin_us at = kin_rtsp_client_deadline(s->rtsp);
    at = kin_us_min(at, session_media_deadline(s));
    at = kin_us_min(at, session_end_deadline(s));
    return kin_us_min(at, kin_playout_deadline(s->playout));
}

void session_turn(struct session *s)
{
    if (s->closed)
        return;
    kin_rtsp_client_tick(s->rtsp, kin_loop_now(s->loop));
    session_pump_rtsp(s);
    s->jumping = session_is_leaving(s);
    session_drain(s);
    session_report(s);
    session_show_due(s);
    session_check_end(s);
    session_count_loss(s);
    session_pump_rtsp(s);
    if (!s->closed)
        kin_timer_set(s->timer, next_deadline(s));
}

// --- facts

enum session_state session_state(const struct session *s)
{
    return s->state;
}

const struct session_info *session_info(const struct session *s)
{
    return &s->info;
}
