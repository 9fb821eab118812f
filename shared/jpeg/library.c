// Error, progress and destination managers for libjpeg.
#include "jpeg/library.h"

#include <stdlib.h>

#include <jerror.h>

#include "base/err.h"

// The errors of libjpeg that mean something other than "damaged".
static const struct {
    int code, err;
    const char *why;
} meanings[] = {
    {JERR_OUT_OF_MEMORY, KIN_ENOMEM, "out of memory"},
    {JERR_NO_BACKING_STORE, KIN_ELIMIT, "the picture is too large"},
    {JERR_IMAGE_TOO_BIG, KIN_ELIMIT, "the picture is too large"},
    {JERR_WIDTH_OVERFLOW, KIN_ELIMIT, "the picture is too large"},
    {JERR_FRACT_SAMPLE_NOTIMPL, KIN_EUNSUPPORTED, "its sampling factors are no multiples of each other"},
    {JERR_CCIR601_NOTIMPL, KIN_EUNSUPPORTED, "its sampling is not supported"},
    {JERR_CONVERSION_NOTIMPL, KIN_EUNSUPPORTED, "its colours cannot be converted"},
    {JERR_ARITH_NOTIMPL, KIN_EUNSUPPORTED, "this libjpeg was built without arithmetic coding"},
    {JERR_BAD_PRECISION, KIN_EUNSUPPORTED, "samples are not 8 bits"},
    {JERR_SOF_UNSUPPORTED, KIN_EUNSUPPORTED, "lossless or hierarchical coding"},
    {JERR_BAD_DCT_COEF, KIN_EUNSUPPORTED, "a coefficient is too large for the standard Huffman tables"},
    {JERR_HUFF_MISSING_CODE, KIN_EUNSUPPORTED, "a coefficient is too large for the standard Huffman tables"},
    {JERR_NO_QUANT_TABLE, KIN_EBAD, "a quantization table is missing"},
};
#define MEANINGS (sizeof meanings / sizeof meanings[0])

#define FIRST_BYTES 65536u

static struct kin_jpeg_library *library_of(j_common_ptr cinfo)
{
    return (struct kin_jpeg_library *)cinfo->client_data;
}

void kin_jpeg_library_fail(struct kin_jpeg_library *l, int err, const char *why)
{
    l->err = err;
    l->why = why;
    longjmp(l->on_error, 1);
}

void kin_jpeg_library_check(struct kin_jpeg_library *l)
{
    if (l->canceled != NULL && atomic_load_explicit(l->canceled, memory_order_relaxed))
        kin_jpeg_library_fail(l, KIN_ECANCELED, "canceled");
}

// libjpeg stores components in whole MCUs.
size_t kin_jpeg_library_coefficient_bytes(const struct kin_jpeg_info *info)
{
    size_t h = 1, v = 1, blocks = 0;
    for (unsigned i = 0; i < info->component_count; i++) {
        h = info->components[i].h > h ? info->components[i].h : h;
        v = info->components[i].v > v ? info->components[i].v : v;
    }
    size_t across = (info->width + h * DCTSIZE - 1) / (h * DCTSIZE);
    size_t down = (info->height + v * DCTSIZE - 1) / (v * DCTSIZE);
    for (unsigned i = 0; i < info->component_count; i++)
        blocks += across * info->components[i].h * down * info->components[i].v;
    return blocks * sizeof(JBLOCK);
}

bool kin_jpeg_library_keeps_coefficients(const struct kin_jpeg_info *info)
{
    return !kin_jpeg_is_one_scan(info);
}

_Noreturn static void on_error_exit(j_common_ptr cinfo)
{
    for (size_t i = 0; i < MEANINGS; i++)
        if (meanings[i].code == cinfo->err->msg_code)
            kin_jpeg_library_fail(library_of(cinfo), meanings[i].err, meanings[i].why);
    kin_jpeg_library_fail(library_of(cinfo), KIN_EBAD, "the picture is damaged");
}

static void on_message(j_common_ptr cinfo)
{
    (void)cinfo; // libraries do not print
}

// Damage within a scan is ignored: as in other decoders, a part of the picture is gray.
static void on_warning(j_common_ptr cinfo, int level)
{
    (void)cinfo;
    (void)level;
}

static void on_progress(j_common_ptr cinfo)
{
    struct kin_jpeg_library *l = library_of(cinfo);
    kin_jpeg_library_check(l);
    if (cinfo->is_decompressor && l->in.input_scan_number > (int)l->scans_max)
        kin_jpeg_library_fail(l, KIN_ELIMIT, "the picture has too many scans");
}

// --- output

