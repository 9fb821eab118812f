// The table of players and their payload formats, the values of "?fmt=", and what rules a format out.
#include "control/payload_choice.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/wr.h"
#include "engine/rtsp/rtsp_server.h"
#include "ground/messages.h"
#include "jpeg/half.h"
#include "proto/rtp.h"
#include "proto/rtp_jpeg.h"
#include "proto/rtp_onvif.h"

#define PT_DYNAMIC 96
#define PT_RTX 97
#define PT_FEC 98

// What a player can take beyond RFC 2435.
enum family {
    FAMILY_OTHER,   // perhaps the size in the SDP, perhaps the ONVIF extension
    FAMILY_SDP,     // the size in the SDP (a=x-dimensions)
    FAMILY_XQT,     // QuickTime's payload alone
    FAMILY_OURSELF, // everything
};

// A word of the User-Agent, as the player spells it. The first line of the table that occurs in it counts. Players of
// libavformat ask for lost packets, but do not know RFC 4588; live555 refuses a description that offers feedback.
struct player {
    const char *word;
    enum family family;
    enum kin_rtp_repair repair;
    bool takes_long_packets; // seen to play interleaved packets of 65 500 bytes
};
static const struct player players[] = {
    {"Kinora/", FAMILY_OURSELF, KIN_RTP_REPAIR_RTX, true}, {"Lavf", FAMILY_XQT, KIN_RTP_REPAIR_ORIGINAL, true},
    {"libmpv", FAMILY_XQT, KIN_RTP_REPAIR_ORIGINAL, true}, {"mpv", FAMILY_XQT, KIN_RTP_REPAIR_ORIGINAL, true},
    {"OBS", FAMILY_XQT, KIN_RTP_REPAIR_ORIGINAL, true},    {"PyAV", FAMILY_XQT, KIN_RTP_REPAIR_ORIGINAL, true},
    {"GStreamer", FAMILY_SDP, KIN_RTP_REPAIR_RTX, true},   {"LIVE555", FAMILY_SDP, KIN_RTP_REPAIR_NONE, false},
    {"LibVLC", FAMILY_SDP, KIN_RTP_REPAIR_NONE, false},
};
static const struct player unknown_player = {"", FAMILY_OTHER, KIN_RTP_REPAIR_NONE, false};

// The values of "?fmt=".
static const struct {
    const char *word;
    enum frame_content content;
    enum kin_payload_format format;
} formats[] = {
    {"jpeg", FRAME_COMPATIBLE, KIN_PAYLOAD_JPEG},
    {"xqt", FRAME_ORIGINAL, KIN_PAYLOAD_XQT},
    {"onvif", FRAME_ORIGINAL, KIN_PAYLOAD_JPEG_ONVIF},
    {"half", FRAME_REDUCED, KIN_PAYLOAD_JPEG},
};
#define FORMATS (sizeof formats / sizeof formats[0])

static const struct player *find_player(struct kin_span user_agent)
{
    for (size_t i = 0; i < sizeof players / sizeof players[0]; i++)
        if (kin_span_find_str(user_agent, players[i].word) < user_agent.n)
            return &players[i];
    return &unknown_player;
}

// Finds the value of "fmt=", "rtx=" or "fec=". Some clients put the track behind the query, as in "?fmt=xqt/track1".
static bool find_field(struct kin_span query, const char *name, struct kin_span *ret)
{
    struct kin_span field;
    while (kin_span_split(&query, '&', &field)) {
        if (!kin_span_starts(field, name))
            continue;
        struct kin_span value = kin_span_skip(field, strlen(name));
        value = kin_span_first(value, kin_span_find(value, '/'));
        *ret = kin_span_first(value, kin_span_find(value, '?'));
        return true;
    }
    return false;
}

static bool is_too_large(const struct kin_reel *reel)
{
    return reel->width > KIN_RTP_JPEG_DIMENSION_MAX || reel->height > KIN_RTP_JPEG_DIMENSION_MAX;
}

// RFC 2435 gives sizes in blocks of 8 pixels; players show the padding at the edges.
static bool is_padded(const struct kin_reel *reel)
{
    return reel->width % KIN_RTP_JPEG_BLOCK != 0 || reel->height % KIN_RTP_JPEG_BLOCK != 0;
}

// Up to 2040 pixels players get RFC 2435, unless that would be a lossy conversion or a padded picture and they can take
// the original; docs/reels.md weighs that against what a lost packet does to QuickTime's payload. Our own client always
// gets the file's own bytes, since later frames may be unlike the first.
static enum kin_payload_format format_for(enum family family, const struct payload_request *request)
{
    const struct kin_reel *reel = request->reel;
    static const enum kin_payload_format large[] = {
        [FAMILY_OTHER] = KIN_PAYLOAD_JPEG_SIZED, [FAMILY_SDP] = KIN_PAYLOAD_JPEG, [FAMILY_XQT] = KIN_PAYLOAD_XQT};
    if (family == FAMILY_OURSELF || (family == FAMILY_XQT && (request->lossy || is_padded(reel))))
        return KIN_PAYLOAD_XQT;
    return is_too_large(reel) ? large[family] : KIN_PAYLOAD_JPEG;
}

static const char *half_refusal(const struct kin_jpeg_info *info)
{
    const char *why = kin_jpeg_half_refusal(info);
    if (why == NULL && kin_jpeg_half_memory(info) > CONVERSION_MEMORY_MAX)
        why = MSG_FRAME_TOO_LARGE;
    return why;
}

