// How the threads of a program share the processors when there are fewer of them than threads that want to run.
//
// By itself Linux lets a thread that computes finish its slice, some 3-4 ms, before a loop whose timer went off gets
// its processor back; and a pool thread that a loop wakes with work may push the loop aside in the middle of sending.
// Each thread says here what it is, once. Where the system refuses, or the operator chose another policy for the
// process, nothing changes.
#ifndef KIN_IO_PRIORITY_H
#define KIN_IO_PRIORITY_H

// The calling thread runs a loop: short turns, taken at once (a slice of 0.1 ms, Linux 6.12; its share stays the same).
// Call it before the pool's first job.
void kin_priority_loop(void);

// The calling thread computes: its full share, but it waits for its turn (SCHED_BATCH, sched(7)). One system call in
// a thread's life, so that it may be called before every job.
void kin_priority_batch(void);

#endif
