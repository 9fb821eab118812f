// What the engines say in codes, as sentences for people.
#include "client/sentences.h"

#include <stdio.h>

#include "base/plural.h"
#include "base/text.h"
#include "proto/uri.h"
#include "proto/uri_mask.h"

#define URL_SHOWN_MAX 200

// --- the RTSP client

static const char *transport_name(const struct kin_rtsp_client_event *e)
{
    return e->transport.lower == KIN_RTSP_LOWER_TCP ? "TCP" : "UDP";
}

static void say_switching(const struct kin_rtsp_client_event *e, char dst[SENTENCE_MAX])
{
    const char *other = e->transport.lower == KIN_RTSP_LOWER_TCP ? "UDP" : "TCP";
    switch (e->cause) {
    case KIN_RTSP_CAUSE_REFUSED:
        snprintf(dst, SENTENCE_MAX, "the server refuses %s (%s: %u %s): trying %s", other,
                 kin_rtsp_method_str(e->method), e->status, kin_rtsp_reason(e->status), transport_name(e));
        break;
    case KIN_RTSP_CAUSE_SILENCE:
        snprintf(dst, SENTENCE_MAX, "nothing has arrived over UDP for %u s: going on over TCP", e->seconds);
        break;
    case KIN_RTSP_CAUSE_CLOSED:
        snprintf(dst, SENTENCE_MAX, "the server closed the connection when asked for UDP: trying TCP");
        break;
    case KIN_RTSP_CAUSE_NO_ANSWER:
        snprintf(dst, SENTENCE_MAX, "the server has not answered a SETUP over UDP for %u s: trying TCP", e->seconds);
        break;
    case KIN_RTSP_CAUSE_SERVER:
        snprintf(dst, SENTENCE_MAX, "the server was asked for %s and chose %s: going on over %s", other,
                 transport_name(e), transport_name(e));
        break;
    }
}

static void say_failed(const struct kin_rtsp_client_event *e, const char *url, char dst[SENTENCE_MAX])
{
    switch (e->trouble) {
    case KIN_RTSP_TROUBLE_TEXT:
        snprintf(dst, SENTENCE_MAX, "%s", e->text != NULL ? e->text : "");
        break;
    case KIN_RTSP_TROUBLE_NO_PORT:
        snprintf(dst, SENTENCE_MAX, "cannot connect to %.*s: neither port %u nor port %u accepts connections",
                 KIN_SPAN_ARG(e->host), KIN_RTSP_DEFAULT_PORT, e->port);
        break;
    case KIN_RTSP_TROUBLE_REDIRECT_LOOP:
        snprintf(dst, SENTENCE_MAX, "the server redirects without end: more than %d times, the last to %s",
                 KIN_RTSP_CLIENT_REDIRECTS_MAX, url);
        break;
    case KIN_RTSP_TROUBLE_REDIRECT_TARGET:
        snprintf(dst, SENTENCE_MAX, "the server redirects to %s, which is not an rtsp:// URL", url);
        break;
    case KIN_RTSP_TROUBLE_STRAY_BYTES:
        snprintf(dst, SENTENCE_MAX, "connection lost: the server sent more than %d bytes that are not RTSP or RTP",
                 KIN_RTSP_CLIENT_STRAY_MAX);
        break;
    }
}

void sentence_of_event(const struct kin_rtsp_client_event *e, char dst[SENTENCE_MAX])
{
    char masked[URL_SHOWN_MAX], url[URL_SHOWN_MAX];
    kin_uri_mask(e->url, masked, sizeof masked);
    kin_text_clean(kin_span_str(masked), true, url, sizeof url);
    dst[0] = '\0';
    switch (e->kind) {
    case KIN_RTSP_CLIENT_SWITCHING:
        say_switching(e, dst);
        break;
    case KIN_RTSP_CLIENT_SILENT:
        snprintf(dst, SENTENCE_MAX,
                 "nothing has arrived over UDP for %u s: a firewall may be in the way (try --transport tcp)",
                 e->seconds);
        break;
    case KIN_RTSP_CLIENT_REDIRECTED:
        snprintf(dst, SENTENCE_MAX, "the server redirects to %s", url);
        break;
    case KIN_RTSP_CLIENT_OTHER_PORT:
        snprintf(dst, SENTENCE_MAX, "port %u refuses connections: trying port %u", KIN_RTSP_DEFAULT_PORT, e->port);
        break;
    case KIN_RTSP_CLIENT_SKIPPED:
        snprintf(dst, SENTENCE_MAX, "skipped %zu stray byte%s between the packets of the server", e->count,
                 kin_plural(e->count));
        break;
    default:
        say_failed(e, url, dst);
        break;
    }
}

// --- the JPEG assembler

// Each has room for `detail`.
static const char *const jpeg_troubles[KIN_JPEG_TROUBLE_COUNT] = {
    [KIN_JPEG_TROUBLE_OTHER] = "the JPEG data are damaged",
    [KIN_JPEG_TROUBLE_Q] = "Q %u is reserved (RFC 2435, section 4.2)",
    [KIN_JPEG_TROUBLE_TYPE] = "JPEG type %u is unknown (RFC 2435, section 4.1)",
    [KIN_JPEG_TROUBLE_NO_TABLES] = "the quantization tables that Q %u stands for never came",
    [KIN_JPEG_TROUBLE_TABLES] = "quantization tables of length %u are not one to four tables",
    [KIN_JPEG_TROUBLE_OFFSET] = "the fragment offset %u does not continue the fragment before",
    [KIN_JPEG_TROUBLE_SHORT] = "a payload of length %u is too short for its headers",
    [KIN_JPEG_TROUBLE_EMPTY] = "the packets carry no JPEG data",
    [KIN_JPEG_TROUBLE_SIZE] = "neither the packets nor the description give the size of the picture",
    [KIN_JPEG_TROUBLE_TOO_LONG] = "a frame has more than %u bytes",
    [KIN_JPEG_TROUBLE_NO_JPEG] = "the packets carry neither a JPEG file nor the headers of RFC 2435",
};

void sentence_of_jpeg_trouble(enum kin_jpeg_trouble trouble, uint32_t detail, char dst[SENTENCE_MAX])
{
    const char *format = jpeg_troubles[trouble];
    const char *number = strstr(format, "%u");
    if (number == NULL)
        snprintf(dst, SENTENCE_MAX, "%s", format);
    else
        snprintf(dst, SENTENCE_MAX, "%.*s%u%s", (int)(number - format), format, detail, number + 2);
}
