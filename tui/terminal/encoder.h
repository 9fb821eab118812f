// Turns a screen into the bytes that change a terminal from what it shows to that screen.
//
// The encoder remembers each cell as the terminal shows it. A cell of the picture whose colours moved by less than the
// threshold since it was drawn stays as it is: exact differences save nearly nothing on film, this saves two thirds.
// Cursor movements are made only over gaps, SGR only for what differs. ECMA-48; the terminal must understand CUP,
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
void encoder_forget(struct encoder *e); // the terminal was cleared or written to by somebody else

// Bytes that a frame of this size can take at most.
size_t encoder_bytes_max(int cols, int rows);

// Appends what is needed to show `s`. threshold: mean difference of a colour channel (0..255) that a picture cell may
// keep; 0 is exact. KIN_OK or KIN_ENOMEM (nothing written, nothing shown).
int encoder_draw(struct encoder *e, const struct screen *s, unsigned threshold, struct kin_wr *out,
                 struct encoder_cost *ret);

#endif
