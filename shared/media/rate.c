// The frame rate of a reel, and the comment by which a Motion-JPEG file states it.
#include "media/rate.h"

#include <stdio.h>

#include "base/lex.h"
#include "base/rd.h"
#include "jpeg/markers.h"

bool kin_rate_valid(uint32_t num, uint32_t den)
{
    if (num == 0 || den == 0 || num > KIN_RATE_MAX_TERM || den > KIN_RATE_MAX_TERM)
        return false;
    return num <= (uint64_t)KIN_RATE_MAX_FPS * den && den <= (uint64_t)KIN_RATE_MAX_SECONDS * num;
}

bool kin_rate_parse(struct kin_span text, uint32_t *ret_num, uint32_t *ret_den)
{
    struct kin_span rest = text, num_text = {0}, den_text = kin_span_str("1");
    uint64_t num, den;
    if (!kin_span_split(&rest, '/', &num_text))
        return false;
    if (rest.p != NULL)
        den_text = rest;
    if (!kin_lex_u64(num_text, KIN_RATE_MAX_TERM, &num) || !kin_lex_u64(den_text, KIN_RATE_MAX_TERM, &den))
        return false;
    if (!kin_rate_valid((uint32_t)num, (uint32_t)den))
        return false;
    *ret_num = (uint32_t)num;
    *ret_den = (uint32_t)den;
    return true;
}

// Steps over one segment before the scan. False when there is no further one.
static bool next_segment(struct kin_rd *r, uint8_t *ret_marker, struct kin_span *ret_body)
{
    uint8_t lead = kin_rd_u8(r);
    uint8_t marker = kin_rd_u8(r);
    while (marker == 0xff) // fill bytes, T.81 B.1.1.2
        marker = kin_rd_u8(r);
    uint16_t length = kin_rd_be16(r);
    if (r->bad || lead != 0xff || length < 2 || marker == KIN_JPEG_SOS || marker == KIN_JPEG_EOI)
        return false;
    *ret_marker = marker;
    *ret_body = kin_rd_take(r, (size_t)length - 2);
    return !r->bad;
}

bool kin_rate_find_comment(struct kin_span jpeg, uint32_t *ret_num, uint32_t *ret_den)
{
    struct kin_rd r = kin_rd_init(kin_span_skip(jpeg, 2)); // SOI
    uint8_t marker;
    struct kin_span body;
    while (next_segment(&r, &marker, &body)) {
        if (marker != KIN_JPEG_COM || !kin_span_starts(body, KIN_RATE_COMMENT_PREFIX))
            continue;
        struct kin_span text = kin_span_skip(body, sizeof KIN_RATE_COMMENT_PREFIX - 1);
        if (text.n > 0 && text.p[text.n - 1] == 0) // some writers count the NUL
            text.n--;
        if (kin_rate_parse(kin_span_trim(text), ret_num, ret_den))
            return true;
    }
    return false;
}

size_t kin_rate_format_comment(uint32_t num, uint32_t den, char dst[KIN_RATE_COMMENT_MAX])
{
    int n = den == 1 ? snprintf(dst, KIN_RATE_COMMENT_MAX, KIN_RATE_COMMENT_PREFIX "%u", num)
                     : snprintf(dst, KIN_RATE_COMMENT_MAX, KIN_RATE_COMMENT_PREFIX "%u/%u", num, den);
    return n > 0 ? (size_t)n : 0;
}
