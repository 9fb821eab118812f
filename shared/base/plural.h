// The plural ending of an English noun after its count: "%u frame%s".
#ifndef KIN_BASE_PLURAL_H
#define KIN_BASE_PLURAL_H

#include <stdint.h>

static inline const char *kin_plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

#endif
