// Packets sent lately, and those that are wanted again.
#include "engine/rtp/rtp_history.h"

#include "base/err.h"
#include "proto/rtcp_fb.h"

void kin_rtp_history_init(struct kin_rtp_history *h, unsigned percent, uint64_t bytes_per_s)
{
    int64_t half_second = (int64_t)(bytes_per_s / 2);
    *h = (struct kin_rtp_history){.percent = percent, .limit = percent};
    h->credit_max = half_second > KIN_RTP_HISTORY_BURST ? half_second : KIN_RTP_HISTORY_BURST;
    h->credit = percent > 0 ? h->credit_max : 0;
}

void kin_rtp_history_frame(struct kin_rtp_history *h, const struct kin_rtp_history_frame *sent)
{
    if (h->frames_seen == 0)
        h->next_seq = sent->seq;
    h->frames[h->frames_seen++ % KIN_RTP_HISTORY_FRAMES] = *sent;
}

void kin_rtp_history_limit(struct kin_rtp_history *h, unsigned percent)
{
    bool lower = percent < h->limit;
    h->limit = percent < h->percent ? percent : h->percent;
    if (lower && h->credit > 0) // saved for another rate
        h->credit = 0;
}

// Packets that wait to be copied.
static uint16_t uncopied(const struct kin_rtp_history *h)
{
    return h->copies.each > 0 ? (uint16_t)(h->next_seq - h->copies.seq) : 0;
}

void kin_rtp_history_sent(struct kin_rtp_history *h, kin_us now, uint16_t next_seq, size_t bytes)
{
    h->next_seq = next_seq;
    h->sent_at = now;
    if (uncopied(h) > KIN_RTP_HISTORY_COPIED_MAX) {
        h->copies.seq = (uint16_t)(next_seq - KIN_RTP_HISTORY_COPIED_MAX);
        h->copies.made = 0;
    }
    h->credit += (int64_t)(bytes * h->limit / 100);
    if (h->credit > h->credit_max)
        h->credit = h->credit_max;
}

static void drop_copies(struct kin_rtp_history *h)
{
    h->copies.seq = h->next_seq;
    h->copies.made = 0;
}

void kin_rtp_history_copy(struct kin_rtp_history *h, unsigned each)
{
    h->copies.each = each;
    drop_copies(h);
}

// --- what is wanted

// The frame that this packet belonged to; NULL when it was not sent, or too long ago.
static const struct kin_rtp_history_frame *find(const struct kin_rtp_history *h, kin_us now, uint16_t seq)
{
    for (unsigned i = 1; i <= KIN_RTP_HISTORY_FRAMES && i <= h->frames_seen; i++) {
        const struct kin_rtp_history_frame *f = &h->frames[(h->frames_seen - i) % KIN_RTP_HISTORY_FRAMES];
        if (now - f->at > KIN_RTP_HISTORY_US)
            return NULL;
        if ((uint16_t)(seq - f->seq) < f->count)
            return f;
    }
    return NULL;
}

static uint32_t in_ms(kin_us at)
{
    return (uint32_t)(at / KIN_US_PER_MS);
}

// Was it sent again so lately that it may still be on its way?
static bool is_on_its_way(const struct kin_rtp_history *h, kin_us now, uint16_t seq)
{
    size_t i = seq % KIN_RTP_HISTORY_RECENT;
    uint32_t left_ms = h->recent[i].until_ms - in_ms(now); // a time that is over is far ahead
    return h->recent[i].seq == seq && left_ms > 0 && left_ms <= in_ms(KIN_RTP_HISTORY_US);
}

static void want(struct kin_rtp_history *h, kin_us now, const struct kin_rtp_history_source *of, uint16_t seq)
{
    bool sent = (int16_t)(uint16_t)(seq - h->next_seq) < 0;
    bool comes = (uint16_t)(seq - h->copies.seq) < uncopied(h);
    if (!sent || comes || h->credit <= 0 || h->waiting == KIN_RTP_HISTORY_WANTED || is_on_its_way(h, now, seq))
        return;
    size_t i = seq % KIN_RTP_HISTORY_RECENT;
    kin_us hold = kin_us_min(kin_us_max(of->rtt / 4 * 3, KIN_RTP_HISTORY_HOLD_US), KIN_RTP_HISTORY_US);
    h->recent[i].seq = seq;
    h->recent[i].until_ms = in_ms(now + hold);
    h->wanted[(h->first + h->waiting++) % KIN_RTP_HISTORY_WANTED] = seq;
}

