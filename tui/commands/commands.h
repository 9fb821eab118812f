// The commands of kinora that take no screen. Each returns the exit status of the program and says what went wrong in
// one sentence on stderr.
#ifndef TUI_COMMANDS_H
#define TUI_COMMANDS_H

#include "model/settings.h"

int ls_run(const char *url, const struct settings *settings);

// Stores what is received as concatenated JPEGs; the first one says the frame rate in a comment. Writes FILE.part and
// renames it at the end. ^C keeps the complete frames so far.
int save_run(const char *url, const char *path, const struct settings *settings);

// Asks the terminal what it can do and prints that, with a test picture in each way of drawing; where standard output
// is no terminal, what the environment says about it.
int terminal_run(const struct settings *settings);

#endif
