// Integer trigonometry: Bhaskara's sine, a quadratic arc tangent, and a bitwise square root.
#include "drawing/trig.h"

#include <stdlib.h>

int32_t kin_trig_sin(uint32_t angle)
{
    const uint32_t half = KIN_TRIG_TURN / 2;
    uint32_t x = angle % half;
    int32_t p = (int32_t)(x * (half - x));
    int32_t v = (int32_t)(INT64_C(1024) * 16 * p / (5 * (int32_t)(half * half) - 4 * p));
    return angle % KIN_TRIG_TURN < half ? v : -v;
}

// atan(small / large) for 0 <= small <= large, large > 0, in steps.
static uint32_t first_octant(int32_t small, int32_t large)
{
    int32_t z = small * 4096 / large;
    return (uint32_t)(z * (512 + 178 * (4096 - z) / 4096) / 4096);
}

uint32_t kin_trig_angle(int32_t dx, int32_t dy)
{
    const uint32_t quarter = KIN_TRIG_TURN / 4;
    int32_t ax = abs(dx), ay = abs(dy);
    if (ax == 0 && ay == 0)
        return 0;
    uint32_t from_up = ax <= ay ? first_octant(ax, ay) : quarter - first_octant(ay, ax);
    uint32_t right = dy <= 0 ? from_up : 2 * quarter - from_up;
    return dx >= 0 ? right : (KIN_TRIG_TURN - right) % KIN_TRIG_TURN;
}

uint32_t kin_trig_sqrt(uint32_t v)
{
    uint32_t root = 0;
    for (uint32_t bit = UINT32_C(1) << 15; bit != 0; bit >>= 1) {
        uint32_t next = root | bit;
        if ((uint64_t)next * next <= v)
            root = next;
    }
    return root;
}
