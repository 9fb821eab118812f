// Feedback from the terminal and the processor to the quality of the picture.
#include "picture/governor.h"

#define CHECK_EVERY_US (500 * KIN_US_PER_MS)
#define CALM_US (4 * KIN_US_PER_S) // without a drop, before the quality rises
#define SHARE_NUM 6                // symbols may take 6/10 of the time a frame lasts
#define SHARE_DEN 10
#define SAMPLES_FIRST 4 // include one-time setup: not counted
#define SAMPLES_SOON 6  // are enough when a frame costs two intervals
#define SAMPLES_MIN 12

// Mean error per channel of what stays on the screen: 4 halves the bytes, 16 quarters them.
static const unsigned thresholds[] = {3, 5, 8, 12, 16, 24};
#define LEVEL_MAX (sizeof thresholds / sizeof *thresholds - 1)

void governor_terminal(struct governor *g, kin_us now, uint64_t dropped)
{
    if (now < g->checked + CHECK_EVERY_US)
        return;
    bool lost = dropped > g->dropped;
    g->checked = now;
    g->dropped = dropped;
    if (lost) {
        g->level += g->level < LEVEL_MAX;
        g->quiet_from = now;
    } else if (now >= g->quiet_from + CALM_US) {
        g->level -= g->level > 0;
        g->quiet_from = now;
    }
}

void governor_rendered(struct governor *g, kin_us cost_us, kin_us interval_us)
{
    g->samples += g->samples < SAMPLES_MIN;
    if (g->samples <= SAMPLES_FIRST)
        return;
    g->cost_us = g->cost_us == 0 ? cost_us : (7 * g->cost_us + cost_us) / 8;
    if (interval_us <= 0)
        return;
    bool over_share = g->samples == SAMPLES_MIN && g->cost_us * SHARE_DEN > interval_us * SHARE_NUM;
    bool far_over = g->samples >= SAMPLES_SOON && g->cost_us > 2 * interval_us;
    g->too_slow |= over_share || far_over;
}

unsigned governor_threshold(const struct governor *g)
{
    return thresholds[g->level];
}

enum canvas_kind governor_kind(const struct governor *g)
{
    return g->too_slow ? CANVAS_HALF : CANVAS_SYMBOLS;
}
