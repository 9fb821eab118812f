// The loop's clock, its start and its end.
#include "io/loop.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "io/timer_internal.h"

// Callbacks of the poll phase see a time read after the prepare phase, timers of the next turn one read after check.
static void on_prepare(uv_prepare_t *h)
{
    kin_loop_touch((struct kin_loop *)h->data);
}

static void on_check(uv_check_t *h)
{
    kin_loop_touch((struct kin_loop *)h->data);
}

static void start_clock(struct kin_loop *loop)
{
    loop->prepare.data = loop;
    loop->check.data = loop;
    uv_prepare_init(&loop->uv, &loop->prepare);
    uv_check_init(&loop->uv, &loop->check);
    uv_timer_init(&loop->uv, &loop->linger);
    uv_prepare_start(&loop->prepare, on_prepare);
    uv_check_start(&loop->check, on_check);
    uv_unref((uv_handle_t *)&loop->prepare);
    uv_unref((uv_handle_t *)&loop->check);
    uv_unref((uv_handle_t *)&loop->linger);
}

int kin_loop_init(struct kin_loop *loop)
{
    signal(SIGPIPE, SIG_IGN); // libuv writes without MSG_NOSIGNAL: a peer that left must not end the process
    *loop = (struct kin_loop){.timer_armed = KIN_US_NEVER, .timer_pass = KIN_US_NEVER};
    loop->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (loop->timer_fd < 0)
        return KIN_EIO;
    if (uv_loop_init(&loop->uv) != 0)
        goto close_fd;
    if (kin_timer_attach(loop) != KIN_OK)
        goto close_loop;
    start_clock(loop);
    return KIN_OK;
close_loop:
    uv_loop_close(&loop->uv);
close_fd:
    close(loop->timer_fd);
    return KIN_EIO;
}

static void on_linger(uv_timer_t *h)
{
    (void)h; // having fired is enough: it is no longer active
}

static void close_own(struct kin_loop *loop)
{
    uv_close((uv_handle_t *)&loop->prepare, NULL);
    uv_close((uv_handle_t *)&loop->check, NULL);
    uv_close((uv_handle_t *)&loop->timer_poll, NULL);
}

static void note_handle(uv_handle_t *h, void *arg)
{
    bool *found = arg;
    *found |= uv_is_closing(h) || (uv_is_active(h) && uv_has_ref(h));
}

static bool has_handles(struct kin_loop *loop)
{
    bool found = false;
    uv_walk(&loop->uv, note_handle, &found);
    return found;
}

static void run_for(struct kin_loop *loop, unsigned ms, bool for_handles)
{
    uv_update_time(&loop->uv);
    uv_timer_start(&loop->linger, on_linger, ms, 0);
    while (uv_loop_alive(&loop->uv) != 0 && uv_is_active((uv_handle_t *)&loop->linger) != 0 &&
           (!for_handles || has_handles(loop)))
        uv_run(&loop->uv, UV_RUN_ONCE);
    uv_timer_stop(&loop->linger);
}

bool kin_loop_drain(struct kin_loop *loop, unsigned patience_ms, unsigned requests_ms)
{
    run_for(loop, patience_ms, true);
    run_for(loop, requests_ms, false);
    return uv_loop_alive(&loop->uv) == 0;
}

int kin_loop_deinit(struct kin_loop *loop)
{
    kin_loop_drain(loop, KIN_LOOP_LINGER_MS, KIN_LOOP_LINGER_MS);
    uv_close((uv_handle_t *)&loop->linger, NULL);
    close_own(loop);
    uv_run(&loop->uv, UV_RUN_NOWAIT);
    int err = loop->timer_count > 0 ? UV_EBUSY : 0;
    int uv_err = uv_loop_close(&loop->uv);
    close(loop->timer_fd);
    free(loop->heap);
    free(loop->scratch);
    loop->heap = NULL;
    loop->scratch = NULL;
    return uv_err != 0 ? uv_err : err;
}

kin_us kin_loop_now(struct kin_loop *loop)
{
    if (!loop->now_valid) {
        loop->now = kin_clock_mono_us();
        loop->now_valid = true;
    }
    return loop->now;
}

void kin_loop_touch(struct kin_loop *loop)
{
    loop->now_valid = false;
}
