// A small bitmap font: digits, capitals and the punctuation of timecodes.
#ifndef KIN_DRAWING_FONT5X7_H
#define KIN_DRAWING_FONT5X7_H

#include <stdint.h>

#define KIN_FONT5X7_WIDTH 5u
#define KIN_FONT5X7_HEIGHT 7u
#define KIN_FONT5X7_ADVANCE 6u // from one character to the next, in dots

// The 7 rows of a character from the top, bit 4 = leftmost dot. Lower-case letters look like capitals; NULL for
// the blank and for characters that the font lacks.
const uint8_t *kin_font5x7_rows(char c);

#endif
