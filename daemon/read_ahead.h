// Reads in the background while an index is made, so that reading and looking at what was read overlap.
#ifndef DAEMON_READ_AHEAD_H
#define DAEMON_READ_AHEAD_H

#include "media/window.h"

struct read_ahead;

// Starts a thread. NULL where that fails: then nothing is read ahead.
struct read_ahead *read_ahead_new(void);
void read_ahead_free(struct read_ahead *a); // no read may be on its way; accepts NULL

// For one window at a time; lives as long as `a`. NULL for NULL.
const struct kin_ahead *read_ahead_for(const struct read_ahead *a);

#endif
