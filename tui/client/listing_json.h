// What a directory of a server holds, from the JSON listing that kinorad sends, or anything else of that shape.
// that shape).
#ifndef TUI_LISTING_JSON_H
#define TUI_LISTING_JSON_H

#include "base/span.h"

#define LISTING_MAX 10000      // entries
#define LISTING_EXAMPLES_MAX 8 // files that cannot be served

struct listing_entry {
    char name[256]; // filtered; with a href, what it says, and "\xE9" for bytes and controls that no screen shows
    char *href; // the segment of its URL, percent-encoded, when the name alone does not lead to it; owned; else NULL
    bool is_directory;
    uint16_t width, height;
    double fps, duration;
    uint64_t frames, bytes;
    bool indexing;     // the server is still reading it: of the facts only bytes are known yet
    double indexed;    // how far that is, 0 to 1
    char problem[160]; // why it cannot be sent to a standard player, "" when it can; filtered
};

struct listing {
    char path[1024];
    uint64_t unservable; // files that the server cannot send as reels; of some of them, why
    size_t example_count;
    struct {
        char name[256], problem[160]; // filtered
    } examples[LISTING_EXAMPLES_MAX];
    size_t count;
    struct listing_entry *entries;
    char *json;       // as received, with controls escaped; NUL-terminated
    char notice[320]; // what happened on the way (a redirect, another port), "" when nothing did
};

// KIN_OK (caller owns *ret: listing_free), KIN_EBAD (not JSON, or no object with "entries"), KIN_ELIMIT (more than
// LISTING_MAX entries, or nested too deeply), KIN_ENOMEM. Members that are not known are skipped; names are filtered
// for the screen.
int listing_parse(struct kin_span json, struct listing **ret);
void listing_free(struct listing *l); // accepts NULL

#endif
