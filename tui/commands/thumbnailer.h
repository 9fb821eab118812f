// Makes the thumbnails of the library off the loop, one at a time, with a decoder of its own: between the model, which
// fetches and keeps them, and the compositor, which knows the screen.
#ifndef TUI_THUMBNAILER_H
#define TUI_THUMBNAILER_H

#include "commands/compositor.h"

struct thumbnailer {
    struct model *model;
    struct picture_maker *maker;
    uint64_t key; // of the one that is being made
};

// KIN_OK or KIN_ENOMEM. The model is borrowed.
int thumbnailer_init(struct thumbnailer *t, struct model *m);
void thumbnailer_deinit(struct thumbnailer *t);

// Once a turn, after the compositor's: starts the next one if there is one to be made. Returns when the model has
// something to do that it did not know of in this turn.
kin_us thumbnailer_turn(struct thumbnailer *t, kin_us now, const struct compositor *c);

#endif
