// The colour cube and the greys of the 256 colours.
#include "terminal/color.h"

#define CUBE_FIRST 16
#define GREY_FIRST 232

static const uint8_t cube_levels[] = {0, 95, 135, 175, 215, 255};

uint8_t color_nearest(struct rgb c)
{
    const uint8_t in[3] = {c.r, c.g, c.b};
    int cube = CUBE_FIRST, cube_error = 0, scale = 36;
    for (int i = 0; i < 3; i++, scale /= 6) {
        int n = in[i] < 48 ? 0 : in[i] < 115 ? 1 : (in[i] - 35) / 40;
        cube += n * scale;
        cube_error += (cube_levels[n] - in[i]) * (cube_levels[n] - in[i]);
    }
    int mean = (c.r + c.g + c.b) / 3;
    int grey = mean > 238 ? 23 : mean < 8 ? 0 : (mean - 3) / 10;
    int value = 8 + grey * 10, grey_error = 0;
    for (int i = 0; i < 3; i++)
        grey_error += (value - in[i]) * (value - in[i]);
    return (uint8_t)(grey_error < cube_error ? GREY_FIRST + grey : cube);
}

bool color_rgb(color c, struct rgb *ret)
{
    unsigned v = c & 0xffffff;
    if (c & COLOR_RGB_BIT) {
        *ret = (struct rgb){(uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
        return true;
    }
    if (!(c & COLOR_INDEX_BIT) || v < CUBE_FIRST)
        return false;
    if (v >= GREY_FIRST) {
        uint8_t grey = (uint8_t)(8 + 10 * (v - GREY_FIRST));
        *ret = (struct rgb){grey, grey, grey};
        return true;
    }
    v -= CUBE_FIRST;
    *ret = (struct rgb){cube_levels[v / 36], cube_levels[v / 6 % 6], cube_levels[v % 6]};
    return true;
}
