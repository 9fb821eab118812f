// Tables from codes of the engines to patterns, and what replaces {names} in them.
#include "text/sentences.h"

#include <inttypes.h>
#include <stdio.h>
#include <uv.h>

#include "base/plural.h"
#include "base/text.h"
#include "jpeg/vary.h"
#include "proto/uri.h"
#include "proto/uri_mask.h"
#include "text/messages.h"

#define WORD_MAX 200

// --- patterns

struct word { // ends a list where the name is NULL
    const char *name;
    struct kin_span text; // may come from a peer; p NULL: use the number
    uint64_t number;
};

static size_t put_word(const struct word *words, struct kin_span name, char *dst, size_t size)
{
    char digits[24];
    while (words->name != NULL && !kin_span_is(name, words->name))
        words++;
    snprintf(digits, sizeof digits, "%" PRIu64, words->number);
    struct kin_span text = words->text.p != NULL ? words->text : kin_span_str(digits);
    if (words->name == NULL) // no such word: a test finds the braces
        text = kin_span_str("{}");
    return kin_text_clean(text, true, dst, size < WORD_MAX ? size : WORD_MAX);
}

// Writes the pattern with each {name} replaced by its word, cut to what fits.
static void compose(const char *pattern, const struct word *words, char dst[SENTENCE_MAX])
{
    struct kin_span rest = kin_span_str(pattern), plain, name;
    size_t n = 0;
    dst[0] = '\0';
    while (kin_span_split(&rest, '{', &plain)) {
        n += kin_text_clean(plain, true, dst + n, SENTENCE_MAX - n);
        if (kin_span_split(&rest, '}', &name))
            n += put_word(words, name, dst + n, SENTENCE_MAX - n);
    }
}

// --- the RTSP client

static const struct {
    unsigned status;
    const char *meaning;
} meanings[] = {
    {401, "the server requires a user name and a password, which kinora does not support yet"},
    {403, "the server denies access"},
    {404, "the server has nothing by that name"},
    {406, "the server has no description that kinora can read"},
    {415, "the server cannot send this over RTP"},
    {453, "the server has no room for another viewer"},
    {454, "the server no longer knows this session"},
    {455, "the server cannot do that now"},
    {457, "that position is outside the reel"},
    {461, "the server does not support this transport"},
    {503, "the server is unavailable at the moment"},
};

static struct kin_span meaning_of(unsigned status)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (meanings[i].status == status)
            return kin_span_str(meanings[i].meaning);
    return kin_span_str("the server refused the request");
}

static const char *const troubles[KIN_RTSP_TROUBLE_COUNT] = {
    [KIN_RTSP_TROUBLE_CONNECT] = "cannot connect to {host} port {port}: {error}",
    [KIN_RTSP_TROUBLE_NO_PORT] =
        "cannot connect to {host}: neither port {default port} nor port {port} accepts connections",
    [KIN_RTSP_TROUBLE_NO_RTSP_SERVER] = "{host} port {port} is not an RTSP server",
    [KIN_RTSP_TROUBLE_NO_ANSWER] = "no answer from {host} port {port} within {seconds} s: it may not be an RTSP server",
    [KIN_RTSP_TROUBLE_CLOSED_UNANSWERED] = "{host} port {port} closed the connection without answering: "
                                           "it may not be an RTSP server, or be at its connection limit",
    [KIN_RTSP_TROUBLE_CONNECTION_LOST] = "connection lost: {error}",
    [KIN_RTSP_TROUBLE_NO_REPLY] = "connection lost: the server does not answer {method}",
    [KIN_RTSP_TROUBLE_OUTPUT_FULL] = "connection lost: the server has stopped reading requests",
    [KIN_RTSP_TROUBLE_NOT_RTSP] = "the server sent something that is not RTSP",
    [KIN_RTSP_TROUBLE_MALFORMED_REPLY] = "the server sent a malformed reply ({peer text})",
    [KIN_RTSP_TROUBLE_STRAY_BYTES] =
        "connection lost: the server sent more than {stray max} bytes that are neither RTSP nor RTP",
    [KIN_RTSP_TROUBLE_STATUS] = "{meaning} ({method}: {status} {reason})",
    [KIN_RTSP_TROUBLE_STATE] = "{method} is not possible: the session is {state}",
    [KIN_RTSP_TROUBLE_REDIRECT_LOOP] =
        "the server redirects endlessly: more than {redirects max} times, most recently to {url}",
    [KIN_RTSP_TROUBLE_REDIRECT_TARGET] = "the server redirects to {url}, which is not an rtsp:// URL",
    [KIN_RTSP_TROUBLE_DESCRIPTION] = "the server's description of the stream cannot be read",
    [KIN_RTSP_TROUBLE_DESCRIPTION_URL] = "the server's description of the stream contains a URL that is too long",
    [KIN_RTSP_TROUBLE_NOT_JPEG] = "the stream is not Motion JPEG: it offers {codec}",
    [KIN_RTSP_TROUBLE_ENCRYPTED] = "the stream is encrypted (SRTP), which kinora does not support yet",
};

