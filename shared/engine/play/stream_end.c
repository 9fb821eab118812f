// The end of a stream: by BYE, by silence, or by the time at which the reel should be over.
#include "engine/play/stream_end.h"

#define SILENT_INTERVALS 3

void kin_stream_end_init(struct kin_stream_end *e)
{
    *e = (struct kin_stream_end){.bye_at = KIN_US_NEVER};
}

void kin_stream_end_start(struct kin_stream_end *e, kin_us now)
{
    *e = (struct kin_stream_end){.running = true, .packet_at = now, .bye_at = KIN_US_NEVER};
}

void kin_stream_end_stop(struct kin_stream_end *e)
{
    e->running = e->silent = false;
    e->bye_at = KIN_US_NEVER;
}

kin_us kin_stream_end_packet(struct kin_stream_end *e, kin_us at)
{
    kin_us silence = e->silent ? at - e->packet_at : 0;
    e->silent = false;
    e->first = true;
    e->packet_at = kin_us_max(e->packet_at, at);
    if (e->bye_at != KIN_US_NEVER)
        e->bye_at = e->packet_at + KIN_STREAM_BYE_GRACE_US;
    return silence;
}

void kin_stream_end_away(struct kin_stream_end *e, kin_us now, kin_us away)
{
    e->packet_at = kin_us_max(e->packet_at, kin_us_min(now, e->packet_at + away));
}

void kin_stream_end_bye(struct kin_stream_end *e, kin_us now)
{
    if (e->bye_at == KIN_US_NEVER)
        e->bye_at = now + KIN_STREAM_BYE_GRACE_US;
}

static kin_us patience(const struct kin_stream_end *e, kin_us interval)
{
    return kin_us_max(e->first ? KIN_STREAM_SILENT_US : KIN_STREAM_FIRST_US, SILENT_INTERVALS * interval);
}

kin_us kin_stream_end_silence(const struct kin_stream_end *e, kin_us now, const struct kin_stream_place *place)
{
    kin_us silence = now - e->packet_at;
    return e->running && place->watched && silence >= patience(e, place->interval) ? silence : 0;
}

kin_us kin_stream_end_hush(const struct kin_stream_end *e, kin_us now, const struct kin_stream_place *place)
{
    kin_us silence = now - e->packet_at;
    bool shown = silence >= kin_us_max(KIN_STREAM_HUSH_US, SILENT_INTERVALS * place->interval);
    return e->running && e->first && e->bye_at == KIN_US_NEVER && place->watched && shown ? silence : 0;
}

bool kin_stream_end_is_quiet(const struct kin_stream_end *e, kin_us now)
{
    return e->running && now - e->packet_at >= (e->first ? KIN_STREAM_QUIET_US : KIN_STREAM_FIRST_US);
}

// What was lost before the BYE may still be sent again.
static kin_us bye_counts_at(const struct kin_stream_end *e, const struct kin_stream_place *place)
{
    return kin_us_max(e->bye_at, place->repaired_at);
}

static kin_us over_at(const struct kin_stream_end *e, const struct kin_stream_place *place)
{
    if (place->last_over == KIN_US_NEVER)
        return KIN_US_NEVER;
    return kin_us_max(e->packet_at, place->last_over) + kin_us_max(KIN_STREAM_END_GRACE_US, 2 * place->interval);
}

static kin_us silent_at(const struct kin_stream_end *e, const struct kin_stream_place *place)
{
    return e->silent ? KIN_US_NEVER : e->packet_at + patience(e, place->interval);
}

static kin_us broken_at(const struct kin_stream_end *e, const struct kin_stream_place *place)
{
    if (place->ends_at == KIN_US_NEVER)
        return KIN_US_NEVER;
    return kin_us_max(place->ends_at, e->packet_at) + KIN_STREAM_BROKEN_US;
}

kin_us kin_stream_end_deadline(const struct kin_stream_end *e, const struct kin_stream_place *place)
{
    if (!e->running || !place->watched)
        return bye_counts_at(e, place);
    kin_us at = kin_us_min(bye_counts_at(e, place), over_at(e, place));
    return kin_us_min(at, kin_us_min(silent_at(e, place), broken_at(e, place)));
}

enum kin_stream_verdict kin_stream_end_check(struct kin_stream_end *e, kin_us now, const struct kin_stream_place *place)
{
    if (now >= bye_counts_at(e, place))
        return KIN_STREAM_ENDED;
    if (!e->running || !place->watched)
        return KIN_STREAM_GOES_ON;
    if (now >= over_at(e, place))
        return KIN_STREAM_ENDED;
    if (now >= broken_at(e, place))
        return KIN_STREAM_BROKEN;
    if (now < silent_at(e, place))
        return KIN_STREAM_GOES_ON;
    e->silent = true;
    return KIN_STREAM_SILENT;
}
