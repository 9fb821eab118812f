// How much of a reel its viewer's network carries.
#include "engine/play/adaptation.h"

#define SAMPLE_US (200 * KIN_US_PER_MS) // what a sample covers at least
#define SAMPLE_PACKETS 20
#define HEADROOM_NUM 93 // of what the network carries
#define HEADROOM_DEN 100
#define HEAVY 150 // per mille: with a queue there is no doubt, nor is it a matter of bursts
#define PER_MILLE 1000
#define VARIES_OVER 16 // round trips
#define VARIES_TIMES 3
#define JUDGE_PACKETS 200 // what less has led to is known after so many, or after
#define JUDGE_REPORTS 3   // round trips that say whether a queue stands
#define JUDGE_MOST_US (5 * KIN_US_PER_S)
#define JUDGE_MOST_SLOW_US (20 * KIN_US_PER_S)
#define IMMUNE_SLACK 20 // per mille: samples vary
#define TRIES 3         // steps of a trial
#define STRIDE_AFTER 3  // so many steps upward that went well: larger ones

#define SHARE_OVER 16 // frames

static const struct kin_adaptation_level thinner[] = {
    {1, 1, false, 0}, {1, 1, true, 0}, {7, 8, true, 0}, {5, 6, true, 0}, {3, 4, true, 0},
    {2, 3, true, 0},  {3, 5, true, 0}, {1, 2, true, 0}, {2, 5, true, 0}, {1, 3, true, 0},
    {1, 4, true, 0},  {1, 6, true, 0}, {1, 8, true, 0},
};
// Leaving out a quarter of the frames is worse than making all of them a step coarser; only at the lowest quality more
// are. From one level to the next about an eighth less is sent, so that a trial of more does little harm.
static const struct kin_adaptation_level coarser[] = {
    {1, 1, false, 0}, {1, 1, true, 0}, {7, 8, true, 0}, {1, 1, true, 1}, {7, 8, true, 1}, {1, 1, true, 2},
    {7, 8, true, 2},  {3, 4, true, 2}, {1, 1, true, 3}, {7, 8, true, 3}, {3, 4, true, 3}, {1, 1, true, 4},
    {7, 8, true, 4},  {3, 4, true, 4}, {5, 8, true, 4}, {1, 2, true, 4}, {2, 5, true, 4}, {1, 3, true, 4},
    {1, 4, true, 4},  {1, 6, true, 4}, {1, 8, true, 4},
};
#define COUNT(list) (unsigned)(sizeof(list) / sizeof(list)[0])
#define SPREAD 1 // the level of either list at which all frames are sent, but evenly

void kin_adaptation_init(struct kin_adaptation *a, bool slow, bool coarsens, kin_us frame_us)
{
    *a = (struct kin_adaptation){.slow = slow,
                                 .coarsens = coarsens,
                                 .frame_us = frame_us,
                                 .wait = KIN_ADAPTATION_WAIT_US,
                                 .immune = KIN_ADAPTATION_IMMUNE_US,
                                 .rtt.base = -1};
    for (unsigned i = 0; i <= KIN_JPEG_QUALITY_STEPS; i++)
        a->shares[i] = kin_jpeg_quality_share(i);
}

// --- levels

static const struct kin_adaptation_level *level_at(const struct kin_adaptation *a, unsigned level)
{
    return a->coarsens ? &coarser[level] : &thinner[level];
}

struct kin_adaptation_level kin_adaptation_level(const struct kin_adaptation *a)
{
    return *level_at(a, a->level);
}

// What a level sends of everything.
static double share_of(const struct kin_adaptation *a, unsigned level)
{
    const struct kin_adaptation_level *l = level_at(a, level);
    return (double)l->keep / l->of * a->shares[l->quality] / a->shares[0];
}

// Frames of reels that have few anyway are not left out.
static bool is_possible(const struct kin_adaptation *a, unsigned level)
{
    const struct kin_adaptation_level *l = level_at(a, level);
    return l->keep == l->of || a->frame_us * l->of / l->keep <= KIN_ADAPTATION_GAP_MAX_US;
}

