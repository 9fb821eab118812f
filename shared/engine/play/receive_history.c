// What a client received, second by second.
#include "engine/play/receive_history.h"

void kin_receive_history_init(struct kin_receive_history *h, struct kin_receive_second *seconds, size_t room)
{
    *h = (struct kin_receive_history){.seconds = seconds, .room = room};
}

static struct kin_receive_second *at(const struct kin_receive_history *h, uint64_t number)
{
    return &h->seconds[number % h->room];
}

static bool has(const struct kin_receive_history *h, uint64_t number)
{
    return number <= h->newest && h->newest - number < h->count;
}

static void begin_second(struct kin_receive_history *h, uint64_t number)
{
    h->newest = number;
    *at(h, number) = (struct kin_receive_second){.number = number};
    h->count += h->count < h->room;
}

// Begins all seconds up to this one.
static void advance(struct kin_receive_history *h, uint64_t number)
{
    if (number > h->newest + h->room) {
        h->count = 0;
        h->newest = number - h->room;
    }
    while (h->newest < number)
        begin_second(h, h->newest + 1);
}

// Takes from this second and, as far as it has less, from those before.
static void take_back(struct kin_receive_history *h, uint64_t number, size_t counter, uint64_t n)
{
    for (; n > 0 && has(h, number); number--) {
        uint64_t *count = &at(h, number)->counts[counter];
        uint64_t taken = n < *count ? n : *count;
        *count -= taken;
        n -= taken;
        if (number == 0)
            return;
    }
}

static void enter(struct kin_receive_history *h, uint64_t number, kin_us time, const struct kin_receive_totals *totals)
{
    struct kin_receive_second *s = at(h, number);
    s->known = s->known || time > 0;
    s->covers += time;
    s->state = totals->state;
    for (size_t i = 0; i < KIN_RECEIVE_COUNTER_COUNT; i++) {
        uint64_t now = totals->counts[i], before = h->before.counts[i];
        s->known = s->known || now != before;
        if (now >= before)
            s->counts[i] += now - before;
        else
            take_back(h, number, i, before - now);
    }
}

static void begin(struct kin_receive_history *h, kin_us now)
{
    h->started = h->runs = true;
    h->start = h->seen = now;
    begin_second(h, 0);
}

void kin_receive_history_tick(struct kin_receive_history *h, kin_us now, bool runs,
                              const struct kin_receive_totals *totals)
{
    if (!h->started && !runs)
        return;
    if (!h->started)
        begin(h, now);
    kin_us passed = kin_us_max(now - h->seen, 0);
    h->seen += passed;
    if (!h->runs) { // until now it stood still
        h->start += passed;
        passed = 0;
    }
    h->runs = runs;
    kin_us time = h->seen - h->start;
    if (passed <= KIN_RECEIVE_HISTORY_GAP_US) {
        uint64_t middle = (uint64_t)((time - passed / 2) / KIN_US_PER_S); // of the time that the differences are of
        advance(h, middle);
        enter(h, middle, passed, totals);
    }
    h->before = *totals;
    advance(h, (uint64_t)(time / KIN_US_PER_S));
}

kin_us kin_receive_history_deadline(const struct kin_receive_history *h)
{
    return h->started ? h->start + ((kin_us)h->newest + 1) * KIN_US_PER_S : KIN_US_NEVER;
}

size_t kin_receive_history_copy(const struct kin_receive_history *h, bool running, struct kin_receive_second *dst,
                                size_t max)
{
    size_t left_out = !running && h->count > 0;
    size_t n = h->count - left_out < max ? h->count - left_out : max;
    for (size_t i = 0; i < n; i++)
        dst[i] = *at(h, h->newest - left_out - (n - 1 - i));
    return n;
}

double kin_receive_second_bps(const struct kin_receive_second *s)
{
    kin_us time = kin_us_max(s->covers, KIN_US_PER_S);
    return (double)s->counts[KIN_RECEIVE_WIRE_BYTES] * 8 * (double)KIN_US_PER_S / (double)time;
}
