// A sliding view over a source: keeps the last big read and reads again where the caller leaves it.
//
// With reads in the background each room has a margin before it. What is left of the bytes at hand when the next ones
// are wanted is copied there, so that both lie side by side.
#include "media/window.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define ROOMS (KIN_WINDOW_AHEAD + 1)
#define ROOM_BYTES (KIN_WINDOW_WANT_MAX + KIN_WINDOW_BYTES)

int kin_window_init(struct kin_window *w, struct kin_source *source, const struct kin_ahead *ahead)
{
    uint64_t all = kin_source_size(source) + 1; // at least 1
    bool is_long = all > (uint64_t)KIN_WINDOW_BYTES * ROOMS;
    *w = (struct kin_window){.source = source, .ahead = is_long ? ahead : NULL};
    w->size = all < KIN_WINDOW_BYTES ? (size_t)all : KIN_WINDOW_BYTES;
    w->rooms = malloc(w->ahead != NULL ? (size_t)ROOMS * ROOM_BYTES : w->size);
    w->bytes = w->rooms;
    return w->rooms != NULL ? KIN_OK : KIN_ENOMEM;
}

// --- in the background

static uint8_t *room_at(const struct kin_window *w, unsigned i)
{
    return w->rooms + (size_t)(i % ROOMS) * ROOM_BYTES + KIN_WINDOW_WANT_MAX;
}

static ptrdiff_t end_oldest(struct kin_window *w)
{
    w->pending--;
    return w->ahead->end(w->ahead->ctx);
}

static void end_all(struct kin_window *w)
{
    while (w->pending > 0)
        (void)end_oldest(w);
}

// As many reads as there are rooms for, from w->next on.
static void begin_reads(struct kin_window *w)
{
    uint64_t size = kin_source_size(w->source);
    while (w->pending < KIN_WINDOW_AHEAD && w->next < size) {
        w->pending++;
        w->ahead->begin(w->ahead->ctx, w->source, w->next, room_at(w, w->room + w->pending), KIN_WINDOW_BYTES);
        w->next += KIN_WINDOW_BYTES;
    }
}

// Does the oldest read on its way go on right where the bytes at hand end?
static bool goes_on(const struct kin_window *w)
{
    return w->pending > 0 && w->next - (uint64_t)w->pending * KIN_WINDOW_BYTES == w->offset + w->len;
}

// Moves on by one read; the last `keep` bytes at hand stay before it.
static int take_next(struct kin_window *w, size_t keep)
{
    const uint8_t *kept = w->bytes + (w->len - keep);
    uint8_t *bytes = room_at(w, w->room + 1) - keep;
    ptrdiff_t got = end_oldest(w);
    if (keep > 0)
        memcpy(bytes, kept, keep);
    w->room = (w->room + 1) % ROOMS;
    w->offset += w->len - keep;
    w->bytes = bytes;
    w->len = keep + (got > 0 ? (size_t)got : 0);
    begin_reads(w);
    return got < 0 ? (int)got : KIN_OK;
}

// Follows the reads on their way as far as they lead towards `offset`.
static int follow(struct kin_window *w, uint64_t offset)
{
    int err = KIN_OK;
    while (err == KIN_OK && goes_on(w) && offset >= w->offset && offset < w->next) {
        uint64_t end = w->offset + w->len;
        size_t keep = offset < end ? (size_t)(end - offset) : 0;
        if (keep > KIN_WINDOW_WANT_MAX)
            break;
        err = take_next(w, keep);
        if (offset < w->offset + w->len)
            break;
    }
    return err;
}

// --- what readers call

void kin_window_deinit(struct kin_window *w)
{
    end_all(w);
    free(w->rooms);
    *w = (struct kin_window){0};
}

static int read_here(struct kin_window *w, uint64_t offset)
{
    end_all(w);
    w->bytes = w->ahead != NULL ? room_at(w, w->room) : w->rooms;
    w->len = 0;
    ptrdiff_t got = kin_source_read(w->source, offset, w->bytes, w->size);
    if (got < 0)
        return (int)got;
    w->offset = offset;
    w->len = (size_t)got;
    w->next = offset + w->len;
    if (w->ahead != NULL && w->len == KIN_WINDOW_BYTES)
        begin_reads(w);
    return KIN_OK;
}

static size_t at_hand(const struct kin_window *w, uint64_t offset)
{
    bool inside = offset >= w->offset && offset - w->offset < w->len;
    return inside ? w->len - (size_t)(offset - w->offset) : 0;
}

int kin_window_at(struct kin_window *w, uint64_t offset, size_t want, struct kin_span *ret)
{
    int err = KIN_OK;
    size_t have = at_hand(w, offset);
    if (w->pending > 0 && (have < want || have == 0)) {
        err = follow(w, offset);
        have = at_hand(w, offset);
    }
    bool at_end = have > 0 && w->offset + w->len >= kin_source_size(w->source);
    if (err == KIN_OK && (have == 0 || (have < want && !at_end)))
        err = read_here(w, offset);
    if (err != KIN_OK)
        return err;
    *ret = kin_span_skip(kin_span_make(w->bytes, w->len), (size_t)(offset - w->offset));
    return KIN_OK;
}
