// Half size: libjpeg's decompressor at scale 1/2 feeds its compressor, row by row. Every call into it stands behind one
// setjmp, and all that must be given back lies in one struct.
#include "jpeg/half.h"

#include <setjmp.h>
#include <stdio.h> // jpeglib.h needs it
#include <stdlib.h>

#include <jerror.h>
#include <jpeglib.h>

#include "base/err.h"

#define MEMORY_MAX (512L << 20) // of the decompressor: the coefficients of a progressive file at the limit of pixels
#define FIRST_BYTES (64u << 10)
#define BYTES_MAX (16u << 20) // what RFC 2435 can carry
#define NEUTRAL 128           // chroma of gray

struct half {
    struct jpeg_error_mgr errors;
    jmp_buf on_error;
    struct jpeg_decompress_struct in;
    struct jpeg_compress_struct out;
    struct jpeg_destination_mgr dest;
    uint8_t *row; // one row of three components
    uint8_t *bytes;
    size_t size, len;
    int err;
};

static struct half *half_of(j_common_ptr lib)
{
    return (struct half *)lib->client_data;
}

static _Noreturn void give_up(struct half *h, int err)
{
    h->err = err;
    longjmp(h->on_error, 1);
}

static _Noreturn void on_error_exit(j_common_ptr lib)
{
    give_up(half_of(lib), lib->err->msg_code == JERR_OUT_OF_MEMORY ? KIN_ENOMEM : KIN_EBAD);
}

static void on_emit(j_common_ptr lib, int level)
{
    (void)lib, (void)level; // libraries do not print
}

static void on_message(j_common_ptr lib)
{
    (void)lib;
}

// --- where the result goes

static void offer_room(struct half *h)
{
    h->dest.next_output_byte = h->bytes + h->len;
    h->dest.free_in_buffer = h->size - h->len;
}

static void grow(struct half *h)
{
    size_t size = h->size == 0 ? FIRST_BYTES : 2 * h->size;
    if (size > BYTES_MAX)
        give_up(h, KIN_EUNSUPPORTED);
    uint8_t *bytes = realloc(h->bytes, size);
    if (bytes == NULL)
        give_up(h, KIN_ENOMEM);
    h->bytes = bytes;
    h->size = size;
    offer_room(h);
}

static void on_init_destination(j_compress_ptr out)
{
    grow(half_of((j_common_ptr)out));
}

static boolean on_full(j_compress_ptr out)
{
    struct half *h = half_of((j_common_ptr)out);
    h->len = h->size; // libjpeg has filled all of it, whatever free_in_buffer says
    grow(h);
    return TRUE;
}

static void on_term_destination(j_compress_ptr out)
{
    struct half *h = half_of((j_common_ptr)out);
    h->len = h->size - h->dest.free_in_buffer;
}

// --- down and up again

static void open_libraries(struct half *h)
{
    h->in.err = h->out.err = jpeg_std_error(&h->errors);
    h->errors.error_exit = on_error_exit;
    h->errors.emit_message = on_emit;
    h->errors.output_message = on_message;
    h->in.client_data = h->out.client_data = h;
    jpeg_create_decompress(&h->in);
    jpeg_create_compress(&h->out);
    h->in.mem->max_memory_to_use = MEMORY_MAX;
    h->dest.init_destination = on_init_destination;
    h->dest.empty_output_buffer = on_full;
    h->dest.term_destination = on_term_destination;
    h->out.dest = &h->dest;
}

static void begin_reading(struct half *h, struct kin_span file)
{
    jpeg_mem_src(&h->in, file.p, (unsigned long)file.n);
    jpeg_read_header(&h->in, TRUE);
    h->in.scale_num = 1;
    h->in.scale_denom = 2;
    h->in.out_color_space = h->in.jpeg_color_space; // gray, YCbCr or RGB stay what they are
    jpeg_start_decompress(&h->in);
}

// The file's own table, so that nothing is coarser than it was.
static void take_table(struct half *h, int to, int component)
{
    unsigned entries[DCTSIZE2];
    int from = h->in.comp_info[component].quant_tbl_no;
    const JQUANT_TBL *table = from >= 0 && from < NUM_QUANT_TBLS ? h->in.quant_tbl_ptrs[from] : NULL;
    if (table == NULL)
        give_up(h, KIN_EBAD);
    for (unsigned i = 0; i < DCTSIZE2; i++)
        entries[i] = table->quantval[i];
    jpeg_add_quant_table(&h->out, to, entries, 100, TRUE); // 100 %, at most 255
}

static void begin_writing(struct half *h)
{
    h->out.image_width = h->in.output_width;
    h->out.image_height = h->in.output_height;
    h->out.input_components = 3;
    h->out.in_color_space = h->in.out_color_space == JCS_RGB ? JCS_RGB : JCS_YCbCr;
    jpeg_set_defaults(&h->out); // 4:2:0 and the standard Huffman tables
    take_table(h, 0, 0);
    take_table(h, 1, h->in.num_components > 1 ? 1 : 0);
    jpeg_start_compress(&h->out, TRUE);
}

// In place, from the end: a row of gray becomes one of YCbCr.
static void color(struct half *h)
{
    for (size_t i = h->in.output_width; i-- > 0;) {
        uint8_t gray = h->row[i];
        h->row[3 * i] = gray;
        h->row[3 * i + 1] = h->row[3 * i + 2] = NEUTRAL;
    }
}

static void copy_rows(struct half *h)
{
    JSAMPROW rows[1] = {h->row};
    while (h->in.output_scanline < h->in.output_height) {
        jpeg_read_scanlines(&h->in, rows, 1);
        if (h->in.output_components == 1)
            color(h);
        jpeg_write_scanlines(&h->out, rows, 1);
    }
}

static int run(struct half *h, struct kin_span file)
{
    if (setjmp(h->on_error) != 0)
        return h->err;
    open_libraries(h);
    begin_reading(h, file);
    h->row = malloc((size_t)h->in.output_width * 3);
    if (h->row == NULL)
        return KIN_ENOMEM;
    begin_writing(h);
    copy_rows(h);
    jpeg_finish_compress(&h->out);
    return KIN_OK;
}

bool kin_jpeg_half_can(const struct kin_jpeg_info *info)
{
    bool coding = info->sof == KIN_JPEG_SOF0 || info->sof == KIN_JPEG_SOF1 || info->sof == KIN_JPEG_SOF2;
    bool colors = info->component_count == 1 || info->component_count == 3;
    return coding && colors && info->bits == 8 && info->scan_count <= KIN_JPEG_HALF_SCANS_MAX &&
           (uint64_t)info->width * info->height <= KIN_JPEG_HALF_PIXELS_MAX;
}

int kin_jpeg_half(struct kin_span file, const struct kin_jpeg_info *info, struct kin_buf **ret)
{
    struct half h = {.err = KIN_EBAD};
    if (!kin_jpeg_half_can(info))
        return KIN_EUNSUPPORTED;
    int err = run(&h, file);
    jpeg_destroy_decompress(&h.in); // harmless on one that was never created
    jpeg_destroy_compress(&h.out);
    free(h.row);
    if (err == KIN_OK) {
        *ret = kin_buf_copy(kin_span_make(h.bytes, h.len));
        err = *ret != NULL ? KIN_OK : KIN_ENOMEM;
    }
    free(h.bytes);
    return err;
}