// Why the choice is impossible; NULL when it is possible.
static const char *refusal_of(const struct payload_choice *c, const struct payload_request *request)
{
    const struct kin_reel *reel = request->reel;
    if (c->content == FRAME_REDUCED)
        return half_refusal(&reel->first);
    if (c->format == KIN_PAYLOAD_XQT)
        return NULL;
    if (c->format == KIN_PAYLOAD_JPEG_ONVIF)
        return kin_rtp_onvif_can(reel->compat) ? NULL : kin_jpeg_compat_str(reel->compat);
    return request->refusal;
}

static bool find_choice(struct kin_span word, struct payload_choice *ret)
{
    for (size_t i = 0; i < FORMATS; i++) {
        if (kin_span_is(word, formats[i].word)) {
            ret->content = formats[i].content;
            ret->format = formats[i].format;
            return true;
        }
    }
    return false;
}

// "?rtx=1" is for players that are not in the table, "?rtx=0" for those that are and should not ask.
static void choose_repair(const struct payload_request *request, const struct player *player, struct payload_choice *c)
{
    struct kin_span value;
    c->repeat_rtx = find_field(request->query, "rtx=", &value);
    if (!request->retransmit)
        return;
    c->repair = player->repair;
    if (c->repeat_rtx)
        c->repair = kin_span_is(value, "1") ? KIN_RTP_REPAIR_RTX : KIN_RTP_REPAIR_NONE;
    if (c->repair == KIN_RTP_REPAIR_RTX)
        c->rtx_payload_type = PT_RTX;
}

// Parity is for players that ask for it by "?fec=1": it takes room, and most could not read it.
static void choose_parity(const struct payload_request *request, struct payload_choice *c)
{
    struct kin_span value;
    if (request->fec && find_field(request->query, "fec=", &value) && kin_span_is(value, "1"))
        c->fec_payload_type = PT_FEC;
}

unsigned payload_choose(const struct payload_request *request, struct payload_choice *ret,
                        char ret_reason[PAYLOAD_REASON_MAX])
{
    struct kin_span word;
    const struct kin_reel *reel = request->reel;
    struct payload_choice c = {.width = reel->width, .height = reel->height, .payload_type = KIN_RTP_PT_JPEG};
    const struct player *player = find_player(request->user_agent);
    c.repeat_in_control = find_field(request->query, "fmt=", &word);
    if (!c.repeat_in_control) {
        c.format = format_for(player->family, request);
        c.content = c.format == KIN_PAYLOAD_XQT ? FRAME_ORIGINAL : FRAME_COMPATIBLE;
    } else if (!find_choice(word, &c)) {
        snprintf(ret_reason, PAYLOAD_REASON_MAX, MSG_REPLY_UNKNOWN_FORMAT);
        return 400;
    }
    const char *why = refusal_of(&c, request);
    if (why != NULL) {
        snprintf(ret_reason, PAYLOAD_REASON_MAX, MSG_REPLY_UNSUPPORTED, why);
        return 415;
    }
    struct kin_jpeg_half half;
    if (c.content == FRAME_REDUCED && kin_jpeg_half_size(reel->width, reel->height, &half) == KIN_OK) {
        c.width = half.width;
        c.height = half.height;
    }
    if (c.format == KIN_PAYLOAD_XQT) {
        c.payload_type = PT_DYNAMIC;
        c.repeat_in_control = true; // SETUP must keep to the payload of the description
    }
    c.long_packets = player->takes_long_packets;
    choose_repair(request, player, &c);
    choose_parity(request, &c);
    *ret = c;
    return 0;
}

struct payload_choice payload_choice_lab(void)
{
    return (struct payload_choice){
        .content = FRAME_ORIGINAL, .format = KIN_PAYLOAD_WHOLE_FILE, .payload_type = KIN_RTP_PT_JPEG};
}

static const char *format_word(const struct payload_choice *choice)
{
    for (size_t i = 0; i < FORMATS; i++)
        if (formats[i].content == choice->content && formats[i].format == choice->format)
            return formats[i].word;
    return NULL;
}

static void put_field(struct kin_wr *w, const char *name, const char *value)
{
    bool first = kin_span_find(kin_wr_span(w), '?') == w->len;
    kin_wr_fmt(w, "%c%s=%s", first ? '?' : '&', name, value);
}

const char *payload_choice_control(const struct payload_choice *choice, char dst[PAYLOAD_CONTROL_MAX])
{
    const char *word = choice->repeat_in_control ? format_word(choice) : NULL;
    struct kin_wr w = kin_wr_init(dst, PAYLOAD_CONTROL_MAX);
    kin_wr_str(&w, KIN_RTSP_SERVER_TRACK);
    if (word != NULL)
        put_field(&w, "fmt", word);
    if (choice->repeat_rtx)
        put_field(&w, "rtx", choice->repair == KIN_RTP_REPAIR_RTX ? "1" : "0");
    if (choice->fec_payload_type != 0)
        put_field(&w, "fec", "1");
    kin_wr_u8(&w, '\0');
    return dst;
}

const char *payload_choice_name(const struct payload_choice *choice)
{
    static const char *const names[KIN_PAYLOAD_COUNT] = {
        [KIN_PAYLOAD_UNKNOWN] = "unknown",  [KIN_PAYLOAD_JPEG] = "jpeg", [KIN_PAYLOAD_JPEG_SIZED] = "jpeg+onvif",
        [KIN_PAYLOAD_JPEG_ONVIF] = "onvif", [KIN_PAYLOAD_XQT] = "xqt",   [KIN_PAYLOAD_WHOLE_FILE] = "lab"};
    return choice->content == FRAME_REDUCED ? "half" : names[choice->format];
}
