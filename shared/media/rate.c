// The frame rate of a reel, and the comment in which a Motion-JPEG file states it.
#include "media/rate.h"

#include <stdio.h>

#include "base/rd.h"
#include "base/time.h"
#include "jpeg/markers.h"

void kin_rate_reduce(uint64_t num, uint64_t den, uint32_t *ret_num, uint32_t *ret_den)
{
    kin_rate_lower(&num, &den);
    while (num > KIN_RATE_MAX_TERM || den > KIN_RATE_MAX_TERM) {
        num = (num + 1) / 2;
        den = (den + 1) / 2;
    }
    *ret_num = (uint32_t)num;
    *ret_den = (uint32_t)den;
}

void kin_rate_mean(uint32_t frames, uint64_t ts, uint32_t *ret_num, uint32_t *ret_den)
{
    uint64_t ticks = (uint64_t)frames * KIN_RTP_CLOCK_HZ;
    uint32_t num = 0, den = 0;
    kin_rate_reduce(ticks, ts, &num, &den);
    if (!kin_rate_valid(num, den)) {
        bool fast = ticks > ts;
        num = fast ? KIN_RATE_MAX_FPS : 1;
        den = fast ? 1 : KIN_RATE_MAX_SECONDS;
    }
    *ret_num = num;
    *ret_den = den;
}

#define NS_PER_S UINT64_C(1000000000)

bool kin_rate_from_ns(uint64_t ns, uint32_t *ret_num, uint32_t *ret_den)
{
    static const struct {
        uint32_t unit, den;
    } usual[] = {{1, 1}, {1000, 1001}};
    uint32_t num = 0, den = 0;
    if (ns == 0 || ns > NS_PER_S * KIN_RATE_MAX_SECONDS)
        return false;
    kin_rate_reduce(NS_PER_S, ns, &num, &den);
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        uint64_t second = NS_PER_S * usual[i].den;
        uint64_t near = (second / usual[i].unit + ns / 2) / ns * usual[i].unit;
        uint64_t back = near > 0 ? (second + near / 2) / near : 0;
        if (near <= KIN_RATE_MAX_TERM && back + 1 >= ns && back <= ns + 1) {
            num = (uint32_t)near;
            den = usual[i].den;
            break;
        }
    }
    if (!kin_rate_valid(num, den))
        return false;
    *ret_num = num;
    *ret_den = den;
    return true;
}

uint64_t kin_rate_ts(uint64_t ticks, uint32_t per_second)
{
    if (per_second == 0 || ticks / per_second >= UINT64_MAX / KIN_RTP_CLOCK_HZ - 1)
        return UINT64_MAX;
    uint64_t whole = ticks / per_second, rest = ticks % per_second;
    return whole * KIN_RTP_CLOCK_HZ + (rest * KIN_RTP_CLOCK_HZ + per_second / 2) / per_second;
}

// Reads the next segment before the scan. False when there is none.
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
        uint32_t num, den;
        if (kin_rate_parse(kin_span_trim(text), &num, &den) && kin_rate_valid(num, den)) {
            *ret_num = num;
            *ret_den = den;
            return true;
        }
    }
    return false;
}

size_t kin_rate_format_comment(uint32_t num, uint32_t den, char dst[KIN_RATE_COMMENT_MAX])
{
    char text[KIN_RATE_TEXT_MAX];
    int n = snprintf(dst, KIN_RATE_COMMENT_MAX, KIN_RATE_COMMENT_PREFIX "%s", kin_rate_format(num, den, text));
    return n > 0 ? (size_t)n : 0;
}
