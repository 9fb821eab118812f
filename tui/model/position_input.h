// A position in a reel as a person types it.
#ifndef TUI_POSITION_INPUT_H
#define TUI_POSITION_INPUT_H

#include "client/session.h"

// Reads "83.4", "1:23.4" and "1:02:03" (a time), "50%" (of the reel) and "#120" (a frame, counted from 1 as it is
// shown). False, with *ret untouched, when it is none of these, or when it needs the reel's length or rate and that is
// unknown.
bool position_input_parse(const char *text, const struct session_info *info, kin_us *ret);

#endif
