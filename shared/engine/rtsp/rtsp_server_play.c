// PLAY and PAUSE: what Range, Scale and Speed ask for.
#include "base/err.h"
#include "engine/rtsp/rtsp_server_internal.h"

#define NORMAL_MILLI 1000 // of Scale and Speed

// A Scale or Speed (RFC 2326 sections 12.34 and 12.35). 0, or 400: not a number, or zero.
static unsigned play_rate(const struct kin_rtsp_msg *msg, const char *name, int32_t *ret_milli, bool *ret_given)
{
    int32_t milli;
    struct kin_span value = kin_rtsp_msg_get(msg, name);
    *ret_milli = NORMAL_MILLI;
    *ret_given = value.p != NULL;
    if (value.p == NULL)
        return 0;
    if (kin_rtsp_scale_parse(value, &milli) != KIN_OK || milli == 0)
        return 400;
    *ret_milli = milli;
    return 0;
}

// The Range of a PLAY or PAUSE. 0, or the status that says what is wrong with it.
static unsigned parse_range(const struct kin_rtsp_msg *msg, struct kin_rtsp_range *ret, bool *ret_given)
{
    struct kin_span value = kin_rtsp_msg_get(msg, "Range");
    *ret_given = value.p != NULL;
    if (value.p == NULL)
        return 0;
    int err = msg->method == KIN_RTSP_PAUSE ? kin_rtsp_pause_parse(value, ret) : kin_rtsp_range_parse(value, ret);
    if (err == KIN_EUNSUPPORTED)
        return 501; // section 12.29: a unit that is not understood
    if (err == KIN_ERANGE)
        return 457; // understood, but outside the reel
    return err == KIN_OK ? 0 : 400;
}

// Forward a range ends after its start, backward before it.
static bool range_is_empty(const struct kin_rtsp_range *range, bool backward)
{
    if (!range->end_given)
        return false;
    if (backward)
        return range->start_given && range->end >= range->start;
    return range->end <= (range->start_given ? range->start : 0);
}

static unsigned parse_play(const struct kin_rtsp_msg *msg, struct kin_rtsp_server_event *e)
{
    unsigned status = parse_range(msg, &e->range, &e->has_range);
    if (status == 0)
        status = play_rate(msg, "Scale", &e->scale_milli, &e->has_scale);
    if (status == 0)
        status = play_rate(msg, "Speed", &e->speed_milli, &e->has_speed);
    if (status == 0 && e->speed_milli < 0)
        status = 400;
    if (status == 0 && e->has_range && range_is_empty(&e->range, e->scale_milli < 0))
        status = 457;
    return status;
}

void rtsp_play_handle(struct kin_rtsp_server *s, const struct kin_rtsp_msg *msg)
{
    struct kin_rtsp_server_event e = {.kind = KIN_RTSP_SERVER_PLAY};
    if (!rtsp_request_needs_session(s))
        return;
    unsigned status = parse_play(msg, &e);
    if (status != 0) {
        rtsp_reply_plain(s, status, NULL);
        return;
    }
    s->request.has_scale = e.has_scale;
    s->request.has_speed = e.has_speed;
    s->request.range_unit = e.range.unit;
    rtsp_request_raise(s, e);
}

void rtsp_pause_handle(struct kin_rtsp_server *s, const struct kin_rtsp_msg *msg)
{
    bool given;
    struct kin_rtsp_server_event e = {.kind = KIN_RTSP_SERVER_PAUSE, .range.unit = KIN_RTSP_NPT};
    if (!rtsp_request_needs_session(s))
        return;
    unsigned status = parse_range(msg, &e.range, &given);
    if (status != 0) {
        rtsp_reply_plain(s, status, NULL);
        return;
    }
    s->request.range_unit = e.range.unit;
    e.has_range = given && !e.range.now;
    rtsp_request_raise(s, e);
}
