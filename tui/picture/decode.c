// Decodes JPEG pictures with turbojpeg.
#include "picture/decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

#include "base/err.h"
#include "jpeg/markers.h"
#include "jpeg/mend.h"
#include "jpeg/work.h"
#include "picture/canvas.h"
#include "picture/patch.h"
#include "text/messages.h"

struct decoder {
    tjhandle tj;
    uint8_t *rgb;
    size_t size;
    struct decode_result last; // what is there; its rgb is NULL when nothing is
    uint64_t number;           // of the frame that it is
    uint8_t *before;           // the pixels of the picture before, while a partial one is decoded
    size_t before_size;
    struct kin_buf *mended; // the picture with a repaired header; NULL when it needs no repair
    bool cmyk, inverted;    // the picture is CMYK; inverted as Adobe writes it
    char why[160];
};

int decoder_new(struct decoder **ret)
{
    struct decoder *d = calloc(1, sizeof *d);
    if (d == NULL)
        return KIN_ENOMEM;
    d->tj = tjInitDecompress();
    if (d->tj == NULL) {
        free(d);
        return KIN_ENOMEM;
    }
    *ret = d;
    return KIN_OK;
}

void decoder_free(struct decoder *d)
{
    if (d == NULL)
        return;
    if (d->tj != NULL)
        tjDestroy(d->tj);
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

// Each picture gets a new one: it would decode a picture without Huffman tables by those of the picture before, and
// after a bad header turbojpeg 2.1 would read the next picture from the middle of that header.
static void reset_turbojpeg(struct decoder *d)
{
    tjDestroy(d->tj);
    d->tj = tjInitDecompress();
}

static int fail_and_reset(struct decoder *d)
{
    int err = fail(d, KIN_EBAD, tjGetErrorStr2(d->tj));
    reset_turbojpeg(d);
    return err;
}

// Why libjpeg cannot decode the picture, or NULL.
static const char *unsupported_kind(const struct kin_jpeg_info *info)
{
    static const uint8_t known[] = {KIN_JPEG_SOF0, KIN_JPEG_SOF1, KIN_JPEG_SOF2, 0xc9, 0xca}; // the last: arithmetic
    if (info->bits != 8)
        return MSG_PICTURE_DEPTH;
    return memchr(known, info->sof, sizeof known) == NULL ? MSG_PICTURE_CODING : NULL;
}

// turbojpeg does not know every sampling that libjpeg decodes: the walk over the markers finds the size of any, and the
// Adobe marker.
static int read_header(struct decoder *d, struct kin_span jpeg, struct decode_result *r)
{
    int subsampling, colorspace;
    struct kin_jpeg_info info;
    bool read = tjDecompressHeader3(d->tj, jpeg.p, (unsigned long)jpeg.n, &r->full_width, &r->full_height, &subsampling,
                                    &colorspace) == 0;
    d->cmyk = read && (colorspace == TJCS_CMYK || colorspace == TJCS_YCCK);
    if (read && !d->cmyk)
        return KIN_OK;
    int err = read ? KIN_OK : fail_and_reset(d);
    bool walked = d->tj != NULL && kin_jpeg_walk(jpeg, &info, NULL) == KIN_OK;
    d->inverted = !walked || info.has_adobe;
    if (read || !walked)
        return err;
    const char *foreign = unsupported_kind(&info);
    if (foreign != NULL)
        return fail(d, KIN_EUNSUPPORTED, foreign);
    r->full_width = info.width;
    r->full_height = info.height;
    d->cmyk = info.component_count == 4;
    return KIN_OK;
}

// Repairs a header that libjpeg would reject, and refuses a picture that takes too much work to decode.
static int prepare(struct decoder *d, struct kin_span *jpeg)
{
    const char *why = NULL;
    kin_buf_unref(d->mended);
    d->mended = NULL;
    if (kin_jpeg_mend(*jpeg, NULL, &d->mended) == KIN_ENOMEM)
        return fail(d, KIN_ENOMEM, MSG_OUT_OF_MEMORY);
    if (d->mended != NULL)
        *jpeg = kin_buf_span(d->mended);
    if (kin_jpeg_check_file_work(*jpeg, &why) == KIN_OK)
        return KIN_OK;
    snprintf(d->why, sizeof d->why, MSG_PICTURE_EXCESSIVE, why);
    return KIN_ELIMIT;
}

static int check_header(struct decoder *d, struct kin_span jpeg, struct decode_result *r)
{
    reset_turbojpeg(d);
    if (d->tj == NULL)
        return fail(d, KIN_ENOMEM, MSG_OUT_OF_MEMORY);
    int err = read_header(d, jpeg, r);
    if (err != KIN_OK)
        return err;
    if (r->full_width < 1 || r->full_height < 1)
        return fail(d, KIN_EBAD, MSG_PICTURE_NO_SIZE);
    if ((size_t)r->full_width * (size_t)r->full_height > DECODE_PIXELS_MAX)
        return fail(d, KIN_ELIMIT, MSG_PICTURE_TOO_LARGE);
    return KIN_OK;
}

int decoder_size(struct decoder *d, struct kin_span jpeg, int *ret_width, int *ret_height, const char **ret_why)
{
    struct decode_result r = {.rgb = NULL};
    int err = prepare(d, &jpeg);
    if (err == KIN_OK)
        err = check_header(d, jpeg, &r);
    if (err == KIN_OK) {
        *ret_width = r.full_width;
        *ret_height = r.full_height;
    } else if (ret_why != NULL) {
        *ret_why = d->why;
    }
    return err;
}

static void choose_scale(int want_width, int want_height, struct decode_result *r)
{
    r->width = r->full_width;
    r->height = r->full_height;
    r->eighths = 8;
    for (int n = 1; n < 8; n++) {
        tjscalingfactor f = {n, 8};
        int w = TJSCALED(r->full_width, f), h = TJSCALED(r->full_height, f);
        if (w >= want_width && h >= want_height) {
            r->width = w;
            r->height = h;
            r->eighths = n;
            return;
        }
    }
}

// Bytes per line as turbojpeg writes them: four a pixel for CMYK, otherwise the stride of the result.
static size_t pitch_of(const struct decoder *d, const struct decode_result *r)
{
    size_t four = d->cmyk ? (size_t)r->width * 4 : 0;
    return four > r->stride ? four : r->stride;
}

static int make_room(struct decoder *d, struct decode_result *r)
{
    r->stride = ((size_t)r->width * 3 + CANVAS_STRIDE_ALIGN - 1) / CANVAS_STRIDE_ALIGN * CANVAS_STRIDE_ALIGN;
    size_t size = pitch_of(d, r) * (size_t)r->height;
    if (size <= d->size)
        return KIN_OK;
    uint8_t *rgb = realloc(d->rgb, size);
    if (rgb == NULL)
        return fail(d, KIN_ENOMEM, MSG_OUT_OF_MEMORY);
    d->rgb = rgb;
    d->size = size;
    return KIN_OK;
}

// In place: each write is at or before the read. Adobe writes CMYK inverted (255 = no ink).
static void cmyk_to_rgb(struct decoder *d, const struct decode_result *r)
{
    size_t pitch = pitch_of(d, r);
    uint8_t flip = d->inverted ? 0 : 0xff;
    for (int y = 0; y < r->height; y++) {
        const uint8_t *from = d->rgb + (size_t)y * pitch;
        uint8_t *to = d->rgb + (size_t)y * r->stride;
        for (int x = 0; x < r->width; x++, from += 4, to += 3) {
            unsigned black = from[3] ^ flip;
            for (int i = 0; i < 3; i++)
                to[i] = (uint8_t)(((unsigned)(from[i] ^ flip) * black + 127) / 255);
        }
    }
}

static int decode_pixels(struct decoder *d, struct kin_span jpeg, struct decode_result *r)
{
    int status = tjDecompress2(d->tj, jpeg.p, (unsigned long)jpeg.n, d->rgb, r->width, (int)pitch_of(d, r), r->height,
                               d->cmyk ? TJPF_CMYK : TJPF_RGB, TJFLAG_FASTUPSAMPLE);
    if (status != 0 && tjGetErrorCode(d->tj) != TJERR_WARNING)
        return fail_and_reset(d);
    if (d->cmyk)
        cmyk_to_rgb(d, r);
    r->damaged = status != 0;
    r->rgb = d->rgb;
    return KIN_OK;
}

int decoder_decode(struct decoder *d, struct kin_span jpeg, int want_width, int want_height, struct decode_result *ret,
                   const char **ret_why)
{
    struct decode_result r = {.rgb = NULL};
    d->last.rgb = NULL;
    int err = prepare(d, &jpeg);
    if (err == KIN_OK)
        err = check_header(d, jpeg, &r);
    if (err == KIN_OK) {
        choose_scale(want_width, want_height, &r);
        err = make_room(d, &r);
    }
    if (err == KIN_OK)
        err = decode_pixels(d, jpeg, &r);
    if (ret_why != NULL)
        *ret_why = err == KIN_OK ? NULL : d->why;
    if (err == KIN_OK)
        *ret = d->last = r;
    return err;
}

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

static struct canvas_pixels pixels_of(const struct decode_result *r)
{
    return (struct canvas_pixels){r->rgb, r->width, r->height, r->stride};
}

int decoder_decode_frame(struct decoder *d, const struct decode_frame *f, int want_width, int want_height,
                         struct decode_result *ret, const char **ret_why)
{
    struct decode_result before = d->last;
    bool partial = f->gaps != NULL && f->gaps->count > 0;
    if (partial)
        swap_buffers(d);
    int err = decoder_decode(d, f->jpeg, want_width, want_height, ret, ret_why);
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
