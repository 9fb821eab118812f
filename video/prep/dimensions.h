// Sizes of pictures: what was asked for, what the film has, and what comes of both.
#ifndef PREP_DIMENSIONS_H
#define PREP_DIMENSIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "drawing/picture.h"

#define DIMENSIONS_MAX KIN_PICTURE_MAX_SIDE

struct dimensions {
    uint32_t width, height; // 0 in a wish: as the film's shape wants it
};

// "1280x720", "1280x-", "-x720" ("0" is "-"). False on anything else, on two open sides, and above DIMENSIONS_MAX.
bool dimensions_parse(const char *text, struct dimensions *ret);

// The size to make: what is wished for, an open side by the film's shape. Pixels that are not square (aspect_num wide
// by aspect_den high; 0 = unknown) become square ones by widening or narrowing the picture. KIN_OK or KIN_ERANGE when a
// side comes to more than DIMENSIONS_MAX.
int dimensions_make(struct dimensions requested, struct dimensions film, uint32_t aspect_num, uint32_t aspect_den,
                    struct dimensions *ret);

#endif
