// Decodes JPEG pictures: from the means of their blocks where an eighth of the size is enough, else by turbojpeg.
#include "picture/decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "jpeg/compat.h"
#include "jpeg/dc.h"
#include "jpeg/mend.h"
#include "jpeg/work.h"
#include "picture/eighth.h"
#include "picture/patch.h"
#include "picture/pixels.h"
#include "picture/turbo.h"
#include "text/messages.h"

struct decoder {
    struct turbo *turbo;
    struct kin_jpeg_dc *dc;
    uint8_t *rgb;
    size_t size;
    struct decode_result last; // what is there; its rgb is NULL when nothing is
    uint64_t number;           // of the frame that it is
    uint8_t *before;           // the pixels of the picture before, while a partial one is decoded
    size_t before_size;
    struct kin_span opened;    // the picture whose header has been read, as it came; p == NULL: none
    struct kin_span jpeg;      // that with a good header
    struct kin_buf *mended;    // where that is when the header needed repair, or NULL
    struct kin_jpeg_info info; // of it
    bool walked;               // that is valid
    bool luma;                 // colours are not wanted: while such a frame is decoded
    int full_width, full_height;
    char why[160];
};

int decoder_new(struct decoder **ret)
{
    struct decoder *d = calloc(1, sizeof *d);
    if (d == NULL)
        return KIN_ENOMEM;
    if (turbo_new(&d->turbo) != KIN_OK || kin_jpeg_dc_new(&d->dc) != KIN_OK) {
        decoder_free(d);
        return KIN_ENOMEM;
    }
    *ret = d;
    return KIN_OK;
}

void decoder_free(struct decoder *d)
{
    if (d == NULL)
        return;
    turbo_free(d->turbo);
    kin_jpeg_dc_free(d->dc);
    free(d->rgb);
    free(d->before);
    kin_buf_unref(d->mended);
    free(d);
}

static int fail(struct decoder *d, int error, const char *what)
{
    snprintf(d->why, sizeof d->why, MSG_PICTURE_UNUSABLE, what);
    return error;
}

// --- the header

static int check_work(struct decoder *d, struct kin_span jpeg)
{
    const char *why = NULL;
    int err = d->walked ? kin_jpeg_check_work(&d->info, jpeg.n, &why) : kin_jpeg_check_file_work(jpeg, &why);
    if (err != KIN_OK)
        snprintf(d->why, sizeof d->why, MSG_PICTURE_EXCESSIVE, why);
    return err;
}

// Repairs a header that libjpeg would reject, and refuses a picture that takes too much work to decode.
static int prepare(struct decoder *d, struct kin_span jpeg)
{
    kin_buf_unref(d->mended);
    d->mended = NULL;
    if (kin_jpeg_mend(jpeg, NULL, &d->mended) == KIN_ENOMEM)
        return fail(d, KIN_ENOMEM, MSG_OUT_OF_MEMORY);
    d->jpeg = d->mended != NULL ? kin_buf_span(d->mended) : jpeg;
    d->walked = kin_jpeg_walk(d->jpeg, &d->info, NULL) == KIN_OK;
    return check_work(d, d->jpeg);
}

// Whether the means of its blocks make a picture.
static bool has_means(const struct decoder *d)
{
    return d->walked && kin_jpeg_dc_supports(&d->info) &&
           (kin_jpeg_incompatibilities(&d->info) & 1u << KIN_JPEG_COMPAT_RGB) == 0;
}

static int read_header(struct decoder *d)
{
    const char *why = NULL;
    int err = turbo_read_size(d->turbo, d->jpeg, d->walked ? &d->info : NULL, &d->full_width, &d->full_height, &why);
    return err == KIN_OK ? KIN_OK : fail(d, err, why);
}

static int read_size(struct decoder *d)
{
    if (!has_means(d))
        return read_header(d);
    d->full_width = d->info.width;
    d->full_height = d->info.height;
    return KIN_OK;
}

static int open_picture(struct decoder *d, struct kin_span jpeg)
{
    if (d->opened.p != NULL && d->opened.p == jpeg.p && d->opened.n == jpeg.n)
        return KIN_OK;
    d->opened.p = NULL;
    int err = prepare(d, jpeg);
    if (err == KIN_OK)
        err = read_size(d);
    if (err != KIN_OK)
        return err;
    if (d->full_width < 1 || d->full_height < 1)
        return fail(d, KIN_EBAD, MSG_PICTURE_NO_SIZE);
    if ((size_t)d->full_width * (size_t)d->full_height > DECODE_PIXELS_MAX)
        return fail(d, KIN_ELIMIT, MSG_PICTURE_TOO_LARGE);
    d->opened = jpeg;
    return KIN_OK;
}

int decoder_open(struct decoder *d, struct kin_span jpeg, int *ret_width, int *ret_height, const char **ret_why)
{
    d->opened.p = NULL;
    int err = open_picture(d, jpeg);
    if (err == KIN_OK) {
        *ret_width = d->full_width;
        *ret_height = d->full_height;
    } else if (ret_why != NULL) {
        *ret_why = d->why;
    }
    return err;
}

// --- the pixels

