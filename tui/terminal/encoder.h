// Turns a screen into the bytes that change a terminal from what it shows to that screen.
//
// An image goes first: text that stands on it is drawn anew with each. Text is always exact, and gone at once. Of a
// picture, the cells whose difference is seen most come first, as many as the budget of bytes allows; the others stay
// as they are until a later screen, and a difference weighs more the longer it stays, so that no error remains. Colours
// may be a little off where that saves bytes (pen.h). Exact comparison would save almost nothing on film. ECMA-48; the
// terminal must understand CUP, CUF, ED and SGR.
#ifndef TUI_ENCODER_H
#define TUI_ENCODER_H

#include "terminal/pen.h"

#define ENCODER_KEYS 256   // differences that are told apart: 0 nothing to draw, then 1..255
#define ENCODER_BUCKETS 32 // of the threshold, to know what a cell takes

struct encoder {
    struct screen shown; // as the terminal shows it
    bool known;
    int x, y; // where its cursor is; x < 0 = unknown
    struct pen pen;
    struct encoder_mark { // of each cell
        uint8_t key;      // how much its difference is seen
        uint8_t age;      // screens for which it has stayed
    } * marks;
    struct rect image_area; // of the image on the screen; nothing when image_serial is 0
    uint64_t image_serial;
    uint8_t removal[SCREEN_REMOVAL_MAX];
    size_t removal_len;
    unsigned cell_bytes[ENCODER_BUCKETS]; // what a cell took, in 16ths, by the threshold; 0 = not known
};

struct encoder_quality {
    unsigned threshold; // the largest difference that may stay, 0..255; 0: and colours are exact
    size_t budget;      // bytes: the picture takes what text leaves of it, and at least a quarter; 0: no limit
};

struct encoder_cost {
    size_t cells; // drawn
    size_t kept;  // picture cells that differ from what is shown now: left as they were, or drawn nearly right
    size_t picture_bytes, image_bytes;
    unsigned threshold; // by which they were chosen: above the requested one where the budget demanded it
    bool truncated;     // the output did not fit; the next screen starts from scratch
};

void encoder_deinit(struct encoder *e);
void encoder_forget(struct encoder *e); // someone else has cleared or written to the terminal

// The most bytes that a screen of this size can take.
size_t encoder_bytes_max(int cols, int rows);

// Appends what is needed to show `s`. KIN_OK or KIN_ENOMEM (nothing written, nothing shown).
int encoder_draw(struct encoder *e, const struct screen *s, const struct encoder_quality *quality, struct kin_wr *out,
                 struct encoder_cost *ret);

#endif