// The next level that sends less; the same one where there is none.
static unsigned below(const struct kin_adaptation *a, unsigned level)
{
    for (unsigned i = level + 1; i < (a->coarsens ? COUNT(coarser) : COUNT(thinner)); i++)
        if (is_possible(a, i))
            return i;
    return level;
}

static unsigned above(const struct kin_adaptation *a, unsigned level)
{
    while (level > 0 && !is_possible(a, --level))
        ;
    return level;
}

// The first level below `level` that sends no more than a share of everything, or the lowest one.
static unsigned first_within(const struct kin_adaptation *a, unsigned level, double share)
{
    do
        level = below(a, level);
    while (share_of(a, level) > share && below(a, level) != level);
    return level;
}

void kin_adaptation_frame(struct kin_adaptation *a, unsigned quality, size_t bytes, size_t in_file)
{
    int64_t share = in_file > 0 ? (int64_t)((uint64_t)bytes * PER_MILLE / in_file) : PER_MILLE;
    int64_t is = a->shares[quality] + (share - (int64_t)a->shares[quality]) / SHARE_OVER;
    a->shares[quality] = is > 0 ? (unsigned)is : 1;
}

void kin_adaptation_hold(struct kin_adaptation *a, uint16_t next_seq)
{
    a->holds = true;
    a->hold_seq = next_seq;
    a->evidence.samples = 0;
    a->blind_since = 0;
    a->rtt.count = 0;
    a->judged.samples = 0;
    a->judged.packets = a->judged.lost = 0;
}

// --- the round trip

static void note_rtt(struct kin_adaptation *a, const struct kin_adaptation_report *r)
{
    if (r->rtt < 0 || r->lsr == a->rtt.lsr)
        return; // of the same sender report: its way is known
    a->rtt.lsr = r->lsr;
    if (a->rtt.base >= 0 && a->phase != KIN_ADAPTATION_MORE) { // a trial of more makes it vary by itself
        kin_us off = r->rtt > a->rtt.newest[0] ? r->rtt - a->rtt.newest[0] : a->rtt.newest[0] - r->rtt;
        a->rtt.seen += a->rtt.seen < VARIES_OVER;
        a->rtt.varies += (off - a->rtt.varies) / a->rtt.seen;
    }
    a->rtt.newest[2] = a->rtt.newest[1];
    a->rtt.newest[1] = a->rtt.newest[0];
    a->rtt.newest[0] = r->rtt;
    a->rtt.count++;
    if (a->rtt.base < 0 || r->rtt < a->rtt.base)
        a->rtt.base = r->rtt;
}

// The queue that stood in each of the last n measurements; 0 while there are fewer.
static kin_us queue(const struct kin_adaptation *a, unsigned n, kin_us without)
{
    kin_us least = KIN_US_NEVER;
    if (a->rtt.count < n)
        return 0;
    for (unsigned i = 0; i < n; i++)
        least = kin_us_min(least, a->rtt.newest[i]);
    return kin_us_max(least - without, 0);
}

// What is more than the round trip varies by anyway.
static kin_us least_queue(const struct kin_adaptation *a)
{
    return kin_us_max(KIN_ADAPTATION_QUEUE_US, kin_us_min(VARIES_TIMES * a->rtt.varies, KIN_ADAPTATION_QUEUE_MAX_US));
}

static bool has_queue(const struct kin_adaptation *a, unsigned n)
{
    return queue(a, n, a->rtt.base) >= least_queue(a);
}

static bool has_no_queue(const struct kin_adaptation *a)
{
    return a->rtt.count > 0 && queue(a, 1, a->rtt.base) < least_queue(a);
}

// As it is while nothing is wrong: what a trial of more is compared with.
static void note_calm(struct kin_adaptation *a)
{
    kin_us rtt = a->rtt.newest[0];
    if (a->rtt.count > 0)
        a->rtt.calm = a->rtt.calm == 0 ? rtt : a->rtt.calm + (rtt - a->rtt.calm) / 4;
}

// --- what a report says

struct sample {
    uint64_t packets, lost, bytes, again;
    unsigned loss; // per mille
};

