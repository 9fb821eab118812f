// Feedback from the terminal and the processor to the quality of the picture.
#include "picture/governor.h"

#define LOOK_US (500 * KIN_US_PER_MS)
#define CALM_US (4 * KIN_US_PER_S) // without a drop before more is dared
#define SHARE_NUM 6                // symbols may take 6/10 of the time a frame lasts
#define SHARE_DEN 10
#define SAMPLES_FIRST 4 // that pay for making tables and do not count
#define SAMPLES_SOON 6  // are enough where one frame takes the time of two
#define SAMPLES_MIN 12

// Mean error per channel of what stays on the screen: 4 halves the bytes, 16 quarters them.
static const unsigned thresholds[] = {3, 5, 8, 12, 16, 24};
#define LEVEL_MAX (sizeof thresholds / sizeof *thresholds - 1)

void governor_terminal(struct governor *e, kin_us now, uint64_t dropped)
{
    if (now < e->checked + LOOK_US)
        return;
    bool lost = dropped > e->dropped;
    e->checked = now;
    e->dropped = dropped;
    if (lost) {
        e->level += e->level < LEVEL_MAX;
        e->quiet_from = now;
    } else if (now >= e->quiet_from + CALM_US) {
        e->level -= e->level > 0;
        e->quiet_from = now;
    }
}

void governor_rendered(struct governor *e, kin_us cost_us, kin_us interval_us)
{
    e->samples += e->samples < SAMPLES_MIN;
    if (e->samples <= SAMPLES_FIRST)
        return;
    e->cost_us = e->cost_us == 0 ? cost_us : (7 * e->cost_us + cost_us) / 8;
    if (interval_us <= 0)
        return;
    bool dear = e->samples == SAMPLES_MIN && e->cost_us * SHARE_DEN > interval_us * SHARE_NUM;
    bool hopeless = e->samples >= SAMPLES_SOON && e->cost_us > 2 * interval_us;
    e->too_slow |= dear || hopeless;
}

unsigned governor_threshold(const struct governor *e)
{
    return thresholds[e->level];
}

enum canvas_kind governor_kind(const struct governor *e)
{
    return e->too_slow ? CANVAS_HALF : CANVAS_SYMBOLS;
}
