// Queues are in order of arrival; a free thread takes the first task of the owner that was served least recently.
#include "ground/task_threads.h"

#include <sched.h>
#include <stdlib.h>
#include <uv.h>

#include "base/err.h"
#include "base/table.h"
#include "io/priority.h"

#define OWNERS 256             // hash values of owners; two with the same one share its turns
#define STACK_BYTES (1u << 20) // the default of 8 MiB for each thread counts where address space is limited

struct slot { // one thread
    struct task_threads *lane;
    uv_thread_t thread;
    struct task *task; // that it runs, or NULL
};

struct task_threads {
    uv_mutex_t lock; // of all below
    uv_cond_t work;
    struct kin_list queues[TASK_RANK_COUNT]; // struct task
    unsigned waiting, queue_max;
    uint64_t taken;                             // tasks so far
    uint64_t clients[OWNERS], sessions[OWNERS]; // `taken` when each was served last
    bool stopping;
    unsigned count, running_slow; // threads; tasks that are not short
    struct slot slots[TASK_THREADS_MAX];
};

// --- the queue; lock held

static bool is_slow(const struct task *task)
{
    return task->rank != TASK_SHORT;
}

static enum task_rank rank_of(const struct task *task, bool background)
{
    if (background)
        return TASK_BACKGROUND;
    return task->is_long ? TASK_LONG : TASK_SHORT;
}

static void enqueue(struct task_threads *t, struct task *task)
{
    kin_list_push_back(&t->queues[task->rank], &task->node);
}

static unsigned running_of(const struct task_threads *t, uint64_t client, bool only_slow)
{
    unsigned n = 0;
    for (unsigned i = 0; i < t->count; i++) {
        const struct task *task = t->slots[i].task;
        n += task != NULL && task->rank != TASK_BACKGROUND && task->owner.client == client &&
             (!only_slow || is_slow(task));
    }
    return n;
}

// One client may have all threads of a rank but one, where there are several.
static bool has_room(const struct task_threads *t, enum task_rank rank, uint64_t client)
{
    bool slow = rank != TASK_SHORT;
    unsigned threads = slow ? t->count - 1 : t->count;
    if (t->count == 1 || t->stopping)
        return true;
    if (slow && t->running_slow >= threads)
        return false;
    return rank == TASK_BACKGROUND || threads == 1 || running_of(t, client, slow) < threads - 1;
}

static uint64_t *last_of(uint64_t table[OWNERS], uint64_t number)
{
    return &table[kin_hash(number) % OWNERS];
}

static bool comes_before(struct task_threads *t, const struct task *a, const struct task *b)
{
    uint64_t client_a = *last_of(t->clients, a->owner.client), client_b = *last_of(t->clients, b->owner.client);
    if (client_a != client_b)
        return client_a < client_b;
    return *last_of(t->sessions, a->owner.session) < *last_of(t->sessions, b->owner.session);
}

// The queue is bounded, so that looking through it is cheap.
static struct task *first_of(struct task_threads *t, enum task_rank rank)
{
    struct task *found = NULL;
    KIN_LIST_EACH_OF(struct task, task, &t->queues[rank], node)
        if (has_room(t, rank, task->owner.client) && (found == NULL || comes_before(t, task, found)))
            found = task;
    return found;
}

static struct task *next_task(struct task_threads *t)
{
    static const enum task_rank order[] = {TASK_LONG, TASK_SHORT, TASK_BACKGROUND};
    struct task *task = NULL;
    for (unsigned i = 0; task == NULL && i < TASK_RANK_COUNT; i++)
        task = first_of(t, order[i]);
    if (task != NULL) {
        t->taken++;
        *last_of(t->clients, task->owner.client) = *last_of(t->sessions, task->owner.session) = t->taken;
    }
    return task;
}

static bool is_queued(const struct task *task)
{
    return !kin_list_empty(&task->node);
}

// --- pausing; lock held

