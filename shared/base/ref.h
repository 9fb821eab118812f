// Reference count of an object that several threads share. Embedded in that object; whoever drops the last reference
// frees it.
#ifndef KIN_BASE_REF_H
#define KIN_BASE_REF_H

#include <stdbool.h>

#include "base/atomic.h"

struct kin_ref {
    atomic_uint count;
};

// Starts with one reference, the caller's.
static inline void kin_ref_init(struct kin_ref *r)
{
    atomic_init(&r->count, 1u);
}

// One more reference. The caller must hold one already.
static inline void kin_ref_add(struct kin_ref *r)
{
    atomic_fetch_add_explicit(&r->count, 1u, memory_order_relaxed);
}

// Drops a reference. True: it was the last one, and what others did before they dropped theirs is visible here.
static inline bool kin_ref_drop(struct kin_ref *r)
{
    return atomic_fetch_sub_explicit(&r->count, 1u, memory_order_acq_rel) == 1;
}

// False: the caller's reference is the only one. It stays so if nobody else can get one.
static inline bool kin_ref_is_shared(const struct kin_ref *r)
{
    return atomic_load_explicit(&r->count, memory_order_acquire) > 1;
}

#endif