static void begin_sample(struct kin_adaptation *a, kin_us now, const struct kin_adaptation_report *r,
                         const struct kin_adaptation_sent *sent)
{
    a->last.known = true;
    a->last.highest_seq = r->highest_seq;
    a->last.lost = r->lost;
    a->last.bytes = sent->bytes;
    a->last.again = sent->again;
    a->last.at = now;
}

// False: not yet, or it tells nothing.
static bool take_sample(struct kin_adaptation *a, kin_us now, const struct kin_adaptation_report *r,
                        const struct kin_adaptation_sent *sent, struct sample *ret)
{
    bool before = a->holds && (int16_t)(uint16_t)(r->highest_seq - a->hold_seq) < 0;
    if (!a->last.known || sent->fast || a->holds) {
        a->holds = before || sent->fast;
        if (sent->fast)
            a->hold_seq = sent->seq;
        a->rtt.count = 0;
        begin_sample(a, now, r, sent);
        return false;
    }
    int32_t packets = (int32_t)(r->highest_seq - a->last.highest_seq), lost = r->lost - a->last.lost;
    if (packets >= 0 && (packets < SAMPLE_PACKETS || now - a->last.at < SAMPLE_US))
        return false;
    *ret = (struct sample){.packets = packets > 0 ? (uint64_t)packets : 0,
                           .lost = lost > 0 ? (uint64_t)(lost < packets ? lost : packets) : 0,
                           .bytes = sent->bytes - a->last.bytes,
                           .again = sent->again - a->last.again};
    begin_sample(a, now, r, sent);
    if (packets <= 0)
        return false; // the receiver counts anew
    ret->loss = (unsigned)(ret->lost * PER_MILLE / ret->packets);
    return true;
}

static bool is_immune(const struct kin_adaptation *a, kin_us now, unsigned loss)
{
    return now < a->immune_until && loss < 2 * a->immune_loss + IMMUNE_SLACK;
}

static void add_evidence(struct kin_adaptation *a, const struct sample *s)
{
    if (a->evidence.samples++ == 0)
        a->evidence.packets = a->evidence.lost = a->evidence.bytes = a->evidence.again = 0;
    a->evidence.packets += s->packets;
    a->evidence.lost += s->lost;
    a->evidence.bytes += s->bytes;
    a->evidence.again += s->again;
}

// Is so much lost, for so long, that it is worth a trial though no queue stands?
static bool is_blind_loss(struct kin_adaptation *a, kin_us now, const struct sample *s)
{
    if (s->loss < KIN_ADAPTATION_LOSS_BLIND)
        a->blind_since = 0;
    else if (a->blind_since == 0)
        a->blind_since = now;
    return a->blind_since > 0 && now - a->blind_since >= KIN_ADAPTATION_BLIND_US;
}

// Does it say that too much is sent? So far, and beyond doubt.
static bool is_evidence(struct kin_adaptation *a, kin_us now, const struct sample *s)
{
    unsigned least = a->slow ? KIN_ADAPTATION_LOSS_SLOW : KIN_ADAPTATION_LOSS;
    unsigned reports = s->loss >= HEAVY ? 2 : 3;
    bool blind = is_blind_loss(a, now, s), immune = is_immune(a, now, s->loss);
    a->suspects = s->loss >= least && !immune;
    if (immune || (!blind && (s->loss < least || !has_queue(a, reports)))) {
        a->evidence.samples = 0;
        return false;
    }
    add_evidence(a, s);
    return blind || a->evidence.samples >= 2 || (s->loss >= HEAVY && !a->slow);
}

bool kin_adaptation_is_congested(const struct kin_adaptation *a)
{
    return a->congested;
}

bool kin_adaptation_is_watching(const struct kin_adaptation *a)
{
    return a->phase != KIN_ADAPTATION_STEADY || a->congested || a->suspects;
}

// --- steps

static void begin(struct kin_adaptation *a, kin_us now, enum kin_adaptation_phase phase)
{
    a->phase = phase;
    a->since = a->calm_at = now;
}

static bool go(struct kin_adaptation *a, kin_us now, unsigned level, const struct kin_adaptation_sent *sent)
{
    bool changed = level != a->level;
    a->level = level;
    kin_adaptation_hold(a, sent->seq);
    a->since = now;
    return changed;
}

