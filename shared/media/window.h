// A sliding view over a source, for readers that walk a file from front to back: one big read at a time, or, where
// somebody reads in the background, a few of them on their way while the bytes before are looked at.
#ifndef KIN_MEDIA_WINDOW_H
#define KIN_MEDIA_WINDOW_H

#include "media/source.h"

#define KIN_WINDOW_BYTES (1024u * 1024u)
#define KIN_WINDOW_WANT_MAX 65536u // bytes that must lie side by side
#define KIN_WINDOW_AHEAD 3u        // reads on their way

// Who reads in the background (a thread of the program). Reads end in the order in which they began, at most
// KIN_WINDOW_AHEAD are on their way, and source and dst stay until then.
struct kin_ahead {
    void (*begin)(void *ctx, struct kin_source *source, uint64_t offset, void *dst, size_t n);
    ptrdiff_t (*end)(void *ctx); // waits for the oldest one; what kin_source_read returned
    void *ctx;
};

struct kin_window {
    struct kin_source *source; // borrowed
    uint8_t *bytes;            // what is at hand: `len` bytes, which begin at `offset` in the source
    uint64_t offset;
    size_t len;
    uint8_t *rooms;                // owned; one, or KIN_WINDOW_AHEAD + 1 that take turns
    size_t size;                   // of a read: KIN_WINDOW_BYTES, less for a short source
    const struct kin_ahead *ahead; // borrowed; NULL: nobody reads in the background
    unsigned room;                 // in which `bytes` lie
    unsigned pending;              // reads on their way, into the rooms behind it
    uint64_t next;                 // where the last of them ends
};

// KIN_OK or KIN_ENOMEM; the struct may be given to _deinit either way. ahead may be NULL; it is for those who look at
// every byte, since what they jump over is read as well.
int kin_window_init(struct kin_window *w, struct kin_source *source, const struct kin_ahead *ahead);
void kin_window_deinit(struct kin_window *w);

// The bytes from `offset` on, as many as are at hand and at least `want` (<= KIN_WINDOW_WANT_MAX) unless the source
// ends before. Empty at the end of the source. *ret borrows until the next call. KIN_OK or KIN_EIO.
int kin_window_at(struct kin_window *w, uint64_t offset, size_t want, struct kin_span *ret);

#endif
