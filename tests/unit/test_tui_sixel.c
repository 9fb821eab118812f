// Pictures as sixels: drawn back into pixels as a terminal does.
#include "base/err.h"
#include "image_check.h"
#include "picture/dither.h"
#include "picture/scale.h"
#include "picture/sixel.h"
#include "unit.h"

// --- a terminal

struct terminal {
    uint8_t *rgb; // malloc'd
    int width, height;
    uint8_t colors[PALETTE_COLORS_MAX][3];
    int defined;
    int color, x, y;
    bool outside;  // something was drawn beyond the size
    bool *covered; // malloc'd, of each pixel
};

static void terminal_deinit(struct terminal *t)
{
    free(t->rgb);
    free(t->covered);
    *t = (struct terminal){0};
}

static int read_number(struct kin_span *s)
{
    int n = 0;
    for (; s->n > 0 && *s->p >= '0' && *s->p <= '9'; *s = kin_span_skip(*s, 1))
        n = n * 10 + *s->p - '0';
    return n;
}

// Numbers with semicolons between them.
static int read_numbers(struct kin_span *s, int numbers[5])
{
    int n = 0;
    do {
        *s = kin_span_skip(*s, n > 0);
        numbers[n++] = read_number(s);
    } while (n < 5 && s->n > 0 && *s->p == ';');
    return n;
}

static void draw_column(struct terminal *t, unsigned bits)
{
    for (int i = 0; i < 6; i++) {
        int y = t->y + i;
        if ((bits >> i & 1) == 0)
            continue;
        if (t->x >= t->width || y >= t->height) {
            t->outside = true;
            continue;
        }
        size_t at = (size_t)y * (size_t)t->width + (size_t)t->x;
        memcpy(t->rgb + at * 3, t->colors[t->color], 3);
        t->covered[at] = true;
    }
    t->x++;
}

static bool select_color(struct terminal *t, struct kin_span *s)
{
    int n[5], count = read_numbers(s, n);
    if (n[0] < 0 || n[0] >= PALETTE_COLORS_MAX || (count != 1 && (count != 5 || n[1] != 2)))
        return false;
    t->color = n[0];
    if (count == 5) {
        t->defined++;
        for (int i = 0; i < 3; i++)
            t->colors[t->color][i] = (uint8_t)((n[2 + i] * 255 + 50) / 100);
    }
    return true;
}

static bool draw_sixels(struct terminal *t, struct kin_span s)
{
    while (s.n > 0) {
        uint8_t c = *s.p;
        int times = 1;
        s = kin_span_skip(s, 1);
        if (c == '!') {
            times = read_number(&s);
            c = s.n > 0 ? *s.p : 0;
            s = kin_span_skip(s, 1);
        }
        if (c == '#' && !select_color(t, &s))
            return false;
        t->x = c == '$' || c == '-' ? 0 : t->x;
        t->y += c == '-' ? 6 : 0;
        if (c >= '?' && c <= '~')
            for (; times > 0; times--)
                draw_column(t, c - 63u);
        else if (c != '#' && c != '$' && c != '-')
            return false;
    }
    return true;
}

// Draws one whole sequence. False when it is none, or without memory.
static bool terminal_draw(struct terminal *t, const struct image_bytes *bytes)
{
    struct kin_span rest = kin_span_make(bytes->p, bytes->n), body;
    int n[5];
    terminal_deinit(t);
    if (!kin_span_starts(rest, "\033P0;1;0q\"") || !cut(&rest, "\033P0;1;0q\"", "\033\\", &body) || rest.n > 0 ||
        read_numbers(&body, n) != 4 || n[0] != 1 || n[1] != 1)
        return false;
    t->width = n[2];
    t->height = n[3];
    t->rgb = malloc((size_t)t->width * (size_t)t->height * 3);
    t->covered = calloc((size_t)t->width * (size_t)t->height, sizeof *t->covered);
    return t->rgb != NULL && t->covered != NULL && draw_sixels(t, body);
}

static bool is_covered(const struct terminal *t)
{
    for (size_t i = 0; i < (size_t)t->width * (size_t)t->height; i++)
        if (!t->covered[i])
            return false;
    return !t->outside;
}

