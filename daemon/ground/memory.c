// Parameters of malloc.
#include "ground/memory.h"

#include <malloc.h>

#define ARENAS 4 // glibc's default is eight for each processor, each with holes of its own
// What rewriting a frame of 2160p takes is 25 MB, and mapping it anew for each frame costs more than the rewriting. The
// heaps keep so much at their end until memory_trim().
#define LARGE_BYTES (32 << 20) // mapped and unmapped one by one
#define TOP_BYTES (32 << 20)   // kept at the end of a heap

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
