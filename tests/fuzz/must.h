// Assertions of a fuzz target: a false one aborts it.
#ifndef FUZZ_MUST_H
#define FUZZ_MUST_H

#include <stdio.h>
#include <stdlib.h>

#include "base/span.h"

#define MUST(cond)                                                                                                     \
    do {                                                                                                               \
        if (!(cond)) {                                                                                                 \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond);                                         \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

// A span that was parsed out of `whole` lies inside it, or is empty.
static inline int fuzz_inside(struct kin_span whole, struct kin_span part)
{
    return part.p == NULL || (part.p >= whole.p && part.n <= whole.n && part.p + part.n <= whole.p + whole.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
