// daemon/conversion_memory: what does not fit waits, in the order of coming; too much is refused; a wait can be ended.
#include <sched.h>
#include <uv.h>

#include "base/err.h"
#include "frames/conversion_memory.h"
#include "unit.h"

struct waiter {
    struct conversion_memory *memory;
    size_t bytes;
    atomic_bool canceled, done;
    int err;
};

static void wait_for_share(void *arg)
{
    struct waiter *w = arg;
    w->err = conversion_memory_acquire(w->memory, w->bytes, &w->canceled);
    atomic_store(&w->done, true);
}

TEST(more_than_the_whole_budget_is_refused)
{
    struct conversion_memory *m = conversion_memory_new(100);
    CHECK(m != NULL);
    CHECK_INT(conversion_memory_acquire(m, 101, NULL), KIN_ELIMIT);
    CHECK_INT(conversion_memory_acquire(m, 100, NULL), KIN_OK);
    conversion_memory_release(m, 100);
    CHECK_INT(conversion_memory_acquire(NULL, 1000, NULL), KIN_OK);
    conversion_memory_release(NULL, 1000);
out:
    conversion_memory_free(m);
}

TEST(who_does_not_fit_waits_until_there_is_room)
{
    struct conversion_memory *m = conversion_memory_new(100);
    struct waiter w = {.memory = m, .bytes = 60};
    uv_thread_t thread;
    CHECK(m != NULL);
    CHECK_INT(conversion_memory_acquire(m, 50, NULL), KIN_OK);
    CHECK_INT(uv_thread_create(&thread, wait_for_share, &w), 0);
    uv_sleep(5);
    bool waited = !atomic_load(&w.done);
    conversion_memory_release(m, 50);
    uv_thread_join(&thread);
    CHECK(waited);
    CHECK_INT(w.err, KIN_OK);
    conversion_memory_release(m, 60);
out:
    conversion_memory_free(m);
}

// Who only tries does not overtake those that wait.
TEST(a_try_takes_what_nobody_waits_for)
{
    struct conversion_memory *m = conversion_memory_new(100);
    struct waiter w = {.memory = m, .bytes = 60};
    uv_thread_t thread;
    CHECK(m != NULL);
    CHECK(conversion_memory_try(m, 50) && !conversion_memory_try(m, 51) && !conversion_memory_try(m, 200));
    CHECK(conversion_memory_try(NULL, 200));
    CHECK_INT(uv_thread_create(&thread, wait_for_share, &w), 0);
    while (conversion_memory_try(m, 1)) {
        conversion_memory_release(m, 1);
        sched_yield();
    }
    conversion_memory_release(m, 50);
    uv_thread_join(&thread);
    CHECK_INT(w.err, KIN_OK);
    CHECK(conversion_memory_try(m, 40) && !conversion_memory_try(m, 1));
    conversion_memory_release(m, 100);
out:
    conversion_memory_free(m);
}

TEST(a_wait_ends_when_it_is_canceled)
{
    struct conversion_memory *m = conversion_memory_new(100);
    struct waiter w = {.memory = m, .bytes = 60};
    uv_thread_t thread;
    CHECK(m != NULL);
    CHECK_INT(conversion_memory_acquire(m, 50, NULL), KIN_OK);
    CHECK_INT(uv_thread_create(&thread, wait_for_share, &w), 0);
    atomic_store(&w.canceled, true);
    uv_thread_join(&thread);
    CHECK_INT(w.err, KIN_ECANCELED);
    conversion_memory_release(m, 50);
    CHECK_INT(conversion_memory_acquire(m, 100, NULL), KIN_OK); // nobody's turn is left over
    conversion_memory_release(m, 100);
out:
    conversion_memory_free(m);
}
