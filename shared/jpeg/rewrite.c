// The rewrite as a whole: decides between copying coefficients and decoding to pixels, and owns the run.
#include "jpeg/rewrite.h"

#include "base/err.h"
#include "jpeg/rewrite_internal.h"

static const struct kin_jpeg_library_limits limits = {KIN_JPEG_REWRITE_MEMORY_MAX, KIN_JPEG_REWRITE_BYTES_MAX,
                                                      KIN_JPEG_REWRITE_SCANS_MAX};

static void read_header(void *run)
{
    struct kin_jpeg_run *r = (struct kin_jpeg_run *)run;
    kin_jpeg_library_read_header(&r->library, r->info);
}

static void set_table(struct jpeg_compress_struct *out, int i, const uint16_t steps[DCTSIZE2])
{
    if (out->quant_tbl_ptrs[i] == NULL)
        out->quant_tbl_ptrs[i] = jpeg_alloc_quant_table((j_common_ptr)out);
    for (int k = 0; k < DCTSIZE2; k++)
        out->quant_tbl_ptrs[i]->quantval[k] = steps[k];
    out->quant_tbl_ptrs[i]->sent_table = FALSE;
}

void kin_jpeg_run_begin_output(struct kin_jpeg_run *r, J_COLOR_SPACE space, int luma_v)
{
    struct jpeg_compress_struct *out = &r->library.out;
    out->image_width = r->info->width;
    out->image_height = r->info->height;
    out->input_components = 3;
    out->in_color_space = space;
    jpeg_set_defaults(out); // Y, Cb, Cr and the standard Huffman tables
    out->optimize_coding = FALSE;
    out->write_JFIF_header = FALSE;
    out->comp_info[0].h_samp_factor = 2;
    out->comp_info[0].v_samp_factor = luma_v;
    set_table(out, 0, r->steps[0]);
    set_table(out, 1, r->steps[1]);
}

// 2 (4:2:0) where the input has half the lines of chroma or no chroma, else 1 (4:2:2).
static int luma_rows(const struct kin_jpeg_info *info)
{
    return info->component_count == 1 || kin_jpeg_chroma_ratio(info).y == 2 ? 2 : 1;
}

static void rewrite_coefficients(void *run)
{
    struct kin_jpeg_run *r = (struct kin_jpeg_run *)run;
    kin_jpeg_run_request_planes(r);
    jvirt_barray_ptr *input = jpeg_read_coefficients(&r->library.in);
    kin_jpeg_run_choose_steps(r, r->info->component_count == 1);
    if (r->conversion == KIN_JPEG_CONVERSION_RESAMPLE)
        kin_jpeg_run_refine_steps(r, 1, KIN_JPEG_RESAMPLED_FINER);
    kin_jpeg_run_fill_planes(r, input);
    kin_jpeg_run_begin_output(r, JCS_YCbCr, luma_rows(r->info));
    jpeg_write_coefficients(&r->library.out, r->planes);
    jpeg_finish_compress(&r->library.out);
}

static int run_steps(struct kin_jpeg_run *r)
{
    bool pixels = r->conversion == KIN_JPEG_CONVERSION_REENCODE;
    int err = kin_jpeg_library_run(&r->library, read_header, r);
    if (err == KIN_OK)
        err = kin_jpeg_library_run(&r->library, pixels ? kin_jpeg_run_pixels : rewrite_coefficients, r);
    return err;
}

// Checks what can be checked before libjpeg is involved.
static int check_limits(const struct kin_jpeg_run *r, size_t bytes, const char **ret_why)
{
    uint64_t pixels = (uint64_t)r->info->width * r->info->height;
    if (r->conversion == KIN_JPEG_CONVERSION_IMPOSSIBLE) {
        *ret_why = "not convertible";
        return KIN_EUNSUPPORTED;
    }
    if (pixels > KIN_JPEG_REWRITE_PIXELS_MAX) {
        *ret_why = "the picture is too large to be rewritten";
        return KIN_ELIMIT;
    }
    return kin_jpeg_check_work(r->info, bytes, ret_why);
}

// All coefficients are in memory at once, except when a single scan is decoded and encoded row by row. Planes of the
// output come on top where the input's cannot be reused: for a gray picture, and for chroma that becomes wider.
size_t kin_jpeg_rewrite_memory(const struct kin_jpeg_info *info)
{
    enum kin_jpeg_conversion conversion = kin_jpeg_conversion(kin_jpeg_incompatibilities(info));
    size_t rows = KIN_JPEG_REWRITE_ROWS * (size_t)info->width * info->component_count;
    size_t all = kin_jpeg_library_coefficient_bytes(info);
    if (info->component_count == 1)
        return rows + 3 * all;
    if (conversion == KIN_JPEG_CONVERSION_RESAMPLE && kin_jpeg_chroma_ratio(info).x > 2)
        return rows + 2 * all;
    return rows + (conversion == KIN_JPEG_CONVERSION_REENCODE && !kin_jpeg_library_keeps_coefficients(info) ? 0 : all);
}

int kin_jpeg_rewrite(struct kin_span jpeg, const struct kin_jpeg_info *info, const atomic_bool *canceled,
                     struct kin_buf **ret, const char **ret_why)
{
    const char *ignored;
    const char **why = ret_why != NULL ? ret_why : &ignored;
    struct kin_jpeg_run r = {.info = info, .conversion = kin_jpeg_conversion(kin_jpeg_incompatibilities(info))};
    int err = check_limits(&r, jpeg.n, why);
    if (err != KIN_OK)
        return err;
    err = kin_jpeg_library_init(&r.library, jpeg, &limits);
    r.library.canceled = canceled;
    if (err == KIN_OK)
        err = run_steps(&r);
    if (err == KIN_OK)
        err = kin_jpeg_library_copy_output(&r.library, ret);
    if (err != KIN_OK)
        *why = r.library.why;
    kin_jpeg_library_deinit(&r.library);
    return err;
}
