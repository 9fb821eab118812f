// Half blocks, quadrants and sextants: cells of two colours whose glyph divides them into two, four or six parts,
// chosen from the eight samples of the cell. Pure, and much cheaper than fitting glyphs of any shape (canvas.h).
#ifndef TUI_BLOCKS_H
#define TUI_BLOCKS_H

#include "terminal/screen.h"

enum blocks { BLOCKS_HALF, BLOCKS_QUADRANTS, BLOCKS_SEXTANTS };

// Sets glyph, mask and colours of a cell whose samples are known. depth: DEPTH_256 or DEPTH_16M.
void blocks_set(struct cell *c, enum blocks kind, enum color_depth depth);

#endif
