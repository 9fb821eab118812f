// How the process asks the system for memory and gives it back (malloc(3) of glibc).
#ifndef KIN_BASE_MEMORY_H
#define KIN_BASE_MEMORY_H

#include <stddef.h>

// Before any thread is started. All threads share one heap, whose free end is kept up to `kept` bytes, and from which
// all blocks up to that size come: no page of theirs is mapped anew for each frame.
void kin_memory_set_up(size_t kept);
// Returns free memory to the system. Takes milliseconds: never on a loop.
void kin_memory_trim(void);

#endif
