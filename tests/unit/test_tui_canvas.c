// JPEG to pixels to cells.
#include <stdlib.h>

#include "base/err.h"
#include "drawing/pattern.h"
#include "picture/canvas.h"
#include "picture/decode.h"
#include "picture/picture.h"
#include "terminal/color.h"
#include "unit.h"

// An RGB picture of two halves, left and right or top and bottom, with an odd width.
#define W 62
#define H 40
static uint8_t pixels[H][(W * 3 + 3) / 4 * 4];

static struct canvas_pixels halves(bool side_by_side)
{
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            bool first = side_by_side ? x < W / 2 : y < H / 2;
            pixels[y][3 * x] = first ? 255 : 0;
            pixels[y][3 * x + 1] = 0;
            pixels[y][3 * x + 2] = first ? 0 : 255;
        }
    return (struct canvas_pixels){&pixels[0][0], W, H, sizeof pixels[0]};
}

static bool near(color c, uint32_t rgb)
{
    for (int shift = 0; shift < 24; shift += 8)
        if (abs((int)(c >> shift & 255) - (int)(rgb >> shift & 255)) > 24)
            return false;
    return (c & COLOR_RGB_BIT) != 0;
}

// What a cell shows most of: its foreground when the glyph covers it, else its background.
static color shown(const struct cell *c)
{
    return c->len == 1 && c->glyph[0] == ' ' ? c->style.bg : c->style.fg;
}

TEST(canvas_half_blocks_show_what_lies_above_and_below)
{
    struct canvas *c = NULL;
    struct cell cells[9];
    struct canvas_settings half = {RENDERER_HALF, DEPTH_16M, true, false, false};
    struct canvas_pixels p = halves(false);
    CHECK_INT(canvas_new(&c), KIN_OK);
    CHECK_INT(canvas_render(c, &half, &p, 1, 1, cells), KIN_OK);
    CHECK_SPAN(kin_span_make(cells[0].glyph, cells[0].len), "\xe2\x96\x80");
    CHECK(cells[0].style.fg == COLOR_RGB(0xff0000) && cells[0].style.bg == COLOR_RGB(0x0000ff));
    CHECK_INT(canvas_render(c, &half, &p, 3, 3, cells), KIN_OK);
    CHECK(cells[1].style.bg == COLOR_RGB(0xff0000));
    CHECK_INT(cells[1].len, 1); // one colour is a blank
    CHECK(cells[7].style.bg == COLOR_RGB(0x0000ff));
    half.depth = DEPTH_256;
    CHECK_INT(canvas_render(c, &half, &p, 1, 1, cells), KIN_OK);
    CHECK(cells[0].style.fg == COLOR_INDEX(196) && cells[0].style.bg == COLOR_INDEX(21));
out:
    canvas_free(c);
}

TEST(canvas_samples_all_parts_of_a_cell)
{
    struct canvas *c = NULL;
    struct cell cell;
    struct canvas_settings half = {RENDERER_QUADRANTS, DEPTH_16M, true, false, false};
    struct canvas_pixels p = halves(true);
    CHECK_INT(canvas_new(&c), KIN_OK);
    CHECK_INT(canvas_render(c, &half, &p, 1, 1, &cell), KIN_OK);
    CHECK(cell.picture);
    for (int i = 0; i < CELL_SAMPLES; i++)
        CHECK_INT(cell.samples.rgb[i][0], i % 2 == 0 ? 255 : 0);
out:
    canvas_free(c);
}

// Regression: a row of pixels that is no whole number of words made the picture lean over.
TEST(canvas_symbols_stand_upright)
{
    struct canvas *c = NULL;
    struct cell cells[8 * 4];
    struct canvas_settings symbols = {RENDERER_SYMBOLS, DEPTH_16M, true, false, false};
    struct canvas_pixels p = halves(true);
    CHECK_INT(canvas_new(&c), KIN_OK);
    CHECK_INT(canvas_render(c, &symbols, &p, 8, 4, cells), KIN_OK);
    for (int y = 0; y < 4; y++) {
        CHECK(near(shown(&cells[y * 8 + 1]), 0xff0000));
        CHECK(near(shown(&cells[y * 8 + 6]), 0x0000ff));
    }
    p.stride--;
    CHECK_INT(canvas_render(c, &symbols, &p, 8, 4, cells), KIN_EINVAL);
out:
    canvas_free(c);
}

