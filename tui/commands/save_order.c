// Gaps: found by frame numbers, requested again, given up when that brings nothing.
#include "commands/save_order.h"

#define FRUITLESS_MAX 3 // a server that leaves out the same frames this often does not have them

struct save_order save_order_make(int32_t speed_milli)
{
    return (struct save_order){.speed_milli = speed_milli > SAVE_SPEED_NORMAL ? speed_milli : SAVE_SPEED_NORMAL};
}

static void give_up(struct save_order *o, uint64_t number, uint64_t left_out)
{
    uint64_t missing = number - o->next;
    o->missing += missing;
    o->left_out += left_out < missing ? left_out : missing;
}

// True when it is worth asking for what lies between the end of the file and `number`.
static bool try_again(struct save_order *o, uint64_t number)
{
    bool no_further = o->gap && o->gap_next == o->next;
    bool same = no_further && o->gap_number == number;
    o->gap = true;
    o->gap_next = o->next;
    o->gap_number = number;
    o->fruitless += no_further;
    if (same || o->fruitless >= FRUITLESS_MAX)
        return false;
    o->refetching = true;
    o->speed_milli = o->speed_milli / 2 > SAVE_SPEED_NORMAL ? o->speed_milli / 2 : SAVE_SPEED_NORMAL;
    return true;
}

enum save_verdict save_order_feed(struct save_order *o, uint64_t number, bool leaving, uint64_t left_out)
{
    if (leaving || number < o->next)
        return SAVE_SKIP;
    if (number > o->next) {
        if (try_again(o, number))
            return SAVE_REFETCH;
        give_up(o, number, left_out);
    } else if (o->refetching) {
        o->fruitless = 0;
    }
    o->refetching = false;
    o->next = number + 1;
    return SAVE_APPEND;
}

enum save_verdict save_order_end(struct save_order *o, uint64_t frames)
{
    if (o->next >= frames)
        return SAVE_SKIP;
    if (try_again(o, frames))
        return SAVE_REFETCH;
    give_up(o, frames, frames); // TCP loses nothing: the server did not send them
    o->next = frames;
    return SAVE_SKIP;
}
