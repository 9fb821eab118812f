// The lines of the library: which entries of a listing it shows, and in which order. Pure.
#ifndef TUI_LIBRARY_ORDER_H
#define TUI_LIBRARY_ORDER_H

#include "client/listing.h"

enum library_sort { // the longest and largest first
    LIBRARY_BY_NAME,
    LIBRARY_BY_DURATION,
    LIBRARY_BY_SIZE,
    LIBRARY_BY_PICTURE, // the pixels of a frame
    LIBRARY_SORT_COUNT
};

// Sets `lines` to the indexes of the entries whose names contain `search`, not only in their ending, whatever the case
// of ASCII letters ("": all entries), directories first. What is equal keeps the server's order, that of names. Returns
// how many there are.
size_t library_order(const struct listing *l, enum library_sort sort, const char *search, uint16_t lines[LISTING_MAX]);

#endif
