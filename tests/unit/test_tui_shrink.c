// tui/shrink: samples are the means of the pixels they cover, whatever the sizes.
#include "picture/shrink.h"

#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "unit.h"

#define SIDE 64

static uint8_t pixels[SIDE][(SIDE + 1) * 3]; // lines are longer than the picture

static void fill(int width, int height)
{
    uint32_t noise = 1;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width * 3; x++) {
            noise = noise * 1664525u + 1013904223u;
            pixels[y][x] = (uint8_t)(noise >> 24);
        }
}

struct picture {
    int width, lines;
    uint8_t rgb[SIDE * 4][SIDE * 4 * 3];
};

static void keep_line(void *ctx, int y, const uint8_t *rgb)
{
    struct picture *p = ctx;
    p->lines += p->lines == y; // from the top down, none left out
    memcpy(p->rgb[y], rgb, (size_t)p->width * 3);
}

static int shrunk(int from_width, int from_height, int width, int height, struct picture *ret)
{
    struct canvas_pixels from = {&pixels[0][0], from_width, from_height, sizeof pixels[0]};
    struct shrink *s = NULL;
    int err = shrink_new(from_width, from_height, width, height, &s);
    if (err == KIN_OK) {
        ret->width = width;
        ret->lines = 0;
        shrink_pixels(s, &from, keep_line, ret);
    }
    shrink_free(s);
    return err;
}

static double overlap(double a0, double a1, double b0, double b1)
{
    double from = a0 > b0 ? a0 : b0, to = a1 < b1 ? a1 : b1;
    return to > from ? to - from : 0;
}

static double mean(int from_width, int from_height, int width, int height, int x, int y, int channel)
{
    double w = (double)from_width / width, h = (double)from_height / height, sum = 0;
    for (int v = 0; v < from_height; v++)
        for (int u = 0; u < from_width; u++)
            sum += pixels[v][3 * u + channel] * overlap(u, u + 1, x * w, (x + 1) * w) *
                   overlap(v, v + 1, y * h, (y + 1) * h);
    return sum / (w * h);
}

static bool is_mean(const struct picture *p, int from_width, int from_height, int width, int height)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int channel = 0; channel < 3; channel++)
                if (fabs(p->rgb[y][3 * x + channel] - mean(from_width, from_height, width, height, x, y, channel)) >
                    1.0)
                    return false;
    return p->lines == height;
}

TEST(samples_are_means_of_what_they_cover)
{
    static const int sizes[][4] = {{64, 64, 64, 64}, {64, 64, 8, 16}, {64, 60, 63, 59}, {60, 34, 60, 40},
                                   {33, 64, 17, 3},  {41, 7, 82, 14}, {7, 5, 1, 1},     {1, 64, 2, 9}};
    static struct picture p;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const int *s = sizes[i];
        fill(s[0], s[1]);
        CHECK_INT(shrunk(s[0], s[1], s[2], s[3], &p), KIN_OK);
        CHECK(is_mean(&p, s[0], s[1], s[2], s[3]));
    }
out:;
}

TEST(white_stays_white)
{
    static struct picture p;
    memset(pixels, 255, sizeof pixels);
    for (int side = 1; side <= SIDE * 4; side += 17) {
        CHECK_INT(shrunk(37, 23, side, SIDE * 4 + 1 - side, &p), KIN_OK);
        for (int x = 0; x < side * 3; x++)
            CHECK_INT(p.rgb[0][x], 255);
    }
out:;
}

// Between two pixels that are far apart on the screen lies a line, and no edge.
TEST(large_pixels_do_not_show)
{
    static struct picture p;
    memset(pixels, 0, sizeof pixels);
    memset(pixels[1], 200, 6);
    CHECK_INT(shrunk(2, 2, 16, 16, &p), KIN_OK);
    for (int y = 1; y < 16; y++) {
        int step = p.rgb[y][3] - p.rgb[y - 1][3];
        CHECK(step >= 0 && step <= 26);
    }
    CHECK(p.rgb[0][0] == 0 && p.rgb[15][45] == 200);
    CHECK_INT(shrunk(2, 2, 4, 4, &p), KIN_OK); // a part of a cell to a pixel
    CHECK(p.rgb[1][0] == 0 && p.rgb[2][0] == 200);
out:;
}

TEST(sizes_have_limits)
{
    struct shrink *s = NULL;
    CHECK_INT(shrink_new(0, 1, 1, 1, &s), KIN_EINVAL);
    CHECK_INT(shrink_new(1, 1, 1, -1, &s), KIN_EINVAL);
    CHECK_INT(shrink_new(1, SHRINK_SIDE_MAX + 1, 1, 1, &s), KIN_EINVAL);
    CHECK_INT(shrink_new(1, SHRINK_SIDE_MAX, 1, 5, &s), KIN_OK);
    CHECK(shrink_fits(s, 1, SHRINK_SIDE_MAX, 1, 5) && !shrink_fits(s, 1, SHRINK_SIDE_MAX, 5, 1));
out:
    shrink_free(s);
}
