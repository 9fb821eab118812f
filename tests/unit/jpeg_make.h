// Makes JPEGs of every shape out of a soft drawn picture, and decodes them, with nothing of ours in between.
#ifndef JPEG_MAKE_H
#define JPEG_MAKE_H

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "base/buf.h"

struct make {
    uint16_t width, height;
    J_COLOR_SPACE space; // of the file; 0: YCbCr
    uint8_t factors[6];  // h and v of up to three components; 0: libjpeg's own
    int quality;         // 0: 85
    unsigned step_add;   // added to every quantization step of table 0: above 255 makes 16-bit tables
    bool progressive, optimize, arithmetic;
    bool third_table; // Cr has a table of its own
    unsigned restart; // MCUs
    bool separate_scans;
    bool drop_dht;  // as in AVI and from UVC cameras
    bool one_table; // the same quantization for all components
    unsigned phase; // number of the frame: moves the picture
    unsigned grain; // amplitude of a noise, as film has it: brightness, and a quarter of it in colour
};

// A smooth picture: waves of brightness and of colour.
static inline void make_pixel(const struct make *m, unsigned x, unsigned y, JSAMPLE *px)
{
    float fx = (float)x / (float)m->width + 0.02f * (float)m->phase, fy = (float)y / (float)m->height;
    float values[4] = {128 + 90 * sinf(9 * fx + 5 * fy), 128 + 60 * sinf(3 * fx - 4 * fy + 1),
                       128 + 60 * cosf(4 * fx * fy + 2), 200 - 40 * fy};
    for (unsigned i = 0; i < 4; i++) {
        unsigned noise = ((x / (i + 1) * 0x9e3779b1u) ^ (y * 0x85ebca6bu)) * (0xc2b2ae35u + 2 * i);
        px[i] = (JSAMPLE)(values[i] + (float)(noise >> 16) * (float)m->grain / (i == 0 ? 65536 : 4 * 65536));
    }
}

static inline void make_script(struct jpeg_compress_struct *c, jpeg_scan_info scans[3])
{
    for (int i = 0; i < 3; i++)
        scans[i] = (jpeg_scan_info){.comps_in_scan = 1, .component_index = {i}, .Ss = 0, .Se = 63};
    c->scan_info = scans;
    c->num_scans = c->num_components;
}

static inline void make_tables(struct jpeg_compress_struct *c, const struct make *m)
{
    jpeg_set_quality(c, m->quality != 0 ? m->quality : 85, TRUE);
    for (int k = 0; k < DCTSIZE2; k++)
        c->quant_tbl_ptrs[0]->quantval[k] = (UINT16)(c->quant_tbl_ptrs[0]->quantval[k] + m->step_add);
    if (m->one_table)
        c->comp_info[1].quant_tbl_no = c->comp_info[2].quant_tbl_no = 0;
    if (!m->third_table)
        return;
    if (c->quant_tbl_ptrs[2] == NULL)
        c->quant_tbl_ptrs[2] = jpeg_alloc_quant_table((j_common_ptr)c);
    for (int k = 0; k < DCTSIZE2; k++)
        c->quant_tbl_ptrs[2]->quantval[k] = (UINT16)(c->quant_tbl_ptrs[1]->quantval[k] * 2 / 3 + 1);
    c->quant_tbl_ptrs[2]->sent_table = FALSE;
    c->comp_info[2].quant_tbl_no = 2;
}

static inline void make_shape(struct jpeg_compress_struct *c, const struct make *m)
{
    jpeg_set_colorspace(c, m->space != JCS_UNKNOWN ? m->space : JCS_YCbCr);
    make_tables(c, m);
    for (int i = 0; i < c->num_components && i < 3 && m->factors[2 * i] != 0; i++) {
        c->comp_info[i].h_samp_factor = m->factors[2 * i];
        c->comp_info[i].v_samp_factor = m->factors[2 * i + 1];
    }
    if (m->progressive)
        jpeg_simple_progression(c);
    c->optimize_coding = m->optimize;
    c->arith_code = m->arithmetic;
    c->restart_interval = m->restart;
}

static inline void make_lines(struct jpeg_compress_struct *c, const struct make *m, JSAMPLE *line)
{
    while (c->next_scanline < c->image_height) {
        for (unsigned x = 0; x < m->width; x++) {
            JSAMPLE px[4];
            make_pixel(m, x, c->next_scanline, px);
            memcpy(line + (size_t)x * (size_t)c->input_components, px, (size_t)c->input_components);
        }
        jpeg_write_scanlines(c, &line, 1);
    }
}

