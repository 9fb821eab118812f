// Whether a viewer loses packets that nothing mends. Then frames with restart markers are worth their bytes: of a frame
// that lost a packet, all but a band can still be shown. Pure.
//
//     kin_unmended_feed(u, now, lost, again)   a receiver report came; true: it is otherwise than before
//
// Reports count what was lost before repair. To a viewer that does not ask for packets again every loss stays; one that
// does is mended as long as half of what it loses is sent again. What is on its way counts as neither: it takes three
// packets over five seconds, twice within half a minute.
#ifndef KIN_ENGINE_UNMENDED_H
#define KIN_ENGINE_UNMENDED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

#define KIN_UNMENDED_PACKETS 3
#define KIN_UNMENDED_OVER_US (5 * KIN_US_PER_S - 500 * KIN_US_PER_MS) // plain reports come every five seconds, about
#define KIN_UNMENDED_TIMES 2
#define KIN_UNMENDED_WITHIN_US (30 * KIN_US_PER_S)
#define KIN_UNMENDED_FORGET_US (2 * 60 * KIN_US_PER_S) // after the last time

struct kin_unmended {
    bool yes;
    unsigned times; // in a row
    kin_us at;      // the last of them
    kin_us since;   // what is looked at now; 0: nothing
    int32_t lost;   // by then
    uint64_t again;
};

// lost: packets in all by this report, cumulative; again: packets sent again until now. Start with a zeroed struct.
bool kin_unmended_feed(struct kin_unmended *u, kin_us now, int32_t lost, uint64_t again);

#endif
