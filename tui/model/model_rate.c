// The player's speed: the steps of its keys, and which way it goes.
#include <math.h>

#include "model/model.h"

static const double rates[] = {0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 4, 8, 16};
#define RATES (sizeof rates / sizeof rates[0])

void rate_set(struct model *m, double rate)
{
    m->rate = rate;
    if (m->session != NULL) {
        session_set_rate(m->session, rate);
        m->rate = session_rate(m->session);
    }
    model_say(m, false, m->rate < 0 ? "Speed: %g, backward." : "Speed: %g.", fabs(m->rate));
}

static void set_size(struct model *m, double size)
{
    rate_set(m, m->rate < 0 ? -size : size);
}

void rate_slower(struct model *m)
{
    size_t i = RATES - 1;
    while (i > 0 && rates[i] >= fabs(m->rate))
        i--;
    set_size(m, rates[i]);
}

void rate_faster(struct model *m)
{
    size_t i = 0;
    while (i < RATES - 1 && rates[i] <= fabs(m->rate))
        i++;
    set_size(m, rates[i]);
}

void rate_scale(struct model *m, double factor)
{
    set_size(m, fmin(fmax(fabs(m->rate) * factor, SESSION_RATE_MIN), SESSION_RATE_MAX));
}

void rate_turn(struct model *m)
{
    rate_set(m, -m->rate);
}
