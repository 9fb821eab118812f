// The player of terminals on which nothing can be placed: a line of figures a second instead of the picture.
#ifndef TUI_PLAIN_H
#define TUI_PLAIN_H

#include "model/settings.h"

// Plays a reel and writes lines to standard output, beginning with `why` there is no more. Returns the exit status: 0
// at the end of the reel, 1 with a sentence on stderr when it does not come to that. ^C ends it, as a signal does.
int plain_run(const char *url, const char *why, const struct settings *settings);

#endif
