// From one YCbCr to another. With Y = kr R + kg G + kb B, Cb = (B - Y) / (2 (1 - kb)) and Cr = (R - Y) / (2 (1 - kr)),
// gray stays gray: the new chroma depends on the old chroma alone, and luma gains a term that depends on it too.
#include "recolour.h"

#define ONE 65536
#define HALF_CHROMA (KIN_PICTURE_MAX_SIDE / 2)
#define GAIN_SHIFT 10 // gains are kept in 1/64

static int32_t fixed(double v)
{
    return (int32_t)(v * ONE + (v < 0 ? -0.5 : 0.5));
}

struct recolour recolour_init(struct recolour_from from)
{
    const struct recolour_from to = RECOLOUR_BT601;
    double green = 1 - from.red - from.blue;
    // R - Y, B - Y and G - Y of the source for a unit of Cb and of Cr
    double b_cb = 2 * (1 - from.blue), r_cr = 2 * (1 - from.red);
    double g_cb = -from.blue * b_cb / green, g_cr = -from.red * r_cr / green;
    double to_green = 1 - to.red - to.blue;
    double y_cb = to_green * g_cb + to.blue * b_cb, y_cr = to.red * r_cr + to_green * g_cr;
    double cb = 2 * (1 - to.blue), cr = 2 * (1 - to.red);
    return (struct recolour){.needed = from.red != to.red || from.blue != to.blue,
                             .y_cb = fixed(y_cb),
                             .y_cr = fixed(y_cr),
                             .cb_cb = fixed((b_cb - y_cb) / cb),
                             .cb_cr = fixed(-y_cr / cb),
                             .cr_cb = fixed(-y_cb / cr),
                             .cr_cr = fixed((r_cr - y_cr) / cr)};
}

static uint8_t clamp(int32_t v)
{
    return v < 0 ? 0 : v > 255 ? 255 : (uint8_t)v;
}

// What luma gains at the chroma samples of a row, in 1/64.
static void gain_row(const struct recolour *r, const struct kin_picture *p, uint32_t row, int32_t *gain)
{
    uint32_t n = p->width / 2;
    const uint8_t *cb = p->cb + (size_t)row * n, *cr = p->cr + (size_t)row * n;
    for (uint32_t x = 0; x < n; x++)
        gain[x] = (r->y_cb * (cb[x] - 128) + r->y_cr * (cr[x] - 128)) >> GAIN_SHIFT;
}

// Adds the gain to a row of luma, three parts of the nearer chroma sample and one of the farther in each direction.
static void lift_row(uint8_t *y, uint32_t chroma, const int32_t *nearer, const int32_t *farther)
{
    int32_t left = 3 * nearer[0] + farther[0], here = left;
    for (uint32_t x = 0; x < chroma; x++) {
        uint32_t next = x + 1 < chroma ? x + 1 : x;
        int32_t right = 3 * nearer[next] + farther[next];
        y[2 * x] = clamp(y[2 * x] + ((3 * here + left + 512) >> 10));
        y[2 * x + 1] = clamp(y[2 * x + 1] + ((3 * here + right + 512) >> 10));
        left = here;
        here = right;
    }
}

static void lift_luma(const struct recolour *r, struct kin_picture *p)
{
    int32_t rows[3][HALF_CHROMA]; // the gains above, here and below
    int32_t *above = rows[0], *here = rows[1], *below = rows[2];
    uint32_t n = p->width / 2, count = p->height / 2;
    gain_row(r, p, 0, here);
    gain_row(r, p, 0, above);
    for (uint32_t row = 0; row < count; row++) {
        gain_row(r, p, row + 1 < count ? row + 1 : row, below);
        lift_row(p->y + (size_t)(2 * row) * p->width, n, here, above);
        lift_row(p->y + (size_t)(2 * row + 1) * p->width, n, here, below);
        int32_t *free_row = above;
        above = here;
        here = below;
        below = free_row;
    }
}

static void mix_chroma(const struct recolour *r, struct kin_picture *p)
{
    size_t n = (size_t)(p->width / 2) * (p->height / 2);
    for (size_t i = 0; i < n; i++) {
        int32_t cb = p->cb[i] - 128, cr = p->cr[i] - 128;
        p->cb[i] = clamp(128 + ((r->cb_cb * cb + r->cb_cr * cr + ONE / 2) >> 16));
        p->cr[i] = clamp(128 + ((r->cr_cb * cb + r->cr_cr * cr + ONE / 2) >> 16));
    }
}

void recolour_picture(const struct recolour *r, struct kin_picture *p)
{
    if (!r->needed)
        return;
    lift_luma(r, p);
    mix_chroma(r, p);
}
