// Copies rectangles of pixels from one picture to another.
#include "picture/patch.h"

#include <string.h>

#define EIGHTHS 8

struct area { // pixels, as decoded
    int x0, y0, x1, y1;
};

// The MCUs [from, to) of a line.
static struct area area_of(const struct canvas_pixels *r, int eighths, const struct kin_jpeg_gaps *g, uint32_t line,
                           uint32_t from, uint32_t to)
{
    uint64_t width = (uint64_t)g->mcu_width * (unsigned)eighths / EIGHTHS;
    uint64_t height = (uint64_t)g->mcu_height * (unsigned)eighths / EIGHTHS;
    uint64_t x0 = from * width, x1 = to * width, y0 = line * height, y1 = y0 + height;
    uint64_t w = (uint64_t)r->width, h = (uint64_t)r->height;
    return (struct area){(int)(x0 < w ? x0 : w), (int)(y0 < h ? y0 : h), (int)(x1 < w ? x1 : w),
                         (int)(y1 < h ? y1 : h)};
}

static void copy_line(const struct canvas_pixels *to, uint8_t *at, const struct canvas_pixels *from,
                      const uint8_t *line, const struct area *a)
{
    if (to->width == from->width) {
        memcpy(at + 3 * (size_t)a->x0, line + 3 * (size_t)a->x0, 3 * (size_t)(a->x1 - a->x0));
        return;
    }
    for (int x = a->x0; x < a->x1; x++)
        memcpy(at + 3 * (size_t)x, line + 3 * (size_t)((int64_t)x * from->width / to->width), 3);
}

static void copy_area(const struct canvas_pixels *to, uint8_t *rgb, const struct canvas_pixels *from,
                      const struct area *a)
{
    for (int y = a->y0; y < a->y1; y++) {
        size_t line = (size_t)((int64_t)y * from->height / to->height);
        copy_line(to, rgb + (size_t)y * to->stride, from, from->rgb + line * from->stride, a);
    }
}

void patch_gaps(uint8_t *rgb, const struct canvas_pixels *to, int eighths, const struct canvas_pixels *from,
                const struct kin_jpeg_gaps *g)
{
    for (unsigned i = 0; i < g->count; i++) {
        uint32_t at = g->mcus[i].from, end = g->mcus[i].to;
        while (at < end) {
            uint32_t line = at / g->columns, next = (line + 1) * g->columns, begin = line * g->columns;
            struct area a = area_of(to, eighths, g, line, at - begin, (end < next ? end : next) - begin);
            copy_area(to, rgb, from, &a);
            at = next;
        }
    }
}
