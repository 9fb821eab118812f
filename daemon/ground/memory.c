// Parameters of malloc.
#include "ground/memory.h"

#include <malloc.h>

#define ARENAS 4 // glibc's default is eight for each processor, each with holes of its own
// Rewriting a 2160p frame takes 25 MB; mapping that anew for each frame would cost more than the rewriting itself. The
// heaps keep that much free at their end until memory_trim().
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
