// Puts the packets of a source into sequence order, waiting for a limited time, and counts what the network did to
// them.
#include "engine/rtp/rtp_receiver.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/seq.h"
#include "engine/rtp/rtp_receiver_internal.h"

struct kin_rtp_receiver *kin_rtp_receiver_new(kin_us now, const struct kin_rtp_receiver_options *options)
{
    struct kin_rtp_receiver *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    const char *cname = options->cname != NULL && options->cname[0] != '\0' ? options->cname : "kinora";
    r->options = *options;
    r->options.cname = NULL;
    r->speed_milli = 1000;
    kin_span_copy(kin_span_str(cname), r->cname, sizeof r->cname);
    if (r->options.reorder_wait <= 0)
        r->options.reorder_wait = KIN_RTP_REORDER_WAIT_US;
    rtp_queue_init(&r->queue);
    kin_nack_init(&r->nack, r->options.repair == KIN_RTP_REPAIR_RTX);
    for (size_t i = 0; i < CANDIDATES; i++)
        rtp_queue_init(&r->candidates[i].queue);
    rtp_reports_init(r, now);
    if (r->options.fec_payload_type == 0)
        return r;
    r->fec = kin_fec_receiver_new();
    if (r->fec != NULL)
        return r;
    free(r);
    return NULL;
}

static void drop_out(struct kin_rtp_receiver *r)
{
    free(r->out);
    r->out = NULL;
}

void kin_rtp_receiver_free(struct kin_rtp_receiver *r)
{
    if (r == NULL)
        return;
    drop_out(r);
    rtp_queue_clear(&r->queue);
    rtp_candidates_forget(r);
    kin_fec_receiver_free(r->fec);
    free(r);
}

// --- which packets have come

bool rtp_has_come(const struct rtp_source *s, uint64_t seq)
{
    return (s->seen[seq % SEEN_BITS / 64] >> (seq % 64) & 1) != 0;
}

static void set_seen(struct rtp_source *s, uint64_t seq, bool seen)
{
    uint64_t bit = UINT64_C(1) << (seq % 64);
    uint64_t *word = &s->seen[seq % SEEN_BITS / 64];
    *word = seen ? *word | bit : *word & ~bit;
}

void rtp_advance(struct rtp_source *s, uint64_t seq)
{
    uint64_t first = seq - s->max_seq > SEEN_BITS ? seq - SEEN_BITS : s->max_seq;
    for (uint64_t i = first + 1; i <= seq; i++)
        set_seen(s, i, false);
    s->max_seq = seq;
}

// --- sources

uint64_t rtp_accounted(const struct kin_rtp_receiver *r)
{
    return r->source.next_seq - r->source.base_seq + r->queue.count;
}

static uint64_t tail_missing(const struct kin_rtp_receiver *r)
{
    return r->source.valid && !rtp_was_away(r) ? kin_rtp_tail_missing(&r->source.tail, rtp_accounted(r)) : 0;
}

// The source ends: packets missing after its last one are lost, but only those before run->seq if a run follows.
static void count_tail(struct kin_rtp_receiver *r, const struct kin_rtp_run *run)
{
    if (!r->source.valid)
        return;
    kin_rtp_tail_settle(&r->source.tail, rtp_accounted(r));
    uint64_t missing = tail_missing(r);
    uint16_t before = (uint16_t)(run->seq - (uint16_t)r->source.next_seq);
    r->stats.lost += run->has_seq && before < missing ? before : missing;
}

static void note_newest(struct kin_rtp_receiver *r, const struct kin_rtp_packet *p, uint64_t seq, kin_us at)
{
    struct rtp_source *s = &r->source;
    if (s->came > 0)
        rtp_miss(r, seq);
    rtp_repair_missing(r, at, s->came > 0 ? s->max_seq + 1 : s->base_seq, seq, p->h.ts);
    if (s->came > 0)
        rtp_note_pace(s, p, seq, at);
    rtp_advance(s, seq);
    s->newest_ts = p->h.ts;
    s->newest_at = at;
}

