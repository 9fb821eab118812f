// Packets sent lately, and those that are wanted again.
#include "engine/rtp_history.h"

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
    h->frames[h->frames_seen++ % KIN_RTP_HISTORY_FRAMES] = *sent;
}

void kin_rtp_history_limit(struct kin_rtp_history *h, unsigned percent)
{
    bool lower = percent < h->limit;
    h->limit = percent < h->percent ? percent : h->percent;
    if (lower && h->credit > 0) // saved for another rate
        h->credit = 0;
}

void kin_rtp_history_spent(struct kin_rtp_history *h, size_t bytes)
{
    h->credit += (int64_t)(bytes * h->limit / 100);
    if (h->credit > h->credit_max)
        h->credit = h->credit_max;
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
    bool sent = (int16_t)(uint16_t)(seq - of->next_seq) < 0;
    if (!sent || h->credit <= 0 || h->waiting == KIN_RTP_HISTORY_WANTED || is_on_its_way(h, now, seq))
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

static void feed_nack(struct kin_rtp_history *h, kin_us now, const struct kin_rtp_history_source *of,
                      struct kin_rtcp_nack *nack)
{
    uint16_t seqs[KIN_RTCP_NACK_PER_PAIR];
    for (unsigned n; (n = kin_rtcp_nack_next(nack, seqs)) > 0;) {
        for (unsigned i = 0; i < n; i++) {
            count_turn(&h->asked, now, KIN_RTP_HISTORY_ASKED_US);
            if (h->asked.count > KIN_RTP_HISTORY_ASKED)
                return;
            want(h, now, of, seqs[i]);
        }
    }
}

void kin_rtp_history_feed(struct kin_rtp_history *h, kin_us now, const struct kin_rtp_history_source *of,
                          struct kin_span compound)
{
    struct kin_rtcp_packet p;
    struct kin_rtcp_nack nack;
    while (kin_rtcp_next(&compound, &p) == KIN_OK)
        if (kin_rtcp_nack_read(&p, &nack) && nack.ssrc == of->ssrc)
            feed_nack(h, now, of, &nack);
}

void kin_rtp_history_clear(struct kin_rtp_history *h)
{
    h->waiting = 0;
    h->reading = false;
}

// --- what is sent again

void kin_rtp_history_skip(struct kin_rtp_history *h)
{
    h->first = (h->first + 1) % KIN_RTP_HISTORY_WANTED;
    h->waiting--;
    h->reading = false;
}

bool kin_rtp_history_next(struct kin_rtp_history *h, kin_us now, struct kin_rtp_again *ret)
{
    while (h->waiting > 0 && !h->reading && now >= kin_rtp_history_deadline(h)) {
        uint16_t seq = h->wanted[h->first];
        const struct kin_rtp_history_frame *f = find(h, now, seq);
        if (f == NULL || h->credit <= 0) {
            kin_rtp_history_skip(h);
            continue;
        }
        *ret = (struct kin_rtp_again){
            .frame = f->frame, .ts = f->ts, .seq = seq, .packet = (uint16_t)(seq - f->seq), .count = f->count};
        return true;
    }
    return false;
}

kin_us kin_rtp_history_deadline(const struct kin_rtp_history *h)
{
    if (h->waiting == 0 || h->reading)
        return KIN_US_NEVER;
    return h->sent.count < KIN_RTP_HISTORY_SENT ? 0 : h->sent.at + KIN_RTP_HISTORY_SENT_US;
}

void kin_rtp_history_done(struct kin_rtp_history *h, kin_us now, size_t bytes)
{
    kin_rtp_history_skip(h);
    h->credit -= (int64_t)bytes;
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
