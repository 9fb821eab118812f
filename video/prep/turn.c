// Copies planes turned.
#include "turn.h"

#include <stdlib.h>
#include <string.h>

static int64_t size_of(int32_t n)
{
    return n < 0 ? -(int64_t)n : n;
}

// The matrix takes a point to (a x + c y, b x + d y).
struct turn turn_from_matrix(const int32_t matrix[9])
{
    int32_t a = matrix[0], b = matrix[1], c = matrix[3], d = matrix[4];
    bool swap = size_of(b) + size_of(c) > size_of(a) + size_of(d);
    return (struct turn){.swap = swap, .mirror_x = (swap ? c : a) < 0, .mirror_y = (swap ? b : d) < 0};
}

// How far one step right and one step down in the result move through the source, in bytes.
struct path {
    const uint8_t *start;
    ptrdiff_t right, down;
};

static struct path path_through(struct turn turn, const struct plane *src)
{
    ptrdiff_t x_step = 1, y_step = (ptrdiff_t)src->stride;
    struct path p = {src->p, turn.swap ? y_step : x_step, turn.swap ? x_step : y_step};
    uint32_t width = turn.swap ? src->height : src->width, height = turn.swap ? src->width : src->height;
    if (turn.mirror_x) {
        p.start += (ptrdiff_t)(width - 1) * p.right;
        p.right = -p.right;
    }
    if (turn.mirror_y) {
        p.start += (ptrdiff_t)(height - 1) * p.down;
        p.down = -p.down;
    }
    return p;
}

static void copy_row(uint8_t *to, const uint8_t *from, ptrdiff_t step, uint32_t count)
{
    if (step == 1) {
        memcpy(to, from, count);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        to[i] = from[(ptrdiff_t)i * step];
}

void turn_copy(struct turn turn, const struct plane *src, const struct plane *dst)
{
    struct path path = path_through(turn, src);
    uint32_t width = turn.swap ? src->height : src->width, height = turn.swap ? src->width : src->height;
    for (uint32_t y = 0; y < dst->height; y++) {
        uint8_t *row = dst->p + y * dst->stride;
        if (y >= height) {
            memcpy(row, row - dst->stride, dst->width);
            continue;
        }
        copy_row(row, path.start + (ptrdiff_t)y * path.down, path.right, width);
        memset(row + width, row[width - 1], dst->width - width);
    }
}
