// Assembles the packets of one source into complete JPEG files.
#include "engine/rtp/jpeg_assembler.h"

#include <stdlib.h>

#include "base/err.h"
#include "engine/rtp/jpeg_assembler_internal.h"

struct kin_jpeg_assembler *kin_jpeg_assembler_new(const struct kin_jpeg_assembler_options *options)
{
    struct kin_jpeg_assembler *a = calloc(1, sizeof *a);
    if (a == NULL)
        return NULL;
    a->options = *options;
    a->format = options->format;
    a->settled = options->format != KIN_PAYLOAD_UNKNOWN;
    a->max_bytes = options->max_bytes;
    if (a->max_bytes == 0 || a->max_bytes > KIN_JPEG_FRAME_MAX_BYTES)
        a->max_bytes = KIN_JPEG_FRAME_MAX_BYTES;
    a->joining = true;
    a->stats.format = a->format;
    return a;
}

void kin_jpeg_assembler_free(struct kin_jpeg_assembler *a)
{
    if (a == NULL)
        return;
    for (unsigned i = 0; i < a->ready_count; i++)
        kin_buf_unref(a->ready[i].jpeg);
    for (unsigned q = 0; q < sizeof a->cached / sizeof a->cached[0]; q++)
        kin_buf_unref(a->cached[q]);
    kin_buf_unref(a->frame.buf);
    assembler_drop_remains(a);
    free(a);
}

// Does the payload begin a frame of RFC 2435, of whatever type and Q?
static bool begins_rtp_frame(struct kin_span payload)
{
    struct kin_rtp_jpeg h;
    return assembler_is_rtp(payload, &h) && h.offset == 0;
}

// Until a frame has come out, each packet that looks like the beginning of one sets the format anew.
static void choose_format(struct kin_jpeg_assembler *a, struct kin_span payload)
{
    enum kin_payload_format format = a->format;
    if (payload.n >= 2 && payload.p[0] == 0xff && payload.p[1] == KIN_JPEG_SOI)
        format = KIN_PAYLOAD_WHOLE_FILE;
    else if (begins_rtp_frame(payload) && a->frame.state != FRAME_OPEN)
        format = KIN_PAYLOAD_JPEG;
    if (format != a->format) {
        a->frame.state = FRAME_NONE;
        a->frame.len = 0;
    }
    a->format = format;
    a->stats.format = format;
}

static int feed_format(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival)
{
    switch (a->format) {
    case KIN_PAYLOAD_JPEG:
        return assembler_feed_rtp(a, arrival);
    case KIN_PAYLOAD_XQT:
        return assembler_feed_xqt(a, arrival);
    case KIN_PAYLOAD_WHOLE_FILE:
        return assembler_feed_whole(a, arrival, arrival->packet.payload);
    default:
        assembler_feed_unknown(a, arrival);
        return KIN_OK;
    }
}

int kin_jpeg_assembler_feed(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival)
{
    if (!a->settled)
        choose_format(a, arrival->packet.payload);
    if (a->options.keeps_partial && (a->format == KIN_PAYLOAD_JPEG || a->format == KIN_PAYLOAD_XQT))
        assembler_feed_remains(a, arrival);
    if (arrival->new_source) {
        if (a->frame.state == FRAME_OPEN)
            assembler_spoil_frame(a, a->frame.ts);
        a->frame.state = FRAME_NONE;
        a->joining = true;
        a->new_source = true;
    }
    if (arrival->gap > 0) // the missing packets were sent to us
        a->joining = false;
    return feed_format(a, arrival);
}

void kin_jpeg_assembler_end(struct kin_jpeg_assembler *a)
{
    if (a->format == KIN_PAYLOAD_JPEG)
        assembler_end_rtp(a);
}

int assembler_set_trouble(struct kin_jpeg_assembler *a, enum kin_jpeg_trouble trouble, uint32_t detail, int err)
{
    a->trouble = trouble;
    a->trouble_detail = detail;
    return err;
}

void assembler_count_trouble(struct kin_jpeg_assembler *a)
{
    if (a->stats.troubles[a->trouble].frames++ == 0)
        a->stats.troubles[a->trouble].detail = a->trouble_detail;
    assembler_set_trouble(a, KIN_JPEG_TROUBLE_OTHER, 0, KIN_OK);
}

bool kin_jpeg_assembler_trouble(const struct kin_jpeg_assembler_stats *stats, enum kin_jpeg_trouble *ret)
{
    unsigned most = 0;
    for (unsigned i = 1; i < KIN_JPEG_TROUBLE_COUNT; i++)
        if (stats->troubles[i].frames > stats->troubles[most].frames)
            most = i;
    *ret = (enum kin_jpeg_trouble)most;
    return stats->troubles[most].frames > 0;
}

bool kin_jpeg_assembler_event(struct kin_jpeg_assembler *a, struct kin_jpeg_frame *ret)
{
    if (a->ready_count == 0)
        return false;
    *ret = a->ready[0];
    a->ready_count--;
    memmove(a->ready, a->ready + 1, a->ready_count * sizeof a->ready[0]);
    return true;
}

void kin_jpeg_assembler_reset(struct kin_jpeg_assembler *a)
{
    a->frame.state = FRAME_NONE;
    a->frame.len = 0;
    assembler_drop_remains(a);
    a->joining = true;
    a->partial_before = 0;
}

void kin_jpeg_assembler_stats(const struct kin_jpeg_assembler *a, struct kin_jpeg_assembler_stats *ret)
{
    *ret = a->stats;
    bool open = a->frame.state == FRAME_OPEN;
    ret->partial_since = a->partial_before;
    ret->newest.known = open || a->partial_before > 0;
    ret->newest.partial = !open;
    ret->newest.ts = open ? a->frame.ts : a->partial_ts;
}

void kin_jpeg_assembler_reset_counters(struct kin_jpeg_assembler *a)
{
    a->stats = (struct kin_jpeg_assembler_stats){.format = a->format};
}
