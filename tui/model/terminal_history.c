// What became of the pictures on this side, second by second.
#include "model/terminal_history.h"

static uint64_t grown(uint64_t before, uint64_t now)
{
    return now > before ? now - before : 0;
}

void terminal_history_tick(struct terminal_history *h, uint64_t number, const struct terminal_totals *t)
{
    size_t at = (size_t)(number % TERMINAL_HISTORY_ROOM);
    if (h->seconds[at].number != number)
        h->seconds[at].in = (struct terminal_totals){.bytes = 0};
    h->seconds[at].number = number;
    if (h->started) {
        struct terminal_totals *in = &h->seconds[at].in;
        in->bytes += grown(h->before.bytes, t->bytes);
        in->shown += grown(h->before.shown, t->shown);
        in->dropped += grown(h->before.dropped, t->dropped);
        in->decoder += grown(h->before.decoder, t->decoder);
        in->late += grown(h->before.late, t->late);
    }
    h->before = *t;
    h->started = true;
}

void terminal_history_rest(struct terminal_history *h, const struct terminal_totals *t)
{
    h->before = *t;
}

struct terminal_totals terminal_history_at(const struct terminal_history *h, uint64_t number)
{
    size_t at = (size_t)(number % TERMINAL_HISTORY_ROOM);
    return h->seconds[at].number == number ? h->seconds[at].in : (struct terminal_totals){.bytes = 0};
}
