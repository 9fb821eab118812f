// io/priority: the policy of threads that compute and of those that run a loop.
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uv.h>

#include "io/priority.h"
#include "unit.h"

struct seen {
    void (*say)(void);
    int before, after, again;
    uint64_t slice_ns; // after
};

static void run(void *arg)
{
    struct seen *s = (struct seen *)arg;
    s->before = sched_getscheduler(0);
    s->say();
    s->after = sched_getscheduler(0);
    s->say();
    s->again = sched_getscheduler(0);
    uint64_t words[6] = {0}; // sched_setattr(2): size and policy, flags, nice and priority, runtime, ...
    syscall(SYS_sched_getattr, 0, words, sizeof words, 0);
    s->slice_ns = words[3];
}

static bool on_a_thread(struct seen *s)
{
    uv_thread_t thread;
    if (uv_thread_create(&thread, run, s) != 0)
        return false;
    uv_thread_join(&thread);
    return true;
}

TEST(only_the_thread_that_computes_becomes_a_batch_thread)
{
    struct seen s = {.say = kin_priority_batch};
    int own = sched_getscheduler(0);
    CHECK(on_a_thread(&s));
    CHECK_INT(s.before, own);
    CHECK_INT(s.after, own == SCHED_OTHER ? SCHED_BATCH : own);
    CHECK_INT(s.again, s.after);
    CHECK_INT(sched_getscheduler(0), own);
out:;
}

// Kernels before 6.12 know no slices of ordinary threads, and say 0.
TEST(a_loop_keeps_its_policy_and_gets_short_turns)
{
    struct seen s = {.say = kin_priority_loop};
    int own = sched_getscheduler(0);
    CHECK(on_a_thread(&s));
    CHECK_INT(s.after, own);
    CHECK_INT(s.again, own);
    CHECK(own != SCHED_OTHER || s.slice_ns == 100000 || s.slice_ns == 0);
out:;
}

// The last test: an ordinary process cannot always leave SCHED_IDLE again.
TEST(a_policy_that_was_chosen_is_kept)
{
    struct seen batch = {.say = kin_priority_batch}, loop = {.say = kin_priority_loop};
    CHECK_INT(sched_setscheduler(0, SCHED_IDLE, &(struct sched_param){.sched_priority = 0}), 0);
    CHECK(on_a_thread(&batch));
    CHECK(on_a_thread(&loop));
    CHECK_INT(batch.after, SCHED_IDLE);
    CHECK_INT(loop.after, SCHED_IDLE);
out:;
}