static double terminal_psnr(const struct terminal *t, const struct canvas_pixels *want)
{
    struct pixels got = {t->rgb, (size_t)t->width * (size_t)t->height * 3}, packed = pack(want);
    double db = packed.p != NULL ? pixels_psnr(&got, &packed) : 0;
    free(packed.p);
    return db;
}

static struct image_request request_for(const struct canvas_pixels *p, int cell_width, int cell_height)
{
    return (struct image_request){.pixels = p,
                                  .cols = p->width / cell_width,
                                  .rows = p->height / cell_height,
                                  .cell_width = cell_width,
                                  .cell_height = cell_height,
                                  .max_colors = PALETTE_COLORS_MAX};
}

// --- sixels

TEST(sixels_cover_their_cells_and_no_more)
{
    static const struct {
        int width, height;
    } sizes[] = {{1, 1}, {5, 7}, {6, 6}, {7, 13}, {64, 35}, {1, 90}, {300, 2}};
    struct sixel *s = NULL;
    struct image_bytes out = {0};
    struct terminal t = {0};
    struct drawn d = {.rgb = NULL};
    CHECK_INT(sixel_new(&s), KIN_OK);
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof sizes[0]; i++) {
        d = draw(sizes[i / 2].width, sizes[i / 2].height, 4, 12);
        CHECK(d.rgb != NULL);
        struct image_request q = request_for(&d.pixels, 1, 1);
        q.still = i % 2 != 0;
        out.n = 0;
        CHECK_INT(sixel_encode(s, &q, &out), KIN_OK);
        CHECK(terminal_draw(&t, &out));
        CHECK(t.width == d.pixels.width && t.height == d.pixels.height);
        CHECK(is_covered(&t));
        free(d.rgb);
        d.rgb = NULL;
    }
out:
    free(d.rgb);
    terminal_deinit(&t);
    image_bytes_deinit(&out);
    sixel_free(s);
}

TEST(sixels_look_like_the_picture)
{
    static const struct {
        int colors;
        bool still;
        double least_db;
    } cases[] = {{256, false, 31}, {256, true, 29}, {64, false, 27}, {16, false, 22}, {2, true, 8}};
    struct sixel *s = NULL;
    struct image_bytes out = {0};
    struct terminal t = {0};
    struct drawn d = draw(160, 90, 0, 12);
    CHECK(d.rgb != NULL);
    CHECK_INT(sixel_new(&s), KIN_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct image_request q = request_for(&d.pixels, 8, 15);
        q.max_colors = cases[i].colors;
        q.still = cases[i].still;
        out.n = 0;
        CHECK_INT(sixel_encode(s, &q, &out), KIN_OK);
        CHECK(terminal_draw(&t, &out));
        CHECK(t.defined <= cases[i].colors);
        CHECK(is_covered(&t));
        CHECK(terminal_psnr(&t, &d.pixels) >= cases[i].least_db);
    }
out:
    free(d.rgb);
    terminal_deinit(&t);
    image_bytes_deinit(&out);
    sixel_free(s);
}

// Few colours are shown as they are, but for the hundredths that terminals count in.
TEST(sixels_keep_flat_colors)
{
    static const uint8_t flat[3][3] = {{255, 255, 255}, {200, 30, 60}, {0, 10, 90}};
    uint8_t rgb[60][100 * 3];
    struct sixel *s = NULL;
    struct image_bytes out = {0};
    struct terminal t = {0};
    struct canvas_pixels p = {&rgb[0][0], 100, 60, sizeof rgb[0]};
    struct image_request q = request_for(&p, 10, 20);
    for (int y = 0; y < 60; y++)
        for (int x = 0; x < 100; x++)
            memcpy(&rgb[y][x * 3], flat[(x / 20 + y / 20) % 3], 3);
    CHECK_INT(sixel_new(&s), KIN_OK);
    CHECK_INT(sixel_encode(s, &q, &out), KIN_OK);
    CHECK(terminal_draw(&t, &out));
    CHECK_INT(t.defined, 3);
    for (size_t i = 0; i < sizeof rgb; i++)
        CHECK(abs((int)t.rgb[i] - (int)(&rgb[0][0])[i]) <= 2);
    CHECK(out.n < 600);
out:
    terminal_deinit(&t);
    image_bytes_deinit(&out);
    sixel_free(s);
}

