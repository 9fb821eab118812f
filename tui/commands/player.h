// The player: the screen program behind `kinora [play] URL`. Owns the terminal while it runs.
#ifndef TUI_PLAYER_H
#define TUI_PLAYER_H

#include "model/settings.h"

// Opens url (a directory of reels or a reel) on the terminal that is standard output and returns the exit status of the
// program: 0 after a quit, 1 with one sentence on stderr when there is no terminal or the URL cannot be used. Where
// nothing can be placed on the terminal, lines are written in place of the screen (plain.h). Forks: the calling process
// stays behind as the guardian that restores the terminal.
int player_run(const char *url, const struct settings *settings);

#endif
