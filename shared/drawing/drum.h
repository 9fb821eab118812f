// The kinora's wheel of picture leaves, seen from the side, with a second hand in front of it.
#ifndef KIN_DRAWING_DRUM_H
#define KIN_DRAWING_DRUM_H

#include "drawing/picture.h"

struct kin_drum {
    uint32_t side;  // of the square that holds the wheel, even
    uint16_t *map;  // owned; side * side: the zone and the angle of each pixel
    uint8_t *shade; // owned; luma, cb and cr for each value of the map, computed for each frame
};

// Computes the map. side >= 2. KIN_OK or KIN_ENOMEM; _deinit accepts a zeroed or half-built drum.
int kin_drum_init(struct kin_drum *d, uint32_t side);
void kin_drum_deinit(struct kin_drum *d);

// Draws it with its upper left corner at x, y (both even), turned by `wheel`, the hand at `hand` (drawing/trig.h).
void kin_drum_draw(struct kin_drum *d, struct kin_picture *p, uint32_t x, uint32_t y, uint32_t wheel, uint32_t hand);

#endif
