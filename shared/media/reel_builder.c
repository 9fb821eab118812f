// Collects the frames that a reader finds, within the limits of a reel.
#include "media/reel_builder.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "media/rate.h"

#define FIRST_CAPACITY 256u

void kin_reel_builder_deinit(struct kin_reel_builder *b)
{
    free(b->frames);
    b->frames = NULL;
    b->count = b->capacity = 0;
}

static int grow(struct kin_reel_builder *b)
{
    uint32_t capacity = b->capacity == 0 ? FIRST_CAPACITY : b->capacity * 2;
    if (capacity > KIN_REEL_MAX_FRAMES)
        capacity = KIN_REEL_MAX_FRAMES;
    if (capacity == b->capacity) {
        kin_reel_builder_why(b, "more than %u frames", KIN_REEL_MAX_FRAMES);
        return KIN_ELIMIT;
    }
    struct kin_reel_frame *frames = realloc(b->frames, capacity * sizeof *frames);
    if (frames == NULL)
        return KIN_ENOMEM;
    b->frames = frames;
    b->capacity = capacity;
    return KIN_OK;
}

int kin_reel_builder_add(struct kin_reel_builder *b, uint64_t offset, uint64_t length)
{
    if (length > KIN_FRAME_MAX_BYTES) {
        kin_reel_builder_why(b, "frame %" PRIu32 " at offset %" PRIu64 " is longer than %u MiB", b->count + 1, offset,
                             KIN_FRAME_MAX_BYTES >> 20);
        return KIN_ELIMIT;
    }
    if (b->count == b->capacity) {
        int err = grow(b);
        if (err != KIN_OK)
            return err;
    }
    b->frames[b->count++] = (struct kin_reel_frame){.offset = offset, .length = (uint32_t)length};
    b->frame_bytes += length;
    if (length > b->largest)
        b->largest = (uint32_t)length;
    return KIN_OK;
}

int kin_reel_builder_add_at(struct kin_reel_builder *b, uint64_t offset, uint64_t length, uint64_t ts)
{
    uint64_t least = b->count > 0 ? b->frames[b->count - 1].ts + 1 : 0;
    if (ts < least)
        ts = least;
    if (ts > KIN_REEL_MAX_TS) {
        kin_reel_builder_why(b, "frame %" PRIu32 " at offset %" PRIu64 ": a time that cannot be", b->count + 1, offset);
        return KIN_EBAD;
    }
    int err = kin_reel_builder_add(b, offset, length);
    if (err != KIN_OK)
        return err;
    b->timed = true;
    b->frames[b->count - 1].ts = ts;
    b->frames[b->count - 1].flags = KIN_REEL_FRAME_CHUNK;
    return KIN_OK;
}

void kin_reel_builder_end(struct kin_reel_builder *b, uint64_t ts)
{
    b->end_ts = ts < KIN_REEL_MAX_TS ? ts : KIN_REEL_MAX_TS;
}

void kin_reel_builder_rate(struct kin_reel_builder *b, uint32_t num, uint32_t den)
{
    if (!kin_rate_valid(num, den))
        return;
    kin_rate_reduce(num, den, &b->rate_num, &b->rate_den);
}

void kin_reel_builder_junk(struct kin_reel_builder *b, uint64_t bytes)
{
    b->junk_bytes += bytes;
    b->junk_runs += bytes > 0;
}

void kin_reel_builder_truncated(struct kin_reel_builder *b)
{
    b->truncated = true;
}

void kin_reel_builder_restart(struct kin_reel_builder *b)
{
    kin_reel_builder_deinit(b);
    *b = (struct kin_reel_builder){.options = b->options, .total = b->total};
}

uint32_t kin_reel_builder_count(const struct kin_reel_builder *b)
{
    return b->count;
}

int kin_reel_builder_progress(struct kin_reel_builder *b, uint64_t done)
{
    if (b->options->progress == NULL || b->options->progress(b->options->ctx, done, b->total))
        return KIN_OK;
    return KIN_ECANCELED;
}

void kin_reel_builder_why(struct kin_reel_builder *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(b->why, sizeof b->why, format, args);
    va_end(args);
}

struct kin_reel_frame *kin_reel_builder_take(struct kin_reel_builder *b)
{
    struct kin_reel_frame *frames = b->frames;
    if (b->count > 0 && b->count < b->capacity) {
        struct kin_reel_frame *cut = realloc(frames, b->count * sizeof *frames);
        if (cut != NULL) // else the spare room stays
            frames = cut;
    }
    b->frames = NULL;
    b->count = b->capacity = 0;
    return frames;
}