// The first level that fits into what the network carried, below the present one.
static unsigned level_that_fits(const struct kin_adaptation *a)
{
    uint64_t got = a->evidence.packets - a->evidence.lost, bytes = a->evidence.bytes > 0 ? a->evidence.bytes : 1;
    double carried = share_of(a, a->level) * (double)got / (double)a->evidence.packets;
    carried *= 1 + (double)a->evidence.again / (double)bytes;
    carried = carried * HEADROOM_NUM / HEADROOM_DEN;
    double least = share_of(a, a->level) / 2; // one report may speak of the worst moment
    return first_within(a, a->level, carried > least ? carried : least);
}

static bool send_less(struct kin_adaptation *a, kin_us now, const struct kin_adaptation_sent *sent)
{
    unsigned loss = (unsigned)(a->evidence.lost * PER_MILLE / a->evidence.packets);
    unsigned level = a->level == 0 && loss < HEAVY ? SPREAD : level_that_fits(a);
    if (level == a->level)
        return false;
    if (a->phase != KIN_ADAPTATION_LESS) {
        a->from = a->level;
        a->less = a->loss_before = 0;
    }
    a->loss_before = loss > a->loss_before ? loss : a->loss_before;
    a->less++;
    a->more = 0;
    a->wait = KIN_ADAPTATION_WAIT_US;
    begin(a, now, KIN_ADAPTATION_LESS);
    return go(a, now, level, sent);
}

static unsigned loss_at_this_level(const struct kin_adaptation *a)
{
    return (unsigned)(a->judged.lost * PER_MILLE / a->judged.packets);
}

static bool send_more(struct kin_adaptation *a, kin_us now, const struct kin_adaptation_sent *sent)
{
    unsigned level = above(a, a->level);
    if (a->more >= STRIDE_AFTER && level > 1)
        level = above(a, level);
    a->from = a->level;
    a->loss_before = a->judged.samples > 0 ? loss_at_this_level(a) : 0;
    begin(a, now, KIN_ADAPTATION_MORE);
    return go(a, now, level, sent);
}

bool kin_adaptation_coarsens(struct kin_adaptation *a, kin_us now, bool coarsens,
                             const struct kin_adaptation_sent *sent)
{
    double share = share_of(a, a->level);
    if (coarsens == a->coarsens)
        return false;
    a->coarsens = coarsens;
    if (a->level <= SPREAD && a->from <= SPREAD)
        return false;
    begin(a, now, KIN_ADAPTATION_STEADY);
    a->from = a->level = a->level <= SPREAD ? a->level : first_within(a, SPREAD, share);
    kin_adaptation_hold(a, sent->seq);
    return a->level > SPREAD;
}

// --- what the trials have led to

static bool is_judged(const struct kin_adaptation *a, kin_us now)
{
    return a->judged.samples >= 2 && now - a->since >= KIN_ADAPTATION_JUDGE_US;
}

// Sending less was of no use.
static bool take_back(struct kin_adaptation *a, kin_us now, const struct kin_adaptation_sent *sent)
{
    unsigned loss = loss_at_this_level(a);
    a->immune_loss = loss; // twice as much counts as such: what was lost before the trial is less than that
    a->immune_until = now + a->immune;
    a->immune = kin_us_min(2 * a->immune, KIN_ADAPTATION_IMMUNE_MAX_US);
    a->rtt.base = queue(a, 1, 0) > 0 ? queue(a, a->rtt.count < 3 ? 1 : 3, 0) : a->rtt.base;
    begin(a, now, KIN_ADAPTATION_STEADY);
    return go(a, now, a->from, sent);
}

// Is enough known of what sending less has led to?
static bool is_known(const struct kin_adaptation *a, kin_us now)
{
    bool enough = a->judged.packets >= JUDGE_PACKETS && a->rtt.count >= JUDGE_REPORTS;
    return is_judged(a, now) && (enough || now - a->since >= (a->slow ? JUDGE_MOST_SLOW_US : JUDGE_MOST_US));
}

