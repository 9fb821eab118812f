// The kitty graphics protocol (sw.kovidgoyal.net/kitty/graphics-protocol): pictures as PNG in the escape sequence, or
// in shared memory where the terminal is on this machine.
//
// On the screen an image lies over the cells, which keep their text beneath it; it is removed by kitty_delete(), not by
// overwriting it. The cursor stays where it was. Frames replace each other without flicker: two ids alternate, and each
// frame is placed before the one it replaces is deleted.
//
// In tmux sequences go through its passthrough (allow-passthrough on), the image is a virtual one that the placeholders
// of kitty_placeholders() show, and each frame replaces the data behind the same id.
#ifndef TUI_KITTY_H
#define TUI_KITTY_H

#include "picture/image.h"

#define KITTY_FIRST_ID_MIN 16 // smaller ones are colours that users may have changed
#define KITTY_FIRST_ID_MAX 254

struct kitty_settings {
    unsigned first_id; // KITTY_FIRST_ID_MIN..MAX: the next one is used as well. Programs that share a terminal differ
    bool tmux;
    bool local; // the terminal can read our shared memory
};

struct kitty;

// KIN_OK (caller owns) or KIN_ENOMEM.
int kitty_new(const struct kitty_settings *settings, struct kitty **ret);
// Accepts NULL. Unlinks shared memory that the terminal has not read yet: first wait for it to have read the output.
void kitty_free(struct kitty *k);

// Appends the sequence that shows q->pixels, scaled by the terminal. Where it takes more bytes than the budget, the
// next one has fewer bits a sample. KIN_OK, KIN_EINVAL, KIN_ENOMEM, KIN_ELIMIT (nothing is appended).
int kitty_encode(struct kitty *k, const struct image_request *q, struct image_bytes *out);

// The cells of a virtual image: text that stands until something else is written there. Wanted once for each place and
// size. Moves the cursor. The same errors; KIN_ELIMIT is also more than PLACEHOLDER_CELLS_MAX rows or columns.
int kitty_placeholders(const struct kitty *k, int cols, int rows, struct image_bytes *out);

// Removes both images from the screen and from the terminal's memory, whether or not they are there.
int kitty_delete(const struct kitty_settings *settings, struct image_bytes *out);

// Asks whether the terminal knows the protocol: it answers "ESC _ G i=31;OK ESC \" if so.
int kitty_query(bool tmux, struct image_bytes *out);

#endif
