// How the process asks the system for memory and gives it back (malloc(3) of glibc).
#ifndef DAEMON_MEMORY_H
#define DAEMON_MEMORY_H

// Before any thread is started. All threads share one heap, so that the process gives the memory of a rush of frames or
// conversions back.
void memory_set_up(void);
// Returns free memory to the system. Takes milliseconds: never on a loop.
void memory_trim(void);

#endif
