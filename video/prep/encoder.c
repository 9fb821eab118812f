// Encodes pictures; a binary search finds the best quality for a length.
#include "encoder.h"

#include "base/err.h"
#include "media/reel.h"

int encoder_init(struct encoder *e, uint16_t width, uint16_t height, unsigned quality)
{
    *e = (struct encoder){.width = width, .height = height, .quality = quality};
    return kin_jpeg_sink_init(&e->sink, width, height, quality, KIN_FRAME_MAX_BYTES);
}

void encoder_deinit(struct encoder *e)
{
    kin_jpeg_sink_deinit(&e->sink);
    kin_jpeg_sink_deinit(&e->lower);
}

int encoder_run(struct encoder *e, const struct kin_picture *p, struct kin_span comment, struct kin_span *ret)
{
    return kin_jpeg_sink_encode(&e->sink, p, comment, ret);
}

static int encode_at(struct encoder *e, const struct kin_picture *p, struct kin_span comment, size_t max_bytes,
                     unsigned quality, struct kin_span *ret)
{
    kin_jpeg_sink_deinit(&e->lower);
    e->lower = (struct kin_jpeg_sink){0};
    int err = kin_jpeg_sink_init(&e->lower, e->width, e->height, quality, max_bytes);
    return err == KIN_OK ? kin_jpeg_sink_encode(&e->lower, p, comment, ret) : err;
}

int encoder_fit(struct encoder *e, const struct kin_picture *p, struct kin_span comment, size_t max_bytes,
                unsigned *ret_quality, struct kin_span *ret)
{
    unsigned fits = 0, too_good = e->quality, last = 0;
    while (too_good - fits > 1) {
        last = (fits + too_good) / 2;
        int err = encode_at(e, p, comment, max_bytes, last, ret);
        if (err != KIN_OK && err != KIN_ELIMIT)
            return err;
        *(err == KIN_OK ? &fits : &too_good) = last;
    }
    if (fits == 0)
        return KIN_ELIMIT;
    *ret_quality = fits;
    return last == fits ? KIN_OK : encode_at(e, p, comment, max_bytes, fits, ret);
}
