// tui/rtsp_link: events, turns and deadlines, and an owner that closes the link in the middle of any of them.
#include "client/rtsp_link.h"

#include <unistd.h>

#include "fake_server.h"
#include "unit.h"

#define GUARD_MS 10
#define PATIENCE_MS 20000
#define OOM_PATIENCE_MS 20 // once an allocation was made to fail, anything may be missing

struct fixture {
    struct kin_loop loop;
    struct fake_server server;
    struct rtsp_link link;
    uv_timer_t guard;
    uv_prepare_t prepare;
    unsigned events, turns, ends, aways, waited_ms;
    unsigned close_at; // the event, counted from 1, in which the link is closed
    bool clogged, closed, impatient;
};

static void on_closed(void *ctx)
{
    ((struct fixture *)ctx)->closed = true;
}

static void on_event(void *ctx, const struct kin_rtsp_client_event *e)
{
    struct fixture *g = ctx;
    bool failed = e->kind == KIN_RTSP_CLIENT_FAILED;
    g->events++;
    g->clogged = failed && e->trouble == KIN_RTSP_TROUBLE_OUTPUT_FULL;
    if (g->events == g->close_at || failed)
        rtsp_link_close(&g->link, on_closed, g);
    rtsp_link_enter(&g->link); // as a command does that is given in a callback
    rtsp_link_leave(&g->link);
}

static void on_turn(void *ctx)
{
    struct fixture *g = ctx;
    g->turns++;
    if (g->turns == 100)
        rtsp_link_close(&g->link, on_closed, g);
}

#define HOLD_UP_MS 400

// Between two turns.
static void on_prepare(uv_prepare_t *prepare)
{
    const struct fixture *g = prepare->data;
    if (g->turns < 50)
        return;
    usleep(HOLD_UP_MS * 1000);
    uv_prepare_stop(prepare);
}

static void on_away(void *ctx, kin_us away)
{
    ((struct fixture *)ctx)->aways += away >= (HOLD_UP_MS - 100) * KIN_US_PER_MS;
}

static kin_us deadline(void *ctx)
{
    struct fixture *g = ctx;
    return g->close_at == 0 ? kin_loop_now(&g->loop) : KIN_US_NEVER;
}

static void on_gone(void *ctx)
{
    struct fixture *g = ctx;
    g->ends++;
    rtsp_link_deinit(&g->link);
}

static const struct rtsp_link_kind usual = {
    .limits = {.read_max = 65536, .write_max = 65536, .write_low = 32768},
    .flush_us = 300 * KIN_US_PER_MS,
    .on_event = on_event,
    .on_turn = on_turn,
    .deadline = deadline,
    .on_gone = on_gone,
};

static void on_guard(uv_timer_t *guard)
{
    struct fixture *g = guard->data;
    g->waited_ms += GUARD_MS;
    g->impatient = g->waited_ms >= (unit_starved() ? OOM_PATIENCE_MS : PATIENCE_MS);
}

static int begin(struct fixture *g, const struct rtsp_link_kind *kind)
{
    char url[64];
    struct kin_rtsp_client_options options = {.url = url, .user_agent = "Test"};
    snprintf(url, sizeof url, "rtsp://127.0.0.1:%u/reel", g->server.port);
    int err = rtsp_link_init(&g->link, &g->loop, kind, g);
    if (err == KIN_OK)
        err = rtsp_link_start(&g->link, &options);
    if (err != KIN_OK)
        rtsp_link_deinit(&g->link);
    return err;
}

// A link that is closed in that event. False when something did not come that should have.
static bool live(unsigned close_at, const struct rtsp_link_kind *kind, struct fixture *g)
{
    bool done = false;
    *g = (struct fixture){.close_at = close_at, .server = {.fd = -1}};
    if (kin_loop_init(&g->loop) != KIN_OK)
        return false;
    uv_timer_init(&g->loop.uv, &g->guard);
    uv_prepare_init(&g->loop.uv, &g->prepare);
    g->guard.data = g->prepare.data = g;
    if (kind->on_away != NULL)
        uv_prepare_start(&g->prepare, on_prepare);
    if (fake_open(&g->server, &g->loop) && begin(g, kind) == KIN_OK) {
        uv_timer_start(&g->guard, on_guard, GUARD_MS, GUARD_MS);
        while (!g->impatient && (g->ends == 0 || !g->closed))
            uv_run(&g->loop.uv, UV_RUN_ONCE);
        rtsp_link_close(&g->link, on_closed, g);
        done = !g->impatient;
    }
    fake_close(&g->server);
    uv_close((uv_handle_t *)&g->guard, NULL);
    uv_close((uv_handle_t *)&g->prepare, NULL);
    CHECK_INT(kin_loop_deinit(&g->loop), 0);
    return done;
out:
    return false;
}

TEST(it_may_be_closed_in_any_event)
{
    struct fixture g;
    for (unsigned at = 1; at <= 5; at++) { // OPTIONS and DESCRIBE, each with its reply, and the description
        CHECK(live(at, &usual, &g));
        CHECK_INT(g.events, at); // and none afterwards
        CHECK_INT(g.ends, 1);
    }
out:;
}

TEST(turns_come_by_the_deadline)
{
    struct fixture g;
    CHECK(live(0, &usual, &g));
    CHECK_INT(g.turns, 100);
    CHECK_INT(g.ends, 1);
out:;
}

TEST(an_owner_learns_that_it_was_away)
{
    struct fixture g;
    struct rtsp_link_kind held_up = usual;
    held_up.on_away = on_away;
    CHECK(live(0, &held_up, &g));
    CHECK(g.aways >= 1);
out:;
}

TEST(a_server_that_takes_nothing_is_a_failure)
{
    struct fixture g;
    struct rtsp_link_kind narrow = usual;
    narrow.limits.write_max = 8;
    narrow.limits.write_low = 4;
    narrow.on_turn = NULL;
    CHECK(live(0, &narrow, &g));
    CHECK(g.clogged);
    CHECK_INT(g.ends, 1);
out:;
}

TEST(without_a_connection_it_is_gone_at_once)
{
    struct fixture g = {.server = {.port = 1}};
    CHECK_INT(kin_loop_init(&g.loop), KIN_OK);
    if (begin(&g, &usual) == KIN_OK) {
        rtsp_link_close(&g.link, on_closed, &g);
        CHECK(g.closed && g.ends == 1 && g.events == 0);
    }
    CHECK_INT(kin_loop_deinit(&g.loop), 0);
out:;
}
