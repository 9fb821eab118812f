// The server's media path: packets that are sent again.
#include <string.h>

#include "engine/play/media_sender.h"

bool kin_media_sender_again(struct kin_media_sender *s, const struct kin_rtp_again *again,
                            const struct kin_rtp_plan *plan, struct kin_media_again *ret)
{
    if (kin_rtp_plan_count(plan) != again->count)
        return false;
    struct kin_rtp_plan_packet p = kin_rtp_plan_packet(plan, again->packet);
    struct kin_rtp_header original = {.marker = p.marker, .seq = again->seq, .ts = again->ts};
    struct kin_span extension = kin_span_first(p.head, p.extension), rest = kin_span_skip(p.head, p.extension);
    ret->head_bytes = kin_rtp_sender_again(&s->rtp, &s->rtx, &original, extension, ret->head);
    if (rest.n > 0)
        memcpy(ret->head + ret->head_bytes, rest.p, rest.n);
    ret->head_bytes += rest.n;
    ret->body = p.body;
    ret->tail = p.tail;
    ret->bytes = ret->head_bytes + p.body.n + p.tail.n;
    return true;
}

void kin_media_sender_again_sent(struct kin_media_sender *s, kin_us now, size_t bytes)
{
    bool copy = s->history->copies.returned;
    *(copy ? &s->stats.copy_packets : &s->stats.again_packets) += bytes > 0 ? 1 : 0;
    *(copy ? &s->stats.copy_bytes : &s->stats.again_bytes) += bytes;
    kin_rtp_history_done(s->history, now, bytes);
}

// It will be written once more, and keeps its number.
void kin_media_sender_again_full(struct kin_media_sender *s, kin_us now)
{
    s->rtx.seq--;
    kin_rtp_history_full(s->history, now);
}

void kin_media_sender_again_wait(struct kin_media_sender *s)
{
    kin_rtp_history_wait(s->history);
}

void kin_media_sender_again_ready(struct kin_media_sender *s)
{
    kin_rtp_history_ready(s->history);
}

void kin_media_sender_again_skip(struct kin_media_sender *s)
{
    kin_rtp_history_skip(s->history);
}
