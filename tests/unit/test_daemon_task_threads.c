// daemon/task_threads: what is withdrawn never runs, owners take turns, every queue has an end, a stop ends everything.
#include <sched.h>
#include <uv.h>

#include "base/err.h"
#include "ground/task_threads.h"
#include "unit.h"

#define MOST 16

// What the tasks of one test did.
struct record {
    atomic_uint count;
    int order[MOST]; // `name` of those that ran to their end
    atomic_uint canceled, freed;
};

struct job {
    struct task task;
    struct record *record;
    int name;
    struct task_threads *lane; // of one that can be paused
    bool holds;                // runs until it is let go or canceled
    atomic_bool begun, let_go;
};

static void run(struct task *task)
{
    struct job *job = KIN_CONTAINER(task, struct job, task);
    atomic_store(&job->begun, true);
    while (job->holds && !atomic_load(&job->let_go) && !atomic_load(&task->canceled))
        sched_yield();
    if (atomic_load(&task->canceled))
        atomic_fetch_add(&job->record->canceled, 1);
    else
        job->record->order[atomic_fetch_add(&job->record->count, 1)] = job->name;
}

static void on_free(struct task *task)
{
    atomic_fetch_add(&KIN_CONTAINER(task, struct job, task)->record->freed, 1);
}

static struct job make(struct record *record, int name, bool holds)
{
    return (struct job){.task = {.run = run, .free = on_free}, .record = record, .name = name, .holds = holds};
}

static struct task_owner client(unsigned number)
{
    return (struct task_owner){number, number};
}

static void wait_for(const atomic_bool *flag)
{
    while (!atomic_load(flag))
        sched_yield();
}

static void wait_until(const atomic_uint *count, unsigned least)
{
    while (atomic_load(count) < least)
        sched_yield();
}

static struct task_threads *lane(unsigned threads, unsigned queue_max)
{
    struct task_threads *t = NULL;
    return task_threads_new(&(struct task_threads_params){threads, queue_max}, &t) == KIN_OK ? t : NULL;
}

TEST(what_is_withdrawn_never_runs)
{
    struct record record = {.count = 0};
    struct job gate = make(&record, 0, true), a = make(&record, 1, false), b = make(&record, 2, false);
    struct task_threads *t = lane(1, 8);
    CHECK(t != NULL);
    CHECK_INT(task_threads_add(t, &gate.task, client(1)), KIN_OK);
    wait_for(&gate.begun);
    CHECK_INT(task_threads_add(t, &a.task, client(1)), KIN_OK);
    CHECK_INT(task_threads_add(t, &b.task, client(1)), KIN_OK);
    CHECK(task_threads_withdraw(t, &a.task));
    CHECK_INT(task_threads_waiting(t), 1);
    atomic_store(&gate.let_go, true);
    wait_until(&record.freed, 2);
    CHECK(!atomic_load(&a.begun));
    CHECK_INT(record.order[1], 2);
out:
    task_threads_free(t);
}

TEST(what_runs_sees_that_it_is_withdrawn)
{
    struct record record = {.count = 0};
    struct job gate = make(&record, 0, true);
    struct task_threads *t = lane(1, 8);
    CHECK(t != NULL);
    CHECK_INT(task_threads_add(t, &gate.task, client(1)), KIN_OK);
    wait_for(&gate.begun);
    CHECK(!task_threads_withdraw(t, &gate.task));
    wait_until(&record.freed, 1);
    CHECK_INT(atomic_load(&record.canceled), 1);
out:
    task_threads_free(t);
}

TEST(a_queue_has_an_end)
{
    struct record record = {.count = 0};
    struct job gate = make(&record, 0, true), a = make(&record, 1, false), b = make(&record, 2, false);
    struct job c = make(&record, 3, false);
    struct task_threads *t = lane(1, 2);
    CHECK(t != NULL);
    CHECK_INT(task_threads_add(t, &gate.task, client(1)), KIN_OK);
    wait_for(&gate.begun);
    CHECK_INT(task_threads_add(t, &a.task, client(1)), KIN_OK);
    CHECK_INT(task_threads_add(t, &b.task, client(1)), KIN_OK);
    task_threads_demote(t, &b.task);
    CHECK_INT(task_threads_add(t, &c.task, client(2)), KIN_ELIMIT);
    CHECK(task_threads_withdraw(t, &a.task));
    CHECK_INT(task_threads_add(t, &c.task, client(2)), KIN_OK);
out:
    task_threads_free(t);
}

