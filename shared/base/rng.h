// The one place that draws random numbers: getrandom(2), for identifiers that a peer must not guess.
#ifndef KIN_BASE_RNG_H
#define KIN_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

// Fills p with n unpredictable bytes. Aborts the process when the kernel has none to give, which on
// Linux after boot does not happen.
void kin_rng_bytes(void *p, size_t n);
uint32_t kin_rng_u32(void);

#endif
