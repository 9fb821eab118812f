// How long a picture has stood still.
#include "engine/play/standstill.h"

void kin_standstill_begin(struct kin_standstill *s, kin_us at)
{
    if (s->stands)
        return;
    s->stands = true;
    s->since = at;
}

void kin_standstill_end(struct kin_standstill *s, kin_us now)
{
    s->over = kin_standstill_us(s, now);
    s->stands = false;
}

kin_us kin_standstill_us(const struct kin_standstill *s, kin_us now)
{
    return s->over + (s->stands ? kin_us_max(now - s->since, 0) : 0);
}
