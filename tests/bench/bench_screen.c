// What a film takes in a terminal's cells: bytes, colour error and milliseconds of one core a picture, by renderer and
// budget. The error is what the terminal shows against the exact mean of the pixels below each half of a cell.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/err.h"
#include "media/reel.h"
#include "picture/canvas.h"
#include "picture/decode.h"
#include "terminal/color.h"
#include "terminal/encoder.h"

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

#define FRAMES 240
#define COMPARED_EACH 10
#define DECODE_WHOLE 100000 // pixels: more than any picture has

struct run {
    const char *name;
    struct canvas_settings settings;
    struct encoder_quality quality;
    int cols, rows;
};

// Exact area mean of the pixels of half cell (x, y) of cols x 2 rows.
static void reference(const struct decode_result *r, int cols, int rows, int x, int y, double rgb[3])
{
    double x0 = (double)x * r->width / cols, x1 = (double)(x + 1) * r->width / cols;
    double y0 = (double)y * r->height / (2 * rows), y1 = (double)(y + 1) * r->height / (2 * rows), n = 0;
    rgb[0] = rgb[1] = rgb[2] = 0;
    for (int j = (int)y0; j < y1 && j < r->height; j++)
        for (int i = (int)x0; i < x1 && i < r->width; i++) {
            double w = (i + 1 < x1 ? i + 1 : x1) - (i > x0 ? i : x0);
            w *= (j + 1 < y1 ? j + 1 : y1) - (j > y0 ? j : y0);
            const uint8_t *p = r->rgb + (size_t)j * r->stride + (size_t)i * 3;
            for (int k = 0; k < 3; k++)
                rgb[k] += w * p[k];
            n += w;
        }
    for (int k = 0; k < 3; k++)
        rgb[k] /= n;
}

static struct rgb half_shown(const struct cell *c, int half)
{
    struct rgb fg = {0, 0, 0}, bg = {0, 0, 0};
    color_rgb(c->style.fg, &fg);
    color_rgb(c->style.bg, &bg);
    if (c->len == 1)
        return bg;
    bool lower = (uint8_t)c->glyph[2] == 0x84;
    return (half == 1) == lower ? fg : bg;
}

static double error_of(const struct encoder *e, const struct decode_result *full, int cols, int rows)
{
    double sum = 0, want[3];
    for (int y = 0; y < 2 * rows; y++)
        for (int x = 0; x < cols; x++) {
            reference(full, cols, rows, x, y, want);
            struct rgb c = half_shown(screen_at(&e->shown, x, y / 2), y % 2);
            double d[3] = {c.r - want[0], c.g - want[1], c.b - want[2]};
            for (int k = 0; k < 3; k++)
                sum += d[k] < 0 ? -d[k] : d[k];
        }
    return sum / (6.0 * cols * rows);
}

// The tools of one run, and its sums.
struct desk {
    struct decoder *decoder, *full_decoder;
    struct canvas *canvas;
    struct encoder encoder;
    struct screen screen;
    uint8_t *out;
    size_t room, bytes;
    double decode_ms, render_ms, encode_ms, error, threshold;
    unsigned pictures, compared;
};

static bool desk_init(struct desk *d, const struct run *run)
{
    *d = (struct desk){.screen = {.utf8 = true, .depth = run->settings.depth}};
    d->room = encoder_bytes_max(run->cols, run->rows);
    d->out = malloc(d->room);
    return d->out != NULL && decoder_new(&d->decoder) == KIN_OK && decoder_new(&d->full_decoder) == KIN_OK &&
           canvas_new(&d->canvas) == KIN_OK && screen_resize(&d->screen, run->cols, run->rows) == KIN_OK;
}

static void desk_deinit(struct desk *d)
{
    encoder_deinit(&d->encoder);
    screen_deinit(&d->screen);
    canvas_free(d->canvas);
    decoder_free(d->decoder);
    decoder_free(d->full_decoder);
    free(d->out);
}

static void compare(struct desk *d, const struct run *run, struct kin_span jpeg)
{
    struct decode_result full;
    if (decoder_decode(d->full_decoder, jpeg, DECODE_WHOLE, DECODE_WHOLE, &full, NULL) != KIN_OK)
        return;
    d->error += error_of(&d->encoder, &full, run->cols, run->rows);
    d->compared++;
}

