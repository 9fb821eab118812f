// Writes PNG (ISO/IEC 15948); the only file that knows zlib.
#include "picture/png.h"

#include <stdlib.h>
#include <zlib.h>

#include "base/err.h"

#define FILTER_UP 2
#define WINDOW_BITS 15
#define MEMORY_LEVEL 9
#define CHUNK_BYTES 12u // length, type and checksum
#define DEFLATE_STEP ((size_t)1 << 15)

struct png {
    z_stream z;
    bool z_ready;
    uint8_t *lines; // filter type and differences, then the line above
    size_t size;
};

int png_new(struct png **ret)
{
    struct png *p = calloc(1, sizeof *p);
    if (p == NULL)
        return KIN_ENOMEM;
    p->z_ready = deflateInit2(&p->z, 1, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL, Z_RLE) == Z_OK;
    if (!p->z_ready) {
        png_free(p);
        return KIN_ENOMEM;
    }
    *ret = p;
    return KIN_OK;
}

void png_free(struct png *p)
{
    if (p == NULL)
        return;
    if (p->z_ready)
        deflateEnd(&p->z);
    free(p->lines);
    free(p);
}

static void put_be32(uint8_t *to, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(v >> (24 - 8 * i));
}

// Begins a chunk, whose length is not known yet.
static size_t begin_chunk(struct image_bytes *out, const char *type)
{
    size_t at = out->n;
    image_bytes_put(out, kin_span_make("\0\0\0", 4));
    image_bytes_put(out, kin_span_str(type));
    return at;
}

static void end_chunk(struct image_bytes *out, size_t at)
{
    uint8_t checksum[4];
    if (out->err != KIN_OK)
        return;
    put_be32(out->p + at, (uint32_t)(out->n - at - CHUNK_BYTES + sizeof checksum));
    put_be32(checksum, (uint32_t)crc32(0, out->p + at + 4, (uInt)(out->n - at - 4)));
    image_bytes_put(out, kin_span_make(checksum, sizeof checksum));
}

static void put_header(const struct canvas_pixels *pixels, struct image_bytes *out)
{
    uint8_t header[13] = {[8] = 8, [9] = 2}; // 8 bits a sample, RGB
    put_be32(header, (uint32_t)pixels->width);
    put_be32(header + 4, (uint32_t)pixels->height);
    image_bytes_put(out, kin_span_str("\x89PNG\r\n\x1a\n"));
    size_t at = begin_chunk(out, "IHDR");
    image_bytes_put(out, kin_span_make(header, sizeof header));
    end_chunk(out, at);
}

static void deflate_into(struct png *p, const uint8_t *bytes, size_t n, int flush, struct image_bytes *out)
{
    p->z.next_in = (z_const Bytef *)bytes;
    p->z.avail_in = (uInt)n;
    do {
        p->z.next_out = image_bytes_room(out, DEFLATE_STEP);
        p->z.avail_out = (uInt)DEFLATE_STEP;
        if (p->z.next_out == NULL)
            return;
        deflate(&p->z, flush);
        out->n += DEFLATE_STEP - p->z.avail_out;
    } while (p->z.avail_out == 0);
}

// What stands for each value of a sample: its upper bits, repeated to fill the lower ones, so that white stays white.
static void make_levels(unsigned drop, uint8_t levels[256])
{
    for (unsigned v = 0; v < 256; v++) {
        unsigned kept = v >> drop << drop;
        levels[v] = (uint8_t)(kept | kept >> (8 - drop));
    }
}

static void filter_line(const uint8_t *px, size_t n, const uint8_t levels[256], uint8_t *differences, uint8_t *above)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t v = levels[px[i]];
        differences[i] = (uint8_t)(v - above[i]);
        above[i] = v;
    }
}

static int make_room(struct png *p, size_t line)
{
    if (1 + 2 * line > p->size) {
        uint8_t *lines = realloc(p->lines, 1 + 2 * line);
        if (lines == NULL)
            return KIN_ENOMEM;
        p->lines = lines;
        p->size = 1 + 2 * line;
    }
    memset(p->lines + 1 + line, 0, line);
    p->lines[0] = FILTER_UP;
    return KIN_OK;
}

int png_encode(struct png *p, const struct canvas_pixels *pixels, unsigned drop, struct image_bytes *out)
{
    size_t mark = out->n, line = (size_t)pixels->width * 3;
    uint8_t levels[256];
    if (make_room(p, line) != KIN_OK)
        return KIN_ENOMEM;
    make_levels(drop < PNG_DROP_MAX ? drop : PNG_DROP_MAX, levels);
    put_header(pixels, out);
    size_t at = begin_chunk(out, "IDAT");
    deflateReset(&p->z);
    for (int y = 0; y < pixels->height; y++) {
        filter_line(pixels->rgb + (size_t)y * pixels->stride, line, levels, p->lines + 1, p->lines + 1 + line);
        deflate_into(p, p->lines, 1 + line, y + 1 < pixels->height ? Z_NO_FLUSH : Z_FINISH, out);
    }
    end_chunk(out, at);
    end_chunk(out, begin_chunk(out, "IEND"));
    return image_bytes_end(out, mark);
}
