// The picture behind what lies over it: panels let it shine through, darkened, where the terminal has the colours.
#ifndef TUI_OVERLAY_H
#define TUI_OVERLAY_H

#include "picture/picture.h"
#include "terminal/screen.h"

#define OVERLAYS_MAX 4
struct overlays {
    struct rect areas[OVERLAYS_MAX];
    size_t count;
};

void overlay_add(struct overlays *o, struct rect area); // beyond the limit: dropped

// Puts the picture in the middle of the area; of one that is larger, which has yet to be drawn in the new size, its
// middle. What the overlays hold has been drawn before and stays; with 16 million colours, their blank cells show the
// darkened picture, and text in the page's own colours stands on it.
void overlay_picture(struct screen *s, struct rect area, const struct picture *p, const struct overlays *o);

#endif