// However many the first one queued, and whenever: a newcomer is served next.
TEST(clients_take_turns)
{
    static const int expected[] = {0, 1, 5, 2, 6, 3, 4};
    struct record record = {.count = 0};
    struct job gate = make(&record, 0, true), jobs[6];
    struct task_threads *t = lane(1, 8);
    CHECK(t != NULL);
    CHECK_INT(task_threads_add(t, &gate.task, client(9)), KIN_OK);
    wait_for(&gate.begun);
    for (int i = 0; i < 6; i++) {
        jobs[i] = make(&record, i + 1, false);
        CHECK_INT(task_threads_add(t, &jobs[i].task, client(i < 4 ? 1 : 2)), KIN_OK);
    }
    atomic_store(&gate.let_go, true);
    wait_until(&record.freed, 7);
    for (unsigned i = 0; i < 7; i++)
        CHECK_INT(record.order[i], expected[i]);
out:
    task_threads_free(t);
}

// The client with many sessions has no more turns than the one with one; its sessions share them.
TEST(sessions_share_the_turns_of_their_client)
{
    static const int expected[] = {0, 1, 5, 3, 6, 2, 4};
    static const struct task_owner owners[] = {{1, 1}, {1, 1}, {1, 2}, {1, 2}, {2, 3}, {2, 3}};
    struct record record = {.count = 0};
    struct job gate = make(&record, 0, true), jobs[6];
    struct task_threads *t = lane(1, 8);
    CHECK(t != NULL);
    CHECK_INT(task_threads_add(t, &gate.task, client(9)), KIN_OK);
    wait_for(&gate.begun);
    for (int i = 0; i < 6; i++) {
        jobs[i] = make(&record, i + 1, false);
        CHECK_INT(task_threads_add(t, &jobs[i].task, owners[i]), KIN_OK);
    }
    atomic_store(&gate.let_go, true);
    wait_until(&record.freed, 7);
    for (unsigned i = 0; i < 7; i++)
        CHECK_INT(record.order[i], expected[i]);
out:
    task_threads_free(t);
}

TEST(one_client_never_holds_all_threads)
{
    struct record record = {.count = 0};
    struct job hold[4], other = make(&record, 9, false);
    struct task_threads *t = lane(3, 8);
    CHECK(t != NULL);
    for (int i = 0; i < 4; i++) {
        hold[i] = make(&record, i, true);
        CHECK_INT(task_threads_add(t, &hold[i].task, client(1)), KIN_OK);
    }
    wait_for(&hold[0].begun);
    wait_for(&hold[1].begun);
    CHECK_INT(task_threads_add(t, &other.task, client(2)), KIN_OK);
    wait_until(&record.freed, 1);
    CHECK_INT(record.order[0], 9);
    CHECK(!atomic_load(&hold[2].begun) && !atomic_load(&hold[3].begun));
    atomic_store(&hold[0].let_go, true); // and then its own next one
    wait_for(&hold[2].begun);
out:
    task_threads_free(t);
}

TEST(background_work_leaves_room)
{
    struct record record = {.count = 0};
    struct job gate[2], back[3], front = make(&record, 7, false);
    struct task_threads *t = lane(2, 8);
    CHECK(t != NULL);
    for (unsigned i = 0; i < 2; i++) {
        gate[i] = make(&record, 8, true);
        CHECK_INT(task_threads_add(t, &gate[i].task, client(2 + i)), KIN_OK);
        wait_for(&gate[i].begun);
    }
    for (int i = 0; i < 3; i++) {
        back[i] = make(&record, i, true);
        CHECK_INT(task_threads_add(t, &back[i].task, client(2)), KIN_OK);
        task_threads_demote(t, &back[i].task);
    }
    for (int i = 0; i < 2; i++)
        atomic_store(&gate[i].let_go, true);
    wait_for(&back[0].begun);
    CHECK_INT(task_threads_add(t, &front.task, client(1)), KIN_OK);
    wait_until(&record.freed, 3);
    CHECK_INT(record.order[2], 7);
    CHECK(!atomic_load(&back[1].begun));
    task_threads_promote(t, &back[2].task, client(1)); // somebody waits for it now
    wait_for(&back[2].begun);
    CHECK(!atomic_load(&back[1].begun));
out:
    task_threads_free(t);
}

