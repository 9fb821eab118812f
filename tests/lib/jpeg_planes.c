// Decodes concatenated JPEGs with libjpeg alone: jpeg_planes <REEL >PLANES. Each frame is its components one after the
// other, as they are sampled, in lines of the picture's width; the number of lines is rounded up to an even one
// (libjpeg decodes whole blocks).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#define FILE_MAX (64u << 20)
#define LINES_MAX (4 * DCTSIZE) // of a component that libjpeg decodes at once

struct plane {
    JSAMPLE *samples;
    size_t stride, width, lines; // stride and the lines that are there: whole MCUs
};

static void open_plane(const struct jpeg_decompress_struct *d, int ci, struct plane *p)
{
    const jpeg_component_info *c = &d->comp_info[ci];
    size_t rows = (size_t)d->total_iMCU_rows * (size_t)c->v_samp_factor * DCTSIZE;
    p->stride = ((size_t)c->width_in_blocks + (size_t)c->h_samp_factor) * DCTSIZE;
    p->width = c->downsampled_width;
    p->lines = ((size_t)c->downsampled_height + 1) / 2 * 2;
    p->samples = (JSAMPLE *)calloc(p->stride, rows);
    if (p->samples == NULL)
        abort();
}

static void decode_row(struct jpeg_decompress_struct *d, const struct plane *planes)
{
    JSAMPROW rows[MAX_COMPONENTS][LINES_MAX];
    JSAMPARRAY data[MAX_COMPONENTS];
    size_t row = d->output_scanline / (JDIMENSION)(d->max_v_samp_factor * DCTSIZE);
    for (int ci = 0; ci < d->num_components; ci++) {
        size_t lines = (size_t)d->comp_info[ci].v_samp_factor * DCTSIZE;
        for (size_t i = 0; i < lines; i++)
            rows[ci][i] = planes[ci].samples + (row * lines + i) * planes[ci].stride;
        data[ci] = rows[ci];
    }
    jpeg_read_raw_data(d, data, (JDIMENSION)(d->max_v_samp_factor * DCTSIZE));
}

static void write_planes(struct jpeg_decompress_struct *d)
{
    struct plane planes[MAX_COMPONENTS];
    for (int ci = 0; ci < d->num_components; ci++)
        open_plane(d, ci, &planes[ci]);
    while (d->output_scanline < d->output_height)
        decode_row(d, planes);
    for (int ci = 0; ci < d->num_components; ci++) {
        for (size_t y = 0; y < planes[ci].lines; y++)
            fwrite(planes[ci].samples + y * planes[ci].stride, 1, planes[ci].width, stdout);
        free(planes[ci].samples);
    }
}

// Returns the bytes of the JPEG at the head of `bytes`.
static size_t decode(const unsigned char *bytes, size_t n)
{
    struct jpeg_decompress_struct d;
    struct jpeg_error_mgr errors;
    d.err = jpeg_std_error(&errors); // ends the program when something is wrong
    jpeg_create_decompress(&d);
    jpeg_mem_src(&d, bytes, n);
    jpeg_read_header(&d, TRUE);
    d.raw_data_out = TRUE;
    d.dct_method = JDCT_ISLOW;
    jpeg_start_decompress(&d);
    write_planes(&d);
    jpeg_finish_decompress(&d);
    size_t used = n - d.src->bytes_in_buffer;
    jpeg_destroy_decompress(&d);
    return used;
}

int main(void)
{
    unsigned char *bytes = (unsigned char *)malloc(FILE_MAX);
    if (bytes == NULL)
        return 1;
    size_t n = fread(bytes, 1, FILE_MAX, stdin);
    for (size_t at = 0; at < n;)
        at += decode(bytes + at, n - at);
    free(bytes);
    return fflush(stdout) == 0 ? 0 : 1;
}
