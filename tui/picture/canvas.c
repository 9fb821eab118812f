// Renders pixels as cells; the only file that knows chafa.
#include "picture/canvas.h"

#include <chafa.h>
#include <stdlib.h>

#include "base/err.h"
#include "picture/blocks.h"
#include "picture/shrink.h"
#include "terminal/color.h"

#define FILM_WORK 0.5f
#define STILL_WORK 1.0f
#define CHAFA_CELL 8  // pixels of a cell, in width and in height, that chafa fits its symbols to
#define FLAT_RANGE 20 // of a channel within a cell

struct canvas {
    ChafaCanvas *chafa; // made for the following, or NULL
    struct canvas_settings settings;
    int cols, rows;
    struct shrink *shrink; // to the samples of the last picture, or NULL
};

int canvas_new(struct canvas **ret)
{
    struct canvas *c = calloc(1, sizeof *c);
    if (c == NULL)
        return KIN_ENOMEM;
    *ret = c;
    return KIN_OK;
}

static void drop_chafa(struct canvas *c)
{
    if (c->chafa != NULL)
        chafa_canvas_unref(c->chafa);
    c->chafa = NULL;
}

void canvas_free(struct canvas *c)
{
    if (c == NULL)
        return;
    drop_chafa(c);
    shrink_free(c->shrink);
    free(c);
}

// --- the eight samples of each cell

static int prepare_shrink(struct canvas *c, const struct canvas_pixels *p, int width, int height)
{
    if (c->shrink != NULL && shrink_fits(c->shrink, p->width, p->height, width, height))
        return KIN_OK;
    shrink_free(c->shrink);
    c->shrink = NULL;
    return shrink_new(p->width, p->height, width, height, &c->shrink);
}

struct samples {
    int cols;
    struct cell *cells;
};

// A line of samples: a quarter of a row of cells.
static void put_samples(void *ctx, int y, const uint8_t *rgb)
{
    struct samples *s = ctx;
    struct cell *cell = s->cells + (size_t)(y / 4) * (size_t)s->cols;
    for (int x = 0; x < s->cols; x++, cell++, rgb += 6) {
        memcpy(cell->samples.rgb[y % 4 * 2], rgb, 6);
        cell->picture = true;
        cell->covered = cell->halves = false;
    }
}

// A line of half cells, which is all that half blocks show.
static void put_halves(void *ctx, int y, const uint8_t *rgb)
{
    struct samples *s = ctx;
    struct cell *cell = s->cells + (size_t)(y / 2) * (size_t)s->cols;
    for (int x = 0; x < s->cols; x++, cell++, rgb += 3) {
        for (int i = 0; i < CELL_SAMPLES / 2; i++)
            memcpy(cell->samples.rgb[y % 2 * CELL_SAMPLES / 2 + i], rgb, 3);
        cell->picture = cell->halves = true;
        cell->covered = false;
    }
}

static int sample_cells(struct canvas *c, const struct canvas_pixels *p, bool halves, int cols, int rows,
                        struct cell *cells)
{
    struct samples samples = {cols, cells};
    int err = halves ? prepare_shrink(c, p, cols, rows * 2) : prepare_shrink(c, p, cols * 2, rows * 4);
    if (err == KIN_OK)
        shrink_pixels(c->shrink, p, halves ? put_halves : put_samples, &samples);
    return err;
}

// In an almost uniform cell fitted symbols draw lines that are not in the picture: half blocks do not.
static bool is_flat(const struct cell_samples *s)
{
    for (int channel = 0; channel < 3; channel++) {
        uint8_t low = 255, high = 0;
        for (int i = 0; i < CELL_SAMPLES; i++) {
            low = s->rgb[i][channel] < low ? s->rgb[i][channel] : low;
            high = s->rgb[i][channel] > high ? s->rgb[i][channel] : high;
        }
        if (high - low > FLAT_RANGE)
            return false;
    }
    return true;
}

// --- chafa

static ChafaCanvasMode chafa_mode(enum color_depth depth)
{
    static const ChafaCanvasMode modes[] = {
        [DEPTH_2] = CHAFA_CANVAS_MODE_FGBG,
        [DEPTH_16] = CHAFA_CANVAS_MODE_INDEXED_16,
        [DEPTH_256] = CHAFA_CANVAS_MODE_INDEXED_240,
        [DEPTH_16M] = CHAFA_CANVAS_MODE_TRUECOLOR,
    };
    return modes[depth];
}

