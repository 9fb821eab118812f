// Half size: libjpeg's decompressor at a scale of 1/2 or less feeds its compressor, row by row.
#include "jpeg/half.h"

#include "base/err.h"
#include "jpeg/library.h"

#define NEUTRAL 128   // chroma of gray
#define HALF_ROWS 128 // working memory in lines of one byte per sample: generous

static const struct kin_jpeg_library_limits limits = {KIN_JPEG_HALF_MEMORY_MAX, KIN_JPEG_HALF_BYTES_MAX,
                                                      KIN_JPEG_HALF_SCANS_MAX};

struct half {
    struct kin_jpeg_library library;
    const struct kin_jpeg_info *info;
    unsigned divisor;
    const atomic_bool *canceled;
};

static void begin_reading(struct half *h)
{
    struct jpeg_decompress_struct *in = &h->library.in;
    kin_jpeg_library_read_header(&h->library, h->info);
    in->scale_num = 1;
    in->scale_denom = h->divisor;
    in->out_color_space = in->jpeg_color_space; // gray, YCbCr or RGB stay what they are
    jpeg_start_decompress(in);
}

// Keeps the file's own table, so that nothing is quantized more coarsely.
static void copy_table(struct half *h, int to, int component)
{
    unsigned entries[DCTSIZE2];
    const struct jpeg_decompress_struct *in = &h->library.in;
    int from = in->comp_info[component].quant_tbl_no;
    const JQUANT_TBL *table = from >= 0 && from < NUM_QUANT_TBLS ? in->quant_tbl_ptrs[from] : NULL;
    if (table == NULL)
        kin_jpeg_library_fail(&h->library, KIN_EBAD, "a quantization table is missing");
    for (unsigned i = 0; i < DCTSIZE2; i++)
        entries[i] = table->quantval[i];
    jpeg_add_quant_table(&h->library.out, to, entries, 100, TRUE); // unscaled, at most 255
}

static void begin_writing(struct half *h)
{
    const struct jpeg_decompress_struct *in = &h->library.in;
    struct jpeg_compress_struct *out = &h->library.out;
    out->image_width = in->output_width;
    out->image_height = in->output_height;
    out->input_components = 3;
    out->in_color_space = in->out_color_space == JCS_RGB ? JCS_RGB : JCS_YCbCr;
    jpeg_set_defaults(out); // 4:2:0 and the standard Huffman tables
    copy_table(h, 0, 0);
    copy_table(h, 1, in->num_components > 1 ? 1 : 0);
    jpeg_start_compress(out, TRUE);
}

// Converts a row of gray to YCbCr in place, from its end.
static void gray_to_ycbcr(JSAMPROW row, size_t width)
{
    for (size_t i = width; i-- > 0;) {
        JSAMPLE gray = row[i];
        row[3 * i] = gray;
        row[3 * i + 1] = row[3 * i + 2] = NEUTRAL;
    }
}

static void copy_rows(struct half *h)
{
    struct jpeg_decompress_struct *in = &h->library.in;
    JSAMPROW row = (JSAMPROW)in->mem->alloc_large((j_common_ptr)in, JPOOL_IMAGE, (size_t)in->output_width * 3);
    while (in->output_scanline < in->output_height) {
        jpeg_read_scanlines(in, &row, 1);
        if (in->output_components == 1)
            gray_to_ycbcr(row, in->output_width);
        jpeg_write_scanlines(&h->library.out, &row, 1);
    }
}

static void halve(void *ctx)
{
    struct half *h = ctx;
    begin_reading(h);
    begin_writing(h);
    copy_rows(h);
    jpeg_finish_compress(&h->library.out);
}

int kin_jpeg_half_size(uint16_t width, uint16_t height, struct kin_jpeg_half *ret)
{
    unsigned most = width > height ? width : height, d = 2;
    while (d < KIN_JPEG_HALF_DIVISOR_MAX && (most + d - 1) / d > KIN_JPEG_HALF_SIDE_MAX)
        d *= 2;
    if ((most + d - 1) / d > KIN_JPEG_HALF_SIDE_MAX)
        return KIN_EUNSUPPORTED;
    *ret = (struct kin_jpeg_half){(uint8_t)d, (uint16_t)((width + d - 1) / d), (uint16_t)((height + d - 1) / d)};
    return KIN_OK;
}

const char *kin_jpeg_half_refusal(const struct kin_jpeg_info *info)
{
    struct kin_jpeg_half size;
    if (info->sof != KIN_JPEG_SOF0 && info->sof != KIN_JPEG_SOF1 && info->sof != KIN_JPEG_SOF2)
        return "its coding is neither baseline nor progressive";
    if (info->component_count != 1 && info->component_count != 3)
        return "its colours are neither gray, YCbCr nor RGB";
    if (info->bits != 8)
        return "its samples are not 8 bits";
    if (info->scan_count > KIN_JPEG_HALF_SCANS_MAX)
        return "it has more than 64 scans";
    if (kin_jpeg_half_size(info->width, info->height, &size) != KIN_OK)
        return "an eighth of its size is above 2040 pixels";
    if ((uint64_t)info->width * info->height > KIN_JPEG_HALF_PIXELS_MAX)
        return "it has more than 64 million pixels";
    return NULL;
}

static int run(struct half *h, struct kin_span file, struct kin_buf **ret, const char **ret_why)
{
    int err = kin_jpeg_library_init(&h->library, file, &limits);
    h->library.canceled = h->canceled;
    if (err == KIN_OK)
        err = kin_jpeg_library_run(&h->library, halve, h);
    if (err == KIN_OK)
        err = kin_jpeg_library_copy_output(&h->library, ret);
    if (err != KIN_OK)
        *ret_why = h->library.why;
    kin_jpeg_library_deinit(&h->library);
    return err;
}

size_t kin_jpeg_half_memory(const struct kin_jpeg_info *info)
{
    size_t rows = HALF_ROWS * (size_t)info->width * info->component_count;
    return rows + (kin_jpeg_library_keeps_coefficients(info) ? kin_jpeg_library_coefficient_bytes(info) : 0);
}

int kin_jpeg_half(struct kin_span file, const struct kin_jpeg_info *info, const atomic_bool *canceled,
                  struct kin_buf **ret, const char **ret_why)
{
    const char *ignored;
    const char **why = ret_why != NULL ? ret_why : &ignored;
    struct kin_jpeg_half size;
    const char *refusal = kin_jpeg_half_refusal(info);
    if (refusal != NULL || kin_jpeg_half_size(info->width, info->height, &size) != KIN_OK) {
        *why = refusal;
        return KIN_EUNSUPPORTED;
    }
    int err = kin_jpeg_check_work(info, file.n, why);
    if (err != KIN_OK)
        return err;
    struct half h = {.info = info, .divisor = size.divisor, .canceled = canceled};
    return run(&h, file, ret, why);
}
