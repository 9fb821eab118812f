// Names the cells of an image by diacritics.
#include "picture/placeholder.h"

#include <stdint.h>

#define PLACEHOLDER 0x10eeeeu

// The diacritics, in runs of adjoining code points: those of Unicode 6.0 that stand above a letter (combining class
// 230) and have no decomposition, but for those that would be fused with letters.
static const struct {
    uint32_t first;
    int count;
} runs[] = {{0x305, 1},  {0x30d, 2},   {0x310, 1},   {0x312, 1},   {0x33d, 3},   {0x346, 1},  {0x34a, 3},   {0x350, 3},
            {0x357, 1},  {0x35b, 1},   {0x363, 13},  {0x483, 5},   {0x592, 4},   {0x597, 3},  {0x59c, 6},   {0x5a8, 2},
            {0x5ab, 2},  {0x5af, 1},   {0x5c4, 1},   {0x610, 8},   {0x657, 5},   {0x65d, 2},  {0x6d6, 7},   {0x6df, 4},
            {0x6e4, 1},  {0x6e7, 2},   {0x6eb, 2},   {0x730, 1},   {0x732, 2},   {0x735, 2},  {0x73a, 1},   {0x73d, 1},
            {0x73f, 3},  {0x743, 1},   {0x745, 1},   {0x747, 1},   {0x749, 2},   {0x7eb, 7},  {0x7f3, 1},   {0x816, 4},
            {0x81b, 9},  {0x825, 3},   {0x829, 5},   {0x951, 1},   {0x953, 2},   {0xf82, 2},  {0xf86, 2},   {0x135d, 3},
            {0x17dd, 1}, {0x193a, 1},  {0x1a17, 1},  {0x1a75, 8},  {0x1b6b, 1},  {0x1b6d, 7}, {0x1cd0, 3},  {0x1cda, 2},
            {0x1ce0, 1}, {0x1dc0, 2},  {0x1dc3, 7},  {0x1dcb, 2},  {0x1dd1, 22}, {0x1dfe, 1}, {0x20d0, 2},  {0x20d4, 4},
            {0x20db, 2}, {0x20e1, 1},  {0x20e7, 1},  {0x20e9, 1},  {0x20f0, 1},  {0x2cef, 3}, {0x2de0, 32}, {0xa66f, 1},
            {0xa67c, 2}, {0xa6f0, 2},  {0xa8e0, 18}, {0xaab0, 1},  {0xaab2, 2},  {0xaab7, 2}, {0xaabe, 2},  {0xaac1, 1},
            {0xfe20, 7}, {0x10a0f, 1}, {0x10a38, 1}, {0x1d185, 5}, {0x1d1aa, 4}, {0x1d242, 3}};

static uint32_t diacritic(int i)
{
    size_t run = 0;
    while (i >= runs[run].count)
        i -= runs[run++].count;
    return runs[run].first + (uint32_t)i;
}

static size_t put_utf8(uint32_t c, char *dst)
{
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        dst[i] = (char)(0x80 | (c & 0x3f));
    dst[0] = (char)((n == 2 ? 0xc0 : n == 3 ? 0xe0 : 0xf0) | c);
    return n;
}

size_t placeholder_write(int row, int column, char dst[PLACEHOLDER_BYTES_MAX])
{
    if (row < 0 || column < 0 || row >= PLACEHOLDER_CELLS_MAX || column >= PLACEHOLDER_CELLS_MAX)
        return 0;
    size_t n = put_utf8(PLACEHOLDER, dst);
    n += put_utf8(diacritic(row), dst + n);
    return n + put_utf8(diacritic(column), dst + n);
}