// Also while the lane stops: the task then runs once more, canceled for good.
static void queue_again(struct task_threads *t, struct task *task)
{
    task->pausing = task->paused = false;
    task->rank = rank_of(task, task->rank == TASK_BACKGROUND);
    atomic_store(&task->canceled, false);
    t->waiting++;
    enqueue(t, task);
}

static void pause_task(struct task *task)
{
    task->pausing = true;
    atomic_store(&task->canceled, true);
}

// Pauses one slow task if no thread is left for short ones.
static void make_way(struct task_threads *t)
{
    struct task *found = NULL;
    if (kin_list_empty(&t->queues[TASK_SHORT]) || t->running_slow < t->count)
        return;
    for (unsigned i = 0; i < t->count; i++) {
        struct task *task = t->slots[i].task;
        if (task->pausing)
            return;
        if (task->can_pause && !task->withdrawn && (found == NULL || task->rank == TASK_BACKGROUND))
            found = task;
    }
    if (found != NULL)
        pause_task(found);
}

void task_threads_check_time(struct task_threads *t, struct task *task, kin_us taken)
{
    if (taken < TASK_SHORT_US)
        return;
    uv_mutex_lock(&t->lock);
    bool goes_on = task->rank != TASK_SHORT || task->withdrawn || task->pausing || t->stopping;
    if (!goes_on && has_room(t, TASK_LONG, task->owner.client)) {
        task->is_long = true;
        task->rank = TASK_LONG;
        t->running_slow++;
        uv_cond_broadcast(&t->work); // another task of this client may run now
    } else if (!goes_on && !kin_list_empty(&t->queues[TASK_SHORT])) {
        task->is_long = true;
        pause_task(task);
    }
    uv_mutex_unlock(&t->lock);
}

bool task_threads_is_paused(struct task_threads *t, struct task *task)
{
    uv_mutex_lock(&t->lock);
    task->paused = task->pausing && !task->withdrawn && !t->stopping;
    bool paused = task->paused;
    uv_mutex_unlock(&t->lock);
    return paused;
}

// --- threads

static void run_task(struct task_threads *t, struct slot *slot, struct task *task)
{
    kin_list_remove(&task->node);
    t->waiting--;
    t->running_slow += is_slow(task);
    slot->task = task;
    if (t->stopping)
        atomic_store(&task->canceled, true);
    uv_mutex_unlock(&t->lock);
    task->run(task);
    uv_mutex_lock(&t->lock);
    slot->task = NULL;
    t->running_slow -= is_slow(task);
    uv_cond_broadcast(&t->work); // another task of this client may run now
    if (task->paused && !task->withdrawn) {
        queue_again(t, task);
        return;
    }
    uv_mutex_unlock(&t->lock);
    task->free(task);
    uv_mutex_lock(&t->lock);
}

static void thread_main(void *arg)
{
    struct slot *slot = arg;
    struct task_threads *t = slot->lane;
    kin_priority_batch();
    uv_mutex_lock(&t->lock);
    for (;;) {
        struct task *task = next_task(t);
        if (task != NULL)
            run_task(t, slot, task);
        else if (t->stopping)
            break;
        else
            uv_cond_wait(&t->work, &t->lock);
    }
    uv_mutex_unlock(&t->lock);
}

// --- tasks in and out

static int check_room(const struct task_threads *t)
{
    if (t->stopping)
        return KIN_ESTATE;
    return t->waiting >= t->queue_max ? KIN_ELIMIT : KIN_OK;
}

int task_threads_add(struct task_threads *t, struct task *task, struct task_owner owner)
{
    atomic_init(&task->canceled, false);
    task->is_long = task->pausing = task->paused = task->withdrawn = false;
    task->owner = owner;
    task->rank = rank_of(task, false);
    kin_list_init(&task->node);
    uv_mutex_lock(&t->lock);
    int err = check_room(t);
    if (err == KIN_OK) {
        enqueue(t, task);
        t->waiting++;
        make_way(t);
        uv_cond_signal(&t->work);
    }
    uv_mutex_unlock(&t->lock);
    return err;
}

