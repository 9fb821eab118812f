// Finds the end of a JPEG in a stream of bytes that arrives in pieces of any size.
#include "jpeg/markers.h"

#include <string.h>

#include "jpeg/segments.h"

#define LANES 16u // bytes that are compared at once
#define BLOCK (4u * LANES)

typedef uint8_t lanes __attribute__((vector_size(LANES)));

enum { // values of kin_jpeg_scanner.state; a zeroed scanner begins with the first
    SOI_FF,
    SOI_CODE,
    MARKER_FF,
    MARKER_CODE,
    LENGTH_HIGH,
    LENGTH_LOW,
    SEGMENT,
    SCAN,
    SCAN_FF,
    STATE_COUNT
};

static enum kin_jpeg_scan_result enter(struct kin_jpeg_scanner *s, uint8_t state)
{
    s->state = state;
    return KIN_JPEG_SCAN_MORE;
}

static bool is_sof(uint8_t code)
{
    return (code & 0xf0) == 0xc0 && code != KIN_JPEG_DHT && code != KIN_JPEG_JPG && code != KIN_JPEG_DAC;
}

static bool has_length(uint8_t code)
{
    return code >= KIN_JPEG_SOF0 && code != KIN_JPEG_JPG && code != KIN_JPEG_SOI;
}

// Skips bytes of a header that belong to no segment, as decoders do.
static enum kin_jpeg_scan_result pass_over(struct kin_jpeg_scanner *s, unsigned bytes)
{
    s->stray += bytes;
    return s->stray <= KIN_JPEG_STRAY_MAX ? enter(s, MARKER_FF) : KIN_JPEG_SCAN_BAD;
}

static enum kin_jpeg_scan_result on_marker(struct kin_jpeg_scanner *s, uint8_t code)
{
    if (code == 0xff) // fill byte
        return KIN_JPEG_SCAN_MORE;
    bool starts_again = code == KIN_JPEG_SOI || !kin_jpeg_is_header_marker(code);
    if (starts_again && !s->in_scan && (!s->seen_sof || (code != KIN_JPEG_SOI && code != KIN_JPEG_EOI)))
        return pass_over(s, 2);
    if (code == KIN_JPEG_EOI)
        return s->in_scan ? KIN_JPEG_SCAN_END : KIN_JPEG_SCAN_BAD;
    if (code == KIN_JPEG_TEM || (code & 0xf8) == KIN_JPEG_RST0)
        return enter(s, MARKER_FF);
    if (!has_length(code) || (code == KIN_JPEG_SOS && !s->seen_sof))
        return KIN_JPEG_SCAN_BAD;
    s->seen_sof = s->seen_sof || is_sof(code);
    s->marker = code;
    return enter(s, LENGTH_HIGH);
}

static enum kin_jpeg_scan_result on_soi_ff(struct kin_jpeg_scanner *s, uint8_t byte)
{
    return byte == 0xff ? enter(s, SOI_CODE) : KIN_JPEG_SCAN_BAD;
}

static enum kin_jpeg_scan_result on_soi_code(struct kin_jpeg_scanner *s, uint8_t byte)
{
    return byte == KIN_JPEG_SOI ? enter(s, MARKER_FF) : KIN_JPEG_SCAN_BAD;
}

static enum kin_jpeg_scan_result on_marker_ff(struct kin_jpeg_scanner *s, uint8_t byte)
{
    if (byte == 0xff)
        return enter(s, MARKER_CODE);
    return s->in_scan ? KIN_JPEG_SCAN_BAD : pass_over(s, 1);
}

static enum kin_jpeg_scan_result on_length_high(struct kin_jpeg_scanner *s, uint8_t byte)
{
    s->left = (uint32_t)byte << 8;
    return enter(s, LENGTH_LOW);
}

static enum kin_jpeg_scan_result after_segment(struct kin_jpeg_scanner *s)
{
    if (s->marker != KIN_JPEG_SOS)
        return enter(s, MARKER_FF);
    s->in_scan = true;
    return enter(s, SCAN);
}