// A packet that came by retransmission or parity counts as lost in reports to the sender, which sees there what the
// network does (RFC 4588 section 4.3), and tells nothing about jitter.
static void measure(struct kin_rtp_receiver *r, const struct kin_rtp_packet *p, uint64_t seq, kin_us at,
                    enum rtp_origin origin)
{
    struct rtp_source *s = &r->source;
    bool newest = seq >= s->max_seq;
    if (!r->options.shared_seq && origin == RTP_SENT && at >= r->measured_from) {
        rtp_jitter_add(&s->jitter, at, p->h.ts, r->speed_milli);
        if (newest && p->h.ts != s->newest_ts)
            rtp_jitter_add(&s->frame_jitter, at, p->h.ts, r->speed_milli);
    }
    if (newest)
        note_newest(r, p, seq, at);
    set_seen(s, seq, true);
    s->came += origin == RTP_SENT;
    r->stats.received++;
    r->stats.payload_bytes += p->payload.n;
    r->total_bytes += p->payload.n;
}

static void begin_source(struct kin_rtp_receiver *r, uint32_t ssrc, uint64_t seq)
{
    uint64_t last_ts = r->source.ssrc == ssrc ? r->source.last_ts : 0;
    kin_us last_at = r->source.last_at;
    r->source = (struct rtp_source){.valid = true,
                                    .ssrc = ssrc,
                                    .base_seq = seq,
                                    .max_seq = seq,
                                    .next_seq = seq,
                                    .last_ts = last_ts,
                                    .last_at = last_at};
    r->missed.from = r->missed.to = seq;
    r->missed.until = 0;
    kin_nack_clear(&r->nack);
    rtp_parity_clear(r);
    bool counted = r->reports.has_sr && r->reports.sr_ssrc == ssrc;
    kin_rtp_tail_init(&r->source.tail, counted ? r->reports.sr.packets : 0);
    r->new_source = true;
    r->reports.bye = false;
    r->stats.sources++;
}

// The candidate becomes the source. Its numbers begin with its first packet, or with the run that this belongs to.
static void begin_with(struct kin_rtp_receiver *r, const struct rtp_held *head, const struct kin_rtp_packet *p)
{
    kin_us since = head->at - r->start.at;
    uint64_t missing = r->start.pending ? rtp_missing_before(r, &r->start.run, &p->h, since) : 0;
    count_tail(r, r->start.pending ? &r->start.run : &(struct kin_rtp_run){.has_seq = false});
    begin_source(r, p->h.ssrc, head->seq - missing);
    r->source.began_at = head->at;
    r->source.first = p->h;
    r->source.placed = r->start.pending;
    r->start.pending = false;
}

// The successor becomes the source, or turns out to continue it; its packets that were held count as received.
static void promote(struct kin_rtp_receiver *r)
{
    struct rtp_queue *held = &r->successor->queue;
    const struct rtp_held *head = rtp_queue_head(held);
    struct kin_rtp_packet p;
    uint64_t seq;
    kin_rtp_parse(kin_span_make(head->bytes, head->size), &p); // cannot fail: it was parsed when it came
    if (rtp_continues(r, &p, head->at, &seq))
        rtp_queue_shift(held, (int64_t)(seq - head->seq));
    else
        begin_with(r, head, &p);
    rtp_queue_move(&r->queue, held);
    r->stats.reordered += r->successor->overtaken;
    r->stats.duplicate += r->successor->doubled;
    r->successor->fresh = r->successor->overtaken = r->successor->doubled = 0;
    r->successor = NULL;
    KIN_LIST_EACH(it, &r->queue.list)
    {
        const struct rtp_held *h = KIN_CONTAINER(it, struct rtp_held, node);
        struct kin_span bytes = kin_span_make(h->bytes, h->size);
        if (kin_rtp_parse(bytes, &p) == KIN_OK)
            measure(r, &p, h->seq, h->at, RTP_SENT);
        rtp_parity_came(r, h->seq, bytes);
    }
    r->gap_since = rtp_queue_oldest(&r->queue);
}

// --- packets of the source

// A packet that came after it was given up: no longer lost, but of no use. It may be an answer that took too long.
static void count_late(struct kin_rtp_receiver *r, uint64_t seq)
{
    struct rtp_source *s = &r->source;
    if (r->options.repair == KIN_RTP_REPAIR_ORIGINAL)
        kin_nack_answered(&r->nack);
    s->came++;
    set_seen(s, seq, true);
    if (rtp_is_missed(r, seq)) {
        s->missed--;
        return;
    }
    r->stats.late++;
    if (seq >= s->base_seq && r->stats.lost > 0 && !r->options.shared_seq)
        r->stats.lost--;
}

