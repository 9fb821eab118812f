// io/loop: time once per turn, deadlines in order, a clean end.
#include "base/clock.h"
#include "base/err.h"
#include "io/loop.h"
#include "io/timer.h"
#include "unit.h"

#define TIMERS 40

struct fired {
    struct kin_timer *timers[TIMERS];
    kin_us due[TIMERS];
    size_t order[TIMERS];
    size_t count;
    kin_us worst_late;
    bool early;
};

struct one {
    struct fired *all;
    size_t index;
};

static void on_due(void *ctx, kin_us now)
{
    struct one *one = ctx;
    struct fired *f = one->all;
    f->early = f->early || now < f->due[one->index];
    f->worst_late = kin_us_max(f->worst_late, now - f->due[one->index]);
    f->order[f->count++] = one->index;
}

TEST(deadlines_fire_in_order_and_never_early)
{
    struct kin_loop loop;
    struct fired f = {.count = 0};
    struct one ones[TIMERS];
    CHECK_INT(kin_loop_init(&loop), KIN_OK);
    kin_us start = kin_loop_now(&loop);
    bool all = true;
    for (size_t i = 0; i < TIMERS; i++) {
        ones[i] = (struct one){&f, i};
        all = all && kin_timer_new(&loop, on_due, &ones[i], &f.timers[i]) == KIN_OK;
        f.due[i] = start + 1000 + (kin_us)((i * 17) % TIMERS) * 200; // all different
        if (all)
            kin_timer_set(f.timers[i], f.due[i]);
    }
    if (all) {
        kin_timer_set(f.timers[5], KIN_US_NEVER); // disarmed
        uv_run(&loop.uv, UV_RUN_DEFAULT);
    }
    for (size_t i = 0; i < TIMERS; i++)
        kin_timer_free(f.timers[i]);
    CHECK_INT(kin_loop_deinit(&loop), 0);
    CHECK(all);
    CHECK_INT(f.count, TIMERS - 1);
    CHECK(!f.early);
    for (size_t i = 1; i < f.count; i++)
        CHECK(f.due[f.order[i - 1]] < f.due[f.order[i]]);
out:;
}

// --- many deadlines in one turn

#define GAP_US 3000

struct gathered {
    kin_us last;
    unsigned passes;
    bool close; // two passes were
};

static void on_gathered(void *ctx, kin_us now)
{
    struct gathered *g = ctx;
    if (now == g->last)
        return;
    g->close |= g->passes > 0 && now < g->last + GAP_US;
    g->last = now;
    g->passes++;
}

TEST(deadlines_that_are_close_are_served_in_one_turn)
{
    struct kin_loop loop;
    struct kin_timer *timers[TIMERS] = {NULL};
    struct gathered g = {.passes = 0};
    CHECK_INT(kin_loop_init(&loop), KIN_OK);
    kin_timer_gather(&loop, GAP_US);
    kin_us start = kin_loop_now(&loop);
    bool all = true;
    for (size_t i = 0; i < TIMERS && all; i++) {
        all = kin_timer_new(&loop, on_gathered, &g, &timers[i]) == KIN_OK;
        if (all)
            kin_timer_set(timers[i], start + 1000 + (kin_us)i * 100);
    }
    if (all)
        uv_run(&loop.uv, UV_RUN_DEFAULT); // until all have fired
    for (size_t i = 0; i < TIMERS; i++)
        kin_timer_free(timers[i]);
    CHECK_INT(kin_loop_deinit(&loop), 0);
    CHECK(all);
    CHECK(!g.close && g.passes >= 1 && g.passes <= 1 + (TIMERS * 100 + GAP_US - 1) / GAP_US);
out:;
}

struct again {
    struct kin_timer *t;
    struct kin_timer *other;
    unsigned times, other_times;
};

static void on_again(void *ctx, kin_us now)
{
    struct again *a = ctx;
    (void)now;
    if (++a->times < 100)
        kin_timer_set(a->t, 0); // the past: next turn
    else
        kin_timer_free(a->t);
}

static void on_other(void *ctx, kin_us now)
{
    struct again *a = ctx;
    (void)now;
    a->other_times = a->times;
}

TEST(a_timer_set_in_the_past_does_not_starve_others)
{
    struct kin_loop loop;
    struct again a = {.times = 0};
    CHECK_INT(kin_loop_init(&loop), KIN_OK);
    bool made = kin_timer_new(&loop, on_again, &a, &a.t) == KIN_OK;
    made = made && kin_timer_new(&loop, on_other, &a, &a.other) == KIN_OK;
    if (made) {
        kin_timer_set(a.t, kin_loop_now(&loop) - 5);
        kin_timer_set(a.other, kin_loop_now(&loop));
        uv_run(&loop.uv, UV_RUN_DEFAULT);
    } else {
        kin_timer_free(a.t);
    }
    kin_timer_free(a.other);
    CHECK_INT(kin_loop_deinit(&loop), 0);
    CHECK(made);
    CHECK_INT(a.times, 100);
    CHECK(a.other_times < 5);
out:;
}

TEST(a_forgotten_timer_is_reported)
{
    struct kin_loop loop;
    struct kin_timer *t = NULL;
    struct again a = {.times = 0};
    CHECK_INT(kin_loop_init(&loop), KIN_OK);
    int err = kin_timer_new(&loop, on_other, &a, &t);
    int left = kin_loop_deinit(&loop);
    kin_timer_free(t); // it was never armed, so only its memory is left
    CHECK_INT(err, KIN_OK);
    CHECK_INT(left, UV_EBUSY);
out:;
}

TEST(time_stands_still_within_a_turn)
{
    struct kin_loop loop;
    CHECK_INT(kin_loop_init(&loop), KIN_OK);
    kin_us a = kin_loop_now(&loop);
    while (kin_clock_mono_us() <= a)
        ;
    kin_us b = kin_loop_now(&loop);
    kin_loop_touch(&loop);
    kin_us c = kin_loop_now(&loop);
    CHECK_INT(kin_loop_deinit(&loop), 0);
    CHECK_INT(a, b);
    CHECK(c > a);
out:;
}