// Counts one more in this turn, or in a new one after `length`.
static void count_turn(struct kin_rtp_history_turn *t, kin_us now, kin_us length)
{
    if (now - t->at >= length)
        *t = (struct kin_rtp_history_turn){.at = now};
    t->count++;
}

static unsigned feed_nack(struct kin_rtp_history *h, kin_us now, const struct kin_rtp_history_source *of,
                          struct kin_rtcp_nack *nack)
{
    uint16_t seqs[KIN_RTCP_NACK_PER_PAIR];
    unsigned asked = 0;
    for (unsigned n; (n = kin_rtcp_nack_next(nack, seqs)) > 0; asked += n) {
        for (unsigned i = 0; i < n; i++) {
            count_turn(&h->asked, now, KIN_RTP_HISTORY_ASKED_US);
            if (h->asked.count > KIN_RTP_HISTORY_ASKED)
                return asked;
            want(h, now, of, seqs[i]);
        }
    }
    return asked;
}

unsigned kin_rtp_history_feed(struct kin_rtp_history *h, kin_us now, const struct kin_rtp_history_source *of,
                              struct kin_span compound)
{
    struct kin_rtcp_packet p;
    struct kin_rtcp_nack nack;
    unsigned asked = 0;
    while (kin_rtcp_next(&compound, &p) == KIN_OK)
        if (kin_rtcp_nack_read(&p, &nack) && nack.ssrc == of->ssrc)
            asked += feed_nack(h, now, of, &nack);
    return asked;
}

void kin_rtp_history_clear(struct kin_rtp_history *h)
{
    h->waiting = 0;
    h->reading = false;
    drop_copies(h);
}

// --- what is sent again

// When the next one is to be sent, as far as the network is concerned at once.
static kin_us due(const struct kin_rtp_history *h)
{
    if (h->waiting > 0 || uncopied(h) > KIN_RTP_HISTORY_LAG)
        return 0;
    return uncopied(h) > 0 ? h->sent_at + KIN_RTP_HISTORY_LAG_US : KIN_US_NEVER;
}

kin_us kin_rtp_history_deadline(const struct kin_rtp_history *h)
{
    if (h->reading)
        return KIN_US_NEVER;
    return kin_us_max(due(h), h->sent.count < KIN_RTP_HISTORY_SENT ? 0 : h->sent.at + KIN_RTP_HISTORY_SENT_US);
}

static void next_copy(struct kin_rtp_history *h, bool sent)
{
    if (sent && ++h->copies.made < h->copies.each)
        return;
    h->copies.seq++;
    h->copies.made = 0;
}

static void next_wanted(struct kin_rtp_history *h)
{
    h->first = (h->first + 1) % KIN_RTP_HISTORY_WANTED;
    h->waiting--;
}

static void leave(struct kin_rtp_history *h, bool sent)
{
    h->reading = false;
    if (h->copies.returned)
        next_copy(h, sent);
    else
        next_wanted(h);
}

void kin_rtp_history_skip(struct kin_rtp_history *h)
{
    leave(h, false);
}

bool kin_rtp_history_next(struct kin_rtp_history *h, kin_us now, struct kin_rtp_again *ret)
{
    while (now >= kin_rtp_history_deadline(h)) {
        h->copies.returned = h->waiting == 0;
        uint16_t seq = h->copies.returned ? h->copies.seq : h->wanted[h->first];
        const struct kin_rtp_history_frame *f = find(h, now, seq);
        if (f == NULL || (!h->copies.returned && h->credit <= 0)) {
            leave(h, false);
            continue;
        }
        *ret = (struct kin_rtp_again){.frame = f->frame,
                                      .variant = f->variant,
                                      .ts = f->ts,
                                      .seq = seq,
                                      .packet = (uint16_t)(seq - f->seq),
                                      .count = f->count};
        return true;
    }
    return false;
}

void kin_rtp_history_done(struct kin_rtp_history *h, kin_us now, size_t bytes)
{
    h->credit -= h->copies.returned ? 0 : (int64_t)bytes;
    leave(h, true);
    count_turn(&h->sent, now, KIN_RTP_HISTORY_SENT_US);
}

void kin_rtp_history_full(struct kin_rtp_history *h, kin_us now)
{
    h->sent = (struct kin_rtp_history_turn){.at = now, .count = KIN_RTP_HISTORY_SENT};
}

void kin_rtp_history_wait(struct kin_rtp_history *h)
{
    h->reading = true;
}

void kin_rtp_history_ready(struct kin_rtp_history *h)
{
    h->reading = false;
}
