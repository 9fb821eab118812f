// The SGR that is in force in the terminal, and the fewest bytes that change it (ECMA-48 8.3.117).
#ifndef TUI_PEN_H
#define TUI_PEN_H

#include "base/wr.h"
#include "terminal/screen.h"

struct pen {
    struct style style;
    bool known;
};

// Sets what differs from the style in force. With `any_fg` the foreground does not matter.
void pen_set(struct pen *p, const struct style *want, bool any_fg, struct kin_wr *out);

// Puts the cell of a picture, exactly or with colours that are off by at most `tolerance` (color.h) where that saves
// bytes: a colour in force stays, one of the 256 stands for a direct one, an inverted glyph takes both colours in
// force, and a cell of two nearly equal colours is a blank. *c becomes what is drawn; its samples move with its
// colours.
void pen_approximate(const struct pen *p, unsigned tolerance, struct cell *c);

#endif