TEST(sixels_are_scaled_to_the_cells)
{
    struct sixel *s = NULL;
    struct image_bytes out = {0};
    struct terminal t = {0};
    struct drawn small = draw(80, 45, 0, 0), large = draw(160, 90, 0, 0);
    struct image_request q = request_for(&large.pixels, 8, 15);
    CHECK(small.rgb != NULL && large.rgb != NULL);
    q.pixels = &small.pixels;
    CHECK_INT(sixel_new(&s), KIN_OK);
    CHECK_INT(sixel_encode(s, &q, &out), KIN_OK);
    CHECK(terminal_draw(&t, &out));
    CHECK(t.width == 160 && t.height == 90);
    CHECK(terminal_psnr(&t, &large.pixels) >= 31);
out:
    free(small.rgb), free(large.rgb);
    terminal_deinit(&t);
    image_bytes_deinit(&out);
    sixel_free(s);
}

TEST(sixels_keep_their_palette_while_it_fits)
{
    struct sixel *s = NULL;
    struct image_bytes out = {0};
    struct terminal first = {0}, second = {0}, third = {0};
    struct drawn d = draw(120, 80, 0, 0);
    CHECK(d.rgb != NULL);
    struct image_request q = request_for(&d.pixels, 10, 20);
    CHECK_INT(sixel_new(&s), KIN_OK);
    CHECK_INT(sixel_encode(s, &q, &out), KIN_OK);
    CHECK(terminal_draw(&first, &out));
    memmove(d.rgb, d.rgb + 2 * d.pixels.stride, 78 * d.pixels.stride); // the picture moves a little
    out.n = 0;
    CHECK_INT(sixel_encode(s, &q, &out), KIN_OK);
    CHECK(terminal_draw(&second, &out));
    CHECK(memcmp(first.colors, second.colors, sizeof first.colors) == 0);
    for (size_t i = 0; i < d.pixels.stride * 80; i++) // another scene
        d.rgb[i] = (uint8_t)(d.rgb[i] / 4);
    out.n = 0;
    CHECK_INT(sixel_encode(s, &q, &out), KIN_OK);
    CHECK(terminal_draw(&third, &out));
    CHECK(terminal_psnr(&third, &d.pixels) >= 34);
out:
    free(d.rgb);
    terminal_deinit(&first);
    terminal_deinit(&second);
    terminal_deinit(&third);
    image_bytes_deinit(&out);
    sixel_free(s);
}

TEST(sixels_come_down_to_their_budget)
{
    struct sixel *s = NULL;
    struct image_bytes out = {0};
    struct drawn d = draw(160, 90, 0, 12);
    CHECK(d.rgb != NULL);
    struct image_request q = request_for(&d.pixels, 8, 15);
    size_t full = 0;
    CHECK_INT(sixel_new(&s), KIN_OK);
    for (int i = 0; i < 6; i++) {
        out.n = 0;
        CHECK_INT(sixel_encode(s, &q, &out), KIN_OK);
        full = i == 0 ? out.n : full;
        q.budget_bytes = full / 2;
    }
    CHECK(out.n <= full / 2);
    q.budget_bytes = 0;
    for (int i = 0; i < 2; i++) {
        out.n = 0;
        CHECK_INT(sixel_encode(s, &q, &out), KIN_OK);
    }
    CHECK_INT(out.n, full);
out:
    free(d.rgb);
    image_bytes_deinit(&out);
    sixel_free(s);
}

TEST(sixels_refuse_what_cannot_be_drawn)
{
    struct sixel *s = NULL;
    struct image_bytes out = {0};
    struct drawn d = draw(8, 8, 0, 0);
    CHECK(d.rgb != NULL);
    struct image_request q = request_for(&d.pixels, 1, 1);
    CHECK_INT(sixel_new(&s), KIN_OK);
    q.cell_width = 0;
    CHECK_INT(sixel_encode(s, &q, &out), KIN_EINVAL);
    q.cell_width = IMAGE_SIDE_MAX;
    CHECK_INT(sixel_encode(s, &q, &out), KIN_ELIMIT);
    q = request_for(&d.pixels, 1, 1);
    q.cols = q.rows = IMAGE_SIDE_MAX;
    CHECK_INT(sixel_encode(s, &q, &out), KIN_ELIMIT);
    q = request_for(&d.pixels, 1, 1);
    out.n = out.size = IMAGE_BYTES_MAX - 100; // as if it were full; nothing is read or written
    CHECK_INT(sixel_encode(s, &q, &out), KIN_ELIMIT);
    CHECK_INT(out.n, IMAGE_BYTES_MAX - 100);
    out.n = 0;
    CHECK_INT(sixel_encode(s, &q, &out), KIN_OK);
out:
    free(d.rgb);
    image_bytes_deinit(&out);
    sixel_free(s);
}