static void hand_on_directly(struct kin_rtp_receiver *r, kin_us at, const struct kin_rtp_packet *p, uint64_t seq)
{
    r->direct.present = true;
    r->direct.packet = *p;
    r->direct.seq = seq;
    r->direct.at = at;
}

// Before the reply to PLAY it is unknown whether the packet that came first is the first one sent.
static bool may_begin_earlier(const struct kin_rtp_receiver *r)
{
    return r->options.begins_by_play && r->new_source && !r->source.placed && !r->options.in_order;
}

// With shared_seq, further chunks of the frame handed on last are in order too.
static bool is_due(const struct kin_rtp_receiver *r, uint64_t seq)
{
    return seq == r->source.next_seq || (r->options.shared_seq && seq + 1 == r->source.next_seq);
}

static void hold(struct kin_rtp_receiver *r, kin_us at, struct kin_span bytes, uint64_t seq)
{
    if (r->queue.count == 0)
        r->gap_since = at;
    if (rtp_queue_insert(&r->queue, seq, at, bytes) != KIN_OK) {
        r->stats.discarded++; // it will be given up as lost
        r->stats.received--;
        set_seen(&r->source, seq, false);
    }
}

// A packet that others overtook, and that still came in time.
static void count_overtaken(struct kin_rtp_receiver *r, kin_us at, uint64_t seq, enum rtp_origin origin)
{
    if (origin == RTP_REBUILT) {
        kin_nack_rebuilt(&r->nack, seq);
        r->stats.rebuilt++;
        r->stats.recovered++;
        return;
    }
    enum kin_nack_arrival arrival = kin_nack_came(&r->nack, at, seq, origin == RTP_AGAIN);
    bool repairs = r->options.repair != KIN_RTP_REPAIR_NONE;
    kin_us noticed = repairs ? KIN_US_NEVER : rtp_queue_noticed(&r->queue, seq);
    bool soon = arrival != KIN_NACK_RECOVERED && (noticed == KIN_US_NEVER || at - noticed <= KIN_RTP_REORDERED_US);
    r->stats.reordered += soon;
    r->stats.recovered += !soon;
}

// It was brought back by parity, and comes after all: it was not lost, and overtaken if others came before it.
static void count_not_rebuilt(struct kin_rtp_receiver *r, bool behind)
{
    if (r->stats.rebuilt == 0)
        return; // it was counted before a reset
    r->stats.rebuilt--;
    r->stats.recovered--;
    r->stats.reordered += behind;
}

void rtp_feed_source(struct kin_rtp_receiver *r, kin_us at, struct kin_span bytes, const struct kin_rtp_packet *p,
                     uint64_t seq, enum rtp_origin origin)
{
    struct rtp_source *s = &r->source;
    bool rebuilt_before = origin != RTP_REBUILT && rtp_parity_came(r, seq, bytes);
    bool behind = seq < s->max_seq;
    bool repeated = seq <= s->max_seq && !r->options.shared_seq && rtp_has_come(s, seq);
    if (!repeated && seq < s->next_seq && may_begin_earlier(r)) {
        rtp_repair_missing(r, at, seq + 1, s->next_seq, p->h.ts);
        s->base_seq = s->next_seq = seq;
        s->first = p->h;
    }
    if (repeated) {
        s->came++;
        r->stats.duplicate += !rebuilt_before;
        if (rebuilt_before)
            count_not_rebuilt(r, behind);
    } else if (seq < s->next_seq && !is_due(r, seq)) {
        count_late(r, seq);
    } else {
        if (behind || origin != RTP_SENT)
            count_overtaken(r, at, seq, origin);
        if (behind && rtp_is_missed(r, seq)) {
            s->missed--;
            r->stats.missed--;
        }
        measure(r, p, seq, at, origin);
        bool alone = origin != RTP_REBUILT; // others may follow it at once
        if (alone && ((is_due(r, seq) && !may_begin_earlier(r)) || r->options.in_order))
            hand_on_directly(r, at, p, seq);
        else
            hold(r, at, bytes, seq);
    }
}

static bool belongs_to_source(const struct kin_rtp_receiver *r, const struct kin_rtp_packet *p, uint64_t seq)
{
    const struct rtp_source *s = &r->source;
    uint64_t misorder = r->options.shared_seq ? SHARED_SEQ_MISORDER : rtp_misorder(r);
    if (!s->valid || p->h.ssrc != s->ssrc)
        return false;
    if (seq > s->max_seq)
        return seq - s->max_seq < KIN_RTP_MAX_DROPOUT;
    if (seq >= s->next_seq)
        return true; // it is waited for
    bool given_up = s->given_up > 0 && seq >= s->given_up && s->max_seq - seq < SEEN_BITS;
    return given_up || s->max_seq - seq <= misorder;
}