TEST(a_demoted_task_comes_last)
{
    static const int expected[] = {0, 2, 1};
    struct record record = {.count = 0};
    struct job gate = make(&record, 0, true), a = make(&record, 1, false), b = make(&record, 2, false);
    struct task_threads *t = lane(1, 8);
    CHECK(t != NULL);
    CHECK_INT(task_threads_add(t, &gate.task, client(1)), KIN_OK);
    wait_for(&gate.begun);
    CHECK_INT(task_threads_add(t, &a.task, client(1)), KIN_OK);
    CHECK_INT(task_threads_add(t, &b.task, client(2)), KIN_OK);
    task_threads_demote(t, &a.task);
    atomic_store(&gate.let_go, true);
    wait_until(&record.freed, 3);
    for (unsigned i = 0; i < 3; i++)
        CHECK_INT(record.order[i], expected[i]);
out:
    task_threads_free(t);
}

// Threads that work for nobody any more do not count against an owner.
TEST(demoting_what_runs_lets_others_run)
{
    struct record record = {.count = 0};
    struct job hold[2], other = make(&record, 9, false);
    struct task_threads *t = lane(3, 8);
    CHECK(t != NULL);
    for (int i = 0; i < 2; i++) {
        hold[i] = make(&record, i, true);
        CHECK_INT(task_threads_add(t, &hold[i].task, client(1)), KIN_OK);
        wait_for(&hold[i].begun);
    }
    CHECK_INT(task_threads_add(t, &other.task, client(1)), KIN_OK);
    task_threads_demote(t, &hold[0].task);
    wait_until(&record.freed, 1);
    CHECK_INT(record.order[0], 9);
    task_threads_promote(t, &hold[0].task, client(2));
out:
    task_threads_free(t);
}

static void run_pausable(struct task *task)
{
    struct job *job = KIN_CONTAINER(task, struct job, task);
    atomic_store(&job->begun, true);
    while (job->holds && !atomic_load(&job->let_go) && !atomic_load(&task->canceled))
        sched_yield();
    if (!atomic_load(&task->canceled) || !task_threads_is_paused(job->lane, task))
        job->record->order[atomic_fetch_add(&job->record->count, 1)] = job->name;
}

// All threads came to work for clients that have gone: whoever waits gets one, and the work goes on later.
TEST(background_work_is_paused_for_who_waits)
{
    struct record record = {.count = 0};
    struct job hold[2], other = make(&record, 9, false);
    struct task_threads *t = lane(2, 8);
    CHECK(t != NULL);
    for (unsigned i = 0; i < 2; i++) {
        hold[i] = make(&record, (int)i, true);
        hold[i].task.run = run_pausable;
        hold[i].task.can_pause = true;
        hold[i].lane = t;
        CHECK_INT(task_threads_add(t, &hold[i].task, client(i)), KIN_OK);
        wait_for(&hold[i].begun);
    }
    task_threads_demote(t, &hold[0].task);
    task_threads_demote(t, &hold[1].task);
    CHECK_INT(task_threads_add(t, &other.task, client(1)), KIN_OK);
    wait_until(&record.freed, 1);
    CHECK_INT(record.order[0], 9);
    atomic_store(&hold[0].let_go, true);
    atomic_store(&hold[1].let_go, true);
    wait_until(&record.freed, 3);
    CHECK_INT(atomic_load(&record.count), 3); // both came to their end
out:
    task_threads_free(t);
}

