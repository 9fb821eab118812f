// A sliding window over a source, for readers that walk a file from front to back: one large read at a time.
#ifndef KIN_MEDIA_WINDOW_H
#define KIN_MEDIA_WINDOW_H

#include "media/source.h"

#define KIN_WINDOW_BYTES (1024u * 1024u)

struct kin_window {
    struct kin_source *source; // borrowed
    uint8_t *bytes;            // `size` bytes, owned
    size_t size;               // KIN_WINDOW_BYTES, less for a short source
    uint64_t offset;           // of bytes[0] in the source
    size_t len;
};

// KIN_OK or KIN_ENOMEM; the struct may be given to _deinit either way.
int kin_window_init(struct kin_window *w, struct kin_source *source);
// The same, but a smaller window for callers that read at most `most` bytes of the source, such as a table.
int kin_window_init_for(struct kin_window *w, struct kin_source *source, uint64_t most);
void kin_window_deinit(struct kin_window *w);

// All buffered bytes from `offset` on, at least `want` (<= KIN_WINDOW_BYTES) unless the source ends first; empty at the
// end of the source. *ret is borrowed until the next call. KIN_OK, KIN_EIO, KIN_ELIMIT; KIN_ECHANGED when the source
// has become shorter than its size.
int kin_window_at(struct kin_window *w, uint64_t offset, size_t want, struct kin_span *ret);

#endif
