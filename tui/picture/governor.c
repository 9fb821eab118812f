// Costs of pictures, and what follows from them.
#include "picture/governor.h"

#include <string.h>

#define SHARE_NUM 6 // a picture may take 6/10 of the time it lasts
#define SHARE_DEN 10
#define SAMPLES_FIRST 3 // include one-time setup: not counted
#define SAMPLES_MIN 10  // before a rung is judged
#define HOPELESS_MAX 3  // pictures of twice what is allowed say enough
#define EXCESS_MAX 1.25 // a picture may take so many times the bytes that it was made for
#define EXCESS_HOPELESS 3
#define RETRY_START_US (300 * KIN_US_PER_MS) // of what was not begun with
#define RETRY_FIRST_US (4 * KIN_US_PER_S)
#define RETRY_MAX_US (64 * KIN_US_PER_S)
#define CALM_US (10 * KIN_US_PER_S) // a rung that was held for so long was no mistake

void governor_set_rungs(struct governor *g, kin_us now, const size_t needed[], unsigned rungs)
{
    if (g->rungs == rungs && memcmp(g->needed, needed, rungs * sizeof *needed) == 0)
        return;
    *g = (struct governor){.rungs = rungs, .since = now, .retry_after = RETRY_FIRST_US};
    memcpy(g->needed, needed, rungs * sizeof *needed);
    while (g->needed[g->rung] > 0 && g->rung + 1 < rungs)
        g->rung++;
    if (g->rung > 0) {
        g->retry_after = RETRY_START_US;
        g->reason = GOVERNOR_TERMINAL;
    }
}

static void take(struct governor *g, kin_us now, unsigned rung)
{
    g->rung = rung;
    g->since = now;
    g->cost_us = 0;
    g->excess = 0;
    g->samples = g->hopeless = 0;
}

static void step_down(struct governor *g, kin_us now, enum governor_reason reason)
{
    if (g->rung + 1 >= g->rungs)
        return;
    bool was_trial = g->raised && now < g->since + CALM_US;
    g->retry_after = was_trial ? kin_us_min(2 * g->retry_after, RETRY_MAX_US) : RETRY_FIRST_US;
    g->reason = reason;
    g->raised = false;
    take(g, now, g->rung + 1);
}

static void step_up(struct governor *g, kin_us now)
{
    take(g, now, g->rung - 1);
    g->raised = true;
    if (g->rung == 0)
        g->reason = GOVERNOR_BEST;
}

static bool takes_too_long(kin_us cost, kin_us interval, kin_us factor)
{
    return interval > 0 && cost * SHARE_DEN > factor * interval * SHARE_NUM;
}

static double excess_of(const struct governor_sample *s)
{
    return s->measured && s->budget > 0 ? (double)s->bytes / (double)s->budget : 0;
}

static void smooth(struct governor *g, const struct governor_sample *s)
{
    bool first = g->samples == SAMPLES_FIRST + 1;
    g->cost_us = first ? s->cost_us : (7 * g->cost_us + s->cost_us) / 8;
    g->excess = first ? excess_of(s) : (7 * g->excess + excess_of(s)) / 8;
}

void governor_made(struct governor *g, kin_us now, const struct governor_sample *s)
{
    if (g->rung > 0 && now >= g->since + g->retry_after && s->budget >= g->needed[g->rung - 1]) {
        step_up(g, now);
        return;
    }
    g->samples += g->samples < SAMPLES_MIN + SAMPLES_FIRST;
    if (g->samples <= SAMPLES_FIRST)
        return;
    smooth(g, s);
    bool slow_now = takes_too_long(s->cost_us, s->interval, 2), large_now = excess_of(s) > EXCESS_HOPELESS;
    g->hopeless = slow_now || large_now ? g->hopeless + 1 : 0;
    bool judged = g->samples >= SAMPLES_MIN + SAMPLES_FIRST;
    if (g->hopeless >= HOPELESS_MAX)
        step_down(g, now, slow_now ? GOVERNOR_PROCESSOR : GOVERNOR_TERMINAL);
    else if (judged && takes_too_long(g->cost_us, s->interval, 1))
        step_down(g, now, GOVERNOR_PROCESSOR);
    else if (judged && g->excess > EXCESS_MAX)
        step_down(g, now, GOVERNOR_TERMINAL);
}
