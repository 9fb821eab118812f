// Brings the planes of a JPEG to one size and converts their colours, line by line.
#include "picture/eighth.h"

typedef uint8_t line[EIGHTH_WIDTH_MAX];

// Line y of a plane at the full width: where the samples are, or what has been put into `own`.
static const uint8_t *read_line(const struct kin_jpeg_dc_plane *p, const struct kin_jpeg_dc_picture *picture, int y,
                                int width, line own)
{
    const uint8_t *from = p->samples + (size_t)(y * p->v / picture->v) * p->stride;
    if (p->h == picture->h)
        return from;
    if (picture->h == 2 * p->h) {
        for (int x = 0; x + 1 < width; x += 2)
            own[x] = own[x + 1] = from[x / 2];
        own[width - 1] = from[(width - 1) / 2];
    } else {
        for (int x = 0; x < width; x++)
            own[x] = from[x * p->h / picture->h];
    }
    return own;
}

// In numbers of 16 bits, of which many are computed at once.
static uint8_t clamped(int16_t v)
{
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

static int16_t scaled(int16_t v, int16_t factor)
{
    return (int16_t)((int16_t)(v * factor + 128) >> 8);
}

static void convert_line(const uint8_t *luma, const uint8_t *cb, const uint8_t *cr, int width, uint8_t *ret)
{
    line red, green, blue;
    for (int x = 0; x < width; x++) {
        int16_t b = (int16_t)(cb[x] - 128), r = (int16_t)(cr[x] - 128);
        red[x] = clamped((int16_t)(luma[x] + r + scaled(r, 103)));               // 1.402
        green[x] = clamped((int16_t)(luma[x] - scaled(b, 88) - scaled(r, 183))); // 0.344, 0.714
        blue[x] = clamped((int16_t)(luma[x] + b + scaled(b, 198)));              // 1.772
    }
    for (int x = 0; x < width; x++) {
        ret[3 * x] = red[x];
        ret[3 * x + 1] = green[x];
        ret[3 * x + 2] = blue[x];
    }
}

void eighth_to_rgb(uint8_t *rgb, const struct canvas_pixels *to, const struct kin_jpeg_dc_picture *picture, bool luma)
{
    line own[KIN_JPEG_DC_PLANES_MAX];
    const uint8_t *lines[KIN_JPEG_DC_PLANES_MAX] = {own[0], own[1], own[2]};
    int width = to->width < EIGHTH_WIDTH_MAX ? to->width : EIGHTH_WIDTH_MAX;
    unsigned count = luma ? 1 : picture->count;
    memset(own, 128, sizeof own); // no colour, where it is gray
    for (int y = 0; y < to->height; y++) {
        for (unsigned i = 0; i < count; i++)
            lines[i] = read_line(&picture->planes[i], picture, y, width, own[i]);
        convert_line(lines[0], lines[1], lines[2], width, rgb + (size_t)y * to->stride);
    }
}