static const char *const switches[KIN_RTSP_CAUSE_COUNT] = {
    [KIN_RTSP_CAUSE_REFUSED] = "the server refuses {other} ({method}: {status} {reason}): trying {transport}",
    [KIN_RTSP_CAUSE_SILENCE] = "nothing has arrived over UDP for {seconds} s: switching to TCP",
    [KIN_RTSP_CAUSE_CLOSED] = "the server closed the connection when asked for UDP: trying TCP",
    [KIN_RTSP_CAUSE_NO_ANSWER] = "the server has not answered SETUP over UDP for {seconds} s: trying TCP",
    [KIN_RTSP_CAUSE_SERVER] = "the server was asked for {other} but chose {transport}: continuing over {transport}",
};

static const char *const notices[KIN_RTSP_CLIENT_EVENT_COUNT] = {
    [KIN_RTSP_CLIENT_NO_MEDIA] =
        "nothing has arrived over UDP for {seconds} s: a firewall may be in the way (try --transport tcp)",
    [KIN_RTSP_CLIENT_REDIRECTED] = "the server redirects to {url}",
    [KIN_RTSP_CLIENT_OTHER_PORT] = "port {default port} refuses connections: trying port {port}",
    [KIN_RTSP_CLIENT_SKIPPED] = "skipped {count} stray byte{s} between the server's packets",
};

static bool is_resolver_error(int error)
{
    return error <= UV_EAI_ADDRFAMILY && error >= UV_EAI_PROTOCOL;
}

static const char *pattern_of(const struct kin_rtsp_client_event *e)
{
    if (e->kind == KIN_RTSP_CLIENT_TRANSPORT_CHANGED)
        return switches[e->cause];
    if (e->trouble == KIN_RTSP_TROUBLE_CONNECT && is_resolver_error(e->error))
        return "cannot find the host {host}: {error}";
    if (e->trouble == KIN_RTSP_TROUBLE_STATUS && e->method == KIN_RTSP_DESCRIBE)
        return "{meaning} ({status} {reason})";
    return e->trouble != KIN_RTSP_TROUBLE_NONE ? troubles[e->trouble] : notices[e->kind];
}

static struct kin_span text_or(struct kin_span text, const char *other)
{
    return text.n > 0 ? text : kin_span_str(other);
}

void sentence_of_event(const struct kin_rtsp_client_event *e, char dst[SENTENCE_MAX])
{
    char url[WORD_MAX];
    bool tcp = e->transport.lower_transport == KIN_LOWER_TRANSPORT_TCP;
    const struct word words[] = {
        {.name = "host", .text = e->host},
        {.name = "port", .number = e->port},
        {.name = "default port", .number = KIN_RTSP_DEFAULT_PORT},
        {.name = "url", .text = kin_span_make(url, kin_uri_mask(e->url, url, sizeof url))},
        {.name = "error", .text = kin_span_str(e->error != 0 ? uv_strerror(e->error) : "the server closed it")},
        {.name = "seconds", .number = e->seconds},
        {.name = "method", .text = kin_span_str(kin_rtsp_method_str(e->method))},
        {.name = "status", .number = e->status},
        {.name = "meaning", .text = meaning_of(e->status)},
        {.name = "reason", .text = text_or(e->peer_text, kin_rtsp_reason(e->status))},
        {.name = "state", .text = kin_span_str(e->method == KIN_RTSP_SETUP ? "already set up" : "not set up")},
        {.name = "peer text", .text = text_or(e->peer_text, "")},
        {.name = "codec", .text = text_or(e->peer_text, "no video")},
        {.name = "transport", .text = kin_span_str(tcp ? "TCP" : "UDP")},
        {.name = "other", .text = kin_span_str(tcp ? "UDP" : "TCP")},
        {.name = "count", .number = e->count},
        {.name = "s", .text = kin_span_str(kin_plural(e->count))},
        {.name = "redirects max", .number = KIN_RTSP_CLIENT_REDIRECTS_MAX},
        {.name = "stray max", .number = KIN_RTSP_CLIENT_STRAY_MAX},
        {.name = NULL},
    };
    const char *pattern = pattern_of(e);
    compose(pattern != NULL ? pattern : "", words, dst);
}

