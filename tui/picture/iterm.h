// Pictures as inline files of iTerm2 (iterm2.com/documentation-images.html), which WezTerm, mintty and Konsole know as
// well: the frame's own JPEG where it fits the budget, so that nothing is decoded; else a smaller one.
//
// On the screen it stands in place of its cells: it is removed by writing to them or by erasing them, and the next
// frame is drawn over it. The cursor stays where the terminal knows doNotMoveCursor; otherwise it ends below or beside
// the picture.
#ifndef TUI_ITERM_H
#define TUI_ITERM_H

#include "picture/image.h"

struct iterm;

// KIN_OK (caller owns) or KIN_ENOMEM.
int iterm_new(struct iterm **ret);
void iterm_free(struct iterm *t); // accepts NULL

// Whether q->jpeg cannot be sent as it is, so that iterm_encode() wants q->pixels: it is missing, takes more than the
// budget, or is of a kind that only some decoders know.
bool iterm_needs_pixels(const struct image_request *q);

// Appends the sequence that shows q->jpeg, without its comments and with the tables that it leaves out, or else
// q->pixels. The terminal scales. KIN_OK, KIN_EINVAL, KIN_ENOMEM, KIN_ELIMIT, KIN_EBAD (turbojpeg refused); nothing is
// appended on failure.
int iterm_encode(struct iterm *t, const struct image_request *q, struct image_bytes *out);

#endif