// With two colours shades come from dithering, and braille has the most dots.
// Blocks of one eighth, and of seven: where glyphs do not meet they draw dashed lines.
static void remove_thin_blocks(ChafaSymbolMap *map)
{
    static const gunichar thin[] = {0x2581, 0x2587, 0x2589, 0x258f, 0x2594, 0x2595};
    for (size_t i = 0; i < sizeof thin / sizeof *thin; i++)
        chafa_symbol_map_remove_by_range(map, thin[i], thin[i]);
}

static ChafaSymbolMap *symbols_for(const struct canvas_settings *settings)
{
    enum renderer kind = settings->kind;
    static const ChafaSymbolTags tags[] = {
        [RENDERER_SYMBOLS] = CHAFA_SYMBOL_TAG_SPACE | CHAFA_SYMBOL_TAG_BLOCK,
        [RENDERER_HALF] = CHAFA_SYMBOL_TAG_SPACE | CHAFA_SYMBOL_TAG_SOLID | CHAFA_SYMBOL_TAG_HHALF,
        [RENDERER_QUADRANTS] = CHAFA_SYMBOL_TAG_SPACE | CHAFA_SYMBOL_TAG_SOLID | CHAFA_SYMBOL_TAG_QUAD |
                               CHAFA_SYMBOL_TAG_HALF,
        [RENDERER_SEXTANTS] = CHAFA_SYMBOL_TAG_SPACE | CHAFA_SYMBOL_TAG_SOLID | CHAFA_SYMBOL_TAG_SEXTANT,
        [RENDERER_ASCII] = CHAFA_SYMBOL_TAG_SPACE | CHAFA_SYMBOL_TAG_ASCII,
    };
    ChafaSymbolMap *map = chafa_symbol_map_new();
    bool dots = kind == RENDERER_SYMBOLS && settings->depth == DEPTH_2;
    chafa_symbol_map_add_by_tags(map, dots ? CHAFA_SYMBOL_TAG_SPACE | CHAFA_SYMBOL_TAG_BRAILLE : tags[kind]);
    if (kind == RENDERER_SYMBOLS && !dots && settings->still)
        chafa_symbol_map_add_by_tags(map, CHAFA_SYMBOL_TAG_BORDER | CHAFA_SYMBOL_TAG_DIAGONAL);
    else if (settings->gaps)
        remove_thin_blocks(map);
    return map;
}

static ChafaCanvas *make_chafa(const struct canvas_settings *settings, int cols, int rows)
{
    ChafaCanvasConfig *config = chafa_canvas_config_new();
    ChafaSymbolMap *symbols = symbols_for(settings);
    chafa_canvas_config_set_geometry(config, cols, rows);
    chafa_canvas_config_set_canvas_mode(config, chafa_mode(settings->depth));
    chafa_canvas_config_set_symbol_map(config, symbols);
    chafa_canvas_config_set_work_factor(config, settings->still ? STILL_WORK : FILM_WORK);
    chafa_canvas_config_set_preprocessing_enabled(config, settings->depth <= DEPTH_16);
    if (settings->depth <= DEPTH_16 && settings->kind != RENDERER_ASCII)
        chafa_canvas_config_set_dither_mode(config, CHAFA_DITHER_MODE_ORDERED);
    if (settings->depth == DEPTH_2)
        chafa_canvas_config_set_dither_grain_size(config, 4, 2); // a dot of braille
    ChafaCanvas *canvas = chafa_canvas_new(config);
    chafa_symbol_map_unref(symbols);
    chafa_canvas_config_unref(config);
    return canvas;
}

static void prepare_chafa(struct canvas *c, const struct canvas_settings *settings, int cols, int rows)
{
    bool same = c->chafa != NULL && c->cols == cols && c->rows == rows && c->settings.kind == settings->kind &&
                c->settings.depth == settings->depth && c->settings.still == settings->still &&
                c->settings.gaps == settings->gaps;
    if (same)
        return;
    drop_chafa(c);
    c->chafa = make_chafa(settings, cols, rows);
    c->settings = *settings;
    c->cols = cols;
    c->rows = rows;
}

static color chafa_color(gint raw, enum color_depth depth)
{
    if (raw < 0 || depth == DEPTH_2)
        return COLOR_DEFAULT;
    return depth == DEPTH_16M ? COLOR_RGB((uint32_t)raw & 0xffffff) : COLOR_INDEX((uint32_t)raw & 255);
}

