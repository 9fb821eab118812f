// Random numbers from the kernel.
#include "base/rng.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void kin_rng_bytes(void *p, size_t n)
{
    uint8_t *at = (uint8_t *)p;
    while (n > 0) {
        ssize_t got = getrandom(at, n, 0);
        if (got < 0 && errno != EINTR)
            abort();
        if (got > 0) {
            at += got;
            n -= (size_t)got;
        }
    }
}

uint32_t kin_rng_u32(void)
{
    uint32_t v;
    kin_rng_bytes(&v, sizeof v);
    return v;
}
