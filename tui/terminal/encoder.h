// Turns a screen into the bytes that change a terminal from what it shows to that screen.
//
// The encoder remembers each cell as the terminal shows it. A picture cell whose colours have changed by less than the
// threshold since it was drawn is not redrawn: exact comparison saves almost nothing on film, this saves two thirds.
// The cursor is moved only over gaps, SGR set only for what differs. ECMA-48; the terminal must understand CUP,
// CUF, ED and SGR.
#ifndef TUI_ENCODER_H
#define TUI_ENCODER_H

#include "base/wr.h"
#include "terminal/screen.h"

struct encoder {
    struct screen shown;
    bool known;         // `shown` is what the terminal shows
    int x, y;           // where its cursor is; x < 0 = unknown
    struct style style; // what SGR is set
    bool style_known;
};

struct encoder_cost {
    size_t cells;   // drawn
    size_t kept;    // picture cells that differ but were near enough
    bool truncated; // the output did not fit; the next frame starts from scratch
};

void encoder_deinit(struct encoder *e);
void encoder_forget(struct encoder *e); // someone else has cleared or written to the terminal

// The most bytes that a frame of this size can take.
size_t encoder_bytes_max(int cols, int rows);

// Appends what is needed to show `s`. threshold: the mean difference per colour channel (0..255) up to which a picture
// cell stays as it is; 0 is exact. KIN_OK or KIN_ENOMEM (nothing written, nothing shown).
int encoder_draw(struct encoder *e, const struct screen *s, unsigned threshold, struct kin_wr *out,
                 struct encoder_cost *ret);

#endif
