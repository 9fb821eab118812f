// By how much a sender's clock is faster than ours.
#include "engine/play/clock_drift.h"

#include <string.h>

#define SLOPES_MAX (KIN_CLOCK_DRIFT_WINDOWS - KIN_CLOCK_DRIFT_WINDOWS / 2)

void kin_clock_drift_restart(struct kin_clock_drift *d)
{
    *d = (struct kin_clock_drift){.known = d->known, .ppm = d->ppm};
}

static void insert(kin_us *sorted, unsigned count, kin_us value)
{
    unsigned i = count;
    for (; i > 0 && sorted[i - 1] > value; i--)
        sorted[i] = sorted[i - 1];
    sorted[i] = value;
}

// The median of what the transit grew by over half of the windows.
static kin_us growth(const struct kin_clock_drift *d)
{
    kin_us sorted[SLOPES_MAX];
    unsigned half = d->count / 2, slopes = d->count - half;
    for (unsigned i = 0; i < slopes; i++)
        insert(sorted, i, d->windows[i + half] - d->windows[i]);
    return (sorted[(slopes - 1) / 2] + sorted[slopes / 2]) / 2;
}

static void estimate(struct kin_clock_drift *d)
{
    kin_us span = d->count / 2 * KIN_CLOCK_DRIFT_WINDOW_US;
    kin_us ppm = -growth(d) * KIN_US_PER_S / span;
    if (ppm > KIN_CLOCK_DRIFT_MAX_PPM || ppm < -KIN_CLOCK_DRIFT_MAX_PPM)
        return;
    d->known = true;
    d->ppm = (int32_t)ppm;
}

static void add_window(struct kin_clock_drift *d)
{
    if (d->count == KIN_CLOCK_DRIFT_WINDOWS)
        memmove(d->windows, d->windows + 1, --d->count * sizeof d->windows[0]);
    d->windows[d->count++] = d->least;
    if (d->count >= KIN_CLOCK_DRIFT_WINDOWS_MIN)
        estimate(d);
}

static bool has_leapt(const struct kin_clock_drift *d)
{
    kin_us by = d->count > 0 ? d->least - d->windows[d->count - 1] : 0;
    return by > KIN_CLOCK_DRIFT_LEAP_US || by < -KIN_CLOCK_DRIFT_LEAP_US;
}

// The frame at `at` belongs to a later window. One without a frame breaks the row of windows.
static void next_window(struct kin_clock_drift *d, kin_us at)
{
    bool gap = at - d->window_at >= 2 * KIN_CLOCK_DRIFT_WINDOW_US;
    if (gap || has_leapt(d)) {
        kin_clock_drift_restart(d);
        return;
    }
    if (!d->skips)
        add_window(d);
    d->skips = d->has_least = false;
    d->window_at += KIN_CLOCK_DRIFT_WINDOW_US;
}

static void begin(struct kin_clock_drift *d, kin_us at, int64_t ts)
{
    d->begun = d->skips = true;
    d->first_at = d->window_at = at;
    d->first_ts = ts;
}

void kin_clock_drift_frame(struct kin_clock_drift *d, kin_us at, int64_t ts)
{
    if (d->begun && at - d->window_at >= KIN_CLOCK_DRIFT_WINDOW_US)
        next_window(d, at);
    if (!d->begun)
        begin(d, at, ts);
    kin_us transit = at - d->first_at - kin_us_from_ts(ts - d->first_ts);
    d->least = d->has_least ? kin_us_min(d->least, transit) : transit;
    d->has_least = true;
}
