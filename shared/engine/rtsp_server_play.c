// What a PLAY asks for: Range, Scale and Speed.
#include "base/err.h"
#include "engine/rtsp_server_priv.h"

#define NORMAL_MILLI 1000 // of Scale and Speed

// A Scale or Speed (RFC 2326 sections 12.34 and 12.35). 0, or 400: no number, or one that means nothing.
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

static unsigned play_range(const struct kin_rtsp_msg *msg, struct kin_rtsp_range *ret, bool *ret_given)
{
    struct kin_span value = kin_rtsp_msg_get(msg, "Range");
    *ret_given = value.p != NULL;
    if (value.p == NULL)
        return 0;
    int err = kin_rtsp_range_parse(value, ret);
    if (err == KIN_EUNSUPPORTED)
        return 501; // section 12.29: a unit that is not understood
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

unsigned rtsp_request_parse_play(const struct kin_rtsp_msg *msg, struct kin_rtsp_server_event *e)
{
    unsigned status = play_range(msg, &e->range, &e->has_range);
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
