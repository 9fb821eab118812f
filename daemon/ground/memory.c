// Parameters of malloc.
#include "ground/memory.h"

#include <malloc.h>

#define ARENAS 4              // glibc's default is eight for each processor, each with holes of its own
#define LARGE_BYTES (1 << 20) // mapped and unmapped one by one; most frames are smaller
#define TOP_BYTES (4 << 20)   // kept at the end of the heap, so that it does not grow and shrink all the time

void memory_set_up(void)
{
    (void)mallopt(M_ARENA_MAX, ARENAS);
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    (void)mallopt(M_TRIM_THRESHOLD, TOP_BYTES);
}

void memory_trim(void)
{
    (void)malloc_trim(0);
}