// Which samples the foreground covers, by their colours: what the glyph looks like is known to chafa alone.
static void find_mask(struct cell *c)
{
    struct rgb fg, bg;
    c->mask = 0;
    if (!color_rgb(c->style.fg, &fg) || !color_rgb(c->style.bg, &bg))
        return;
    for (int i = 0; i < CELL_SAMPLES; i++) {
        const uint8_t *s = c->samples.rgb[i];
        struct rgb at = {s[0], s[1], s[2]};
        if (color_distance(at, fg) < color_distance(at, bg))
            c->mask |= (uint8_t)(1 << i);
    }
}

static void read_cell(const struct canvas *c, int x, int y, struct cell *cell)
{
    gint fg, bg;
    chafa_canvas_get_raw_colors_at(c->chafa, x, y, &fg, &bg);
    int n = g_unichar_to_utf8(chafa_canvas_get_char_at(c->chafa, x, y), cell->glyph);
    cell->len = (uint8_t)n;
    cell->style = (struct style){chafa_color(fg, c->settings.depth), chafa_color(bg, c->settings.depth), 0};
    find_mask(cell);
}

static void replace_if_flat(const struct canvas_settings *settings, struct cell *cell)
{
    if (settings->kind == RENDERER_SYMBOLS && settings->depth >= DEPTH_256 && !settings->still &&
        is_flat(&cell->samples))
        blocks_set(cell, BLOCKS_HALF, settings->depth);
}

static void render_chafa(struct canvas *c, const struct canvas_pixels *p, struct cell *cells)
{
    chafa_canvas_draw_all_pixels(c->chafa, CHAFA_PIXEL_RGB8, p->rgb, p->width, p->height, (gint)p->stride);
    for (int i = 0; i < c->rows * c->cols; i++) {
        read_cell(c, i % c->cols, i / c->cols, &cells[i]);
        replace_if_flat(&c->settings, &cells[i]);
    }
}

int canvas_render(struct canvas *c, const struct canvas_settings *settings, const struct canvas_pixels *pixels,
                  int cols, int rows, struct cell *cells)
{
    if (cols < 1 || rows < 1 || pixels->width < 1 || pixels->height < 1 || pixels->stride % CANVAS_STRIDE_ALIGN != 0)
        return KIN_EINVAL;
    struct canvas_settings use = *settings;
    if (!use.utf8)
        use.kind = RENDERER_ASCII;
    enum blocks blocks = use.kind == RENDERER_HALF        ? BLOCKS_HALF
                         : use.kind == RENDERER_QUADRANTS ? BLOCKS_QUADRANTS
                                                          : BLOCKS_SEXTANTS;
    bool own = use.kind >= RENDERER_HALF && use.kind <= RENDERER_SEXTANTS && use.depth >= DEPTH_256;
    int err = sample_cells(c, pixels, own && blocks == BLOCKS_HALF, cols, rows, cells);
    if (err != KIN_OK)
        return err;
    for (int i = 0; own && i < cols * rows; i++)
        blocks_set(&cells[i], blocks, use.depth);
    if (!own) {
        prepare_chafa(c, &use, cols, rows);
        render_chafa(c, pixels, cells);
    }
    return KIN_OK;
}

// --- sizes

void canvas_fit(int width, int height, double cell_aspect, int max_cols, int max_rows, int *ret_cols, int *ret_rows)
{
    if (width < 1 || height < 1 || max_cols < 1 || max_rows < 1) {
        *ret_cols = *ret_rows = 1;
        return;
    }
    double aspect = (double)width / height * cell_aspect; // columns per row
    int cols = max_cols, rows = (int)(max_cols / aspect + 0.5);
    if (rows > max_rows) {
        rows = max_rows;
        cols = (int)(max_rows * aspect + 0.5);
    }
    *ret_cols = cols < 1 ? 1 : cols > max_cols ? max_cols : cols;
    *ret_rows = rows < 1 ? 1 : rows;
}

// Blocks of our own show so many parts of a cell. With a fifth more pixels than parts, the mean of those in a part is 1
// to 2 of 255 off what the whole picture has there (docs/terminal.md).
void canvas_wanted_pixels(const struct canvas_settings *s, int cols, int rows, int *ret_width, int *ret_height)
{
    enum renderer kind = s->kind;
    bool own = kind >= RENDERER_HALF && kind <= RENDERER_SEXTANTS;
    int across = kind == RENDERER_HALF ? 1 : 2, down = kind == RENDERER_SEXTANTS ? 3 : 2;
    *ret_width = own ? cols * across * 6 / 5 : cols * (s->still ? CHAFA_CELL : CHAFA_CELL / 2);
    *ret_height = own ? rows * down * 6 / 5 : rows * CHAFA_CELL;
}
