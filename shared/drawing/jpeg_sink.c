// Drives libjpeg's compressor on planar pictures.
#include "drawing/jpeg_sink.h"

#include "base/err.h"

#define MCU 16u // rows of a 4:2:0 MCU

struct step_args {
    struct kin_jpeg_sink *sink;
    uint16_t width, height;
    unsigned quality;
    const struct kin_picture *picture;
    struct kin_span comment;
};

static void set_parameters(void *ctx)
{
    const struct step_args *w = (const struct step_args *)ctx;
    struct jpeg_compress_struct *c = &w->sink->library.out;
    c->image_width = w->width;
    c->image_height = w->height;
    c->input_components = 3;
    c->in_color_space = JCS_YCbCr;
    jpeg_set_defaults(c); // 4:2:0 and the standard Huffman tables
    jpeg_set_quality(c, (int)w->quality, TRUE);
    c->optimize_coding = FALSE;
    c->raw_data_in = TRUE;
}

int kin_jpeg_sink_init(struct kin_jpeg_sink *s, uint16_t width, uint16_t height, unsigned quality, size_t max)
{
    const struct kin_jpeg_library_limits limits = {.output = max};
    struct step_args w = {.sink = s, .width = width, .height = height, .quality = quality};
    int err = kin_jpeg_library_init(&s->library, kin_span_make(NULL, 0), &limits);
    return err == KIN_OK ? kin_jpeg_library_run(&s->library, set_parameters, &w) : err;
}

void kin_jpeg_sink_deinit(struct kin_jpeg_sink *s)
{
    kin_jpeg_library_deinit(&s->library);
}

static void write_mcu_row(struct jpeg_compress_struct *c, const struct kin_picture *p, uint32_t top)
{
    JSAMPROW y[MCU], cb[MCU / 2], cr[MCU / 2];
    JSAMPARRAY planes[3] = {y, cb, cr};
    for (uint32_t i = 0; i < MCU; i++)
        y[i] = p->y + (size_t)(top + i) * p->width;
    for (uint32_t i = 0; i < MCU / 2; i++) {
        size_t at = (size_t)(top / 2 + i) * (p->width / 2);
        cb[i] = p->cb + at;
        cr[i] = p->cr + at;
    }
    jpeg_write_raw_data(c, planes, MCU);
}

static void compress(void *ctx)
{
    const struct step_args *w = (const struct step_args *)ctx;
    struct jpeg_compress_struct *c = &w->sink->library.out;
    jpeg_start_compress(c, TRUE);
    if (w->comment.n > 0)
        jpeg_write_marker(c, JPEG_COM, w->comment.p, (unsigned)w->comment.n);
    while (c->next_scanline < c->image_height)
        write_mcu_row(c, w->picture, c->next_scanline);
    jpeg_finish_compress(c);
}

int kin_jpeg_sink_encode(struct kin_jpeg_sink *s, const struct kin_picture *p, struct kin_span comment,
                         struct kin_span *ret)
{
    struct step_args w = {.sink = s, .picture = p, .comment = comment};
    int err = kin_jpeg_library_run(&s->library, compress, &w);
    if (err == KIN_OK)
        *ret = kin_span_make(s->library.bytes, s->library.len);
    else
        jpeg_abort_compress(&s->library.out);
    return err;
}
