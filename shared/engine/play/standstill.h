// How long a picture has stood still for want of frames, in all. Pure.
#ifndef KIN_ENGINE_STANDSTILL_H
#define KIN_ENGINE_STANDSTILL_H

#include <stdbool.h>

#include "base/time.h"

struct kin_standstill { // all 0 at first
    bool stands;
    kin_us since; // while it stands
    kin_us over;  // standstills that are over, together
};

void kin_standstill_begin(struct kin_standstill *s, kin_us at); // the next picture was due then; one that began goes on
void kin_standstill_end(struct kin_standstill *s, kin_us now);  // it moves again, or not for want of frames it stands
kin_us kin_standstill_us(const struct kin_standstill *s, kin_us now); // in all, until now

#endif
