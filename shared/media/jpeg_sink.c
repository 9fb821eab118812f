// Drives libjpeg's compressor on planar pictures. Every call into it stands behind a setjmp.
#include "media/jpeg_sink.h"

#include <stdlib.h>

#include "base/err.h"

#define FIRST_SIZE (64u * 1024u)
#define MCU 16u // rows of a 4:2:0 MCU

static struct kin_jpeg_sink *sink_of(j_common_ptr cinfo)
{
    return (struct kin_jpeg_sink *)cinfo->client_data;
}

_Noreturn static void on_error_exit(j_common_ptr cinfo)
{
    longjmp(sink_of(cinfo)->on_error, 1);
}

static void on_message(j_common_ptr cinfo)
{
    (void)cinfo; // libraries do not print
}

static void on_emit(j_common_ptr cinfo, int level)
{
    (void)cinfo;
    (void)level;
}

static void give_up(struct kin_jpeg_sink *s, int err)
{
    s->err = err;
    longjmp(s->on_error, 1);
}

// Makes room for more output; everything so far is kept.
static void grow(struct kin_jpeg_sink *s)
{
    size_t size = s->size == 0 ? FIRST_SIZE : s->size * 2;
    if (size > s->max)
        size = s->max;
    if (size <= s->len)
        give_up(s, KIN_ELIMIT);
    uint8_t *bytes = realloc(s->bytes, size);
    if (bytes == NULL)
        give_up(s, KIN_ENOMEM);
    s->bytes = bytes;
    s->size = size;
}

static void offer_room(struct kin_jpeg_sink *s)
{
    if (s->len >= s->size)
        grow(s);
    s->dest.next_output_byte = s->bytes + s->len;
    s->dest.free_in_buffer = s->size - s->len;
}

static void on_init_destination(j_compress_ptr cinfo)
{
    struct kin_jpeg_sink *s = sink_of((j_common_ptr)cinfo);
    s->len = 0;
    offer_room(s);
}

static boolean on_empty_output_buffer(j_compress_ptr cinfo)
{
    struct kin_jpeg_sink *s = sink_of((j_common_ptr)cinfo);
    s->len = s->size; // libjpeg has filled all of it, whatever free_in_buffer says
    offer_room(s);
    return TRUE;
}

static void on_term_destination(j_compress_ptr cinfo)
{
    struct kin_jpeg_sink *s = sink_of((j_common_ptr)cinfo);
    s->len = s->size - s->dest.free_in_buffer;
}

static void set_managers(struct kin_jpeg_sink *s)
{
    s->cinfo.err = jpeg_std_error(&s->errors);
    s->errors.error_exit = on_error_exit;
    s->errors.output_message = on_message;
    s->errors.emit_message = on_emit;
    s->cinfo.client_data = s;
    s->dest.init_destination = on_init_destination;
    s->dest.empty_output_buffer = on_empty_output_buffer;
    s->dest.term_destination = on_term_destination;
}

static void set_parameters(struct kin_jpeg_sink *s, uint16_t width, uint16_t height, unsigned quality)
{
    struct jpeg_compress_struct *c = &s->cinfo;
    c->dest = &s->dest;
    c->image_width = width;
    c->image_height = height;
    c->input_components = 3;
    c->in_color_space = JCS_YCbCr;
    jpeg_set_defaults(c); // 4:2:0 and the standard Huffman tables
    jpeg_set_quality(c, (int)quality, TRUE);
    c->optimize_coding = FALSE;
    c->raw_data_in = TRUE;
}

int kin_jpeg_sink_init(struct kin_jpeg_sink *s, uint16_t width, uint16_t height, unsigned quality, size_t max)
{
    *s = (struct kin_jpeg_sink){.max = max, .err = KIN_EUNSUPPORTED};
    set_managers(s);
    if (setjmp(s->on_error) != 0)
        return s->err;
    jpeg_create_compress(&s->cinfo);
    s->created = true;
    set_parameters(s, width, height, quality);
    return KIN_OK;
}

void kin_jpeg_sink_deinit(struct kin_jpeg_sink *s)
{
    if (s->created)
        jpeg_destroy_compress(&s->cinfo);
    s->created = false;
    free(s->bytes);
    s->bytes = NULL;
}

static void write_mcu_row(struct kin_jpeg_sink *s, const struct kin_picture *p, uint32_t top)
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
    jpeg_write_raw_data(&s->cinfo, planes, MCU);
}

int kin_jpeg_sink_encode(struct kin_jpeg_sink *s, const struct kin_picture *p, struct kin_span comment,
                         struct kin_span *ret)
{
    s->err = KIN_EUNSUPPORTED;
    if (setjmp(s->on_error) != 0) {
        jpeg_abort_compress(&s->cinfo);
        return s->err;
    }
    jpeg_start_compress(&s->cinfo, TRUE);
    if (comment.n > 0)
        jpeg_write_marker(&s->cinfo, JPEG_COM, comment.p, (unsigned)comment.n);
    while (s->cinfo.next_scanline < s->cinfo.image_height)
        write_mcu_row(s, p, s->cinfo.next_scanline);
    jpeg_finish_compress(&s->cinfo);
    *ret = kin_span_make(s->bytes, s->len);
    return KIN_OK;
}
