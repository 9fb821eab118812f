// Reads the JSON listing of a directory as kinorad sends it (and anything else of that shape).
#ifndef TUI_LISTING_JSON_H
#define TUI_LISTING_JSON_H

#include "base/span.h"
#include "client/session.h"

// KIN_OK (caller owns *ret: listing_free), KIN_EBAD (not JSON, or no object with "entries"), KIN_ELIMIT (more than
// LISTING_MAX entries, or nested too deeply), KIN_ENOMEM. Members that are not known are skipped; names are filtered
// for the screen.
int listing_parse(struct kin_span json, struct listing **ret);

#endif
