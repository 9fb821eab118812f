// One viewing session: creation and end, commands, and the turn in which everything that is due is done.
#include "client/session.h"

#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/rng.h"
#include "client/session_internal.h"

#define BUFFER_MAX ((size_t)256 * 1024) // of the RTSP connection, each way
#define CACHE_GROWTH 4                  // what the cache may grow to, as a multiple of its frames
#define LOOK_BACK_FRAMES 1500           // a minute at 25 frames/s, within cache_bytes_max

void session_say(struct session *s, bool is_error, const char *sentence)
{
    if (!s->link.closed && s->on.on_message != NULL)
        s->on.on_message(s->ctx, is_error, sentence);
}

// --- birth and death

int session_start(struct session *s)
{
    struct kin_rtsp_client_options options = {
        .url = s->url,
        .user_agent = "Kinora/" KIN_VERSION,
        .transport = s->opts.transport,
        .fec = s->opts.fec,
        .no_adapt = s->opts.no_adapt,
    };
    int err = rtsp_link_start(&s->link, &options);
    if (err == KIN_OK)
        kin_player_attach(&s->player, kin_loop_now(s->loop), s->link.rtsp);
    return err;
}

static int init_player(struct session *s)
{
    const struct session_options *o = &s->opts;
    unsigned target = o->cache_frames > 0 ? o->cache_frames : 30;
    struct kin_player_options options = {
        .media = {.cache = {.target = target,
                            .target_max = o->cache_frames_max > 0 ? o->cache_frames_max : CACHE_GROWTH * target,
                            .look_back = o->no_look_back ? 0 : LOOK_BACK_FRAMES,
                            .bytes_max = o->cache_bytes_max},
                  .no_retransmit = o->no_retransmit,
                  .keeps_partial = o->show_partial,
                  .no_cache = o->no_playout},
        .reconnect_us = o->reconnect_us,
        .may_tcp = o->transport == KIN_RTSP_CLIENT_AUTO,
        .auto_setup = o->auto_setup,
        .auto_play = o->auto_play,
        .speed_milli = o->speed_milli,
        .fill = o->fill && !o->no_playout,
        .play_us = o->play_us,
        .prebuffer = o->prebuffer,
        .cname = "kinora",
        .ssrc = kin_rng_u32(),
    };
    return kin_player_init(&s->player, &options);
}

static void destroy(void *ctx)
{
    struct session *s = ctx;
    kin_player_deinit(&s->player);
    rtsp_link_deinit(&s->link);
    free(s);
}

static void turn(void *ctx);
static kin_us deadline(void *ctx);
static void on_away(void *ctx, kin_us away);

static const struct rtsp_link_kind link_kind = {
    .limits = {.read_max = BUFFER_MAX, .write_max = BUFFER_MAX, .write_low = BUFFER_MAX / 2},
    .flush_us = 300 * KIN_US_PER_MS,
    .on_event = session_on_rtsp,
    .on_turn = turn,
    .deadline = deadline,
    .on_away = on_away,
    .on_gone = destroy,
};

static int build(struct session *s, const char *url)
{
    kin_span_copy(kin_span_str(url), s->url, sizeof s->url);
    int err = init_player(s);
    if (err == KIN_OK)
        err = rtsp_link_init(&s->link, s->loop, &link_kind, s);
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
    s->opts = *options;
    s->info.duration = -1;
    s->info.speed_milli = SPEED_NORMAL;
    int err = build(s, url);
    if (err != KIN_OK) {
        destroy(s);
        return err == KIN_ELIMIT ? KIN_EBAD : err;
    }
    *ret = s;
    return KIN_OK;
}

void session_close(struct session *s, void (*on_closed)(void *ctx), void *ctx)
{
    if (s == NULL || s->link.closed)
        return;
    session_goodbye(s);
    session_close_transport(s);
    rtsp_link_close(&s->link, on_closed, ctx);
}

// --- the turn: everything that is due

static void turn(void *ctx)
{
    struct session *s = ctx;
    session_dispatch(s);
    session_report(s);
    kin_player_tick(&s->player, kin_loop_now(s->loop));
    session_dispatch(s);
}

static void on_away(void *ctx, kin_us away)
{
    struct session *s = ctx;
    kin_player_away(&s->player, kin_loop_now(s->loop), away);
    session_dispatch(s);
}

static kin_us deadline(void *ctx)
{
    const struct session *s = ctx;
    return kin_us_min(session_report_deadline(s), kin_player_deadline(&s->player));
}

// --- commands

static int leave(struct session *s, int err)
{
    rtsp_link_leave(&s->link);
    return err;
}

int session_setup(struct session *s)
{
    rtsp_link_enter(&s->link);
    return leave(s, kin_player_setup(&s->player, kin_loop_now(s->loop)));
}

int session_play(struct session *s)
{
    rtsp_link_enter(&s->link);
    return leave(s, kin_player_play(&s->player, kin_loop_now(s->loop)));
}

int session_pause(struct session *s)
{
    rtsp_link_enter(&s->link);
    return leave(s, kin_player_pause(&s->player, kin_loop_now(s->loop)));
}

int session_teardown(struct session *s)
{
    rtsp_link_enter(&s->link);
    return leave(s, kin_player_teardown(&s->player, kin_loop_now(s->loop)));
}

int session_seek(struct session *s, kin_us position)
{
    rtsp_link_enter(&s->link);
    return leave(s, kin_player_seek(&s->player, kin_loop_now(s->loop), position));
}

int session_step(struct session *s, int frames)
{
    rtsp_link_enter(&s->link);
    return leave(s, kin_player_step(&s->player, kin_loop_now(s->loop), frames));
}

int session_set_rate(struct session *s, double rate)
{
    double milli = isfinite(rate) ? rate * KIN_TIMELINE_SCALE : 0;
    if (milli != 0) // almost 0 must not become 0, which means normal speed
        milli = copysign(fmin(fmax(fabs(milli), 1), KIN_PLAYER_SCALE_MAX), milli);
    rtsp_link_enter(&s->link);
    return leave(s, kin_player_set_scale(&s->player, kin_loop_now(s->loop), (int32_t)lround(milli)));
}

int session_fetch_again(struct session *s, kin_us from, int32_t speed_milli)
{
    rtsp_link_enter(&s->link);
    return leave(s, kin_player_fetch_again(&s->player, kin_loop_now(s->loop), from, speed_milli));
}

void session_set_loop(struct session *s, bool loop)
{
    kin_player_set_loop(&s->player, loop);
}

// --- facts

double session_rate(const struct session *s)
{
    return (double)s->player.scale / KIN_TIMELINE_SCALE;
}

enum kin_player_state session_state(const struct session *s)
{
    return s->player.state;
}

const struct session_info *session_info(const struct session *s)
{
    return &s->info;
}

uint64_t session_frame_number(const struct session *s, kin_us position)
{
    return kin_media_receiver_number(&s->player.media, position);
}
