// Writes the difference between the wanted and the shown screen as terminal bytes.
#include "terminal/encoder.h"

#include <stdlib.h>

#include "base/err.h"

#define CELL_BYTES_MAX 72  // two direct colours, attributes, a cursor movement and the glyph
#define FRAME_BYTES_MIN 64 // clear and reset
#define PEAK_FACTOR 4      // one part of a cell may differ by this much more than the mean

void encoder_deinit(struct encoder *e)
{
    screen_deinit(&e->shown);
    e->known = false;
}

void encoder_forget(struct encoder *e)
{
    e->known = false;
}

size_t encoder_bytes_max(int cols, int rows)
{
    return FRAME_BYTES_MIN + (size_t)cols * (size_t)rows * CELL_BYTES_MAX;
}

// Mean and largest difference between two cells' samples, per channel.
static void distance(const struct cell_samples *a, const struct cell_samples *b, unsigned *ret_mean, unsigned *ret_max)
{
    const uint8_t *pa = &a->rgb[0][0], *pb = &b->rgb[0][0];
    unsigned sum = 0, max = 0;
    for (size_t i = 0; i < sizeof a->rgb; i++) {
        unsigned d = pa[i] > pb[i] ? (unsigned)(pa[i] - pb[i]) : (unsigned)(pb[i] - pa[i]);
        sum += d;
        max = d > max ? d : max;
    }
    *ret_mean = (sum + CELL_SAMPLES * 3 / 2) / (CELL_SAMPLES * 3);
    *ret_max = max;
}

static bool same_style(const struct style *a, const struct style *b)
{
    return a->fg == b->fg && a->bg == b->bg && a->attrs == b->attrs;
}

static bool same_look(const struct cell *a, const struct cell *b)
{
    return a->len == b->len && memcmp(a->glyph, b->glyph, a->len) == 0 && same_style(&a->style, &b->style);
}

static bool near_enough(const struct cell *shown, const struct cell *want, unsigned threshold)
{
    unsigned mean, max;
    if (threshold == 0 || !shown->picture || !want->picture)
        return false;
    distance(&shown->samples, &want->samples, &mean, &max);
    return mean <= threshold && max <= threshold * PEAK_FACTOR;
}

static void write_color(struct kin_wr *out, color c, unsigned base)
{
    unsigned v = c & 0xffffff;
    if (c & COLOR_RGB_BIT)
        kin_wr_fmt(out, ";%u;2;%u;%u;%u", base + 8, v >> 16, v >> 8 & 255, v & 255);
    else if (!(c & COLOR_INDEX_BIT))
        kin_wr_fmt(out, ";%u", base + 9);
    else if (v < 8)
        kin_wr_fmt(out, ";%u", base + v);
    else if (v < 16)
        kin_wr_fmt(out, ";%u", base + 60 + v - 8);
    else
        kin_wr_fmt(out, ";%u;5;%u", base + 8, v);
}

static void write_attrs(struct kin_wr *out, uint8_t attrs)
{
    kin_wr_str(out, ";0");
    if (attrs & ATTR_BOLD)
        kin_wr_str(out, ";1");
    if (attrs & ATTR_UNDERLINE)
        kin_wr_str(out, ";4");
    if (attrs & ATTR_REVERSE)
        kin_wr_str(out, ";7");
}

// Sets what differs from the SGR in force. The foreground of a plain blank does not matter.
static void set_style(struct encoder *e, const struct cell *c, struct kin_wr *out)
{
    uint8_t bytes[64];
    struct kin_wr sgr = kin_wr_init(bytes, sizeof bytes);
    struct style want = c->style;
    bool blank = c->len == 1 && c->glyph[0] == ' ' && want.attrs == 0;
    if (blank && e->style_known && e->style.attrs == 0)
        want.fg = e->style.fg;
    if (!e->style_known || e->style.attrs != want.attrs) {
        write_attrs(&sgr, want.attrs);
        e->style = (struct style){COLOR_DEFAULT, COLOR_DEFAULT, want.attrs};
        e->style_known = true;
    }
    if (e->style.fg != want.fg)
        write_color(&sgr, want.fg, 30);
    if (e->style.bg != want.bg)
        write_color(&sgr, want.bg, 40);
    e->style = want;
    if (sgr.len == 0)
        return;
    kin_wr_str(out, "\033[");
    kin_wr_put(out, kin_span_skip(kin_wr_span(&sgr), 1));
    kin_wr_u8(out, 'm');
}

static void move_to(struct encoder *e, int x, int y, struct kin_wr *out)
{
    if (e->x == x && e->y == y)
        return;
    if (e->x >= 0 && e->y == y && x == e->x + 1)
        kin_wr_str(out, "\033[C");
    else if (e->x >= 0 && e->y == y && x > e->x)
        kin_wr_fmt(out, "\033[%dC", x - e->x);
    else if (x == 0)
        kin_wr_fmt(out, "\033[%dH", y + 1);
    else
        kin_wr_fmt(out, "\033[%d;%dH", y + 1, x + 1);
}

static bool is_wide(const struct screen *s, int x, int y)
{
    const struct cell *right = screen_at(s, x + 1, y);
    return right != NULL && right->len == 0;
}

static void draw_cell(struct encoder *e, const struct screen *s, int x, int y, struct kin_wr *out)
{
    const struct cell *c = screen_at(s, x, y);
    move_to(e, x, y, out);
    set_style(e, c, out);
    kin_wr_bytes(out, c->glyph, c->len);
    int next = x + (is_wide(s, x, y) ? 2 : 1);
    e->x = next < s->cols ? next : -1; // in the last column the cursor may or may not wrap
    e->y = y;
}

static int start_over(struct encoder *e, const struct screen *s, struct kin_wr *out)
{
    if (screen_resize(&e->shown, s->cols, s->rows) != KIN_OK)
        return KIN_ENOMEM;
    kin_wr_str(out, "\033[0m\033[2J");
    for (int i = 0; i < s->cols * s->rows; i++)
        e->shown.cells[i] = (struct cell){.len = 0};
    e->style = (struct style){COLOR_DEFAULT, COLOR_DEFAULT, 0};
    e->style_known = true;
    e->x = -1;
    e->known = true;
    return KIN_OK;
}

static void draw_row(struct encoder *e, const struct screen *s, int y, unsigned threshold, struct kin_wr *out,
                     struct encoder_cost *cost)
{
    for (int x = 0; x < s->cols; x++) {
        const struct cell *want = screen_at(s, x, y);
        struct cell *shown = screen_at(&e->shown, x, y);
        bool same = same_look(shown, want);
        if (!same && near_enough(shown, want, threshold)) {
            cost->kept++;
            continue;
        }
        if (!same && want->len > 0) {
            draw_cell(e, s, x, y, out);
            cost->cells++;
        }
        *shown = *want;
    }
}

int encoder_draw(struct encoder *e, const struct screen *s, unsigned threshold, struct kin_wr *out,
                 struct encoder_cost *ret)
{
    *ret = (struct encoder_cost){0, 0, false};
    bool fits = e->known && e->shown.cols == s->cols && e->shown.rows == s->rows;
    if (!fits && start_over(e, s, out) != KIN_OK)
        return KIN_ENOMEM;
    for (int y = 0; y < s->rows; y++)
        draw_row(e, s, y, threshold, out, ret);
    if (out->bad) {
        ret->truncated = true;
        e->known = false;
    }
    return KIN_OK;
}