TEST(canvas_without_utf8_is_ascii)
{
    struct canvas *c = NULL;
    struct cell cells[8];
    struct canvas_settings half = {RENDERER_HALF, DEPTH_16, false, false, false};
    struct canvas_pixels p = halves(true);
    CHECK_INT(canvas_new(&c), KIN_OK);
    CHECK_INT(canvas_render(c, &half, &p, 4, 2, cells), KIN_OK);
    for (int i = 0; i < 8; i++) {
        CHECK(cells[i].len == 1 && cells[i].glyph[0] >= ' ' && cells[i].glyph[0] <= '~');
        CHECK((cells[i].style.bg & COLOR_RGB_BIT) == 0);
    }
    CHECK_INT(canvas_render(c, &half, &p, 0, 2, cells), KIN_EINVAL);
out:
    canvas_free(c);
}

TEST(canvas_fit_keeps_the_aspect)
{
    static const struct {
        int width, height;
        double aspect;
        int max_cols, max_rows, cols, rows;
    } cases[] = {{1920, 1080, 2.0, 100, 50, 100, 28}, {1920, 1080, 2.0, 100, 20, 71, 20},
                 {100, 100, 2.0, 10, 10, 10, 5},      {1, 4000, 2.0, 80, 24, 1, 24},
                 {4000, 1, 2.0, 80, 24, 80, 1},       {640, 480, 1.0, 40, 40, 40, 30},
                 {0, 10, 2.0, 80, 24, 1, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int cols, rows;
        canvas_fit(cases[i].width, cases[i].height, cases[i].aspect, cases[i].max_cols, cases[i].max_rows, &cols,
                   &rows);
        CHECK_INT(cols, cases[i].cols);
        CHECK_INT(rows, cases[i].rows);
    }
out:;
}

TEST(canvas_finds_the_nearest_of_256)
{
    CHECK_INT(color_nearest((struct rgb){0, 0, 0}), 16);
    CHECK_INT(color_nearest((struct rgb){255, 255, 255}), 231);
    CHECK_INT(color_nearest((struct rgb){255, 0, 0}), 196);
    CHECK_INT(color_nearest((struct rgb){8, 8, 8}), 232);
    CHECK_INT(color_nearest((struct rgb){128, 128, 128}), 244);
    CHECK_INT(color_nearest((struct rgb){95, 135, 175}), 67);
out:;
}

static struct kin_buf *make_jpeg(uint16_t width, uint16_t height)
{
    struct kin_pattern *p = NULL;
    struct kin_pattern_options o = {width, height, 24, 1, 80};
    struct kin_buf *jpeg = NULL;
    if (kin_pattern_new(&o, &p) == KIN_OK)
        kin_pattern_encode(p, 7, &jpeg);
    kin_pattern_free(p);
    return jpeg;
}

TEST(decode_scales_to_what_is_wanted)
{
    static const struct {
        int want_width, want_height, width, height;
    } cases[] = {{1, 1, 40, 30}, {40, 30, 40, 30}, {41, 30, 80, 60}, {300, 10, 320, 240}, {5000, 5000, 320, 240}};
    struct decoder *d = NULL;
    struct decode_result r;
    struct kin_buf *jpeg = make_jpeg(320, 240);
    CHECK(jpeg != NULL);
    CHECK_INT(decoder_new(&d), KIN_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_INT(decoder_decode(d, kin_buf_span(jpeg), cases[i].want_width, cases[i].want_height, &r, NULL), KIN_OK);
        CHECK(r.width == cases[i].width && r.height == cases[i].height && r.full_width == 320 && !r.damaged);
        CHECK_INT(r.stride % CANVAS_STRIDE_ALIGN, 0);
    }
out:
    decoder_free(d);
    kin_buf_unref(jpeg);
}

TEST(decode_says_what_is_wrong)
{
    struct decoder *d = NULL;
    struct decode_result r;
    const char *why = NULL;
    struct kin_buf *jpeg = make_jpeg(64, 64);
    CHECK(jpeg != NULL);
    CHECK_INT(decoder_new(&d), KIN_OK);
    CHECK_INT(decoder_decode(d, kin_span_str("no JPEG at all"), 8, 8, &r, &why), KIN_EBAD);
    CHECK(why != NULL && kin_span_starts(kin_span_str(why), "A picture cannot be shown: "));
    CHECK_INT(decoder_decode(d, kin_span_make(NULL, 0), 8, 8, &r, &why), KIN_EBAD);
    for (size_t n = 0; n < jpeg->len; n += 7) { // cut anywhere: an error or a damaged picture, never more
        int err = decoder_decode(d, unit_guarded(jpeg->data, n), 64, 64, &r, &why);
        CHECK(err != KIN_OK || r.width == 64);
    }
    // Regression: after a header cut short the decoder went on in the middle of the next picture's.
    CHECK_INT(decoder_decode(d, kin_buf_span(jpeg), 64, 64, &r, &why), KIN_OK);
    // A header that claims 16384 x 16384 costs nothing.
    size_t sof = kin_span_find_str(kin_buf_span(jpeg), "\xff\xc0");
    CHECK(sof + 9 < jpeg->len);
    memcpy(jpeg->data + sof + 5, "\x40\x00\x40\x00", 4);
    CHECK_INT(decoder_decode(d, kin_buf_span(jpeg), 64, 64, &r, &why), KIN_ELIMIT);
out:
    decoder_free(d);
    kin_buf_unref(jpeg);
}

static bool tools_new(struct picture_tools *t)
{
    return decoder_new(&t->decoder) == KIN_OK && canvas_new(&t->canvas) == KIN_OK && imager_new(&t->imager) == KIN_OK;
}

static void tools_free(struct picture_tools *t)
{
    decoder_free(t->decoder);
    canvas_free(t->canvas);
    imager_free(t->imager);
}

TEST(picture_is_made_of_a_jpeg)
{
    struct picture_tools t = {.decoder = NULL};
    struct picture *p = NULL;
    struct kin_buf *jpeg = make_jpeg(320, 240), *junk = kin_buf_copy(kin_span_str("junk"));
    CHECK(jpeg != NULL && junk != NULL);
    CHECK(tools_new(&t));
    struct picture_request q = {.jpeg = jpeg,
                                .number = 7,
                                .max_cols = 40,
                                .max_rows = 40,
                                .cell_aspect = 2.0,
                                .canvas = {RENDERER_HALF, DEPTH_16M, true, false, false}};
    p = picture_make(&t, &q);
    CHECK(p != NULL);
    CHECK(p->cells != NULL && p->image.n == 0 && p->cols == 40 && p->rows == 15 && p->number == 7);
    picture_free(p);
    q.jpeg = junk;
    p = picture_make(&t, &q);
    CHECK(p != NULL);
    CHECK(!picture_is_drawn(p) && p->why[0] != '\0');
out:
    picture_free(p);
    tools_free(&t);
    kin_buf_unref(jpeg);
    kin_buf_unref(junk);
}

TEST(picture_is_an_image_where_the_terminal_draws_them)
{
    static const struct {
        enum renderer renderer;
        const char *begin;
        bool removal;
    } cases[] = {
        {RENDERER_SIXEL, "\033P", false}, {RENDERER_KITTY, "\033_G", true}, {RENDERER_ITERM, "\033]1337;", false}};
    struct picture_tools t = {.decoder = NULL};
    struct picture *p = NULL;
    struct kin_buf *jpeg = make_jpeg(320, 240);
    CHECK(jpeg != NULL);
    CHECK(tools_new(&t));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct picture_request q = {.jpeg = jpeg,
                                    .max_cols = 20,
                                    .max_rows = 20,
                                    .cell_aspect = 2.0,
                                    .canvas = {cases[i].renderer, DEPTH_16M, true, false, false},
                                    .image = {cases[i].renderer, 8, 16, 64, false, {.first_id = KITTY_FIRST_ID_MIN}}};
        p = picture_make(&t, &q);
        CHECK(p != NULL);
        CHECK(picture_is_drawn(p) && p->cells == NULL && p->cols == 20 && p->rows == 8);
        CHECK(kin_span_starts(image_bytes_span(&p->image), cases[i].begin));
        CHECK_INT(p->removal.n > 0, cases[i].removal);
        picture_free(p);
        p = NULL;
    }
out:
    picture_free(p);
    tools_free(&t);
    kin_buf_unref(jpeg);
}
