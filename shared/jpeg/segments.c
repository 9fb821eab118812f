// Iterates over the segments of a JPEG's header.
#include "jpeg/segments.h"

#include "base/rd.h"

size_t kin_jpeg_find_soi(struct kin_span s)
{
    struct kin_span head = kin_span_first(s, KIN_JPEG_LEAD_MAX + 3);
    if (kin_span_starts(s, "\xff\xd8"))
        return 0;
    size_t at = kin_span_find_str(head, "\xff\xd8\xff");
    return at < head.n ? at : s.n;
}

bool kin_jpeg_is_header_marker(uint8_t code)
{
    bool restart = (code & 0xf8) == KIN_JPEG_RST0;
    return code >= KIN_JPEG_SOF0 && code != KIN_JPEG_EOI && code != 0xff && !restart;
}

bool kin_jpeg_is_headless(struct kin_span s)
{
    return s.n >= 2 && s.p[0] == 0xff && s.p[1] != KIN_JPEG_SOI && kin_jpeg_is_header_marker(s.p[1]);
}

// Moves *at to the FF directly before the next marker's code. False when there is none.
static bool seek_marker(struct kin_jpeg_segments *s, size_t *at)
{
    while (s->stray <= KIN_JPEG_STRAY_MAX) {
        struct kin_span rest = kin_span_skip(s->file, *at);
        size_t skipped = kin_span_find(rest, 0xff), code = skipped + 1;
        while (code < rest.n && rest.p[code] == 0xff) // fill bytes, T.81 B.1.1.2
            code++;
        if (code >= rest.n)
            return false;
        bool found = kin_jpeg_is_header_marker(rest.p[code]);
        s->stray += skipped + (found ? 0 : 2);
        *at += found ? code - 1 : code + 1;
        if (found)
            return true;
    }
    return false;
}

static bool may_be_malformed(uint8_t marker)
{
    return marker >= KIN_JPEG_APP0 && marker <= KIN_JPEG_COM;
}

bool kin_jpeg_segments_next(struct kin_jpeg_segments *s, struct kin_jpeg_segment *ret)
{
    size_t at = s->at;
    while (seek_marker(s, &at)) {
        struct kin_rd r = kin_rd_init(kin_span_skip(s->file, at));
        uint8_t marker = kin_rd_take(&r, 2).p[1];
        size_t length = marker == KIN_JPEG_SOI ? 0 : kin_rd_be16(&r);
        if (marker != KIN_JPEG_SOI && length < 2 && !r.bad && may_be_malformed(marker)) {
            s->stray += 2; // a comment without a length
            at += 2;
            continue;
        }
        struct kin_span rest = kin_span_skip(s->file, at + 2);
        if (r.bad || length > rest.n || (marker != KIN_JPEG_SOI && length < 2))
            return false;
        *ret = (struct kin_jpeg_segment){.marker = marker,
                                         .at = at,
                                         .bytes = kin_span_make(s->file.p + at, 2 + length),
                                         .body = length >= 2 ? kin_span_make(rest.p + 2, length - 2) : rest};
        ret->body = length >= 2 ? ret->body : kin_span_first(rest, 0);
        s->at = at + 2 + length;
        return true;
    }
    return false;
}
