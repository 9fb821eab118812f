// Rate and round trip of the line to the terminal.
#include "terminal/drain.h"

#include <string.h>

#define PERIOD_US (5 * KIN_US_PER_S)
#define LEAST_US (KIN_US_PER_MS / 4) // shorter times are noise
#define FILL_NUM 4 // screens take 4/5 of what the line does in their time, so that what waits on it goes away
#define FILL_DEN 5
#define FULL_PART 2                 // a screen of half its budget is full: images have steps
#define LARGE_US (2 * KIN_US_PER_S) // what the largest screen took is believed for so long
#define FLOOR_US (20 * KIN_US_PER_S)
#define LATE_PART 8                   // of an interval: less is noise
#define CEILING_US (4 * KIN_US_PER_S) // for so long a measured rate is believed
#define RISE 1.5                      // of the rate, by one measurement
#define FALL 4                        // times a rate that has been measured
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

// Bytes of a screen, without regard to those before.
static size_t share(const struct drain *d)
{
    double rate = d->most > 0 && (d->rate <= 0 || d->rate > d->most) ? d->most : d->rate;
    if (rate <= 0)
        return DRAIN_BYTES_FIRST;
    double bytes = rate * (double)interval_of(d) * FILL_NUM / FILL_DEN / KIN_US_PER_S;
    if (bytes < (double)d->floor && d->most <= 0)
        return d->floor;
    return bytes < DRAIN_BYTES_MIN ? DRAIN_BYTES_MIN : bytes > (double)(SIZE_MAX / 4) ? SIZE_MAX / 4 : (size_t)bytes;
}

bool drain_query(struct drain *d, kin_us now, size_t bytes)
{
    if (d->count == DRAIN_QUERIES_MAX)
        return false;
    d->queries[d->count].at = now;
    d->queries[d->count].full = bytes >= drain_budget(d) / FULL_PART;
    d->queries[d->count++].bytes = bytes;
    size_t due = share(d), owed = d->debt + bytes;
    d->debt = owed < due ? 0 : owed - due < 2 * due ? owed - due : 2 * due;
    return true;
}

void drain_forget_rate(struct drain *d)
{
    d->ceiling = d->trial_from = 0;
    d->floor = d->large_bytes = 0;
}

void drain_drop(struct drain *d)
{
    d->count = 0;
}

void drain_take_back(struct drain *d)
{
    d->count -= d->count > 0;
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

// Some terminals take time for each screen, whatever its size: fewer bytes do not help. When screens of a quarter of
// the size have twice taken as long, shortly after, they do not become smaller than that for a while.
static void watch_size(struct drain *d, kin_us now, size_t bytes, kin_us took)
{
    if (d->floor > 0 && now > d->floor_at + FLOOR_US)
        d->floor = 0;
    if (bytes > d->large_bytes || now > d->large_at + LARGE_US) {
        d->large_bytes = bytes;
        d->large_took = took;
        d->large_at = now;
        d->no_faster = 0;
    } else if (bytes <= d->large_bytes / 4) {
        bool as_long = took * 4 >= d->large_took * 3 && took * 2 <= d->large_took * 3;
        d->no_faster = as_long ? d->no_faster + 1 : 0;
        if (d->no_faster < 2)
            return;
        d->floor = d->large_bytes / 2;
        d->floor_at = now;
    }
}

// The line was busy with these bytes for so long.
static void measured(struct drain *d, kin_us now, size_t bytes, kin_us took)
{
    double rate = (double)bytes * KIN_US_PER_S / (double)(took < LEAST_US ? LEAST_US : took);
    if (d->rate > 0 && rate > RISE * d->rate) // answers that come together seem to tell of a line of any speed
        rate = RISE * d->rate;
    watch_size(d, now, bytes, took);
    if (d->rate > FALL * rate) // a line that has become so slow is not to be flooded once more
        d->rate = FALL * rate;
    d->rate = d->rate <= 0 ? rate : rate < d->rate ? (d->rate + 3 * rate) / 4 : (d->rate + rate) / 2;
    d->ceiling = rate;
    d->ceiling_at = now;
    d->trial_from = 0;
}

// Nothing had to wait: more may be sent, up to the rate last measured, and a little beyond it once that is long ago.
// What then takes no longer than before shows that the line has become faster.
static void raise_rate(struct drain *d, kin_us now)
{
    d->raised_at = now;
    if (d->rate <= 0)
        d->rate = (double)drain_budget(d) * KIN_US_PER_S / (double)interval_of(d);
    if (d->rate > 1.15 * d->ceiling && d->ceiling > 0)
        d->ceiling = d->rate;
    if (d->ceiling <= 0)
        d->rate *= 2;
    else if (d->rate < d->ceiling)
        d->rate = 2 * d->rate < d->ceiling ? 2 * d->rate : d->ceiling;
    else if (now >= d->ceiling_at + CEILING_US) {
        d->trial_from = d->trial_from > 0 ? d->trial_from : d->ceiling;
        d->rate *= 1.2;
    }
}

// How much longer a screen takes if the line is no faster than before the trial: half of that says so.
static kin_us trial_patience(const struct drain *d, size_t bytes)
{
    double more = (double)bytes - d->trial_from * (double)interval_of(d) * FILL_NUM / FILL_DEN / KIN_US_PER_S;
    kin_us half = (kin_us)(more / d->trial_from * KIN_US_PER_S / 2);
    return kin_us_max(half, interval_of(d) / LATE_PART);
}

// The line is no faster than it was.
static void end_trial(struct drain *d, kin_us now)
{
    d->rate = d->ceiling;
    d->ceiling_at = now;
    d->trial_from = 0;
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
    else if (d->trial_from > 0 && now - sent > least + trial_patience(d, bytes))
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
    size_t bytes = share(d);
    return bytes - (d->debt < bytes / 2 ? d->debt : bytes / 2);
}
