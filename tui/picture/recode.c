// Finds the quality that a budget allows by what the frame before took.
#include "picture/recode.h"

#include <stdlib.h>
#include <turbojpeg.h>

#include "base/err.h"

#define QUALITY_FIRST 75

struct recoder {
    tjhandle tj;
    uint8_t *bytes;
    size_t size;
    int quality; // for the next frame
};

int recoder_new(struct recoder **ret)
{
    struct recoder *r = calloc(1, sizeof *r);
    if (r == NULL)
        return KIN_ENOMEM;
    r->tj = tjInitCompress();
    r->quality = QUALITY_FIRST;
    if (r->tj == NULL) {
        free(r);
        return KIN_ENOMEM;
    }
    *ret = r;
    return KIN_OK;
}

void recoder_free(struct recoder *r)
{
    if (r == NULL)
        return;
    tjDestroy(r->tj);
    free(r->bytes);
    free(r);
}

static int make_room(struct recoder *r, const struct canvas_pixels *p)
{
    size_t size = tjBufSize(p->width, p->height, TJSAMP_420);
    if (size <= r->size)
        return KIN_OK;
    free(r->bytes);
    r->bytes = malloc(size);
    r->size = r->bytes != NULL ? size : 0;
    return r->bytes != NULL ? KIN_OK : KIN_ENOMEM;
}

static int compress(struct recoder *r, const struct canvas_pixels *p, int quality, size_t *ret_n)
{
    unsigned long n = (unsigned long)r->size;
    if (tjCompress2(r->tj, p->rgb, p->width, (int)p->stride, p->height, TJPF_RGB, &r->bytes, &n, TJSAMP_420, quality,
                    TJFLAG_NOREALLOC | TJFLAG_FASTDCT) != 0)
        return KIN_EBAD;
    *ret_n = n;
    return KIN_OK;
}

// libjpeg's factor of the quantization tables in percent, and back.
static int factor_of(int quality)
{
    return quality < 50 ? 5000 / quality : 200 - 2 * quality;
}

static int quality_of(int64_t factor)
{
    int64_t quality = factor > 100 ? 5000 / factor : (200 - factor) / 2;
    return quality < RECODE_QUALITY_MIN   ? RECODE_QUALITY_MIN
           : quality > RECODE_QUALITY_MAX ? RECODE_QUALITY_MAX
                                          : (int)quality;
}

// The quality at which a picture of n bytes should have fewer than `wanted`, or no more. On film bytes go with the
// factor to the power of -0.6: its square root is on the safe side.
static int quality_for(int quality, size_t n, size_t wanted)
{
    double ratio = (double)n / (double)wanted;
    double factor = factor_of(quality) * ratio * ratio;
    return quality_of(factor < 5000 ? (int64_t)factor : 5000);
}

int recoder_encode(struct recoder *r, const struct canvas_pixels *pixels, size_t budget_bytes, struct kin_span *ret)
{
    size_t n = 0;
    int quality = budget_bytes > 0 ? r->quality : RECODE_QUALITY_MAX;
    if (make_room(r, pixels) != KIN_OK)
        return KIN_ENOMEM;
    int err = compress(r, pixels, quality, &n);
    if (err == KIN_OK && budget_bytes > 0 && n > budget_bytes && quality > RECODE_QUALITY_MIN) {
        quality = quality_for(quality, n, budget_bytes - budget_bytes / 16);
        err = compress(r, pixels, quality, &n);
    }
    if (err != KIN_OK)
        return err;
    if (budget_bytes > 0) // a little below, so that the next frame seldom needs a second try
        r->quality = (quality + quality_for(quality, n, budget_bytes - budget_bytes / 16)) / 2;
    *ret = kin_span_make(r->bytes, n);
    return KIN_OK;
}
