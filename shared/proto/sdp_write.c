// Our own session description: one JPEG video stream (RFC 4566, RFC 2326 appendix C).
#include "proto/sdp.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

#define REPLACEMENT "\xef\xbf\xbd" // U+FFFD

// printf for short lines that contain only our own numbers and names.
__attribute__((format(printf, 2, 3))) static void put(struct kin_wr *w, const char *format, ...)
{
    char line[256];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof line)
        w->bad = true;
    else
        kin_wr_bytes(w, line, (size_t)n);
}

static void put_clean(struct kin_wr *w, struct kin_span text, const char *if_empty)
{
    if (text.n == 0)
        kin_wr_str(w, if_empty);
    while (text.n > 0) {
        uint32_t c = 0;
        size_t n = kin_text_utf8(text, &c);
        if (n > 0 && kin_text_is_control(c))
            kin_wr_u8(w, ' ');
        else if (n > 0)
            kin_wr_put(w, kin_span_first(text, n));
        else
            kin_wr_str(w, REPLACEMENT); // RFC 4566 section 5: text is UTF-8
        text = kin_span_skip(text, n > 0 ? n : 1);
    }
}

static void put_milli(struct kin_wr *w, const char *before, uint64_t milli)
{
    kin_wr_str(w, before);
    kin_wr_milli(w, milli, 0);
    kin_wr_str(w, "\r\n");
}

static void write_session(struct kin_wr *w, const struct kin_sdp_out *sdp)
{
    const char *any = sdp->ipv6 ? "::" : "0.0.0.0";
    const char *family = sdp->ipv6 ? "IP6" : "IP4";
    put(w, "v=0\r\no=- %llu %llu IN %s ", (unsigned long long)sdp->session_id, (unsigned long long)sdp->version,
        family);
    put_clean(w, sdp->address, any);
    kin_wr_str(w, "\r\ns=");
    put_clean(w, sdp->name, "-");
    put(w, "\r\nc=IN %s %s\r\nt=0 0\r\n", family, any);
    if (sdp->tool != NULL) {
        kin_wr_str(w, "a=tool:");
        put_clean(w, kin_span_str(sdp->tool), "-");
        kin_wr_str(w, "\r\n");
    }
    if (sdp->duration < 0)
        kin_wr_str(w, "a=type:broadcast\r\n");
    kin_wr_str(w, "a=control:*\r\n");
    if (sdp->duration >= 0)
        put_milli(w, "a=range:npt=0-", ((uint64_t)sdp->duration + 500) / 1000);
}

static void write_media(struct kin_wr *w, const struct kin_sdp_out *sdp)
{
    unsigned pt = sdp->payload_type;
    bool rtx = sdp->repair == KIN_RTP_REPAIR_RTX;
    put(w, "m=video 0 RTP/%s %u", sdp->repair != KIN_RTP_REPAIR_NONE ? "AVPF" : "AVP", pt);
    if (rtx)
        put(w, " %u", sdp->rtx_payload_type);
    if (sdp->fec_payload_type != 0)
        put(w, " %u", sdp->fec_payload_type);
    kin_wr_str(w, "\r\n");
    if (sdp->bandwidth_kbps > 0)
        put(w, "b=AS:%lu\r\n", (unsigned long)sdp->bandwidth_kbps);
    put(w, "a=rtpmap:%u %s/90000\r\n", pt, sdp->format == KIN_PAYLOAD_XQT ? "X-QT" : "JPEG");
    if (sdp->repair != KIN_RTP_REPAIR_NONE)
        put(w, "a=rtcp-fb:%u nack\r\n", pt);
    if (rtx)
        put(w, "a=rtpmap:%u rtx/90000\r\na=fmtp:%u apt=%u;rtx-time=%d\r\n", sdp->rtx_payload_type,
            sdp->rtx_payload_type, pt, KIN_RTP_RTX_TIME_MS);
    if (sdp->fec_payload_type != 0) // which names the SSRC that it protects itself (RFC 8627 section 4.2.1)
        put(w, "a=rtpmap:%u flexfec/90000\r\na=fmtp:%u repair-window=%d\r\n", sdp->fec_payload_type,
            sdp->fec_payload_type, KIN_RTP_FLEXFEC_WINDOW_US);
    if (sdp->rate_milli > 0)
        put_milli(w, "a=framerate:", sdp->rate_milli);
    if (sdp->uneven_frames > 0)
        put(w, "a=x-frames:%lu\r\n", (unsigned long)sdp->uneven_frames);
    if (sdp->width > 0 && sdp->height > 0)
        put(w, "a=x-dimensions:%u,%u\r\na=framesize:%u %u-%u\r\n", sdp->width, sdp->height, pt, sdp->width,
            sdp->height);
    kin_wr_str(w, "a=control:");
    put_clean(w, kin_span_str(sdp->control), "*");
    kin_wr_str(w, "\r\n");
}

void kin_sdp_write(struct kin_wr *w, const struct kin_sdp_out *sdp)
{
    write_session(w, sdp);
    write_media(w, sdp);
}
