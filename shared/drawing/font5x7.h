// A small bitmap font: digits, capitals and what stands in a timecode.
#ifndef KIN_DRAWING_FONT5X7_H
#define KIN_DRAWING_FONT5X7_H

#include <stdint.h>

#define KIN_FONT5X7_WIDTH 5u
#define KIN_FONT5X7_HEIGHT 7u
#define KIN_FONT5X7_ADVANCE 6u // from one character to the next, in dots

// The 7 rows of a character from the top, bit 4 = leftmost dot. Small letters look like capitals; NULL when the font
// does not have the character (nor for the blank).
const uint8_t *kin_font5x7_rows(char c);

#endif
