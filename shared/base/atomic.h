// C's atomic types, in headers that C++ can read as well.
#ifndef KIN_BASE_ATOMIC_H
#define KIN_BASE_ATOMIC_H

#ifdef __cplusplus
#include <atomic>
using std::atomic_bool;
using std::atomic_llong;
using std::atomic_uint;
using std::atomic_ullong;
using std::memory_order_acq_rel;
using std::memory_order_acquire;
using std::memory_order_relaxed;
#else
#include <stdatomic.h>
#endif

#endif
