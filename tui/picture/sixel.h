// Pictures as sixel graphics (DEC STD 070 section 9; VT330/VT340 Programmer Reference, chapter 14).
//
// The picture is scaled to the pixels of its cells. On the screen it stands in place of them: it is removed by writing
// to the cells, or by erasing them. It leaves the cursor below the picture or beside it, as terminals differ; where it
// reaches the last line of the screen many of them scroll: keep it off that line.
//
// Every sequence defines the colours that it uses, since terminals with private colour registers (xterm, foot, mlterm:
// DEC mode 1070) forget them with the image. The choice of colours is kept from frame to frame as long as it fits, so
// that a picture at rest does not flicker.
#ifndef TUI_SIXEL_H
#define TUI_SIXEL_H

#include "picture/image.h"

#define SIXEL_COLORS_MIN 2

struct sixel;

// KIN_OK (caller owns) or KIN_ENOMEM.
int sixel_new(struct sixel **ret);
void sixel_free(struct sixel *s); // accepts NULL

// Appends the sequence that shows q->pixels in q->max_colors colours (SIXEL_COLORS_MIN..PALETTE_COLORS_MAX, else the
// nearer of these). Stills are dithered. Where a frame takes more bytes than the budget, the next one is coarser.
// KIN_OK, KIN_EINVAL, KIN_ENOMEM, KIN_ELIMIT (nothing is appended).
int sixel_encode(struct sixel *s, const struct image_request *q, struct image_bytes *out);

#endif
