// io/work: a thread that does what it is told, once each time, and tells its loop.
#include "base/err.h"
#include "io/loop.h"
#include "io/work.h"
#include "unit.h"

#define TIMES 500

struct counted {
    struct kin_work *work;
    uv_thread_t loops;
    unsigned wanted, runs, dones;
    bool elsewhere; // each run was on another thread, each done on the loop's
};

static void run(void *ctx)
{
    struct counted *c = ctx;
    uv_thread_t self = uv_thread_self();
    c->runs++;
    c->elsewhere = c->elsewhere && !uv_thread_equal(&self, &c->loops);
}

static void done(void *ctx)
{
    struct counted *c = ctx;
    uv_thread_t self = uv_thread_self();
    c->dones++;
    c->elsewhere = c->elsewhere && uv_thread_equal(&self, &c->loops) && c->runs == c->dones;
    if (c->dones < c->wanted)
        kin_work_start(c->work);
}

static void done_for_good(void *ctx)
{
    struct counted *c = ctx;
    c->dones++;
    kin_work_free(c->work);
    c->work = NULL;
}

static void play(kin_work_fn *then, unsigned times)
{
    struct counted c = {.loops = uv_thread_self(), .wanted = times, .elsewhere = true};
    struct kin_loop loop;
    int err = kin_loop_init(&loop);
    if (err != KIN_OK)
        return;
    CHECK_INT(kin_work_new(&loop.uv, run, then, &c, &c.work), KIN_OK);
    if (times > 0)
        kin_work_start(c.work);
    uv_run(&loop.uv, UV_RUN_DEFAULT); // ends when there is nothing more to do
    CHECK_INT(c.runs, times);
    CHECK_INT(c.dones, times);
    CHECK(c.elsewhere);
out:
    kin_work_free(c.work);
    if (kin_loop_deinit(&loop) != 0)
        unit_fail(__FILE__, __LINE__, "the loop did not end clean");
}

TEST(work_is_done_as_often_as_it_is_asked_for)
{
    play(done, TIMES);
}

TEST(an_idle_thread_keeps_no_loop_alive)
{
    play(done, 0);
}

TEST(it_may_be_freed_as_soon_as_it_is_done)
{
    play(done_for_good, 1);
}
