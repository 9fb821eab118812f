// Rate and round trip of the line to the terminal.
#include "terminal/drain.h"

#include <string.h>

#define PERIOD_US (5 * KIN_US_PER_S)
#define LEAST_US (KIN_US_PER_MS / 4) // shorter times are noise
#define FILL_NUM 4 // screens take 4/5 of what the line does in their time, so that what waits on it goes away
#define FILL_DEN 5
#define FULL_NUM 3 // a screen of 3/4 of its budget is full
#define FULL_DEN 4
#define LATE_PART 8                   // of an interval: less is noise
#define CEILING_US (4 * KIN_US_PER_S) // for so long a measured rate is believed
#define RISE 1.5                      // of the rate, by one measurement
#define INTERVAL_DEFAULT_US (40 * KIN_US_PER_MS)

static kin_us interval_of(const struct drain *d)
{
    return d->interval > 0 ? d->interval : INTERVAL_DEFAULT_US;
}

void drain_set_interval(struct drain *d, kin_us interval)
{
    kin_us at_least = interval < DRAIN_INTERVAL_MIN_US ? DRAIN_INTERVAL_MIN_US : interval;
    d->interval = interval <= 0 ? 0 : kin_us_min(at_least, DRAIN_INTERVAL_MAX_US);
}

bool drain_query(struct drain *d, kin_us now, size_t bytes)
{
    if (d->count == DRAIN_QUERIES_MAX)
        return false;
    d->queries[d->count].at = now;
    d->queries[d->count].full = bytes >= drain_budget(d) * FULL_NUM / FULL_DEN;
    d->queries[d->count++].bytes = bytes;
    return true;
}

void drain_drop(struct drain *d)
{
    d->count = 0;
}

static void note_rtt(struct drain *d, kin_us now, kin_us rtt)
{
    rtt = rtt < 1 ? 1 : rtt;
    if (now >= d->period_from + PERIOD_US) {
        d->period_rtt[1] = d->period_rtt[0];
        d->period_rtt[0] = 0;
        d->period_from = now;
    }
    kin_us *least = &d->period_rtt[0];
    *least = *least == 0 || rtt < *least ? rtt : *least;
    d->least_rtt = d->period_rtt[1] != 0 && d->period_rtt[1] < *least ? d->period_rtt[1] : *least;
    d->rtt = d->rtt == 0 ? rtt : (7 * d->rtt + rtt) / 8;
}

// The line was busy with these bytes for so long.
static void measured(struct drain *d, kin_us now, size_t bytes, kin_us took)
{
    double rate = (double)bytes * KIN_US_PER_S / (double)(took < LEAST_US ? LEAST_US : took);
    if (d->rate > 0 && rate > RISE * d->rate) // answers that come together seem to tell of a line of any speed
        rate = RISE * d->rate;
    d->rate = d->rate <= 0 ? rate : rate < d->rate ? (d->rate + 3 * rate) / 4 : (d->rate + rate) / 2;
    d->ceiling = rate;
    d->ceiling_at = now;
}

// Nothing had to wait: more may be sent, up to the rate last measured, and a little beyond it once that is long ago.
// What then takes no longer than before shows that the line has become faster.
static void raise_rate(struct drain *d, kin_us now)
{
    d->raised_at = now;
    if (d->rate <= 0)
        d->rate = (double)drain_budget(d) * KIN_US_PER_S / (double)interval_of(d);
    if (d->ceiling > 0 && d->rate > 1.15 * d->ceiling)
        d->ceiling = 0;
    if (d->ceiling <= 0)
        d->rate *= 2;
    else if (d->rate < d->ceiling)
        d->rate = 2 * d->rate < d->ceiling ? 2 * d->rate : d->ceiling;
    else if (now >= d->ceiling_at + CEILING_US)
        d->rate *= 1.1;
}

static bool is_trying(const struct drain *d)
{
    return d->ceiling > 0 && d->rate > d->ceiling;
}

// The line is no faster than it was.
static void end_trial(struct drain *d, kin_us now)
{
    d->rate = d->ceiling;
    d->ceiling_at = now;
}

void drain_answer(struct drain *d, kin_us now)
{
    if (d->count == 0)
        return;
    kin_us sent = d->queries[0].at, before = d->answered;
    size_t bytes = d->queries[0].bytes;
    bool full = d->queries[0].full;
    d->count--;
    memmove(d->queries, d->queries + 1, d->count * sizeof *d->queries);
    d->answered = now;
    kin_us least = d->least_rtt;
    if (least > 0 && bytes > 0 && before >= sent + least)
        measured(d, now, bytes, now - before);
    else if (is_trying(d) && now - sent > least + interval_of(d) / LATE_PART)
        end_trial(d, now);
    else if (full && sent >= d->raised_at)
        raise_rate(d, now);
    note_rtt(d, now, now - sent);
}

// How many screens the round trip holds.
static unsigned in_flight(const struct drain *d)
{
    kin_us n = (d->least_rtt + interval_of(d) - 1) / interval_of(d);
    return n < DRAIN_QUERIES_MAX - DRAIN_SCREENS ? (unsigned)n : DRAIN_QUERIES_MAX - DRAIN_SCREENS;
}

bool drain_ready(const struct drain *d, kin_us now)
{
    unsigned waiting = 0; // on the line for longer than an idle one holds them
    for (unsigned i = 0; i < d->count; i++)
        waiting += now >= d->queries[i].at + d->least_rtt;
    return waiting < DRAIN_SCREENS && d->count < DRAIN_SCREENS + in_flight(d);
}

size_t drain_budget(const struct drain *d)
{
    if (d->rate <= 0)
        return DRAIN_BYTES_FIRST;
    double bytes = d->rate * (double)interval_of(d) * FILL_NUM / FILL_DEN / KIN_US_PER_S;
    return bytes < DRAIN_BYTES_MIN ? DRAIN_BYTES_MIN : bytes > (double)(SIZE_MAX / 4) ? SIZE_MAX / 4 : (size_t)bytes;
}
