// Parameters of malloc.
#include "ground/memory.h"

#include <malloc.h>

// malloc_trim() gives back the free end of the first heap only, and each further heap has holes of its own.
#define HEAPS 1
// Rewriting a 2160p frame takes 25 MB; mapping that anew for each frame would cost more than the rewriting itself. The
// heap keeps that much free at its end until memory_trim().
#define LARGE_BYTES (32 << 20) // mapped and unmapped one by one
#define TOP_BYTES (32 << 20)   // kept at its end

void memory_set_up(void)
{
    (void)mallopt(M_ARENA_MAX, HEAPS);
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    (void)mallopt(M_TRIM_THRESHOLD, TOP_BYTES);
}

void memory_trim(void)
{
    (void)malloc_trim(0);
}