static inline void make_quiet(j_common_ptr c, int level)
{
    (void)c, (void)level;
}

// The JPEG, or NULL without memory. libjpeg's own errors end the program: the shapes are valid.
static inline struct kin_buf *make_jpeg(const struct make *m)
{
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr errors;
    jpeg_scan_info scans[3];
    unsigned char *bytes = NULL;
    unsigned long n = 0;
    JSAMPLE *line = (JSAMPLE *)malloc((size_t)m->width * 4);
    if (line == NULL)
        return NULL;
    c.err = jpeg_std_error(&errors);
    errors.emit_message = make_quiet;
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, &bytes, &n);
    c.image_width = m->width;
    c.image_height = m->height;
    c.input_components = m->space == JCS_GRAYSCALE ? 1 : m->space == JCS_CMYK || m->space == JCS_YCCK ? 4 : 3;
    c.in_color_space = m->space == JCS_YCCK ? JCS_CMYK : m->space != JCS_UNKNOWN ? m->space : JCS_YCbCr;
    jpeg_set_defaults(&c);
    make_shape(&c, m);
    if (m->separate_scans)
        make_script(&c, scans);
    jpeg_start_compress(&c, TRUE);
    for (int i = 0; i < NUM_HUFF_TBLS && m->drop_dht; i++) { // as if they were written already
        if (c.dc_huff_tbl_ptrs[i] != NULL)
            c.dc_huff_tbl_ptrs[i]->sent_table = TRUE;
        if (c.ac_huff_tbl_ptrs[i] != NULL)
            c.ac_huff_tbl_ptrs[i]->sent_table = TRUE;
    }
    make_lines(&c, m, line);
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    struct kin_buf *buf = kin_buf_copy(kin_span_make(bytes, n));
    free(bytes);
    free(line);
    return buf;
}

struct pixels {
    uint8_t *p; // malloc'd
    size_t n;
};

struct pixels_error {
    struct jpeg_error_mgr mgr;
    jmp_buf back;
};

_Noreturn static inline void pixels_fail(j_common_ptr c)
{
    longjmp(((struct pixels_error *)(void *)c->err)->back, 1);
}

// Decoded as `space`; colour samples that stand for several pixels are repeated, or with `smooth` have lines drawn
// between them. False when it cannot be decoded, or without memory; p is to be freed in any case.
static inline bool pixels_decode_as(struct kin_span jpeg, J_COLOR_SPACE space, bool smooth, struct pixels *ret)
{
    struct jpeg_decompress_struct d;
    struct pixels_error error;
    *ret = (struct pixels){0};
    d.err = jpeg_std_error(&error.mgr);
    error.mgr.error_exit = pixels_fail;
    jpeg_create_decompress(&d);
    if (setjmp(error.back) != 0) {
        jpeg_destroy_decompress(&d);
        return false;
    }
    jpeg_mem_src(&d, jpeg.p, jpeg.n);
    jpeg_read_header(&d, TRUE);
    d.out_color_space = space;
    d.do_fancy_upsampling = smooth;
    jpeg_start_decompress(&d);
    size_t stride = (size_t)d.output_width * (size_t)d.output_components;
    ret->n = stride * d.output_height;
    ret->p = malloc(ret->n);
    while (ret->p != NULL && d.output_scanline < d.output_height) {
        JSAMPROW row = ret->p + stride * d.output_scanline;
        jpeg_read_scanlines(&d, &row, 1);
    }
    bool clean = error.mgr.num_warnings == 0;
    jpeg_destroy_decompress(&d);
    return ret->p != NULL && clean;
}

static inline bool pixels_decode(struct kin_span jpeg, J_COLOR_SPACE space, struct pixels *ret)
{
    return pixels_decode_as(jpeg, space, true, ret);
}

// Peak signal to noise ratio in dB; 99 when equal, 0 when the sizes differ.
static inline double pixels_psnr(const struct pixels *a, const struct pixels *b)
{
    double sum = 0;
    if (a->n != b->n || a->n == 0)
        return 0;
    for (size_t i = 0; i < a->n; i++) {
        double d = (double)a->p[i] - (double)b->p[i];
        sum += d * d;
    }
    return sum == 0 ? 99 : 10 * log10(255 * 255 * (double)a->n / sum);
}

#endif
