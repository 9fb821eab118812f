// What comes and cannot be used: counted, and said when there is no picture because of it.
#include <stdio.h>

#include "client/sentences.h"
#include "client/session_internal.h"

#define FOREIGN_MAX 20 // packets of another payload type, and none of ours: that is worth a sentence

static bool find_why(const struct session *s, uint64_t *ret_frames, char why[SENTENCE_MAX])
{
    struct kin_jpeg_assembler_stats a = {.complete = 0};
    enum kin_jpeg_trouble trouble;
    if (s->media.assembler != NULL)
        kin_jpeg_assembler_stats(s->media.assembler, &a);
    if (!kin_jpeg_assembler_trouble(&a, &trouble))
        return false;
    sentence_of_jpeg_trouble(trouble, a.troubles[trouble].detail, why);
    *ret_frames = a.troubles[trouble].frames;
    return true;
}

static bool has_picture(const struct session *s)
{
    struct kin_jpeg_assembler_stats a = {.complete = 0};
    if (s->media.assembler != NULL)
        kin_jpeg_assembler_stats(s->media.assembler, &a);
    return a.complete + s->media.received.kept.frames.complete > 0;
}

void session_check_trouble(struct session *s, uint64_t at_least)
{
    char why[SENTENCE_MAX];
    uint64_t frames = 0;
    if (s->trouble_said || has_picture(s) || !find_why(s, &frames, why) || frames < at_least)
        return;
    s->trouble_said = true;
    session_say(s, true, "no frame can be used: %s", why);
    s->cause = CAUSE_UNUSABLE;
}

void session_foreign_packet(struct session *s, uint8_t payload_type)
{
    struct kin_rtp_receiver_stats r;
    kin_rtp_receiver_stats(s->media.rtp, &r);
    if (s->trouble_said || r.received > 0 || ++s->foreign_packets < FOREIGN_MAX)
        return;
    s->trouble_said = true;
    session_say(s, true, "no frame can be used: the packets have payload type %u, but the description says %u",
                payload_type, s->media.reel.payload_type);
    s->cause = CAUSE_UNUSABLE;
}

void session_fill_trouble(const struct session *s, struct session_stats *ret)
{
    char why[SENTENCE_MAX];
    ret->unusable.stray_bytes = s->stray_bytes;
    if (find_why(s, &ret->unusable.frames, why))
        kin_span_copy(kin_span_str(why), ret->unusable.why, sizeof ret->unusable.why);
}
