// The server's media path: which frames are read before they are due.
#include "engine/play/media_sender_internal.h"

#define READ_AHEAD 4   // frames
#define REPAIR_AHEAD 8 // frames that are converted first, which takes longer

_Static_assert(REPAIR_AHEAD <= KIN_MEDIA_AHEAD_MAX, "KIN_MEDIA_AHEAD_MAX is too small");

static unsigned most_ahead(const struct kin_media_sender *s)
{
    bool converted = s->rewritten || !kin_jpeg_variant_is_plain(s->variants.now);
    return converted ? REPAIR_AHEAD : READ_AHEAD;
}

static void add_ahead(const struct kin_media_sender *s, unsigned steps, struct kin_media_step_detail *ret)
{
    if (kin_play_schedule_ahead(&s->schedule, steps, &ret->frames[ret->frame_count]))
        ret->frame_count++;
}

// One frame further ahead, but only between frames: waking a reader may preempt the loop, which must not happen in the
// middle of a frame's packets. The next one itself may have been evicted.
static void read_on(struct kin_media_sender *s, struct kin_media_step_detail *ret)
{
    if (s->late)
        return; // the next frame is not known before skip_overdue()
    add_ahead(s, 0, ret);
    if (s->ahead < most_ahead(s))
        add_ahead(s, s->ahead++ - 1, ret);
    add_ahead(s, s->ahead - 1, ret);
}

static void read_all(struct kin_media_sender *s, struct kin_media_step_detail *ret)
{
    s->ahead = most_ahead(s);
    for (unsigned i = 0; i < s->ahead; i++)
        add_ahead(s, i, ret);
}

bool media_sender_reads_ahead(struct kin_media_sender *s, struct kin_media_step_detail *ret)
{
    enum kin_media_ahead due = s->ahead_due;
    s->ahead_due = KIN_MEDIA_AHEAD_NONE;
    ret->frame_count = 0;
    ret->variant = s->variants.now;
    if (due == KIN_MEDIA_AHEAD_ALL)
        read_all(s, ret);
    else if (due == KIN_MEDIA_AHEAD_ON)
        read_on(s, ret);
    else if (due == KIN_MEDIA_AHEAD_LATE)
        add_ahead(s, MEDIA_SENDER_LATE_AHEAD - 1, ret);
    return ret->frame_count > 0;
}

void kin_media_sender_hold_back(struct kin_media_sender *s)
{
    s->ahead = 1;
}
