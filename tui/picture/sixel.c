// Colours of pixels, then six lines at a time as runs of one colour after the other.
#include "picture/sixel.h"

#include <stdlib.h>

#include "base/err.h"
#include "picture/dither.h"
#include "picture/palette.h"
#include "picture/scale.h"

#define BAND 6
#define FULL 63       // all six pixels of a column
#define EMPTY_CHAR 63 // '?', to which the bits of a column are added
#define NUMBER_MAX 5  // digits: IMAGE_SIDE_MAX
#define RUN_MIN 4     // "!4x" is shorter than "xxxx"
#define ERROR_GROWTH 1.2
#define ERROR_FLOOR 1.5 // mean square, of a channel
#define HALVINGS_MAX 4
#define COLORS_LEAST 16 // for the sake of a budget

struct sixel {
    struct palette palette;
    struct scaler *scaler;
    struct dither dither;
    int colors;         // asked of the palette
    int halvings;       // of the colours, for the sake of the budget
    double first_error; // of the palette, in the picture that it was made from
    uint8_t *index;     // the colour of each pixel of a band
    uint8_t *columns;   // of each colour and each x: which of the six pixels have it. All 0 between bands
    uint8_t *open;      // of each x: pixels that have not been drawn yet
    size_t width;       // that these are for
    int first[PALETTE_COLORS_MAX], last[PALETTE_COLORS_MAX]; // x, of the colours of the band
    uint8_t order[PALETTE_COLORS_MAX];                       // the colours of the band by first x
    int in_band;
};

int sixel_new(struct sixel **ret)
{
    struct sixel *s = calloc(1, sizeof *s);
    if (s == NULL)
        return KIN_ENOMEM;
    if (palette_init(&s->palette) != KIN_OK || scaler_new(&s->scaler) != KIN_OK) {
        sixel_free(s);
        return KIN_ENOMEM;
    }
    *ret = s;
    return KIN_OK;
}

void sixel_free(struct sixel *s)
{
    if (s == NULL)
        return;
    palette_deinit(&s->palette);
    dither_deinit(&s->dither);
    scaler_free(s->scaler);
    free(s->index);
    free(s);
}

static int make_room(struct sixel *s, size_t width)
{
    if (width <= s->width)
        return KIN_OK;
    free(s->index);
    s->index = calloc(width, BAND + PALETTE_COLORS_MAX + 1);
    s->width = s->index != NULL ? width : 0;
    if (s->index == NULL)
        return KIN_ENOMEM;
    s->columns = s->index + width * BAND;
    s->open = s->columns + width * PALETTE_COLORS_MAX;
    return KIN_OK;
}

// --- colours

// The palette is kept while it shows the picture about as well as the one that it was made from.
static void choose_colors(struct sixel *s, const struct canvas_pixels *p, int colors)
{
    if (s->colors == colors && palette_error(&s->palette, p) <= s->first_error * ERROR_GROWTH + ERROR_FLOOR)
        return;
    palette_make(&s->palette, p, colors);
    s->colors = colors;
    s->first_error = palette_error(&s->palette, p);
}

// Halving the colours takes a quarter to a third of the bytes.
static void follow_budget(struct sixel *s, size_t bytes, size_t budget)
{
    if (budget == 0)
        s->halvings = 0;
    else if (bytes > budget && s->halvings < HALVINGS_MAX)
        s->halvings++;
    else if (s->halvings > 0 && bytes + bytes / 2 < budget)
        s->halvings--;
}

static int colors_wanted(const struct sixel *s, const struct image_request *q)
{
    int most = q->max_colors < PALETTE_COLORS_MAX ? q->max_colors : PALETTE_COLORS_MAX;
    int fewer = q->still ? most : most >> s->halvings, least = most < COLORS_LEAST ? most : COLORS_LEAST;
    int colors = fewer > least ? fewer : least;
    return colors > SIXEL_COLORS_MIN ? colors : SIXEL_COLORS_MIN;
}

// --- bytes, into room that is there

static uint8_t *put_number(uint8_t *to, unsigned n)
{
    uint8_t digits[NUMBER_MAX];
    int count = 0;
    do
        digits[count++] = (uint8_t)('0' + n % 10);
    while ((n /= 10) > 0);
    while (count > 0)
        *to++ = digits[--count];
    return to;
}

static uint8_t *put_run(uint8_t *to, unsigned n, unsigned bits)
{
    uint8_t c = (uint8_t)(EMPTY_CHAR + bits);
    if (n >= RUN_MIN) {
        *to++ = '!';
        to = put_number(to, n);
        n = 1;
    }
    while (n-- > 0)
        *to++ = c;
    return to;
}

// --- a band

static void note_color(struct sixel *s, uint8_t reg, int x)
{
    s->order[s->in_band++] = reg;
    s->first[reg] = x;
}

static void collect_columns(struct sixel *s, int width, int lines)
{
    memset(s->first, -1, sizeof s->first);
    s->in_band = 0;
    for (int x = 0; x < width; x++)
        for (int y = 0; y < lines; y++) {
            uint8_t reg = s->index[(size_t)y * s->width + (size_t)x];
            if (s->first[reg] < 0)
                note_color(s, reg, x);
            s->last[reg] = x;
            s->columns[reg * s->width + (size_t)x] |= (uint8_t)(1u << y);
        }
    memset(s->open, (1 << lines) - 1, (size_t)width);
}

