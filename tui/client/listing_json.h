// What a directory of a server holds, from a JSON listing as kinorad sends it.
#ifndef TUI_LISTING_JSON_H
#define TUI_LISTING_JSON_H

#include "base/span.h"

#define LISTING_MAX 10000      // entries
#define LISTING_EXAMPLES_MAX 8 // files that cannot be served

struct listing_entry {
    char name[256]; // filtered; with an href, decoded from it, with "\xE9" for bytes and controls that no screen shows
    char *href;     // the percent-encoded segment of its URL when it does not follow from the name, owned; else NULL
    bool is_directory;
    uint16_t width, height;
    double fps, duration;
    uint64_t frames, bytes;
    bool indexing;     // the server is still reading it: of these only `bytes` is known yet
    double indexed;    // the share read so far, 0 to 1
    char repair[16];   // what that takes else: "lossless", "converted"; "": it goes as it is. Filtered
    char problem[160]; // why it cannot be sent to a standard player, "" when it can; filtered
};

struct listing {
    char path[1024];
    uint64_t unservable; // files that the server cannot send as reels; examples[] says why for some
    size_t example_count;
    struct {
        char name[256], problem[160]; // filtered
    } examples[LISTING_EXAMPLES_MAX];
    size_t count;
    struct listing_entry *entries;
    char *json;       // as received, with controls escaped; NUL-terminated
    char notice[320]; // a notice of the connection (a redirect, another port), or ""
};

// KIN_OK (caller owns *ret: listing_free), KIN_EBAD (not JSON, or no object with "entries"), KIN_ELIMIT (more than
// LISTING_MAX entries, or nested too deeply), KIN_ENOMEM. Unknown members are skipped; names are filtered
// for the screen.
int listing_parse(struct kin_span json, struct listing **ret);
void listing_free(struct listing *l); // accepts NULL

#endif
