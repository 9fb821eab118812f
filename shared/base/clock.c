// The one place that reads clocks.
#include "base/clock.h"

#include <time.h>

static int64_t read_us(clockid_t id)
{
    struct timespec t = {0, 0};
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * KIN_US_PER_S + t.tv_nsec / 1000;
}

kin_us kin_clock_mono_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

kin_us kin_clock_asleep_us(void)
{
    return read_us(CLOCK_BOOTTIME) - read_us(CLOCK_MONOTONIC);
}

kin_us kin_clock_cpu_us(void)
{
    return read_us(CLOCK_THREAD_CPUTIME_ID);
}

int64_t kin_clock_unix_us(void)
{
    return read_us(CLOCK_REALTIME);
}
