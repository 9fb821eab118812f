// What holds the film back: one cause, named from the figures of the last seconds. Pure.
#ifndef TUI_BOTTLENECK_H
#define TUI_BOTTLENECK_H

#include <stdbool.h>

#include "base/time.h"

#define BOTTLENECK_SECONDS 5 // that the figures are of

enum bottleneck {
    BOTTLENECK_NONE,
    BOTTLENECK_NETWORK, // it loses or delays what is sent, or carries less than the reel
    BOTTLENECK_SERVER,  // it sends less than is played, or leaves frames out by itself
    BOTTLENECK_CACHE,   // frames arrive whole, but after their time: it is not deep enough
    BOTTLENECK_DECODER, // this machine
    BOTTLENECK_TERMINAL,
    BOTTLENECK_COUNT
};

struct bottleneck_figures {      // of the last BOTTLENECK_SECONDS; counts are of frames
    bool playing;                // else nothing is measured
    kin_us silent_us;            // for how long nothing has arrived
    double due;                  // by the reel's rate; 0 when it is not known
    double arrived;              // whole
    double incomplete;           // in part or not at all, though they were sent
    double left_out;             // not sent
    double late;                 // after their time
    double decoder, terminal;    // dropped there
    bool limited;                // the server has said that it sends less because of the network
    bool draining;               // the cache is below its low mark, and is not just being filled by a jump
    double rtt_ms, least_rtt_ms; // now, and the least that was measured; < 0: unknown
};

// The cause that costs the largest share of the frames, of those that cost more than they may. *ret_share (0..1): how
// many.
enum bottleneck bottleneck_find(const struct bottleneck_figures *f, double *ret_share);

#endif
