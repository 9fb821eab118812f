// What a picture for the screen costs: milliseconds of one core a frame, for decoding it at one eighth of its size by
// turbojpeg and by the means of its blocks, and for shrinking that to the samples of 120x40 cells. The best round
// counts: the others were disturbed. Compare the ratios of one run: machines differ.
#include <time.h>
#include <turbojpeg.h>

#include "base/err.h"
#include "jpeg/markers.h"
#include "jpeg_make.h"
#include "picture/canvas.h"
#include "picture/decode.h"
#include "picture/shrink.h"

#define ROUNDS 20
#define FRAMES_MAX 24 // about as many bytes as a cache holds, as when each frame has just come
#define REEL "video/bunny-720p.mjpeg"
#define COLS 120
#define ROWS 40

struct frames {
    unsigned count;
    struct kin_span jpeg[FRAMES_MAX];
};

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static bool by_turbojpeg(tjhandle tj, struct kin_span jpeg, uint8_t *rgb, const struct decode_result *r)
{
    return tjDecompress2(tj, jpeg.p, (unsigned long)jpeg.n, rgb, r->width, (int)r->stride, r->height, TJPF_RGB,
                         TJFLAG_FASTUPSAMPLE) == 0;
}

static void drop_line(void *ctx, int y, const uint8_t *rgb)
{
    (void)ctx, (void)y, (void)rgb;
}

struct costs {
    double turbojpeg, ours, shrink; // ms of all frames, in the best round
};

static void lower(double *best, double ms)
{
    *best = ms < *best ? ms : *best;
}

static bool measure_round(struct decoder *d, tjhandle tj, uint8_t *rgb, struct shrink *s, const struct frames *f,
                          struct costs *best)
{
    struct decode_result r;
    double from = cpu_ms();
    for (unsigned i = 0; i < f->count; i++)
        if (decoder_decode(d, f->jpeg[i], 1, 1, &r, NULL) != KIN_OK)
            return false;
    lower(&best->ours, cpu_ms() - from);
    from = cpu_ms();
    for (unsigned i = 0; i < f->count; i++)
        if (!by_turbojpeg(tj, f->jpeg[i], rgb, &r))
            return false;
    lower(&best->turbojpeg, cpu_ms() - from);
    const struct canvas_pixels pixels = {r.rgb, r.width, r.height, r.stride};
    from = cpu_ms();
    for (unsigned i = 0; i < f->count; i++)
        shrink_pixels(s, &pixels, drop_line, NULL);
    lower(&best->shrink, cpu_ms() - from);
    return true;
}

static bool measure(const char *name, const struct frames *f)
{
    struct decoder *d = NULL;
    struct shrink *s = NULL;
    struct decode_result r;
    struct costs best = {1e9, 1e9, 1e9};
    int cols, rows;
    tjhandle tj = tjInitDecompress();
    bool ok = decoder_new(&d) == KIN_OK && decoder_decode(d, f->jpeg[0], 1, 1, &r, NULL) == KIN_OK;
    uint8_t *rgb = ok ? malloc(r.stride * (size_t)r.height) : NULL;
    if (ok) {
        canvas_fit(r.full_width, r.full_height, 2.0, COLS, ROWS, &cols, &rows);
        ok = shrink_new(r.width, r.height, cols * 2, rows * 4, &s) == KIN_OK;
    }
    for (int i = 0; i < ROUNDS && ok && rgb != NULL; i++)
        ok = measure_round(d, tj, rgb, s, f, &best);
    if (ok)
        printf("%-12s %4dx%-4d %4zu kB   turbojpeg %.3f ms   means %.3f ms (%.1f times)   shrink %.3f ms\n", name,
               r.full_width, r.full_height, f->jpeg[0].n / 1000, best.turbojpeg / f->count, best.ours / f->count,
               best.turbojpeg / best.ours, best.shrink / f->count);
    shrink_free(s);
    decoder_free(d);
    free(rgb);
    tjDestroy(tj);
    return ok;
}

static bool measure_reel(const char *path)
{
    struct frames f = {0};
    FILE *file = fopen(path, "rb");
    struct kin_buf *bytes = kin_buf_new((size_t)4 << 20);
    struct kin_span rest = {0};
    struct kin_jpeg_info info;
    if (file != NULL && bytes != NULL)
        rest = kin_span_make(bytes->data, fread(bytes->data, 1, bytes->len, file));
    while (f.count < FRAMES_MAX && kin_jpeg_walk(rest, &info, NULL) == KIN_OK && info.has_eoi) {
        f.jpeg[f.count++] = kin_span_first(rest, info.length);
        rest = kin_span_skip(rest, info.length);
    }
    bool ok = f.count > 0 && measure("film", &f);
    if (file != NULL)
        fclose(file);
    kin_buf_unref(bytes);
    return ok;
}

static bool measure_drawn(const char *name, struct make make)
{
    struct frames f = {0};
    struct kin_buf *made[FRAMES_MAX] = {NULL};
    make.width = 1920, make.height = 1080, make.grain = 24;
    for (unsigned i = 0; i < FRAMES_MAX; i++, make.phase++) {
        made[i] = make_jpeg(&make);
        if (made[i] != NULL)
            f.jpeg[f.count++] = kin_buf_span(made[i]);
    }
    bool ok = f.count == FRAMES_MAX && measure(name, &f);
    for (unsigned i = 0; i < FRAMES_MAX; i++)
        kin_buf_unref(made[i]);
    return ok;
}

int main(void)
{
    bool ok = measure_reel(REEL);
    ok = measure_drawn("grain", (struct make){.quality = 80}) && ok;
    ok = measure_drawn("own tables", (struct make){.quality = 80, .optimize = true}) && ok;
    ok = measure_drawn("restarts", (struct make){.quality = 80, .restart = 20}) && ok;
    return ok ? 0 : 1;
}
