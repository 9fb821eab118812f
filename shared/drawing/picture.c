// Drawing in a planar 4:2:0 picture: boxes, the moving gradient, text.
#include "drawing/picture.h"

#include <stdlib.h>

#include "base/err.h"
#include "drawing/font5x7.h"
#include "drawing/trig.h"

static uint32_t pad16(uint32_t n)
{
    return (n + 15) & ~UINT32_C(15);
}

int kin_picture_init(struct kin_picture *p, uint32_t width, uint32_t height)
{
    if (width == 0 || height == 0 || width > KIN_PICTURE_MAX_SIDE || height > KIN_PICTURE_MAX_SIDE)
        return KIN_ERANGE;
    uint32_t w = pad16(width), h = pad16(height);
    size_t luma = (size_t)w * h;
    uint8_t *bytes = malloc(luma + luma / 2);
    if (bytes == NULL)
        return KIN_ENOMEM;
    *p = (struct kin_picture){.width = w, .height = h, .y = bytes, .cb = bytes + luma, .cr = bytes + luma + luma / 4};
    return KIN_OK;
}

void kin_picture_deinit(struct kin_picture *p)
{
    free(p->y);
    *p = (struct kin_picture){0};
}

static uint32_t min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

// Clips a box to the picture.
static struct kin_box clip(const struct kin_picture *p, struct kin_box box)
{
    box.x = min_u32(box.x, p->width);
    box.y = min_u32(box.y, p->height);
    box.w = min_u32(box.w, p->width - box.x);
    box.h = min_u32(box.h, p->height - box.y);
    return box;
}

void kin_picture_fill_luma(struct kin_picture *p, struct kin_box box, uint8_t luma)
{
    box = clip(p, box);
    for (uint32_t y = box.y; y < box.y + box.h; y++)
        memset(p->y + (size_t)y * p->width + box.x, luma, box.w);
}

void kin_picture_fill(struct kin_picture *p, struct kin_box box, struct kin_colour colour)
{
    kin_picture_fill_luma(p, box, colour.y);
    box = clip(p, box);
    uint32_t left = box.x / 2, right = (box.x + box.w + 1) / 2;
    for (uint32_t y = box.y / 2; y < (box.y + box.h + 1) / 2; y++) {
        size_t at = (size_t)y * (p->width / 2) + left;
        memset(p->cb + at, colour.cb, right - left);
        memset(p->cr + at, colour.cr, right - left);
    }
}

// One plane of the gradient: mean + two waves, one along each side. Tables hold a wave each, so that a pixel is an
// addition.
struct wave {
    int32_t mean, across, down;          // amplitudes
    uint32_t across_phase, down_phase;   // where the waves begin
    uint32_t across_turns4, down_turns4; // quarters of a turn over the side
};

static void fill_wave(uint8_t *line, uint32_t n, int32_t mean, int32_t amplitude, uint32_t phase, uint32_t turns4)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t angle = phase + i * (KIN_TRIG_TURN / 4) * turns4 / n;
        line[i] = (uint8_t)(mean + amplitude * kin_trig_sin(angle) / 1024);
    }
}

static void draw_plane(uint8_t *plane, uint32_t w, uint32_t h, const struct wave *wave)
{
    uint8_t across[KIN_PICTURE_MAX_SIDE], down[KIN_PICTURE_MAX_SIDE];
    fill_wave(across, w, wave->across, wave->across, wave->across_phase, wave->across_turns4); // 0 .. 2*across
    fill_wave(down, h, wave->mean - wave->across, wave->down, wave->down_phase, wave->down_turns4);
    for (uint32_t y = 0; y < h; y++) {
        uint8_t *row = plane + (size_t)y * w;
        for (uint32_t x = 0; x < w; x++)
            row[x] = (uint8_t)(across[x] + down[y]);
    }
}

void kin_picture_gradient(struct kin_picture *p, uint32_t phase)
{
    const uint32_t quarter = KIN_TRIG_TURN / 4;
    struct wave luma = {112, 34, 26, phase, quarter, 5, 2};
    struct wave cb = {128, 26, 22, phase + quarter, phase, 3, 2};
    struct wave cr = {128, 26, 22, KIN_TRIG_TURN - phase, phase + 2 * quarter, 2, 3};
    draw_plane(p->y, p->width, p->height, &luma);
    draw_plane(p->cb, p->width / 2, p->height / 2, &cb);
    draw_plane(p->cr, p->width / 2, p->height / 2, &cr);
}

static void draw_glyph(struct kin_picture *p, uint32_t x, uint32_t y, uint32_t scale, uint8_t luma, const uint8_t *rows)
{
    for (uint32_t row = 0; row < KIN_FONT5X7_HEIGHT; row++)
        for (uint32_t column = 0; column < KIN_FONT5X7_WIDTH; column++)
            if ((rows[row] >> (KIN_FONT5X7_WIDTH - 1 - column) & 1) != 0)
                kin_picture_fill_luma(p, (struct kin_box){x + column * scale, y + row * scale, scale, scale}, luma);
}

void kin_picture_text(struct kin_picture *p, uint32_t x, uint32_t y, uint32_t scale, uint8_t luma, const char *text)
{
    for (; *text != '\0'; text++, x += KIN_FONT5X7_ADVANCE * scale) {
        const uint8_t *rows = kin_font5x7_rows(*text);
        if (rows != NULL)
            draw_glyph(p, x, y, scale, luma, rows);
    }
}

uint32_t kin_picture_text_width(const char *text)
{
    uint32_t n = (uint32_t)strlen(text);
    return n > 0 ? n * KIN_FONT5X7_ADVANCE - 1 : 0;
}

uint32_t kin_picture_text_fit(const char *text, uint32_t w, uint32_t h)
{
    uint32_t width = kin_picture_text_width(text);
    return width > 0 ? min_u32(w / width, h / KIN_FONT5X7_HEIGHT) : 0;
}
