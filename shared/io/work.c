// A thread that waits for a semaphore, and an eventfd by which it tells its loop.
#include "io/work.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/err.h"

struct kin_work {
    kin_work_fn *run, *done;
    void *ctx;
    uv_thread_t thread;
    uv_sem_t wanted; // posted for each piece of work, and for the end
    uv_poll_t told;
    int fd;
    atomic_bool finished, over; // a piece of work; the thread
};

static void tell(const struct kin_work *w)
{
    const uint64_t one = 1;
    while (write(w->fd, &one, sizeof one) < 0)
        ; // interrupted: it cannot be full
}

static void thread_main(void *arg)
{
    struct kin_work *w = arg;
    for (;;) {
        uv_sem_wait(&w->wanted);
        if (atomic_load(&w->over))
            return;
        w->run(w->ctx);
        atomic_store(&w->finished, true);
        tell(w);
    }
}

static void on_told(uv_poll_t *h, int status, int events)
{
    struct kin_work *w = (struct kin_work *)h->data;
    uint64_t times;
    (void)status;
    (void)events;
    if (read(w->fd, &times, sizeof times) < 0 || !atomic_exchange(&w->finished, false))
        return;
    uv_unref((uv_handle_t *)h);
    w->done(w->ctx);
}

static void end_thread(struct kin_work *w)
{
    atomic_store(&w->over, true);
    uv_sem_post(&w->wanted);
    uv_thread_join(&w->thread);
}

static int begin(uv_loop_t *loop, struct kin_work *w)
{
    w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->fd < 0)
        return KIN_EIO;
    if (uv_sem_init(&w->wanted, 0) != 0)
        goto no_semaphore;
    if (uv_thread_create(&w->thread, thread_main, w) != 0)
        goto no_thread;
    if (uv_poll_init(loop, &w->told, w->fd) != 0)
        goto no_poll;
    uv_poll_start(&w->told, UV_READABLE, on_told);
    uv_unref((uv_handle_t *)&w->told);
    return KIN_OK;
no_poll:
    end_thread(w);
no_thread:
    uv_sem_destroy(&w->wanted);
no_semaphore:
    close(w->fd);
    return KIN_EIO;
}

int kin_work_new(uv_loop_t *loop, kin_work_fn *run, kin_work_fn *done, void *ctx, struct kin_work **ret)
{
    struct kin_work *w = calloc(1, sizeof *w);
    if (w == NULL)
        return KIN_ENOMEM;
    *w = (struct kin_work){.run = run, .done = done, .ctx = ctx};
    w->told.data = w;
    int err = begin(loop, w);
    if (err != KIN_OK) {
        free(w);
        return err;
    }
    *ret = w;
    return KIN_OK;
}

void kin_work_start(struct kin_work *w)
{
    uv_ref((uv_handle_t *)&w->told);
    uv_sem_post(&w->wanted);
}

static void on_closed(uv_handle_t *h)
{
    struct kin_work *w = (struct kin_work *)h->data;
    uv_sem_destroy(&w->wanted);
    close(w->fd);
    free(w);
}

void kin_work_free(struct kin_work *w)
{
    if (w == NULL)
        return;
    end_thread(w);
    uv_close((uv_handle_t *)&w->told, on_closed);
}
