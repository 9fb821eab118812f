// The one place that reads clocks. Shells read time once per loop turn and pass it down.
#ifndef KIN_BASE_CLOCK_H
#define KIN_BASE_CLOCK_H

#include "base/time.h"

kin_us kin_clock_mono_us(void);   // CLOCK_MONOTONIC
kin_us kin_clock_asleep_us(void); // how long the machine has slept: CLOCK_MONOTONIC stands still meanwhile
kin_us kin_clock_cpu_us(void);    // CLOCK_THREAD_CPUTIME_ID: CPU time of this thread
int64_t kin_clock_unix_us(void);  // CLOCK_REALTIME, microseconds since 1970

#endif
