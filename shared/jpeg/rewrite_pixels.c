// The last resort: decodes a JPEG to pixels and encodes them again, line by line.
#include "base/err.h"
#include "jpeg/rewrite_internal.h"

#define LUMA_ROWS 1 // 4:2:2: half of the colour is lost, not three quarters

struct lines {
    JSAMPROW from, to; // the same memory unless colours are converted
    bool cmyk, inverted;
};

// Adobe writes CMYK inverted: a sample is the light that the ink lets through.
static void cmyk_to_rgb(const struct lines *l, JDIMENSION width)
{
    for (size_t x = 0; x < width; x++) {
        const JSAMPLE *ink = l->from + 4 * x;
        unsigned flip = l->inverted ? 0 : 255;
        for (size_t i = 0; i < 3; i++)
            l->to[3 * x + i] = (JSAMPLE)(((ink[i] ^ flip) * (ink[3] ^ flip) + 127) / 255);
    }
}

static J_COLOR_SPACE begin_input(struct kin_jpeg_run *r)
{
    struct jpeg_decompress_struct *in = &r->library.in;
    bool rgb = (kin_jpeg_incompatibilities(r->info) >> KIN_JPEG_COMPAT_RGB & 1) != 0;
    J_COLOR_SPACE space = rgb ? JCS_RGB : JCS_YCbCr;
    if (in->num_components == 4)
        in->out_color_space = JCS_CMYK;
    else
        in->jpeg_color_space = in->out_color_space = space;
    jpeg_start_decompress(in);
    return in->num_components == 4 ? JCS_RGB : space;
}

static struct lines new_lines(struct kin_jpeg_run *r)
{
    struct jpeg_decompress_struct *in = &r->library.in;
    size_t pixels = in->output_width;
    j_common_ptr common = (j_common_ptr)in;
    struct lines l = {.cmyk = in->num_components == 4, .inverted = in->saw_Adobe_marker};
    l.from = (JSAMPROW)in->mem->alloc_large(common, JPOOL_IMAGE, pixels * (size_t)in->output_components);
    l.to = l.cmyk ? (JSAMPROW)in->mem->alloc_large(common, JPOOL_IMAGE, pixels * 3) : l.from;
    return l;
}

// What is computed anew is quantized more finely: everything if colours are converted, else only the chroma.
static void choose_steps(struct kin_jpeg_run *r)
{
    J_COLOR_SPACE space = r->library.in.jpeg_color_space;
    bool converted = space != JCS_YCbCr, has_luma = space == JCS_YCbCr || space == JCS_YCCK;
    kin_jpeg_run_choose_steps(r, !has_luma);
    kin_jpeg_run_refine_steps(r, 1, converted ? KIN_JPEG_CONVERTED_FINER : KIN_JPEG_RESAMPLED_FINER);
    if (converted)
        kin_jpeg_run_refine_steps(r, 0, KIN_JPEG_CONVERTED_FINER);
}

void kin_jpeg_run_pixels(void *run)
{
    struct kin_jpeg_run *r = (struct kin_jpeg_run *)run;
    struct jpeg_decompress_struct *in = &r->library.in;
    struct jpeg_compress_struct *out = &r->library.out;
    J_COLOR_SPACE space = begin_input(r);
    struct lines l = new_lines(r);
    choose_steps(r);
    kin_jpeg_run_begin_output(r, space, LUMA_ROWS);
    jpeg_start_compress(out, TRUE);
    while (out->next_scanline < out->image_height) {
        if (jpeg_read_scanlines(in, &l.from, 1) != 1)
            kin_jpeg_library_fail(&r->library, KIN_EBAD, "the picture is damaged");
        if (l.cmyk)
            cmyk_to_rgb(&l, in->output_width);
        jpeg_write_scanlines(out, &l.to, 1);
    }
    jpeg_finish_compress(out);
}