// An event that the shell did not take is lost: its bytes were the shell's.
static void drop_untaken(struct kin_rtp_receiver *r)
{
    drop_out(r);
    if (!r->direct.present)
        return;
    r->direct.present = false;
    r->stats.received--;
    r->stats.discarded++;
}

int kin_rtp_receiver_feed(struct kin_rtp_receiver *r, kin_us at, struct kin_span bytes)
{
    struct kin_rtp_packet p;
    drop_untaken(r);
    if (kin_rtp_parse(bytes, &p) != KIN_OK) {
        r->stats.invalid++;
        return KIN_EBAD;
    }
    if (r->successor != NULL) { // the last packets of the old source were not taken
        r->stats.discarded += r->queue.count;
        r->flushing = false;
        promote(r);
    }
    if (r->options.repair == KIN_RTP_REPAIR_RTX && p.h.payload_type == r->options.rtx_payload_type) {
        rtp_repair_feed(r, at, bytes);
        return KIN_OK;
    }
    if (r->fec != NULL && p.h.payload_type == r->options.fec_payload_type) {
        rtp_parity_feed(r, at, bytes);
        return KIN_OK;
    }
    uint64_t seq = rtp_extend(r, &p, at);
    if (belongs_to_source(r, &p, seq)) {
        for (size_t i = 0; i < CANDIDATES; i++)
            r->candidates[i].fresh = 0;
        r->start.pending = false;
        rtp_feed_source(r, at, bytes, &p, seq, RTP_SENT);
        rtp_parity_rebuild(r, at);
    } else {
        rtp_candidates_feed(r, at, bytes, &p);
    }
    return KIN_OK;
}

// --- handing on

static void fill(struct kin_rtp_receiver *r, struct kin_rtp_arrival *ret, uint64_t seq, kin_us at)
{
    struct rtp_source *s = &r->source;
    ret->at = at;
    ret->seq = seq;
    ret->ts = s->last_ts == 0 ? TS_EPOCH + ret->packet.h.ts : kin_ts_extend(s->last_ts, ret->packet.h.ts);
    ret->gap = (uint32_t)(seq > s->next_seq ? seq - s->next_seq : 0);
    ret->new_source = r->new_source;
    r->new_source = false;
    if (ret->gap > 0)
        r->stats.lost += rtp_lost_of(r, s->next_seq, seq);
    s->last_ts = ret->ts;
    s->last_at = at;
    s->next_seq = seq + 1;
    kin_nack_passed(&r->nack, s->next_seq);
}

// Is the head of the queue to be handed on, even with a gap before it?
static bool head_is_due(const struct kin_rtp_receiver *r, kin_us now)
{
    const struct rtp_held *head = rtp_queue_head(&r->queue);
    if (head == NULL)
        return false;
    if ((is_due(r, head->seq) && !may_begin_earlier(r)) || r->flushing || r->successor != NULL || r->options.in_order)
        return true;
    return rtp_repair_is_full(r) || now >= rtp_repair_until(r);
}

static void hand_on_head(struct kin_rtp_receiver *r, struct kin_rtp_arrival *ret)
{
    r->out = rtp_queue_take(&r->queue);
    kin_rtp_parse(kin_span_make(r->out->bytes, r->out->size), &ret->packet); // cannot fail: it was parsed when it came
    fill(r, ret, r->out->seq, r->out->at);
    const struct rtp_held *head = rtp_queue_head(&r->queue);
    if (head == NULL)
        r->flushing = r->flushing && r->successor != NULL;
    else if (!is_due(r, head->seq))
        r->gap_since = rtp_queue_oldest(&r->queue);
}

bool kin_rtp_receiver_event(struct kin_rtp_receiver *r, kin_us now, struct kin_rtp_arrival *ret)
{
    drop_out(r);
    if (r->direct.present) {
        r->direct.present = false;
        ret->packet = r->direct.packet;
        fill(r, ret, r->direct.seq, r->direct.at);
        return true;
    }
    struct rtp_candidate *next = r->successor == NULL ? rtp_candidates_first(r) : NULL;
    if (next != NULL && now >= rtp_candidate_valid_at(r, next))
        r->successor = next;
    if (r->queue.count == 0 && r->successor != NULL)
        promote(r);
    if (!head_is_due(r, now)) {
        kin_rtp_tail_tick(&r->source.tail, now, rtp_accounted(r));
        rtp_repair_tail(r, now, false);
        return false;
    }
    hand_on_head(r, ret);
    return true;
}

