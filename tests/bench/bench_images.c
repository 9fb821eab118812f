// What a picture costs as an image of a terminal: milliseconds of one core and bytes for each frame of the reel in
// video/, drawn over 90x27 cells of 8x15 pixels. Decoding, which comes first, has a row of its own. Compare the ratios
// of one run: machines differ.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/err.h"
#include "jpeg/markers.h"
#include "picture/decode.h"
#include "picture/iterm.h"
#include "picture/kitty.h"
#include "picture/sixel.h"

#define REEL "video/bunny-720p.mjpeg"
#define FRAMES_MAX 48
#define COLS 90
#define ROWS 27
#define CELL_WIDTH 8
#define CELL_HEIGHT 15

struct encoders {
    struct sixel *sixel;
    struct kitty *kitty, *local;
    struct iterm *iterm;
};

typedef int encode_fn(struct encoders *e, const struct image_request *q, struct image_bytes *out);

static int as_sixel(struct encoders *e, const struct image_request *q, struct image_bytes *out)
{
    return sixel_encode(e->sixel, q, out);
}

static int as_kitty(struct encoders *e, const struct image_request *q, struct image_bytes *out)
{
    return kitty_encode(e->kitty, q, out);
}

static int as_local_kitty(struct encoders *e, const struct image_request *q, struct image_bytes *out)
{
    return kitty_encode(e->local, q, out);
}

static int as_iterm(struct encoders *e, const struct image_request *q, struct image_bytes *out)
{
    return iterm_encode(e->iterm, q, out);
}

static const struct {
    const char *name;
    encode_fn *encode; // NULL: decoding alone
    int colors;
    size_t budget;
    bool still;
} ways[] = {
    {"decoding", NULL, 0, 0, false},
    {"sixel, 256 colours", as_sixel, 256, 0, false},
    {"sixel, 256 colours, still", as_sixel, 256, 0, true},
    {"sixel, 64 colours", as_sixel, 64, 0, false},
    {"sixel, 16 colours", as_sixel, 16, 0, false},
    {"sixel, 200 kB", as_sixel, 256, 200000, false},
    {"kitty", as_kitty, 0, 0, false},
    {"kitty, 200 kB", as_kitty, 0, 200000, false},
    {"kitty, shared memory", as_local_kitty, 0, 0, false},
    {"iTerm2, the JPEG itself", as_iterm, 0, 0, false},
    {"iTerm2, 30 kB", as_iterm, 0, 30000, false},
};

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

// All bytes of the reel, malloc'd; p NULL when it cannot be read.
static struct kin_span read_reel(void)
{
    struct kin_span none = {0};
    FILE *f = fopen(REEL, "rb");
    if (f == NULL)
        return none;
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    uint8_t *p = malloc(size > 0 ? (size_t)size : 1);
    rewind(f);
    size_t n = p != NULL && size > 0 ? fread(p, 1, (size_t)size, f) : 0;
    fclose(f);
    return kin_span_make(p, n);
}

// The next frame; empty at the end.
static struct kin_span next_frame(struct kin_span *rest)
{
    struct kin_jpeg_info info;
    if (kin_jpeg_walk(*rest, &info, NULL) != KIN_OK)
        return kin_span_make(NULL, 0);
    struct kin_span frame = kin_span_first(*rest, info.length);
    *rest = kin_span_skip(*rest, info.length);
    return frame;
}

// Times one way over the reel. False when a frame fails.
static bool measure(size_t way, struct kin_span reel, struct decoder *d, struct encoders *e)
{
    struct image_bytes out = {0};
    struct decode_result r;
    double spent = 0, most = 0;
    size_t bytes = 0;
    int frames = 0, err = KIN_OK;
    for (struct kin_span jpeg = next_frame(&reel); jpeg.n > 0 && frames < FRAMES_MAX;
         jpeg = next_frame(&reel), frames++) {
        double from = cpu_ms();
        err = decoder_decode(d, jpeg, COLS * CELL_WIDTH, ROWS * CELL_HEIGHT, &r, NULL);
        if (err != KIN_OK)
            break;
        struct canvas_pixels pixels = {r.rgb, r.width, r.height, r.stride};
        struct image_request q = {
            &pixels, jpeg, COLS, ROWS, CELL_WIDTH, CELL_HEIGHT, ways[way].colors, ways[way].budget, ways[way].still};
        out.n = 0;
        if (ways[way].encode != NULL) {
            from = cpu_ms();
            err = ways[way].encode(e, &q, &out);
        }
        double took = cpu_ms() - from;
        spent += took;
        most = took > most ? took : most;
        bytes += out.n;
        if (err != KIN_OK)
            break;
    }
    image_bytes_deinit(&out);
    if (err == KIN_OK && frames > 0)
        printf("%-27s %6.2f ms (at most %5.2f)  %7zu bytes\n", ways[way].name, spent / frames, most,
               bytes / (size_t)frames);
    return err == KIN_OK && frames > 0;
}

int main(void)
{
    static const struct kitty_settings settings = {.first_id = KITTY_FIRST_ID_MIN},
                                       local = {.first_id = KITTY_FIRST_ID_MIN, .local = true};
    struct kin_span reel = read_reel();
    struct encoders e = {NULL};
    struct decoder *d = NULL;
    bool fine = reel.n > 0 && decoder_new(&d) == KIN_OK && sixel_new(&e.sixel) == KIN_OK &&
                kitty_new(&settings, &e.kitty) == KIN_OK && kitty_new(&local, &e.local) == KIN_OK &&
                iterm_new(&e.iterm) == KIN_OK;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0] && fine; i++)
        fine = measure(i, reel, d, &e);
    sixel_free(e.sixel);
    kitty_free(e.kitty);
    kitty_free(e.local);
    iterm_free(e.iterm);
    decoder_free(d);
    free((void *)(uintptr_t)reel.p);
    if (!fine)
        fprintf(stderr, "bench_images: a frame of %s could not be drawn\n", REEL);
    return fine ? 0 : 1;
}
