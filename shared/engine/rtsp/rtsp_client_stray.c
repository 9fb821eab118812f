// The RTSP client machine: skips stray bytes between interleaved blocks (RFC 2326 section 10.12), which some servers
// send when their queue overflows, up to the next block or message.
#include "base/err.h"
#include "engine/rtsp/rtsp_client_internal.h"
#include "proto/rtp.h"

#define BLOCK_HEADER_BYTES 4
#define RTP_SSRC_AT 8 // RFC 3550 sections 5.1 and 6.4
#define RTCP_SSRC_AT 4
#define RTCP_HEADER_BYTES 8 // with the SSRC
#define RTCP_PT_MIN 192     // RFC 5761 section 4
#define RTCP_PT_MAX 223

enum verdict { NO, YES, UNDECIDED };

bool rtsp_client_may_skip(const struct kin_rtsp_client *c)
{
    return c->blocks.known;
}

static enum verdict begins_with(struct kin_span in, const char *text)
{
    size_t n = strlen(text);
    size_t m = in.n < n ? in.n : n;
    if (m > 0 && memcmp(in.p, text, m) != 0)
        return NO;
    return m == n ? YES : UNDECIDED;
}

// "RTSP/1.", or a known method and a blank.
static enum verdict begins_message(struct kin_span in)
{
    enum verdict found = begins_with(in, "RTSP/1.");
    for (unsigned m = 0; m < KIN_RTSP_UNKNOWN && found == NO; m++) {
        const char *name = kin_rtsp_method_str((enum kin_rtsp_method)m);
        found = begins_with(in, name);
        if (found == YES)
            found = begins_with(kin_span_skip(in, strlen(name)), " ");
    }
    return found;
}

static bool may_follow_block(uint8_t b)
{
    return b == '$' || b == '\r' || b == '\n' || (b >= 'A' && b <= 'Z');
}

static size_t block_end(struct kin_span in)
{
    return BLOCK_HEADER_BYTES + ((size_t)in.p[2] << 8 | in.p[3]);
}

static enum verdict is_followed(struct kin_span in)
{
    size_t end = block_end(in);
    if (in.n < end)
        return UNDECIDED;
    return in.n == end || may_follow_block(in.p[end]) ? YES : NO;
}

static bool is_version_2(struct kin_span in) // of RTP and RTCP alike
{
    return in.p[BLOCK_HEADER_BYTES] >> 6 == 2;
}

// While in sync, a block need not look like much.
static enum verdict begins_block(const struct kin_rtsp_client *c, struct kin_span in)
{
    if (in.n <= BLOCK_HEADER_BYTES || block_end(in) == BLOCK_HEADER_BYTES)
        return YES;
    if (!is_version_2(in))
        return NO;
    return memchr(c->blocks.channels, in.p[1], sizeof c->blocks.channels) != NULL ? YES : is_followed(in);
}

static enum verdict begins_frame(const struct kin_rtsp_client *c, struct kin_span in)
{
    if (in.n == 0 || in.p[0] == '\r' || in.p[0] == '\n')
        return YES;
    return in.p[0] == '$' ? begins_block(c, in) : begins_message(in);
}

static uint32_t ssrc_at(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

// Does a block begin here beyond doubt, after stray bytes? It must be RTP or RTCP with the stream's SSRC; if that is
// not known, or it is another, the next block or message must follow right after it.
static enum verdict begins_sure_block(const struct kin_rtsp_client *c, struct kin_span in)
{
    if (in.n < BLOCK_HEADER_BYTES)
        return UNDECIDED;
    bool rtp = in.p[1] == c->blocks.channels[0];
    bool rtcp = in.p[1] == c->blocks.channels[1];
    size_t head = BLOCK_HEADER_BYTES + (rtp ? KIN_RTP_HEADER_BYTES : RTCP_HEADER_BYTES);
    if (!(rtp || rtcp) || block_end(in) < head)
        return NO;
    if (in.n < head)
        return UNDECIDED;
    if (!is_version_2(in) || (rtcp && (in.p[5] < RTCP_PT_MIN || in.p[5] > RTCP_PT_MAX)))
        return NO;
    if (c->blocks.has_ssrc && ssrc_at(in.p + BLOCK_HEADER_BYTES + (rtp ? RTP_SSRC_AT : RTCP_SSRC_AT)) == c->blocks.ssrc)
        return YES;
    enum verdict v = is_followed(in);
    return v == UNDECIDED && c->blocks.has_ssrc ? NO : v;
}

void rtsp_client_note_block(struct kin_rtsp_client *c, uint8_t channel, struct kin_span bytes)
{
    if (!c->blocks.known || channel != c->blocks.channels[0] || bytes.n < KIN_RTP_HEADER_BYTES)
        return;
    uint32_t ssrc = ssrc_at(bytes.p + RTP_SSRC_AT);
    if (c->blocks.last_ssrc == ssrc) { // twice in a row: not by chance
        c->blocks.ssrc = ssrc;
        c->blocks.has_ssrc = true;
    }
    c->blocks.last_ssrc = ssrc;
}

static enum verdict begins_sure_frame(const struct kin_rtsp_client *c, struct kin_span in)
{
    return in.p[0] == '$' ? begins_sure_block(c, in) : begins_message(in);
}

static void end_skipping(struct kin_rtsp_client *c)
{
    rtsp_client_emit(c, KIN_RTSP_CLIENT_SKIPPED)->count = c->blocks.skipped;
    c->blocks.lost = false;
    c->blocks.skipped = 0;
}

ptrdiff_t rtsp_client_resync(struct kin_rtsp_client *c, struct kin_span in)
{
    enum verdict v = NO;
    size_t n = 0;
    if (!c->blocks.lost)
        return begins_frame(c, in) == NO ? 1 : 0; // UNDECIDED: the framer waits
    while (n < in.n && (v = begins_sure_frame(c, kin_span_skip(in, n))) == NO)
        n++;
    if (n > 0 || in.n == 0)
        return n > 0 ? (ptrdiff_t)n : KIN_EMORE;
    if (v == UNDECIDED)
        return KIN_EMORE;
    end_skipping(c);
    return 0;
}

ptrdiff_t rtsp_client_skip(struct kin_rtsp_client *c, size_t n)
{
    struct kin_rtsp_limits limits = c->framer.limits;
    kin_rtsp_framer_init(&c->framer, false, &limits);
    c->blocks.lost = true;
    c->blocks.skipped += n;
    if (c->blocks.skipped <= KIN_RTSP_CLIENT_STRAY_MAX)
        return (ptrdiff_t)n;
    rtsp_client_fail(c, KIN_RTSP_TROUBLE_STRAY_BYTES);
    return KIN_EBAD;
}