kin_us kin_rtp_receiver_deadline(const struct kin_rtp_receiver *r)
{
    kin_us due = r->reports.next;
    if (r->queue.count > 0)
        due = kin_us_min(due, rtp_repair_until(r));
    due = kin_us_min(due, kin_nack_deadline(&r->nack));
    for (size_t i = 0; i < CANDIDATES; i++)
        due = kin_us_min(due, rtp_candidate_valid_at(r, &r->candidates[i]));
    return r->source.valid ? kin_us_min(due, kin_rtp_tail_deadline(&r->source.tail)) : due;
}

void kin_rtp_receiver_flush(struct kin_rtp_receiver *r)
{
    if (r->successor == NULL)
        r->successor = rtp_candidates_first(r);
    r->flushing = r->queue.count > 0 || r->successor != NULL;
}

void kin_rtp_receiver_restart(struct kin_rtp_receiver *r)
{
    drop_out(r);
    count_tail(r, &(struct kin_rtp_run){.has_seq = false});
    r->direct.present = false;
    r->flushing = false;
    rtp_queue_clear(&r->queue);
    rtp_candidates_forget(r);
    kin_nack_clear(&r->nack);
    rtp_parity_clear(r);
    r->source.valid = false;
    r->start.pending = false;
    r->reports.bye = false;
}

// Over UDP packets may come before the reply to their PLAY: then the source has begun already, and the reply tells
// where its numbers began.
static void place_beginning(struct kin_rtp_receiver *r, kin_us now, const struct kin_rtp_run *run)
{
    struct rtp_source *s = &r->source;
    uint64_t missing = rtp_missing_before(r, run, &s->first, 0);
    s->placed = true;
    s->base_seq -= missing;
    if (r->new_source) {
        s->next_seq = s->base_seq;
        rtp_repair_missing(r, now, s->base_seq, s->base_seq + missing, s->first.ts);
    } else {
        r->stats.lost += missing;
    }
}

bool kin_rtp_receiver_start(struct kin_rtp_receiver *r, kin_us now, const struct kin_rtp_run *run)
{
    const struct rtp_source *s = &r->source;
    kin_us run_before = r->start.at;
    r->start.pending = !s->valid || s->placed || now - s->began_at > EARLY_US;
    r->start.at = now;
    r->start.run = *run;
    r->reports.bye = false; // of the run before
    if (!r->start.pending)
        place_beginning(r, now, run);
    return r->start.pending && rtp_give_up_to(r, run, now, run_before);
}

// --- counters

void kin_rtp_receiver_stats(const struct kin_rtp_receiver *r, struct kin_rtp_receiver_stats *ret)
{
    *ret = r->stats;
    ret->lost += tail_missing(r);
    ret->ssrc = r->source.ssrc;
    ret->valid = r->source.valid;
    ret->bye = r->reports.bye;
    ret->agrees = r->source.valid && kin_rtp_tail_agrees(&r->source.tail, rtp_accounted(r));
    ret->held = r->queue.count;
    ret->requested = r->nack.requested;
    ret->spurious = r->nack.spurious;
    ret->jitter_us = rtp_jitter_us(&r->source.jitter);
    ret->frame_jitter_us = rtp_jitter_us(&r->source.frame_jitter);
}

void kin_rtp_receiver_set_speed(struct kin_rtp_receiver *r, int32_t milli)
{
    if (milli == r->speed_milli)
        return;
    r->speed_milli = milli;
    r->source.jitter.started = r->source.frame_jitter.started = false;
}

void kin_rtp_receiver_away(struct kin_rtp_receiver *r, kin_us until)
{
    r->measured_from = until;
    r->source.jitter.started = r->source.frame_jitter.started = false;
}

void kin_rtp_receiver_reset_counters(struct kin_rtp_receiver *r)
{
    r->stats = (struct kin_rtp_receiver_stats){.received = 0};
    r->nack.requested = r->nack.spurious = 0;
    kin_rtp_tail_forget(&r->source.tail, rtp_accounted(r));
}
