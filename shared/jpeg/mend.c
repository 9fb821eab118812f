// Rewrites the header of a JPEG that needs repair.
#include "jpeg/mend.h"

#include "base/err.h"
#include "jpeg/segments.h"

struct header {
    size_t begin;    // of the first SOI; 0 where it is missing
    size_t first;    // of the first segment
    size_t restart;  // of the last SOI before the scan
    size_t scan;     // of SOS; 0: none
    bool contiguous; // begins with SOI, and the segments adjoin
};

// False when there is neither an SOI nor, if allowed, a header that continues one in the container.
static bool find_header(struct kin_span jpeg, bool may_be_headless, struct header *ret)
{
    bool headless = may_be_headless && kin_jpeg_is_headless(jpeg);
    struct header h = {.begin = headless ? 0 : kin_jpeg_find_soi(jpeg)};
    struct kin_jpeg_segment s;
    if (h.begin == jpeg.n)
        return false;
    h.first = headless ? 0 : h.begin + 2;
    h.restart = h.begin;
    struct kin_jpeg_segments segments = {.file = jpeg, .at = h.first};
    while (h.scan == 0 && kin_jpeg_segments_next(&segments, &s)) {
        if (s.marker == KIN_JPEG_SOI)
            h.restart = s.at;
        if (s.marker == KIN_JPEG_SOS)
            h.scan = s.at;
    }
    h.contiguous = h.first == 2 && h.restart == 0 && segments.stray == 0;
    *ret = h;
    return true;
}

// Of what stands before a second SOI only the tables are kept: the rest is repeated after it.
static bool counts(const struct header *h, const struct kin_jpeg_segment *s)
{
    bool is_table = s->marker == KIN_JPEG_DQT || s->marker == KIN_JPEG_DHT;
    return s->marker != KIN_JPEG_SOI && (s->at >= h->restart || is_table);
}

static void write_header(struct kin_span jpeg, const struct header *h, struct kin_wr *w)
{
    struct kin_jpeg_segments segments = {.file = jpeg, .at = h->first};
    struct kin_jpeg_segment s;
    kin_wr_be16(w, 0xff00u | KIN_JPEG_SOI);
    while (kin_jpeg_segments_next(&segments, &s) && s.marker != KIN_JPEG_SOS)
        if (counts(h, &s))
            kin_wr_put(w, s.bytes);
}

int kin_jpeg_mend(struct kin_span jpeg, const struct kin_jpeg_table_set *in_force, struct kin_buf **ret)
{
    struct header h;
    unsigned missing = 0;
    *ret = NULL;
    if (!find_header(jpeg, in_force != NULL, &h))
        return KIN_EBAD;
    if (in_force != NULL && h.scan != 0) {
        struct kin_jpeg_needs needs = kin_jpeg_find_needs(jpeg, NULL);
        missing = kin_jpeg_missing_tables(&needs, in_force);
    }
    if (missing == 0 && (h.contiguous || (h.scan == 0 && h.begin == 0)))
        return KIN_OK;
    struct kin_buf *buf = kin_buf_new(jpeg.n + KIN_JPEG_TABLE_SET_BYTES);
    if (buf == NULL)
        return KIN_ENOMEM;
    struct kin_wr w = kin_wr_init(buf->data, buf->len);
    if (h.scan != 0) {
        write_header(jpeg, &h, &w);
        kin_jpeg_table_set_write(in_force != NULL ? in_force : &(struct kin_jpeg_table_set){0}, missing, &w);
    }
    kin_wr_put(&w, kin_span_skip(jpeg, h.scan != 0 ? h.scan : h.begin));
    buf->len = w.len;
    *ret = buf;
    return KIN_OK;
}
