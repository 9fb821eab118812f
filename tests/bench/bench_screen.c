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

struct run {
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

static void measure(struct kin_reel *reel, const char *name, const struct run *run)
{
    struct decoder *d = NULL, *full_decoder = NULL;
    struct canvas *c = NULL;
    struct encoder e = {.known = false};
    struct screen s = {.utf8 = true, .depth = run->settings.depth};
    size_t room = encoder_bytes_max(run->cols, run->rows), bytes = 0;
    uint8_t *out = malloc(room);
    struct cell *cells = calloc((size_t)(run->cols * run->rows), sizeof *cells);
    double decode = 0, render = 0, encode = 0, error = 0, threshold = 0;
    uint32_t n = 0, measured = 0;
    if (decoder_new(&d) != KIN_OK || decoder_new(&full_decoder) != KIN_OK || canvas_new(&c) != KIN_OK ||
        screen_resize(&s, run->cols, run->rows) != KIN_OK)
        return;
    for (uint32_t i = 0; i < reel->frame_count && i < 240; i++) {
        struct kin_buf *jpeg = NULL;
        struct decode_result r, full;
        struct encoder_cost cost;
        int w, h;
        if (kin_reel_read(reel, i, &jpeg) != KIN_OK)
            break;
        double t0 = cpu_ms();
        canvas_wanted_pixels(run->settings.kind, run->cols, run->rows, &w, &h);
        decoder_decode(d, kin_buf_span(jpeg), w, h, &r, NULL);
        double t1 = cpu_ms();
        struct canvas_pixels p = {r.rgb, r.width, r.height, r.stride};
        canvas_render(c, &run->settings, &p, run->cols, run->rows, cells);
        double t2 = cpu_ms();
        memcpy(s.cells, cells, (size_t)(run->cols * run->rows) * sizeof *cells);
        struct kin_wr wr = kin_wr_init(out, room);
        encoder_draw(&e, &s, &run->quality, &wr, &cost);
        double t3 = cpu_ms();
        decode += t1 - t0, render += t2 - t1, encode += t3 - t2;
        threshold += cost.threshold;

        bytes += i > 0 ? wr.len : 0;
        n++;
        if (i % 10 == 9 && run->settings.kind == RENDERER_HALF && run->settings.depth >= DEPTH_256) {
            decoder_decode(full_decoder, kin_buf_span(jpeg), 100000, 100000, &full, NULL);
            error += error_of(&e, &full, run->cols, run->rows);
            measured++;
        }
        kin_buf_unref(jpeg);
    }
    printf("%-24s %4dx%-3d %8zu B  error %5.2f  threshold %5.1f   decode %.2f render %.2f encode %.2f ms\n", name,
           run->cols, run->rows, n > 1 ? bytes / (n - 1) : 0, measured > 0 ? error / measured : 0, threshold / n,
           decode / n, render / n, encode / n);
    encoder_deinit(&e);
    screen_deinit(&s);
    canvas_free(c);
    decoder_free(d);
    decoder_free(full_decoder);
    free(out);
    free(cells);
}

int main(int argc, char **argv)
{
    struct kin_source *source = NULL;
    struct kin_reel *reel = NULL;
    char why[KIN_MEDIA_WHY_MAX] = "";
    if (kin_source_from_path(argc > 1 ? argv[1] : "video/bunny-720p.mjpeg", &source) != KIN_OK ||
        kin_reel_open(source, NULL, &reel, why) != KIN_OK) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    static const int sizes[][2] = {{120, 40}, {200, 60}};
    static const struct {
        const char *name;
        struct canvas_settings settings;
        struct encoder_quality quality;
    } runs[] = {
        {"half exact", {RENDERER_HALF, DEPTH_16M, true, false, false}, {0, 0}},
        {"half 3", {RENDERER_HALF, DEPTH_16M, true, false, false}, {3, 0}},
        {"half 4", {RENDERER_HALF, DEPTH_16M, true, false, false}, {4, 0}},
        {"half 6", {RENDERER_HALF, DEPTH_16M, true, false, false}, {6, 0}},
        {"half 8", {RENDERER_HALF, DEPTH_16M, true, false, false}, {8, 0}},
        {"half 12", {RENDERER_HALF, DEPTH_16M, true, false, false}, {12, 0}},
        {"half 16", {RENDERER_HALF, DEPTH_16M, true, false, false}, {16, 0}},
        {"half 3, 40000 bytes", {RENDERER_HALF, DEPTH_16M, true, false, false}, {3, 40000}},
        {"half 3, 8000 bytes", {RENDERER_HALF, DEPTH_16M, true, false, false}, {3, 8000}},
        {"half 3, 2000 bytes", {RENDERER_HALF, DEPTH_16M, true, false, false}, {3, 2000}},
        {"half 256, 3", {RENDERER_HALF, DEPTH_256, true, false, false}, {3, 0}},
        {"half 256, 3, 8000 bytes", {RENDERER_HALF, DEPTH_256, true, false, false}, {3, 8000}},
        {"half 256, 3, 2000 bytes", {RENDERER_HALF, DEPTH_256, true, false, false}, {3, 2000}},
        {"symbols 4", {RENDERER_SYMBOLS, DEPTH_16M, true, false, false}, {4, 0}},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t k = 0; k < sizeof runs / sizeof *runs; k++) {
            struct run run = {runs[k].settings, runs[k].quality, sizes[i][0], sizes[i][1] * 9 / 10};
            measure(reel, runs[k].name, &run);
        }
    kin_reel_unref(reel);
    kin_source_unref(source);
    return 0;
}