static enum kin_jpeg_scan_result on_length_low(struct kin_jpeg_scanner *s, uint8_t byte)
{
    s->left |= byte;
    if (s->left < 2 && s->marker >= KIN_JPEG_APP0 && !s->in_scan) // a comment without a length
        return pass_over(s, 4);
    if (s->left < 2)
        return KIN_JPEG_SCAN_BAD;
    s->left -= 2;
    return s->left > 0 ? enter(s, SEGMENT) : after_segment(s);
}

static enum kin_jpeg_scan_result on_scan_ff(struct kin_jpeg_scanner *s, uint8_t byte)
{
    if (byte == 0 || (byte & 0xf8) == KIN_JPEG_RST0)
        return enter(s, SCAN);
    return on_marker(s, byte);
}

// The handler of one byte in each state; SEGMENT and SCAN skip many at once.
static enum kin_jpeg_scan_result (*const steps[STATE_COUNT])(struct kin_jpeg_scanner *s, uint8_t byte) = {
    [SOI_FF] = on_soi_ff,           [SOI_CODE] = on_soi_code,     [MARKER_FF] = on_marker_ff, [MARKER_CODE] = on_marker,
    [LENGTH_HIGH] = on_length_high, [LENGTH_LOW] = on_length_low, [SCAN_FF] = on_scan_ff,
};

static size_t skip_segment(struct kin_jpeg_scanner *s, struct kin_span in)
{
    size_t n = in.n < s->left ? in.n : s->left;
    s->left -= (uint32_t)n;
    if (s->left == 0)
        after_segment(s);
    return n;
}

// Whether these bytes have an FF that is not followed by a stuffed 00. Reads one byte beyond them.
static bool has_marker(const uint8_t block[BLOCK + 1])
{
    lanes found = {0};
    uint64_t halves[2];
    for (size_t i = 0; i < BLOCK; i += LANES) {
        lanes here, next;
        memcpy(&here, block + i, sizeof here);
        memcpy(&next, block + i + 1, sizeof next);
        found |= (lanes)(here == 0xff) & (lanes)(next != 0);
    }
    memcpy(halves, &found, sizeof halves);
    return (halves[0] | halves[1]) != 0;
}

// A scan has an FF about every 200 bytes, nearly always stuffed: most of a file is skipped here.
static size_t skip_scan(struct kin_jpeg_scanner *s, struct kin_span in)
{
    size_t at = 0;
    while (in.n - at > BLOCK && !has_marker(in.p + at))
        at += BLOCK;
    at += kin_span_find(kin_span_skip(in, at), 0xff);
    if (at == in.n)
        return at;
    s->state = SCAN_FF;
    return at + 1;
}

// A second image begins at the FF before this byte. That FF may have been the last byte of the previous feed.
static size_t back_to_ff(struct kin_jpeg_scanner *s, size_t at)
{
    if (at > 0)
        return at - 1;
    s->passed--;
    return 0;
}

static bool at_second_soi(const struct kin_jpeg_scanner *s, uint8_t byte)
{
    return byte == KIN_JPEG_SOI && (s->state == MARKER_CODE || s->state == SCAN_FF);
}

enum kin_jpeg_scan_result kin_jpeg_scanner_feed(struct kin_jpeg_scanner *s, struct kin_span in, size_t *ret_used)
{
    enum kin_jpeg_scan_result result = KIN_JPEG_SCAN_MORE;
    size_t at = 0;
    while (at < in.n && result == KIN_JPEG_SCAN_MORE) {
        if (s->state == SEGMENT) {
            at += skip_segment(s, kin_span_skip(in, at));
        } else if (s->state == SCAN) {
            at += skip_scan(s, kin_span_skip(in, at));
        } else {
            uint8_t byte = in.p[at];
            result = steps[s->state](s, byte);
            if (result != KIN_JPEG_SCAN_BAD)
                at++;
            else if (at_second_soi(s, byte))
                at = back_to_ff(s, at);
        }
    }
    s->passed += at;
    *ret_used = at;
    return result;
}