static void draw_picture(struct desk *d, const struct run *run, struct kin_span jpeg)
{
    struct decode_result r;
    struct encoder_cost cost;
    int width, height;
    double begin = cpu_ms();
    canvas_wanted_pixels(&run->settings, run->cols, run->rows, &width, &height);
    if (decoder_decode(d->decoder, jpeg, width, height, &r, NULL) != KIN_OK)
        return;
    double decoded = cpu_ms();
    struct canvas_pixels pixels = {r.rgb, r.width, r.height, r.stride};
    canvas_render(d->canvas, &run->settings, &pixels, run->cols, run->rows, d->screen.cells);
    double rendered = cpu_ms();
    struct kin_wr out = kin_wr_init(d->out, d->room);
    encoder_draw(&d->encoder, &d->screen, &run->quality, &out, &cost);
    d->decode_ms += decoded - begin;
    d->render_ms += rendered - decoded;
    d->encode_ms += cpu_ms() - rendered;
    d->threshold += cost.threshold;
    d->bytes += d->pictures++ > 0 ? out.len : 0; // the first one is drawn from nothing
}

static void measure(struct kin_reel *reel, const struct run *run)
{
    struct desk d;
    bool comparable = run->settings.kind == RENDERER_HALF && run->settings.depth >= DEPTH_256;
    bool ready = desk_init(&d, run);
    for (uint32_t i = 0; ready && i < reel->frame_count && i < FRAMES; i++) {
        struct kin_buf *jpeg = NULL;
        if (kin_reel_read(reel, i, &jpeg) != KIN_OK)
            break;
        draw_picture(&d, run, kin_buf_span(jpeg));
        if (comparable && i % COMPARED_EACH == COMPARED_EACH - 1)
            compare(&d, run, kin_buf_span(jpeg));
        kin_buf_unref(jpeg);
    }
    double n = d.pictures > 1 ? d.pictures : 2;
    printf("%-24s %4dx%-3d %8.0f B  error %5.2f  threshold %5.1f   decode %.2f render %.2f encode %.2f ms\n", run->name,
           run->cols, run->rows, (double)d.bytes / (n - 1), d.compared > 0 ? d.error / d.compared : 0, d.threshold / n,
           d.decode_ms / n, d.render_ms / n, d.encode_ms / n);
    desk_deinit(&d);
}

static const struct {
    const char *name;
    enum renderer kind;
    enum color_depth depth;
    struct encoder_quality quality;
} runs[] = {
    {"half, exact", RENDERER_HALF, DEPTH_16M, {0, 0}},
    {"half", RENDERER_HALF, DEPTH_16M, {8, 0}},
    {"half, 40000 bytes", RENDERER_HALF, DEPTH_16M, {8, 40000}},
    {"half, 8000 bytes", RENDERER_HALF, DEPTH_16M, {8, 8000}},
    {"half, 2000 bytes", RENDERER_HALF, DEPTH_16M, {8, 2000}},
    {"half of 256 colours", RENDERER_HALF, DEPTH_256, {8, 0}},
    {"quadrants", RENDERER_QUADRANTS, DEPTH_16M, {8, 0}},
    {"sextants", RENDERER_SEXTANTS, DEPTH_16M, {8, 0}},
    {"symbols", RENDERER_SYMBOLS, DEPTH_16M, {8, 0}},
};

static void measure_all(struct kin_reel *reel)
{
    static const int sizes[][2] = {{120, 34}, {200, 56}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t k = 0; k < sizeof runs / sizeof *runs; k++) {
            struct run run = {runs[k].name,
                              {runs[k].kind, runs[k].depth, true, false, false},
                              runs[k].quality,
                              sizes[i][0],
                              sizes[i][1]};
            measure(reel, &run);
        }
}

int main(int argc, char **argv)
{
    struct kin_source *source = NULL;
    struct kin_reel *reel = NULL;
    char why[KIN_MEDIA_WHY_MAX] = "";
    int err = kin_source_from_path(argc > 1 ? argv[1] : "video/bunny-720p.mjpeg", &source);
    if (err == KIN_OK)
        err = kin_reel_open(source, NULL, &reel, why);
    if (err == KIN_OK)
        measure_all(reel);
    else
        fprintf(stderr, "%s\n", why[0] != '\0' ? why : kin_err_str(err));
    kin_reel_unref(reel);
    kin_source_unref(source);
    return err == KIN_OK ? 0 : 1;
}