static bool is_running(const struct task_threads *t, const struct task *task)
{
    for (unsigned i = 0; i < t->count; i++)
        if (t->slots[i].task == task)
            return true;
    return false;
}

// Lock held. A running task goes on; only how it counts for others changes.
static void set_rank(struct task_threads *t, struct task *task, bool background, struct task_owner owner)
{
    bool runs = is_running(t, task), was_slow = is_slow(task);
    if ((task->rank == TASK_BACKGROUND) == background || (!runs && !is_queued(task)))
        return;
    task->rank = rank_of(task, background);
    task->owner = owner;
    if (runs) {
        t->running_slow = t->running_slow - was_slow + is_slow(task);
    } else {
        kin_list_remove(&task->node);
        enqueue(t, task);
    }
    make_way(t);
    uv_cond_broadcast(&t->work);
}

void task_threads_promote(struct task_threads *t, struct task *task, struct task_owner owner)
{
    uv_mutex_lock(&t->lock);
    set_rank(t, task, false, owner);
    uv_mutex_unlock(&t->lock);
}

void task_threads_demote(struct task_threads *t, struct task *task)
{
    uv_mutex_lock(&t->lock);
    set_rank(t, task, true, (struct task_owner){0});
    uv_mutex_unlock(&t->lock);
}

bool task_threads_withdraw(struct task_threads *t, struct task *task)
{
    uv_mutex_lock(&t->lock);
    bool waited = is_queued(task);
    if (waited) {
        kin_list_remove(&task->node);
        t->waiting--;
    } else {
        task->withdrawn = true;
        atomic_store(&task->canceled, true);
    }
    uv_mutex_unlock(&t->lock);
    return waited;
}

unsigned task_threads_waiting(struct task_threads *t)
{
    uv_mutex_lock(&t->lock);
    unsigned n = t->waiting;
    uv_mutex_unlock(&t->lock);
    return n;
}

// --- life

void task_threads_stop(struct task_threads *t)
{
    uv_mutex_lock(&t->lock);
    t->stopping = true;
    for (unsigned i = 0; i < t->count; i++)
        if (t->slots[i].task != NULL)
            atomic_store(&t->slots[i].task->canceled, true);
    uv_cond_broadcast(&t->work);
    uv_mutex_unlock(&t->lock);
}

static int start_threads(struct task_threads *t, unsigned count)
{
    static const uv_thread_options_t options = {.flags = UV_THREAD_HAS_STACK_SIZE, .stack_size = STACK_BYTES};
    int err = KIN_OK;
    uv_mutex_lock(&t->lock); // threads read count
    while (err == KIN_OK && t->count < count) {
        struct slot *slot = &t->slots[t->count];
        slot->lane = t;
        if (uv_thread_create_ex(&slot->thread, &options, thread_main, slot) == 0)
            t->count++;
        else
            err = KIN_ENOMEM;
    }
    uv_mutex_unlock(&t->lock);
    return err;
}

int task_threads_new(const struct task_threads_params *params, struct task_threads **ret)
{
    struct task_threads *t = calloc(1, sizeof *t);
    if (t == NULL)
        return KIN_ENOMEM;
    t->queue_max = params->queue_max;
    for (unsigned i = 0; i < TASK_RANK_COUNT; i++)
        kin_list_init(&t->queues[i]);
    if (uv_mutex_init(&t->lock) != 0 || uv_cond_init(&t->work) != 0)
        abort(); // cannot fail on Linux
    int err = start_threads(t, params->threads < TASK_THREADS_MAX ? params->threads : TASK_THREADS_MAX);
    if (err != KIN_OK) {
        task_threads_free(t);
        return err;
    }
    *ret = t;
    return KIN_OK;
}

void task_threads_free(struct task_threads *t)
{
    if (t == NULL)
        return;
    task_threads_stop(t);
    for (unsigned i = 0; i < t->count; i++)
        uv_thread_join(&t->slots[i].thread);
    uv_cond_destroy(&t->work);
    uv_mutex_destroy(&t->lock);
    free(t);
}

unsigned task_threads_processors(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return n > 0 ? (unsigned)n : 1;
}
