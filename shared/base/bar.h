// A progress bar as one line of text: "label [####....]  45 %  more  ETA 0:12".
#ifndef KIN_BASE_BAR_H
#define KIN_BASE_BAR_H

#include <stddef.h>

#include "base/time.h"

#define KIN_BAR_LINE_MAX 256
#define KIN_BAR_ETA_MAX 24

struct kin_bar {
    const char *label; // cleaned and cut while drawing
    const char *more;  // between percentage and ETA; NULL = nothing
    unsigned columns;  // of the terminal
    double share;      // done so far, 0 to 1
    kin_us elapsed;
};

// Writes the line, NUL-terminated. Returns its length, 0 when the terminal has no room for it.
size_t kin_bar_format(const struct kin_bar *b, char dst[KIN_BAR_LINE_MAX]);

// The time left when `share` took `elapsed`: "0:12", "1:02:03", or "--:--" (unknown, or more than 99 hours).
const char *kin_bar_eta(double share, kin_us elapsed, char dst[KIN_BAR_ETA_MAX]);

#endif
