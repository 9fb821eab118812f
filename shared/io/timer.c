// Deadlines of a loop: a binary heap, earliest first, whose head is armed on one timerfd.
#include "io/timer.h"

#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/err.h"
#include "io/timer_internal.h"

#define TIMERS_MAX (1u << 20) // per loop
#define NOT_ARMED SIZE_MAX

struct kin_timer {
    struct kin_loop *loop;
    kin_timer_fn *fn;
    void *ctx;
    kin_us deadline;
    size_t at; // index in the heap, NOT_ARMED when it is not there
};

static void put(struct kin_loop *loop, size_t at, struct kin_timer *t)
{
    loop->heap[at] = t;
    t->at = at;
}

static void sift_up(struct kin_loop *loop, size_t at)
{
    struct kin_timer *t = loop->heap[at];
    while (at > 0 && loop->heap[(at - 1) / 2]->deadline > t->deadline) {
        put(loop, at, loop->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(loop, at, t);
}

static void sift_down(struct kin_loop *loop, size_t at)
{
    struct kin_timer *t = loop->heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < loop->heap_count && loop->heap[child + 1]->deadline < loop->heap[child]->deadline)
            child++;
        if (child >= loop->heap_count || loop->heap[child]->deadline >= t->deadline)
            break;
        put(loop, at, loop->heap[child]);
        at = child;
    }
    put(loop, at, t);
}

static void heap_remove(struct kin_timer *t)
{
    struct kin_loop *loop = t->loop;
    size_t at = t->at;
    if (at == NOT_ARMED)
        return;
    t->at = NOT_ARMED;
    struct kin_timer *last = loop->heap[--loop->heap_count];
    if (last == t)
        return;
    put(loop, at, last);
    sift_up(loop, at);
    sift_down(loop, last->at);
}

static void heap_insert(struct kin_timer *t)
{
    put(t->loop, t->loop->heap_count++, t);
    sift_up(t->loop, t->at);
}

// Sets the timerfd to the earliest deadline; only an armed timer keeps the loop alive.
static void arm(struct kin_loop *loop)
{
    kin_us first = loop->heap_count > 0 ? loop->heap[0]->deadline : KIN_US_NEVER;
    if (first != KIN_US_NEVER)
        first = kin_us_max(first, loop->timer_last + loop->timer_gap);
    if (loop->timer_pass != KIN_US_NEVER || first == loop->timer_armed)
        return;
    struct itimerspec spec = {0};
    if (first != KIN_US_NEVER) {
        kin_us at = kin_us_max(first, 1); // all zero would disarm
        spec.it_value.tv_sec = (time_t)(at / KIN_US_PER_S);
        spec.it_value.tv_nsec = (long)(at % KIN_US_PER_S) * 1000;
        uv_ref((uv_handle_t *)&loop->timer_poll);
    } else {
        uv_unref((uv_handle_t *)&loop->timer_poll);
    }
    timerfd_settime(loop->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
    loop->timer_armed = first;
}

static void run_due(struct kin_loop *loop, kin_us now)
{
    while (loop->heap_count > 0 && loop->heap[0]->deadline <= now) {
        struct kin_timer *t = loop->heap[0];
        heap_remove(t);
        t->fn(t->ctx, now);
    }
}

static void on_timer_fd(uv_poll_t *h, int status, int events)
{
    struct kin_loop *loop = (struct kin_loop *)h->data;
    uint64_t expirations;
    (void)status;
    (void)events;
    if (read(loop->timer_fd, &expirations, sizeof expirations) < 0)
        return; // set again since it fired
    loop->timer_armed = KIN_US_NEVER;
    kin_us now = kin_loop_now(loop);
    loop->timer_pass = loop->timer_last = now;
    run_due(loop, now);
    loop->timer_pass = KIN_US_NEVER;
    if (loop->heap_count == 0)
        uv_unref((uv_handle_t *)&loop->timer_poll);
    arm(loop);
}

int kin_timer_attach(struct kin_loop *loop)
{
    loop->timer_poll.data = loop;
    if (uv_poll_init(&loop->uv, &loop->timer_poll, loop->timer_fd) != 0)
        return KIN_EIO;
    uv_poll_start(&loop->timer_poll, UV_READABLE, on_timer_fd);
    uv_unref((uv_handle_t *)&loop->timer_poll);
    return KIN_OK;
}

// Room in the heap is made with each timer, so that arming cannot fail.
static int reserve(struct kin_loop *loop)
{
    if (loop->timer_count < loop->heap_size)
        return KIN_OK;
    size_t size = loop->heap_size == 0 ? 16 : loop->heap_size * 2;
    if (size > TIMERS_MAX)
        return KIN_ENOMEM;
    struct kin_timer **heap = realloc(loop->heap, size * sizeof(struct kin_timer *));
    if (heap == NULL)
        return KIN_ENOMEM;
    loop->heap = heap;
    loop->heap_size = size;
    return KIN_OK;
}

int kin_timer_new(struct kin_loop *loop, kin_timer_fn *fn, void *ctx, struct kin_timer **ret)
{
    struct kin_timer *t = malloc(sizeof *t);
    if (t == NULL || reserve(loop) != KIN_OK) {
        free(t);
        return KIN_ENOMEM;
    }
    *t = (struct kin_timer){.loop = loop, .fn = fn, .ctx = ctx, .deadline = KIN_US_NEVER, .at = NOT_ARMED};
    loop->timer_count++;
    *ret = t;
    return KIN_OK;
}

void kin_timer_set(struct kin_timer *t, kin_us deadline)
{
    struct kin_loop *loop = t->loop;
    heap_remove(t);
    // What is armed in the past from inside a callback waits for the next turn, or it could starve all the others.
    if (loop->timer_pass != KIN_US_NEVER && deadline <= loop->timer_pass)
        deadline = loop->timer_pass + 1;
    t->deadline = deadline;
    if (deadline != KIN_US_NEVER)
        heap_insert(t);
    arm(loop);
}

void kin_timer_gather(struct kin_loop *loop, kin_us gap_us)
{
    loop->timer_gap = gap_us;
}

void kin_timer_free(struct kin_timer *t)
{
    if (t == NULL)
        return;
    heap_remove(t);
    arm(t->loop);
    t->loop->timer_count--;
    free(t);
}