// Takes its time, and says so: until it is let go, or gives way.
static void run_long(struct task *task)
{
    struct job *job = KIN_CONTAINER(task, struct job, task);
    atomic_store(&job->begun, true);
    while (!atomic_load(&job->let_go) && !atomic_load(&task->canceled)) {
        task_threads_check_time(job->lane, task, TASK_SHORT_US);
        sched_yield();
    }
    if (atomic_load(&task->canceled) && task_threads_is_paused(job->lane, task))
        atomic_fetch_add(&job->record->canceled, 1);
    else
        job->record->order[atomic_fetch_add(&job->record->count, 1)] = job->name;
}

static struct job make_long(struct record *record, int name, struct task_threads *t)
{
    struct job job = make(record, name, true);
    job.task.run = run_long;
    job.task.can_pause = true;
    job.lane = t;
    return job;
}

// As many as there are threads, of several owners: a short task passes them, and they come to their end afterwards.
TEST(short_tasks_pass_long_ones)
{
    struct record record = {.count = 0};
    struct job hold[3], quick = make(&record, 9, false);
    struct task_threads *t = lane(3, 8);
    CHECK(t != NULL);
    for (unsigned i = 0; i < 3; i++) {
        hold[i] = make_long(&record, (int)i, t);
        CHECK_INT(task_threads_add(t, &hold[i].task, client(i)), KIN_OK);
        wait_for(&hold[i].begun);
    }
    CHECK_INT(task_threads_add(t, &quick.task, client(7)), KIN_OK);
    wait_until(&record.freed, 1);
    CHECK_INT(record.order[0], 9);
    CHECK_INT(atomic_load(&record.canceled), 1); // one gave way
    for (unsigned i = 0; i < 3; i++)
        atomic_store(&hold[i].let_go, true);
    wait_until(&record.freed, 4);
    CHECK_INT(atomic_load(&record.count), 4);
out:
    task_threads_free(t);
}

// Nobody waits: nothing is done twice, however long it takes.
TEST(a_long_task_gives_way_only_to_who_waits)
{
    struct record record = {.count = 0};
    struct job hold[2];
    struct task_threads *t = lane(2, 8);
    CHECK(t != NULL);
    for (unsigned i = 0; i < 2; i++) {
        hold[i] = make_long(&record, (int)i, t);
        CHECK_INT(task_threads_add(t, &hold[i].task, client(i)), KIN_OK);
        wait_for(&hold[i].begun);
    }
    for (unsigned i = 0; i < 2; i++)
        atomic_store(&hold[i].let_go, true);
    wait_until(&record.freed, 2);
    CHECK_INT(atomic_load(&record.canceled), 0);
out:
    task_threads_free(t);
}

// Its long tasks leave a thread for those of another owner, who need not be short.
TEST(long_tasks_of_one_owner_leave_room_for_those_of_another)
{
    struct record record = {.count = 0};
    struct job hold[3], other;
    struct task_threads *t = lane(3, 8);
    CHECK(t != NULL);
    for (unsigned i = 0; i < 3; i++) {
        hold[i] = make_long(&record, (int)i, t);
        CHECK_INT(task_threads_add(t, &hold[i].task, client(1)), KIN_OK);
    }
    other = make_long(&record, 9, t);
    CHECK_INT(task_threads_add(t, &other.task, client(2)), KIN_OK);
    atomic_store(&other.let_go, true);
    wait_until(&record.freed, 1);
    CHECK_INT(record.order[0], 9);
    for (unsigned i = 0; i < 3; i++)
        atomic_store(&hold[i].let_go, true);
    wait_until(&record.freed, 4);
    CHECK_INT(atomic_load(&record.count), 4);
out:
    task_threads_free(t);
}

TEST(a_stop_cancels_what_runs_and_what_waits)
{
    struct record record = {.count = 0};
    struct job hold[6];
    struct task_threads *t = lane(2, 8);
    CHECK(t != NULL);
    for (int i = 0; i < 5; i++) {
        hold[i] = make(&record, i, true);
        CHECK_INT(task_threads_add(t, &hold[i].task, client(1)), KIN_OK);
    }
    wait_for(&hold[0].begun);
    task_threads_stop(t);
    hold[5] = make(&record, 5, false);
    CHECK_INT(task_threads_add(t, &hold[5].task, client(1)), KIN_ESTATE);
    wait_until(&record.freed, 5);
    CHECK_INT(atomic_load(&record.canceled), 5);
out:
    task_threads_free(t);
}
