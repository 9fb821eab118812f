// RGB pixels into JPEG of no more bytes than asked for, with turbojpeg.
#ifndef TUI_RECODE_H
#define TUI_RECODE_H

#include "picture/canvas.h"

#define RECODE_QUALITY_MIN 10
#define RECODE_QUALITY_MAX 90

struct recoder;

// KIN_OK (caller owns) or KIN_ENOMEM.
int recoder_new(struct recoder **ret);
void recoder_free(struct recoder *r); // accepts NULL

// Encodes as 4:2:0, at most twice: the quality begins where the frame before has left it. *ret is the recoder's, until
// its next use; it is longer than the budget only where the picture changed more than the second try allowed for, or
// where RECODE_QUALITY_MIN is not low enough. budget_bytes 0: RECODE_QUALITY_MAX. KIN_OK, KIN_ENOMEM, KIN_EBAD
// (turbojpeg refused).
int recoder_encode(struct recoder *r, const struct canvas_pixels *pixels, size_t budget_bytes, struct kin_span *ret);

#endif
