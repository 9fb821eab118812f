// The few colours that show a picture best, and which of them is nearest to any other: Wu's quantizer ("Efficient
// statistical computations for optimal color quantization", Graphics Gems II).
#ifndef TUI_PALETTE_H
#define TUI_PALETTE_H

#include "picture/canvas.h"

#define PALETTE_COLORS_MAX 256
#define PALETTE_BINS ((size_t)1 << 15) // 5 bits of each channel

struct palette {
    int count;
    uint8_t percent[PALETTE_COLORS_MAX][3]; // of full intensity, as terminals count
    uint8_t rgb[PALETTE_COLORS_MAX][3];     // the same in 255ths
    uint16_t nearest[PALETTE_BINS];         // colour and 1, by palette_bin(); 0: not looked for yet
    struct palette_moment *moments;
};

int palette_init(struct palette *p); // KIN_OK or KIN_ENOMEM
void palette_deinit(struct palette *p);

// Makes at most `colors` (1..PALETTE_COLORS_MAX) from every fourth pixel of the picture.
void palette_make(struct palette *p, const struct canvas_pixels *pixels, int colors);

static inline size_t palette_bin(unsigned r, unsigned g, unsigned b)
{
    return (size_t)(r >> 3) << 10 | (size_t)(g >> 3) << 5 | b >> 3;
}

uint8_t palette_search(struct palette *p, size_t bin);

// The colour nearest to the middle of a bin.
static inline uint8_t palette_nearest(struct palette *p, size_t bin)
{
    unsigned known = p->nearest[bin];
    return known != 0 ? (uint8_t)(known - 1) : palette_search(p, bin);
}

// Mean square error of a channel when the picture is shown in these colours, from every sixteenth pixel.
double palette_error(struct palette *p, const struct canvas_pixels *pixels);

#endif