// --- the JPEG assembler

static const char *const jpeg_troubles[KIN_JPEG_TROUBLE_COUNT] = {
    [KIN_JPEG_TROUBLE_OTHER] = "the JPEG data is damaged",
    [KIN_JPEG_TROUBLE_Q] = "Q {detail} is reserved (RFC 2435, section 4.2)",
    [KIN_JPEG_TROUBLE_TYPE] = "JPEG type {detail} is unknown (RFC 2435, section 4.1)",
    [KIN_JPEG_TROUBLE_NO_TABLES] = "the quantization tables for Q {detail} never arrived",
    [KIN_JPEG_TROUBLE_TABLES] = "quantization tables {detail} bytes long are not one to four tables",
    [KIN_JPEG_TROUBLE_OFFSET] = "fragment offset {detail} does not continue the previous fragment",
    [KIN_JPEG_TROUBLE_SHORT] = "a payload of {detail} bytes is too short for its headers",
    [KIN_JPEG_TROUBLE_EMPTY] = "the packets carry no JPEG data",
    [KIN_JPEG_TROUBLE_SIZE] = "neither the packets nor the description gives the size of the picture",
    [KIN_JPEG_TROUBLE_TOO_LONG] = "a frame is longer than {detail} bytes",
    [KIN_JPEG_TROUBLE_NO_JPEG] = "the packets carry neither a JPEG file nor RFC 2435 headers",
};

void sentence_of_jpeg_trouble(enum kin_jpeg_trouble trouble, uint32_t detail, char dst[SENTENCE_MAX])
{
    const struct word words[] = {{.name = "detail", .number = detail}, {.name = NULL}};
    compose(jpeg_troubles[trouble], words, dst);
}

// --- the player

static const struct {
    bool is_error;
    const char *pattern;
} player_notices[KIN_PLAYER_NOTICE_COUNT] = {
    [KIN_PLAYER_NOTICE_RTSP] = {false, "{rtsp}"},
    [KIN_PLAYER_NOTICE_RTSP_ERROR] = {true, "{rtsp}"},
    [KIN_PLAYER_NOTICE_RTSP_FAILED] = {true, "{rtsp}"},
    [KIN_PLAYER_NOTICE_DIRECTORY] = {true, "this is a directory, not a reel: kinora ls lists it"},
    [KIN_PLAYER_NOTICE_NO_MEMORY] = {true, MSG_OUT_OF_MEMORY},
    [KIN_PLAYER_NOTICE_UDP_UNASKED] = {true, "the server wants to send over UDP, which was not requested"},
    [KIN_PLAYER_NOTICE_NO_MEDIA] = {true, "nothing arrives: waiting for the server"},
    [KIN_PLAYER_NOTICE_AGAIN] = {false, "the server is sending again, after {seconds}.{tenth} s"},
    [KIN_PLAYER_NOTICE_LOST] = {true, "trying again: {rtsp}"},
    [KIN_PLAYER_NOTICE_LOST_MEDIA] = {true, "nothing arrives any more: making a new connection"},
    [KIN_PLAYER_NOTICE_LOST_UDP] = {true, "the server answers, but nothing comes over UDP: trying TCP"},
    [KIN_PLAYER_NOTICE_STUCK] = {true, "media arrive again, but no reply: making a new connection"},
    [KIN_PLAYER_NOTICE_BROKEN] = {true, "nothing has arrived for {seconds} s, and the reel should have ended by now"},
    [KIN_PLAYER_NOTICE_ENDED_EARLY] = {true, MSG_ENDED_EARLY},
    [KIN_PLAYER_NOTICE_HOLE] = {false, "{seconds}.{tenth} s of the reel never arrived: skipping ahead"},
    [KIN_PLAYER_NOTICE_SCALE] = {false, "the server plays at {got} times the normal speed instead of {requested}"},
    [KIN_PLAYER_NOTICE_UNUSABLE] = {true, "no frame can be used: {why}"},
    [KIN_PLAYER_NOTICE_PAYLOAD_TYPE] =
        {true, "no frame can be used: the packets have payload type {number}, but the description says {described}"},
    [KIN_PLAYER_NOTICE_BUSY] = {false, "too many commands are waiting for the server"},
    [KIN_PLAYER_NOTICE_SET_UP_ALREADY] = {false, "the session is already set up"},
    [KIN_PLAYER_NOTICE_PLAYS_ALREADY] = {false, "it is already playing"},
    [KIN_PLAYER_NOTICE_NOTHING_PLAYS] = {false, "nothing is playing"},
    [KIN_PLAYER_NOTICE_NO_SESSION] = {false, "there is no session to tear down"},
    [KIN_PLAYER_NOTICE_NO_PICTURE] = {false, "there is no picture to step from"},
    [KIN_PLAYER_NOTICE_FIRST_FRAME] = {false, "this is the first frame"},
    [KIN_PLAYER_NOTICE_LAST_FRAME] = {false, "this is the last frame"},
    [KIN_PLAYER_NOTICE_CACHE_ENDS] = {false, "there is no connection, and the cache has no further frames"},
    [KIN_PLAYER_NOTICE_UNCONNECTED] = {false, "there is no connection: playing will reconnect and continue from there"},
};

