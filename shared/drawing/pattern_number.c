// Squares that carry the frame number through compression: they sit on the grid of 8x8 blocks, so that even the
// coarsest quantization leaves them black and white.
#include "drawing/pattern_number.h"

#define BITS 32u
#define GRID_MASK (~UINT32_C(7))
#define MIN_CONTRAST 64

static const struct kin_colour band_colour = {28, 128, 128};

static uint32_t cell_width(uint32_t width)
{
    uint32_t roomy = width / (BITS + 4) & GRID_MASK;
    if (roomy > 0)
        return roomy;
    return width >= BITS * 8 ? 8 : width / BITS;
}

struct kin_pattern_squares kin_pattern_number_place(uint32_t width, uint32_t height)
{
    uint32_t cell = cell_width(width);
    uint32_t half = cell >= 16 ? cell / 2 & GRID_MASK : 8;
    if (half > height / 16)
        half = height / 16 >= 8 ? height / 16 & GRID_MASK : 8;
    uint32_t margin = height >= 240 ? 8 : 0;
    uint32_t x = (width - BITS * cell) / 2 & (cell >= 8 ? GRID_MASK : ~UINT32_C(1));
    uint32_t y = (height - 2 * half - margin) & GRID_MASK;
    return (struct kin_pattern_squares){.x = x, .y = y, .cell = cell, .half = half, .band = y - margin};
}

void kin_pattern_number_draw(const struct kin_pattern_squares *s, struct kin_picture *p, uint32_t n)
{
    kin_picture_fill(p, (struct kin_box){0, s->band, p->width, p->height}, band_colour);
    for (uint32_t i = 0; i < BITS; i++) {
        bool bit = (n >> (BITS - 1 - i) & 1) != 0;
        struct kin_box box = {s->x + i * s->cell, s->y, s->cell, s->half};
        kin_picture_fill_luma(p, box, bit ? 240 : 16);
        box.y += s->half;
        kin_picture_fill_luma(p, box, bit ? 16 : 240);
    }
}

// Mean luma of the middle of a box (of its full width if it is narrow).
static int middle_mean(const uint8_t *luma, size_t stride, struct kin_box box)
{
    uint32_t dx = box.w / 4, dy = box.h / 4;
    uint32_t sum = 0, count = 0;
    for (uint32_t y = box.y + dy; y < box.y + box.h - dy; y++) {
        for (uint32_t x = box.x + dx; x < box.x + box.w - dx; x++) {
            sum += luma[y * stride + x];
            count++;
        }
    }
    return (int)(sum / count);
}

bool kin_pattern_read_number(const uint8_t *luma, size_t stride, uint16_t width, uint16_t height, uint32_t *ret)
{
    if (width < KIN_PATTERN_NUMBER_SIDE || height < KIN_PATTERN_NUMBER_SIDE)
        return false;
    struct kin_pattern_squares s = kin_pattern_number_place(width, height);
    uint32_t n = 0;
    for (uint32_t i = 0; i < BITS; i++) {
        struct kin_box upper = {s.x + i * s.cell, s.y, s.cell, s.half};
        struct kin_box lower = {upper.x, s.y + s.half, s.cell, s.half};
        int contrast = middle_mean(luma, stride, upper) - middle_mean(luma, stride, lower);
        if (contrast < MIN_CONTRAST && contrast > -MIN_CONTRAST)
            return false;
        n = n << 1 | (contrast > 0);
    }
    *ret = n;
    return true;
}
