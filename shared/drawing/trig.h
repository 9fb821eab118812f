// Integer trigonometry for drawing: the same on every machine, and without the maths library.
#ifndef KIN_DRAWING_TRIG_H
#define KIN_DRAWING_TRIG_H

#include <stdint.h>

#define KIN_TRIG_TURN 4096u // steps of a full circle

// 1024 * sin(angle), off by at most 2. Any angle; only angle modulo KIN_TRIG_TURN counts.
int32_t kin_trig_sin(uint32_t angle);

// The direction of (dx, dy) in steps: 0 = up (dy < 0), growing clockwise; off by at most 3. 0 for (0, 0).
// |dx| and |dy| up to 2^18.
uint32_t kin_trig_angle(int32_t dx, int32_t dy);

// Square root, rounded down.
uint32_t kin_trig_sqrt(uint32_t v);

#endif