bool sentence_of_notice(const struct kin_player_event *e, const char *words, const char *hint,
                        char dst[SENTENCE_MAX + SENTENCE_HINT_MAX])
{
    char got[32], requested[32], why[SENTENCE_MAX];
    uint64_t tenths = (uint64_t)((e->notice.us + KIN_US_PER_S / 20) / (KIN_US_PER_S / 10));
    enum kin_player_notice code = e->notice.code;
    bool has_tenths = code == KIN_PLAYER_NOTICE_AGAIN || code == KIN_PLAYER_NOTICE_HOLE;
    snprintf(got, sizeof got, "%g", (double)e->notice.got / KIN_TIMELINE_SCALE);
    snprintf(requested, sizeof requested, "%g", (double)e->notice.asked / KIN_TIMELINE_SCALE);
    sentence_of_jpeg_trouble(e->notice.trouble, e->notice.detail, why);
    const struct word list[] = {
        {.name = "seconds", .number = has_tenths ? tenths / 10 : (uint64_t)(e->notice.us / KIN_US_PER_S)},
        {.name = "tenth", .number = tenths % 10},
        {.name = "got", .text = kin_span_str(got)},
        {.name = "requested", .text = kin_span_str(requested)},
        {.name = "number", .number = (uint64_t)e->notice.got},
        {.name = "described", .number = (uint64_t)e->notice.asked},
        {.name = "why", .text = kin_span_str(why)},
        {.name = "rtsp", .text = kin_span_str(words)},
        {.name = NULL},
    };
    if (kin_span_is(kin_span_str(player_notices[code].pattern), "{rtsp}"))
        snprintf(dst, SENTENCE_MAX + SENTENCE_HINT_MAX, "%s%s", words,
                 code == KIN_PLAYER_NOTICE_RTSP_FAILED ? hint : "");
    else
        compose(player_notices[code].pattern, list, dst);
    return player_notices[code].is_error;
}

static const char *ordinal(unsigned n)
{
    static const char *const endings[] = {"th", "st", "nd", "rd"};
    return n < sizeof endings / sizeof endings[0] ? endings[n] : endings[0]; // none is above 12
}

void sentence_of_left_out(const struct kin_left_out_share *share, char dst[SENTENCE_MAX])
{
    dst[0] = '\0';
    if (share->every > 0)
        snprintf(dst, SENTENCE_MAX, MSG_LEFT_OUT_EVERY, share->every, ordinal(share->every));
    else if (share->one_of > 0)
        snprintf(dst, SENTENCE_MAX, MSG_LEFT_OUT_ALL_BUT, share->one_of, ordinal(share->one_of));
    else if (share->percent > 0)
        snprintf(dst, SENTENCE_MAX, MSG_LEFT_OUT_SHARE, share->percent);
}

void sentence_of_quality(unsigned quality, char dst[SENTENCE_MAX])
{
    dst[0] = '\0';
    if (quality > 0)
        snprintf(dst, SENTENCE_MAX, MSG_QUALITY, quality, KIN_JPEG_QUALITY_STEPS);
}
