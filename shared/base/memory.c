// Parameters of malloc.
#include "base/memory.h"

#include <malloc.h>

// malloc_trim() gives back the free end of the first heap only, and each further heap has holes of its own.
#define HEAPS 1

void kin_memory_set_up(size_t kept)
{
    (void)mallopt(M_ARENA_MAX, HEAPS);
    (void)mallopt(M_MMAP_THRESHOLD, (int)kept);
    (void)mallopt(M_TRIM_THRESHOLD, (int)kept);
}

void kin_memory_trim(void)
{
    (void)malloc_trim(0);
}
