// Loss that stays.
#include "engine/play/unmended.h"

static void look_from(struct kin_unmended *u, kin_us now, int32_t lost, uint64_t again)
{
    u->since = now;
    u->lost = lost;
    u->again = again;
}

static void note(struct kin_unmended *u, kin_us now)
{
    u->times = u->times > 0 && now - u->at <= KIN_UNMENDED_WITHIN_US ? u->times + 1 : 1;
    u->at = now;
    u->yes = u->yes || u->times >= KIN_UNMENDED_TIMES;
}

bool kin_unmended_feed(struct kin_unmended *u, kin_us now, int32_t lost, uint64_t again)
{
    bool before = u->yes;
    int64_t more = (int64_t)lost - u->lost, mended = (int64_t)(again - u->again);
    bool stays = more - mended >= KIN_UNMENDED_PACKETS && 2 * mended < more;
    if (u->since > 0 && more >= 0 && now - u->since < KIN_UNMENDED_OVER_US)
        return false;
    if (u->since > 0 && stays)
        note(u, now);
    if (u->since == 0 || stays || more < 0 || now - u->since >= KIN_UNMENDED_WITHIN_US)
        look_from(u, now, lost, again);
    if (now - u->at >= KIN_UNMENDED_FORGET_US)
        u->yes = false;
    return u->yes != before;
}