// The smallest scale that has as many pixels as are wanted, or the full size.
static void choose_scale(int want_width, int want_height, struct decode_result *r)
{
    for (r->eighths = 1; r->eighths < 8; r->eighths++)
        if (turbo_scaled(r->full_width, r->eighths) >= want_width &&
            turbo_scaled(r->full_height, r->eighths) >= want_height)
            break;
    r->width = turbo_scaled(r->full_width, r->eighths);
    r->height = turbo_scaled(r->full_height, r->eighths);
    r->stride = ((size_t)r->width * 3 + CANVAS_STRIDE_ALIGN - 1) / CANVAS_STRIDE_ALIGN * CANVAS_STRIDE_ALIGN;
}

static int make_room(struct decoder *d, size_t size)
{
    if (size <= d->size)
        return KIN_OK;
    uint8_t *rgb = realloc(d->rgb, size);
    if (rgb == NULL)
        return fail(d, KIN_ENOMEM, MSG_OUT_OF_MEMORY);
    d->rgb = rgb;
    d->size = size;
    return KIN_OK;
}

static struct canvas_pixels pixels_of(const struct decode_result *r)
{
    return (struct canvas_pixels){r->rgb, r->width, r->height, r->stride};
}

static int decode_means(struct decoder *d, struct decode_result *r)
{
    struct kin_jpeg_dc_picture means;
    struct canvas_pixels to = pixels_of(r);
    int err = kin_jpeg_dc_decode(d->dc, d->jpeg, &d->info, &means);
    if (err == KIN_ENOMEM)
        return fail(d, KIN_ENOMEM, MSG_OUT_OF_MEMORY);
    if (err == KIN_OK)
        err = make_room(d, r->stride * (size_t)r->height);
    if (err != KIN_OK)
        return err;
    eighth_to_rgb(d->rgb, &to, &means, d->luma);
    r->damaged = means.damaged;
    return KIN_OK;
}

static int decode_scaled(struct decoder *d, struct decode_result *r)
{
    const char *why = NULL;
    int err = has_means(d) ? read_header(d) : KIN_OK; // else it has been read
    if (err == KIN_OK)
        err = make_room(d, turbo_room(d->turbo, r->width, r->height, r->stride));
    if (err != KIN_OK)
        return err;
    err = turbo_decode(d->turbo, d->jpeg, d->luma, d->rgb, r->width, r->height, r->stride, &r->damaged, &why);
    return err == KIN_OK ? KIN_OK : fail(d, err, why);
}

// Where a table is missing or invalid, libjpeg says so.
static int decode_pixels(struct decoder *d, struct decode_result *r)
{
    int err = r->eighths == 1 && has_means(d) ? decode_means(d, r) : KIN_EUNSUPPORTED;
    if (err == KIN_EUNSUPPORTED || err == KIN_EBAD)
        err = decode_scaled(d, r);
    r->rgb = d->rgb;
    return err;
}

int decoder_decode(struct decoder *d, struct kin_span jpeg, int want_width, int want_height, struct decode_result *ret,
                   const char **ret_why)
{
    struct decode_result r = {.rgb = NULL};
    d->last.rgb = NULL;
    int err = open_picture(d, jpeg);
    if (err == KIN_OK) {
        r.full_width = d->full_width;
        r.full_height = d->full_height;
        choose_scale(want_width, want_height, &r);
        err = decode_pixels(d, &r);
    }
    d->opened.p = NULL;
    if (ret_why != NULL)
        *ret_why = err == KIN_OK ? NULL : d->why;
    if (err == KIN_OK)
        *ret = d->last = r;
    return err;
}

// --- frames of a reel

static void swap_buffers(struct decoder *d)
{
    uint8_t *rgb = d->rgb;
    size_t size = d->size;
    d->rgb = d->before;
    d->size = d->before_size;
    d->before = rgb;
    d->before_size = size;
}

static bool is_near(uint64_t a, uint64_t b)
{
    return (a > b ? a - b : b - a) <= DECODE_NEAR_FRAMES;
}

static bool can_patch(const struct decoder *d, const struct decode_frame *f, const struct decode_result *before,
                      const struct decode_result *r)
{
    bool same = before->full_width == r->full_width && before->full_height == r->full_height;
    return before->rgb != NULL && same && is_near(d->number, f->number);
}

int decoder_decode_frame(struct decoder *d, const struct decode_frame *f, int want_width, int want_height,
                         struct decode_result *ret, const char **ret_why)
{
    struct decode_result before = d->last;
    bool partial = f->gaps != NULL && f->gaps->count > 0;
    if (partial)
        swap_buffers(d);
    d->luma = f->luma;
    int err = decoder_decode(d, f->jpeg, want_width, want_height, ret, ret_why);
    d->luma = false;
    if (err == KIN_OK && partial && can_patch(d, f, &before, ret)) {
        struct canvas_pixels to = pixels_of(ret), from = pixels_of(&before);
        patch_gaps(d->rgb, &to, ret->eighths, &from, f->gaps);
    }
    if (err != KIN_OK && partial) { // the next one may still need it
        swap_buffers(d);
        d->last = before;
    }
    if (err == KIN_OK)
        d->number = f->number;
    return err;
}
