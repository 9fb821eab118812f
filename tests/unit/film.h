// A short reel in memory, drawn once for all runs of a test program. With `odd` >= 0 that frame claims to be
// progressive, which RFC 2435 has no words for.
#ifndef FILM_H
#define FILM_H

#include <stdlib.h>

#include "base/err.h"
#include "drawing/pattern.h"
#include "media/reel.h"

#define FILM_FRAMES 12
#define FILM_WIDTH 320
#define FILM_HEIGHT 240
#define FILM_RATE 200 // frames/s, so that a play-through takes 60 ms

struct film {
    uint8_t bytes[1u << 20];
    size_t n;
    size_t at[FILM_FRAMES + 1]; // where each frame begins
};

static inline bool film_add(struct film *f, struct kin_pattern *p, uint32_t i)
{
    struct kin_buf *jpeg = NULL;
    if (kin_pattern_encode(p, i, &jpeg) != KIN_OK)
        return false;
    bool fits = f->n + jpeg->len <= sizeof f->bytes;
    f->at[i] = f->n;
    if (fits) {
        memcpy(f->bytes + f->n, jpeg->data, jpeg->len);
        f->n += jpeg->len;
    }
    f->at[i + 1] = f->n;
    kin_buf_unref(jpeg);
    return fits;
}

// NULL while there is no memory.
static inline struct film *film_shot(void)
{
    static struct film film;
    static bool done;
    struct kin_pattern_options o = {
        .width = FILM_WIDTH, .height = FILM_HEIGHT, .rate_num = FILM_RATE, .rate_den = 1, .quality = 80};
    struct kin_pattern *p = NULL;
    if (!done && kin_pattern_new(&o, &p) == KIN_OK) {
        film.n = 0;
        done = true;
        for (uint32_t i = 0; i < FILM_FRAMES; i++)
            done = done && film_add(&film, p, i);
    }
    kin_pattern_free(p);
    return done ? &film : NULL;
}

static inline struct kin_span film_frame(const struct film *f, uint32_t i)
{
    return kin_span_make(f->bytes + f->at[i], f->at[i + 1] - f->at[i]);
}

// The reel of a copy of the film's bytes; `odd` < 0: all frames fit.
static inline int film_reel(const struct film *f, uint8_t *copy, int odd, struct kin_reel **ret)
{
    struct kin_source *source = NULL;
    struct kin_reel_options options = {.rate_num = FILM_RATE, .rate_den = 1};
    memcpy(copy, f->bytes, f->n);
    if (odd >= 0) {
        size_t sof = f->at[odd] + kin_span_find_str(film_frame(f, (uint32_t)odd), "\xff\xc0");
        copy[sof + 1] = 0xc2;
    }
    int err = kin_source_from_span(kin_span_make(copy, f->n), &source);
    if (err == KIN_OK)
        err = kin_reel_open(source, &options, ret, NULL);
    kin_source_unref(source);
    return err;
}

#endif