// The first column from x on, before `end`, that has pixels of the colour.
static int next_column(const uint8_t *columns, int x, int end)
{
    uint64_t eight;
    while (x + (int)sizeof eight <= end) {
        memcpy(&eight, columns + x, sizeof eight);
        if (eight != 0)
            break;
        x += (int)sizeof eight;
    }
    while (x < end && columns[x] == 0)
        x++;
    return x;
}

// The end of the longest run from x on. Pixels that are not drawn yet will be drawn over, so the run may cover them:
// `bits` must have the pixels of the colour, and no more than those that are open.
static int run_end(const uint8_t *columns, const uint8_t *open, int x, int end, unsigned *ret_bits)
{
    unsigned must = 0, may = FULL;
    int at = x, solid = x; // solid: after the last column that has pixels of the colour
    for (; at < end; at++) {
        unsigned more = must | columns[at], fewer = may & open[at];
        if ((more & ~fewer) != 0)
            break;
        must = more;
        may = fewer;
        if (columns[at] != 0)
            solid = at + 1;
    }
    *ret_bits = must;
    return solid;
}

static uint8_t *put_color(struct sixel *s, uint8_t reg, int pen, uint8_t *to)
{
    uint8_t *columns = s->columns + reg * s->width;
    int end = s->last[reg] + 1;
    *to++ = '#';
    to = put_number(to, reg);
    for (int x = s->first[reg]; x < end;) {
        unsigned bits;
        int from = next_column(columns, x, end);
        x = run_end(columns, s->open, from, end, &bits);
        if (from > pen)
            to = put_run(to, (unsigned)(from - pen), 0);
        to = put_run(to, (unsigned)(x - from), bits);
        pen = x;
    }
    for (int x = s->first[reg]; x < end; x++)
        s->open[x] &= (uint8_t)~columns[x];
    memset(columns + s->first[reg], 0, (size_t)(end - s->first[reg]));
    return to;
}

// Colours that lie beside each other share a pass over the band.
static uint8_t *put_band(struct sixel *s, uint8_t *to)
{
    while (s->in_band > 0) {
        int pen = 0, left = 0;
        for (int i = 0; i < s->in_band; i++) {
            uint8_t reg = s->order[i];
            if (s->first[reg] < pen) {
                s->order[left++] = reg;
                continue;
            }
            to = put_color(s, reg, pen, to);
            pen = s->last[reg] + 1;
        }
        s->in_band = left;
        if (left > 0)
            *to++ = '$';
    }
    return to;
}

static void index_band(struct sixel *s, const struct canvas_pixels *p, int y, int lines, bool still)
{
    for (int i = 0; i < lines; i++) {
        const uint8_t *rgb = p->rgb + (size_t)(y + i) * p->stride;
        uint8_t *index = s->index + (size_t)i * s->width;
        if (still)
            dither_diffuse(&s->dither, &s->palette, rgb, p->width, index);
        else
            dither_ordered(&s->dither, &s->palette, rgb, y + i, p->width, index);
    }
}

// Each column of a colour takes one character at most, with the gap before it "!" and a number more.
static size_t band_bytes_max(const struct sixel *s, size_t width)
{
    return BAND * width * (1 + 2 + NUMBER_MAX) + (size_t)s->palette.count * 5;
}

static void put_bands(struct sixel *s, const struct canvas_pixels *p, bool still, struct image_bytes *out)
{
    for (int y = 0; y < p->height; y += BAND) {
        int lines = p->height - y < BAND ? p->height - y : BAND;
        uint8_t *to = image_bytes_room(out, 1 + band_bytes_max(s, (size_t)p->width));
        if (to == NULL)
            return;
        if (y > 0)
            *to++ = '-';
        index_band(s, p, y, lines, still);
        collect_columns(s, p->width, lines);
        out->n = (size_t)(put_band(s, to) - out->p);
    }
}

static void put_palette(const struct palette *p, struct image_bytes *out)
{
    for (int i = 0; i < p->count; i++)
        image_bytes_fmt(out, "#%d;2;%d;%d;%d", i, p->percent[i][0], p->percent[i][1], p->percent[i][2]);
}

// Everything that can fail for want of memory but the bytes.
static int prepare(struct sixel *s, const struct image_request *q, struct canvas_pixels *ret)
{
    int err = image_check_pixels(q);
    if (err != KIN_OK)
        return err;
    if (q->cell_width < 1 || q->cell_height < 1)
        return KIN_EINVAL;
    int64_t width = (int64_t)q->cols * q->cell_width, height = (int64_t)q->rows * q->cell_height;
    if (width > IMAGE_SIDE_MAX || height > IMAGE_SIDE_MAX || (size_t)(width * height) > IMAGE_PIXELS_MAX)
        return KIN_ELIMIT;
    err = scaler_scale(s->scaler, q->pixels, (int)width, (int)height, ret);
    if (err == KIN_OK)
        err = make_room(s, (size_t)width);
    return err == KIN_OK ? dither_begin(&s->dither, colors_wanted(s, q), (int)width) : err;
}

int sixel_encode(struct sixel *s, const struct image_request *q, struct image_bytes *out)
{
    size_t mark = out->n;
    struct canvas_pixels p;
    int err = prepare(s, q, &p);
    if (err != KIN_OK)
        return err;
    choose_colors(s, &p, colors_wanted(s, q));
    image_bytes_fmt(out, "\033P0;1;0q\"1;1;%d;%d", p.width, p.height);
    put_palette(&s->palette, out);
    put_bands(s, &p, q->still, out);
    image_bytes_put(out, kin_span_str("\033\\"));
    err = image_bytes_end(out, mark);
    if (err == KIN_OK && !q->still)
        follow_budget(s, out->n - mark, q->budget_bytes);
    return err;
}
