// How many copies of every packet?
#include "engine/play/duplication.h"

#define ASKED_BEHIND 16 // packets that one request speaks of, behind the first (RFC 4585 section 6.2.1)

void kin_duplication_init(struct kin_duplication *d, unsigned most)
{
    *d = (struct kin_duplication){
        .most = most, .ended_at = KIN_US_NEVER, .quiet = KIN_DUPLICATION_QUIET_US, .rest = KIN_DUPLICATION_REST_US};
}

void kin_duplication_asked(struct kin_duplication *d, kin_us now, unsigned packets)
{
    if (packets == 0)
        return;
    d->asked_at = now;
    d->asked++;
    d->missing += packets > ASKED_BEHIND ? 1 : (double)(packets - 1) / ASKED_BEHIND;
}

// --- the network carries copies?

static bool is_missing(struct kin_duplication *d)
{
    if (d->asked < KIN_DUPLICATION_ASKED)
        return false;
    bool fails = d->missing > KIN_DUPLICATION_MISSING_MAX * d->asked;
    d->asked = 0;
    d->missing = 0;
    return fails;
}

static bool has_queue(struct kin_duplication *d, kin_us rtt)
{
    bool longer = rtt >= 0 && d->rtt >= 0 && rtt - d->rtt >= KIN_DUPLICATION_QUEUE_US;
    d->queued = longer ? d->queued + 1 : 0;
    return d->queued >= KIN_DUPLICATION_QUEUE_REPORTS;
}

// --- steps

// As few copies as leave enough frames whole.
static unsigned copies_for(const struct kin_duplication *d, double frame_packets)
{
    double loss = d->window_lost / d->window_packets, spoiled = frame_packets * loss;
    unsigned copies = 0;
    while (copies < d->most && spoiled > KIN_DUPLICATION_SPOILED_MAX) {
        spoiled *= loss;
        copies++;
    }
    return copies;
}

static bool begin(struct kin_duplication *d, kin_us now, const struct kin_duplication_report *report)
{
    bool soon = d->ended_at != KIN_US_NEVER && now - d->ended_at <= KIN_DUPLICATION_SOON_US;
    d->quiet = soon ? kin_us_min(2 * d->quiet, KIN_DUPLICATION_QUIET_MAX_US) : KIN_DUPLICATION_QUIET_US;
    d->copies = copies_for(d, report->frame_packets);
    d->rtt = report->rtt;
    d->asked_at = now;
    d->asked = d->queued = 0;
    d->missing = 0;
    return d->copies > 0;
}

static bool end(struct kin_duplication *d, kin_us now)
{
    d->copies = 0;
    d->ended_at = now;
    d->window_lost = 0;
    return true;
}

static bool give_up(struct kin_duplication *d, kin_us now)
{
    d->not_before = now + d->rest;
    d->rest = kin_us_min(2 * d->rest, KIN_DUPLICATION_REST_MAX_US);
    return end(d, now);
}

// Are more packets lost than the receiver's asking mends?
static bool loses_too_many(struct kin_duplication *d, kin_us now, double packets, double loss)
{
    if (d->window_lost <= 0 || now - d->window_since > KIN_DUPLICATION_WINDOW_US) {
        d->window_since = now;
        d->window_packets = d->window_lost = 0;
    }
    d->window_packets += packets;
    d->window_lost += packets * loss;
    return d->window_lost >= KIN_DUPLICATION_LOSSES;
}

bool kin_duplication_report(struct kin_duplication *d, kin_us now, const struct kin_duplication_report *report)
{
    double packets = d->known ? report->highest_seq - d->highest_seq : 0;
    kin_us since = now - d->report_at;
    if (since > KIN_DUPLICATION_WINDOW_US) // as many as in a window
        packets *= (double)KIN_DUPLICATION_WINDOW_US / (double)since;
    d->known = true;
    d->highest_seq = report->highest_seq;
    d->report_at = now;
    if (d->copies > 0) {
        bool missing = is_missing(d), queue = has_queue(d, report->rtt);
        if (missing || queue || report->congested)
            return give_up(d, now);
        return now - d->asked_at >= d->quiet ? end(d, now) : false;
    }
    bool may = !report->congested && report->loss <= KIN_DUPLICATION_LOSS_MAX && now >= d->not_before;
    return loses_too_many(d, now, packets, report->loss) && may ? begin(d, now, report) : false;
}
