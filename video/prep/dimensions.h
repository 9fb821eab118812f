// Picture sizes: derives the output's from the requested one and the film's.
#ifndef PREP_DIMENSIONS_H
#define PREP_DIMENSIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "drawing/picture.h"

#define DIMENSIONS_MAX KIN_PICTURE_MAX_SIDE

struct dimensions {
    uint32_t width, height; // pixels; 0 in a requested size: follows from the film's shape
};

// "1280x720", "1280x-", "-x720" ("0" means "-"). False for anything else, for two open sides, and above DIMENSIONS_MAX.
bool dimensions_parse(const char *text, struct dimensions *ret);

// The size of the output: the requested one, with an open side computed from the film's shape. Pixels that are not
// square (aspect_num wide by aspect_den high; 0 = unknown) are made square by widening or narrowing the picture.
// KIN_OK, or KIN_ERANGE when a side would exceed DIMENSIONS_MAX.
int dimensions_make(struct dimensions requested, struct dimensions film, uint32_t aspect_num, uint32_t aspect_den,
                    struct dimensions *ret);

#endif