// Enlarges the output buffer and keeps its contents.
static void grow(struct kin_jpeg_library *l)
{
    size_t size = l->size == 0 ? FIRST_BYTES : l->size * 2;
    if (size > l->max)
        size = l->max;
    if (size <= l->len)
        kin_jpeg_library_fail(l, KIN_ELIMIT, "the written picture is too long");
    uint8_t *bytes = realloc(l->bytes, size);
    if (bytes == NULL)
        kin_jpeg_library_fail(l, KIN_ENOMEM, "out of memory");
    l->bytes = bytes;
    l->size = size;
}

static void offer_room(struct kin_jpeg_library *l)
{
    if (l->len >= l->size)
        grow(l);
    l->dest.next_output_byte = l->bytes + l->len;
    l->dest.free_in_buffer = l->size - l->len;
}

static void on_init_destination(j_compress_ptr cinfo)
{
    struct kin_jpeg_library *l = library_of((j_common_ptr)cinfo);
    l->len = 0;
    offer_room(l);
}

static boolean on_empty_output_buffer(j_compress_ptr cinfo)
{
    struct kin_jpeg_library *l = library_of((j_common_ptr)cinfo);
    l->len = l->size; // libjpeg has filled all of it, whatever free_in_buffer says
    offer_room(l);
    return TRUE;
}

static void on_term_destination(j_compress_ptr cinfo)
{
    struct kin_jpeg_library *l = library_of((j_common_ptr)cinfo);
    l->len = l->size - l->dest.free_in_buffer;
}

// --- life

static void set_managers(struct kin_jpeg_library *l)
{
    l->in.err = l->out.err = jpeg_std_error(&l->errors);
    l->errors.error_exit = on_error_exit;
    l->errors.output_message = on_message;
    l->errors.emit_message = on_warning;
    l->in.client_data = l->out.client_data = l;
    l->progress.progress_monitor = on_progress;
    l->dest.init_destination = on_init_destination;
    l->dest.empty_output_buffer = on_empty_output_buffer;
    l->dest.term_destination = on_term_destination;
}

struct creation {
    struct kin_jpeg_library *library;
    struct kin_span jpeg;
    size_t memory;
};

// jpeg_create_*() keeps err and client_data and clears the rest, which is set afterwards.
static void create(void *ctx)
{
    struct creation *b = ctx;
    struct kin_jpeg_library *l = b->library;
    jpeg_create_decompress(&l->in);
    jpeg_create_compress(&l->out);
    l->in.mem->max_memory_to_use = (long)b->memory;
    l->out.mem->max_memory_to_use = (long)b->memory;
    l->in.progress = &l->progress;
    l->out.progress = &l->progress;
    l->out.dest = &l->dest;
    if (b->jpeg.n > 0)
        jpeg_mem_src(&l->in, b->jpeg.p, (unsigned long)b->jpeg.n);
}

int kin_jpeg_library_init(struct kin_jpeg_library *l, struct kin_span jpeg,
                          const struct kin_jpeg_library_limits *limits)
{
    struct creation b = {l, jpeg, limits->memory};
    *l = (struct kin_jpeg_library){.max = limits->output, .scans_max = limits->scans};
    set_managers(l);
    return kin_jpeg_library_run(l, create, &b);
}

void kin_jpeg_library_deinit(struct kin_jpeg_library *l)
{
    jpeg_destroy_decompress(&l->in); // harmless if never created: there is no memory manager then
    jpeg_destroy_compress(&l->out);
    free(l->bytes);
    l->bytes = NULL;
}

int kin_jpeg_library_run(struct kin_jpeg_library *l, void (*step)(void *ctx), void *ctx)
{
    if (setjmp(l->on_error) != 0)
        return l->err;
    step(ctx);
    return KIN_OK;
}

int kin_jpeg_library_copy_output(struct kin_jpeg_library *l, struct kin_buf **ret)
{
    struct kin_buf *buf = kin_buf_copy(kin_span_make(l->bytes, l->len));
    if (buf == NULL) {
        l->err = KIN_ENOMEM;
        l->why = "out of memory";
        return l->err;
    }
    *ret = buf;
    return KIN_OK;
}

void kin_jpeg_library_read_header(struct kin_jpeg_library *l, const struct kin_jpeg_info *info)
{
    if (l->in.src == NULL) // an empty file
        kin_jpeg_library_fail(l, KIN_EBAD, "the picture is damaged");
    jpeg_read_header(&l->in, TRUE);
    if (l->in.image_width != info->width || l->in.image_height != info->height ||
        l->in.num_components != info->component_count)
        kin_jpeg_library_fail(l, KIN_EBAD, "its headers contradict each other");
}
