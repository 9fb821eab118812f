// Decodes JPEG pictures by turbojpeg.
#include "picture/turbo.h"

#include <stdio.h>
#include <stdlib.h>
#include <turbojpeg.h>

#include "base/err.h"
#include "text/messages.h"

struct turbo {
    tjhandle tj;
    bool cmyk, inverted; // the picture is CMYK; inverted as Adobe writes it
    char why[160];
};

int turbo_new(struct turbo **ret)
{
    struct turbo *t = calloc(1, sizeof *t);
    if (t == NULL)
        return KIN_ENOMEM;
    *ret = t;
    return KIN_OK;
}

void turbo_free(struct turbo *t)
{
    if (t != NULL && t->tj != NULL)
        tjDestroy(t->tj);
    free(t);
}

// Each picture gets a new one: it would decode a picture without Huffman tables by those of the picture before, and
// after a bad header turbojpeg 2.1 would read the next picture from the middle of that header.
static int reset(struct turbo *t)
{
    if (t->tj != NULL)
        tjDestroy(t->tj);
    t->tj = tjInitDecompress();
    return t->tj != NULL ? KIN_OK : KIN_ENOMEM;
}

static int fail_and_reset(struct turbo *t, const char **ret_why)
{
    snprintf(t->why, sizeof t->why, "%s", tjGetErrorStr2(t->tj));
    *ret_why = t->why;
    reset(t);
    return KIN_EBAD;
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
int turbo_read_size(struct turbo *t, struct kin_span jpeg, const struct kin_jpeg_info *info, int *ret_width,
                    int *ret_height, const char **ret_why)
{
    int subsampling, colorspace;
    *ret_why = MSG_OUT_OF_MEMORY;
    if (reset(t) != KIN_OK)
        return KIN_ENOMEM;
    bool read = tjDecompressHeader3(t->tj, jpeg.p, (unsigned long)jpeg.n, ret_width, ret_height, &subsampling,
                                    &colorspace) == 0;
    t->cmyk = read && (colorspace == TJCS_CMYK || colorspace == TJCS_YCCK);
    t->inverted = info == NULL || info->has_adobe;
    if (read)
        return KIN_OK;
    int err = fail_and_reset(t, ret_why);
    if (info == NULL || t->tj == NULL)
        return err;
    const char *foreign = unsupported_kind(info);
    if (foreign != NULL) {
        *ret_why = foreign;
        return KIN_EUNSUPPORTED;
    }
    *ret_width = info->width;
    *ret_height = info->height;
    t->cmyk = info->component_count == 4;
    return KIN_OK;
}

int turbo_scaled(int size, int eighths)
{
    tjscalingfactor f = {eighths, 8};
    return TJSCALED(size, f);
}

// Bytes per line as turbojpeg writes them: four a pixel for CMYK, otherwise the stride of the result.
static size_t pitch_of(const struct turbo *t, int width, size_t stride)
{
    size_t four = t->cmyk ? (size_t)width * 4 : 0;
    return four > stride ? four : stride;
}

size_t turbo_room(const struct turbo *t, int width, int height, size_t stride)
{
    return pitch_of(t, width, stride) * (size_t)height;
}

// In place: each write is at or before the read. Adobe writes CMYK inverted (255 = no ink).
static void cmyk_to_rgb(const struct turbo *t, uint8_t *rgb, int width, int height, size_t stride)
{
    size_t pitch = pitch_of(t, width, stride);
    uint8_t flip = t->inverted ? 0 : 0xff;
    for (int y = 0; y < height; y++) {
        const uint8_t *from = rgb + (size_t)y * pitch;
        uint8_t *to = rgb + (size_t)y * stride;
        for (int x = 0; x < width; x++, from += 4, to += 3) {
            unsigned black = from[3] ^ flip;
            for (int i = 0; i < 3; i++)
                to[i] = (uint8_t)(((unsigned)(from[i] ^ flip) * black + 127) / 255);
        }
    }
}

// In place, from the end of each line: each write is at or behind the read.
static void gray_to_rgb(uint8_t *rgb, int width, int height, size_t stride)
{
    for (int y = 0; y < height; y++) {
        uint8_t *line = rgb + (size_t)y * stride;
        for (int x = width - 1; x >= 0; x--)
            line[3 * x] = line[3 * x + 1] = line[3 * x + 2] = line[x];
    }
}

int turbo_decode(struct turbo *t, struct kin_span jpeg, bool luma, uint8_t *rgb, int width, int height, size_t stride,
                 bool *ret_damaged, const char **ret_why)
{
    int format = t->cmyk ? TJPF_CMYK : luma ? TJPF_GRAY : TJPF_RGB;
    int status = tjDecompress2(t->tj, jpeg.p, (unsigned long)jpeg.n, rgb, width, (int)pitch_of(t, width, stride),
                               height, format, TJFLAG_FASTUPSAMPLE);
    if (status != 0 && tjGetErrorCode(t->tj) != TJERR_WARNING)
        return fail_and_reset(t, ret_why);
    if (t->cmyk)
        cmyk_to_rgb(t, rgb, width, height, stride);
    else if (luma)
        gray_to_rgb(rgb, width, height, stride);
    *ret_damaged = status != 0;
    return KIN_OK;
}