// --- dithering

// A grey between black and white becomes as many white pixels as it is bright.
TEST(dithering_keeps_the_mean)
{
    static struct palette p;
    struct dither d = {0};
    uint8_t line[64 * 3], index[64];
    p.count = 2;
    memset(p.rgb[1], 255, 3);
    memset(p.nearest, 0, sizeof p.nearest);
    for (int grey = 32; grey <= 224; grey += 96) {
        int diffused = 0, ordered = 0;
        CHECK_INT(dither_begin(&d, 2, 64), KIN_OK);
        memset(line, grey, sizeof line);
        for (int y = 0; y < 64; y++) {
            dither_diffuse(&d, &p, line, 64, index);
            for (int x = 0; x < 64; x++)
                diffused += index[x] * 255;
            dither_ordered(&d, &p, line, y, 64, index);
            for (int x = 0; x < 64; x++)
                ordered += index[x] * 255;
        }
        CHECK(abs(diffused / (64 * 64) - grey) <= 4);
        CHECK(grey != 128 || abs(ordered / (64 * 64) - grey) <= 32);
    }
out:
    dither_deinit(&d);
}

// --- scaling

TEST(scaling_keeps_what_is_flat_and_what_rises)
{
    static const struct {
        int from, to;
    } sizes[] = {{1, 1}, {1, 9}, {9, 1}, {7, 5}, {40, 64}, {64, 40}};
    struct scaler *s = NULL;
    uint8_t rgb[64][64 * 3];
    CHECK_INT(scaler_new(&s), KIN_OK);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct canvas_pixels p = {&rgb[0][0], sizes[i].from, sizes[i].from, sizeof rgb[0]}, got;
        for (int y = 0; y < 64; y++)
            for (int x = 0; x < 64; x++) {
                rgb[y][x * 3] = 77;
                rgb[y][x * 3 + 1] = (uint8_t)(x * 4);
                rgb[y][x * 3 + 2] = (uint8_t)(y * 4);
            }
        CHECK_INT(scaler_scale(s, &p, sizes[i].to, sizes[i].to, &got), KIN_OK);
        CHECK(got.width == sizes[i].to && got.height == sizes[i].to && got.stride % CANVAS_STRIDE_ALIGN == 0);
        CHECK(sizes[i].from != sizes[i].to || got.rgb == p.rgb);
        for (int k = 0; k < sizes[i].to; k++) { // the middle of each pixel is where it was
            double want = ((k + 0.5) * sizes[i].from / sizes[i].to - 0.5) * 4, last = (sizes[i].from - 1) * 4;
            want = want < 0 ? 0 : want > last ? last : want;
            CHECK_INT(got.rgb[3 * k], 77);
            CHECK(fabs(got.rgb[3 * k + 1] - want) <= 1);
            CHECK(fabs(got.rgb[(size_t)k * got.stride + 2] - want) <= 1);
        }
    }
out:
    scaler_free(s);
}

TEST(scaling_shrinks_to_what_cells_can_show)
{
    static const struct {
        int cell_width, cell_height, width, height;
    } cases[] = {{0, 0, 40, 30}, {4, 6, 20, 24}, {4, 100, 20, 30}, {100, 2, 40, 8}, {8, 8, 40, 30}};
    struct scaler *s = NULL;
    struct canvas_pixels got;
    struct drawn d = draw(40, 30, 0, 0);
    CHECK(d.rgb != NULL);
    CHECK_INT(scaler_new(&s), KIN_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct image_request q = {.pixels = &d.pixels,
                                  .cols = 5,
                                  .rows = 4,
                                  .cell_width = cases[i].cell_width,
                                  .cell_height = cases[i].cell_height};
        CHECK_INT(scaler_shrink(s, &q, &got), KIN_OK);
        CHECK(got.width == cases[i].width && got.height == cases[i].height);
    }
out:
    free(d.rgb);
    scaler_free(s);
}