static bool judge_less(struct kin_adaptation *a, kin_us now, const struct sample *s,
                       const struct kin_adaptation_sent *sent, bool evidence)
{
    bool may = a->less < TRIES && below(a, a->level) != a->level; // else even a part of the loss counts
    bool helps = loss_at_this_level(a) <= (may ? a->loss_before / 2 : a->loss_before * 3 / 4);
    a->congested = a->congested && (evidence || !has_no_queue(a));
    if (evidence && may && (is_judged(a, now) || s->loss >= HEAVY))
        return send_less(a, now, sent);
    if (!is_known(a, now) || (may && a->evidence.samples > 0)) // one more report will tell
        return false;
    if (!helps && may && has_queue(a, 1)) { // it was not enough, perhaps
        a->less++;
        return go(a, now, below(a, a->level), sent);
    }
    if (!helps)
        return take_back(a, now, sent);
    begin(a, now, KIN_ADAPTATION_STEADY);
    return false;
}

static bool judge_more(struct kin_adaptation *a, kin_us now, const struct sample *s,
                       const struct kin_adaptation_sent *sent, bool evidence)
{
    kin_us usual = kin_us_max(a->rtt.calm, a->rtt.base);
    bool lossy = s->loss >= KIN_ADAPTATION_LOSS && !is_immune(a, now, s->loss);
    bool much = s->loss >= a->loss_before + HEAVY; // whatever the round trip says, which trials make vary
    bool fails = evidence || queue(a, 2, usual) >= least_queue(a) ||
                 (lossy && (much || queue(a, 1, usual) >= least_queue(a)));
    if (fails) {
        kin_us most = a->from == SPREAD ? KIN_ADAPTATION_SPREAD_WAIT_MAX_US : KIN_ADAPTATION_WAIT_MAX_US;
        a->wait = kin_us_min(2 * a->wait, most);
        a->more = 0;
        begin(a, now, KIN_ADAPTATION_REST);
        return go(a, now, below(a, a->from), sent);
    }
    if (!is_judged(a, now))
        return false;
    a->more++;
    a->wait = KIN_ADAPTATION_WAIT_US;
    begin(a, now, KIN_ADAPTATION_STEADY);
    return a->level > 0 ? send_more(a, now, sent) : false;
}

static bool judge_rest(struct kin_adaptation *a, kin_us now, const struct kin_adaptation_sent *sent, bool evidence)
{
    if (evidence && is_judged(a, now)) // not at once: what was lost is sent again meanwhile
        return send_less(a, now, sent);
    if (now - a->since < KIN_ADAPTATION_REST_US || !has_no_queue(a))
        return false;
    begin(a, now, KIN_ADAPTATION_STEADY);
    return go(a, now, a->from, sent);
}

static bool judge_steady(struct kin_adaptation *a, kin_us now, const struct sample *s,
                         const struct kin_adaptation_sent *sent, bool evidence)
{
    a->congested = a->evidence.samples > 0 || (a->congested && !has_no_queue(a));
    if (evidence)
        return send_less(a, now, sent);
    if (a->congested || (s->lost > 0 && has_queue(a, 3))) {
        a->calm_at = now;
        return false;
    }
    note_calm(a);
    bool tries = a->level > 0 && a->judged.samples > 0 && now - a->calm_at >= a->wait;
    return tries ? send_more(a, now, sent) : false;
}

bool kin_adaptation_feed(struct kin_adaptation *a, kin_us now, const struct kin_adaptation_report *report,
                         const struct kin_adaptation_sent *sent)
{
    struct sample s;
    note_rtt(a, report);
    if (!take_sample(a, now, report, sent, &s))
        return false;
    a->judged.samples++;
    a->judged.packets += s.packets;
    a->judged.lost += s.lost;
    bool evidence = is_evidence(a, now, &s);
    switch (a->phase) {
    case KIN_ADAPTATION_LESS:
        return judge_less(a, now, &s, sent, evidence);
    case KIN_ADAPTATION_MORE:
        return judge_more(a, now, &s, sent, evidence);
    case KIN_ADAPTATION_REST:
        return judge_rest(a, now, sent, evidence);
    case KIN_ADAPTATION_STEADY:
        break;
    }
    return judge_steady(a, now, &s, sent, evidence);
}
