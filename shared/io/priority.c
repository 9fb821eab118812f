// Scheduling of loops and of threads that compute.
#include "priority.h"

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOOP_SLICE_NS 100000 // the kernel's minimum

// As in <linux/sched/types.h>, which cannot be included beside <sched.h> (glibc has it since 2.41).
struct kernel_sched_attr {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period; // ns; runtime: the slice of an ordinary thread
};

void kin_priority_loop(void)
{
    struct kernel_sched_attr attr = {.size = sizeof attr};
    if (syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0) != 0 || attr.policy != SCHED_OTHER)
        return;
    attr.runtime = LOOP_SLICE_NS;
    (void)syscall(SYS_sched_setattr, 0, &attr, 0);
}

void kin_priority_batch(void)
{
    static _Thread_local bool done;
    if (done)
        return;
    done = true;
    if (sched_getscheduler(0) == SCHED_OTHER)
        (void)sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){.sched_priority = 0});
}
