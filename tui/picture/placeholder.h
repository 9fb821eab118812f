// Unicode placeholders of the kitty graphics protocol: characters that stand for the cells of an image, so that
// programs between us and the terminal (tmux) move them about as text. The image's id is their foreground colour.
#ifndef TUI_PLACEHOLDER_H
#define TUI_PLACEHOLDER_H

#include <stddef.h>

// Diacritics there are: so many rows and columns can be named.
#define PLACEHOLDER_CELLS_MAX 297
#define PLACEHOLDER_BYTES_MAX 12

// Writes the character for a cell of an image, row and column from 0, in UTF-8 and without a NUL. Returns its bytes; 0
// for a cell that cannot be named.
size_t placeholder_write(int row, int column, char dst[PLACEHOLDER_BYTES_MAX]);

#endif
