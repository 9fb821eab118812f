// The table from players to forms, the words of "?fmt=", and what stands in the way of each form.
#include "control/carrier.h"

#include <stdio.h>

#include "base/err.h"
#include "engine/rtsp_server.h"
#include "jpeg/half.h"
#include "proto/rtp.h"
#include "proto/rtp_jpeg.h"
#include "proto/rtp_onvif.h"

#define PT_DYNAMIC 96

// What a player can take beyond RFC 2435.
enum family {
    FAMILY_OTHER,   // perhaps the size in the SDP, perhaps the ONVIF extension
    FAMILY_SDP,     // the size in the SDP (a=x-dimensions)
    FAMILY_XQT,     // QuickTime's payload alone
    FAMILY_OURSELF, // everything
};

// A word of the User-Agent, as the player spells it. The first that occurs counts: VLC names both itself and LIVE555.
static const struct {
    const char *word;
    enum family family;
} players[] = {
    {"Kinora/", FAMILY_OURSELF}, {"Lavf", FAMILY_XQT},    {"libmpv", FAMILY_XQT},
    {"mpv", FAMILY_XQT},         {"OBS", FAMILY_XQT},     {"PyAV", FAMILY_XQT},
    {"GStreamer", FAMILY_SDP},   {"LIVE555", FAMILY_SDP}, {"LibVLC", FAMILY_SDP},
};

// What "?fmt=" may say, and the control URL that says it again.
static const struct {
    const char *word;
    enum frame_form form;
    const char *control;
} formats[] = {
    {"jpeg", FRAME_RFC2435, KIN_RTSP_SERVER_TRACK "?fmt=jpeg"},
    {"xqt", FRAME_XQT, KIN_RTSP_SERVER_TRACK "?fmt=xqt"},
    {"onvif", FRAME_ONVIF, KIN_RTSP_SERVER_TRACK "?fmt=onvif"},
    {"half", FRAME_HALF, KIN_RTSP_SERVER_TRACK "?fmt=half"},
};
#define FORMATS (sizeof formats / sizeof formats[0])

static enum family find_family(struct kin_span user_agent)
{
    for (size_t i = 0; i < sizeof players / sizeof players[0]; i++)
        if (kin_span_find_str(user_agent, players[i].word) < user_agent.n)
            return players[i].family;
    return FAMILY_OTHER;
}

// The value of fmt. Clients that put the track behind the query, as in "?fmt=xqt/track1", are understood.
static bool find_format(struct kin_span query, struct kin_span *ret)
{
    struct kin_span field;
    while (kin_span_split(&query, '&', &field)) {
        if (!kin_span_starts(field, "fmt="))
            continue;
        struct kin_span value = kin_span_skip(field, 4);
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

// RFC 2435 counts sizes in blocks of 8 pixels; what it adds at the edge is shown.
static bool is_padded(const struct kin_reel *reel)
{
    return reel->width % KIN_RTP_JPEG_BLOCK != 0 || reel->height % KIN_RTP_JPEG_BLOCK != 0;
}

// Up to 2040 pixels everybody gets RFC 2435, except that nobody gets a conversion or a padded picture who can take the
// original; docs/reels.md weighs that against what a lost packet does to QuickTime's payload. We ourselves want the
// file's own bytes of every frame, and what the first one is like says nothing about the others.
static enum frame_form form_for(enum family family, const struct carrier_ask *ask)
{
    const struct kin_reel *reel = ask->reel;
    static const enum frame_form large[] = {
        [FAMILY_OTHER] = FRAME_SIZED, [FAMILY_SDP] = FRAME_RFC2435, [FAMILY_XQT] = FRAME_XQT};
    if (family == FAMILY_OURSELF || (family == FAMILY_XQT && (ask->lossy || is_padded(reel))))
        return FRAME_XQT;
    return is_too_large(reel) ? large[family] : FRAME_RFC2435;
}

static const char *half_obstacle(const struct kin_jpeg_info *info)
{
    const char *why = kin_jpeg_half_obstacle(info);
    if (why == NULL && kin_jpeg_half_memory(info) > CONVERSION_MEMORY_MAX)
        why = FRAME_TOO_MUCH_MEMORY;
    return why;
}

// What is in the way of the form, NULL when nothing is.
static const char *obstacle(enum frame_form form, const struct carrier_ask *ask)
{
    const struct kin_reel *reel = ask->reel;
    switch (form) {
    case FRAME_XQT:
        return NULL;
    case FRAME_ONVIF:
        return kin_rtp_onvif_can(reel->fit) ? NULL : kin_jpeg_fit_str(reel->fit);
    case FRAME_HALF:
        return half_obstacle(&reel->first);
    default:
        return ask->refusal;
    }
}

static bool find_form(struct kin_span word, enum frame_form *ret, char ret_reason[CARRIER_REASON_MAX])
{
    for (size_t i = 0; i < FORMATS; i++) {
        if (kin_span_is(word, formats[i].word)) {
            *ret = formats[i].form;
            return true;
        }
    }
    snprintf(ret_reason, CARRIER_REASON_MAX, "Unknown fmt (allowed: jpeg, xqt, onvif, half)");
    return false;
}

unsigned carrier_choose(const struct carrier_ask *ask, struct carrier *ret, char ret_reason[CARRIER_REASON_MAX])
{
    struct kin_span word;
    const struct kin_reel *reel = ask->reel;
    struct carrier c = {.width = reel->width, .height = reel->height, .payload_type = KIN_RTP_PT_JPEG};
    c.asked = find_format(ask->query, &word);
    if (!c.asked)
        c.form = form_for(find_family(ask->user_agent), ask);
    else if (!find_form(word, &c.form, ret_reason))
        return 400;
    const char *why = obstacle(c.form, ask);
    if (why != NULL) {
        snprintf(ret_reason, CARRIER_REASON_MAX, "Unsupported Media Type: %s", why);
        return 415;
    }
    struct kin_jpeg_half half;
    if (c.form == FRAME_HALF && kin_jpeg_half_size(reel->width, reel->height, &half) == KIN_OK) {
        c.width = half.width;
        c.height = half.height;
    }
    if (c.form == FRAME_XQT) {
        c.payload_type = PT_DYNAMIC;
        c.asked = true; // the description speaks of another payload, so that SETUP must come to the same choice
    }
    *ret = c;
    return 0;
}

const char *carrier_control(const struct carrier *carrier)
{
    for (size_t i = 0; i < FORMATS && carrier->asked; i++)
        if (formats[i].form == carrier->form)
            return formats[i].control;
    return KIN_RTSP_SERVER_TRACK;
}
