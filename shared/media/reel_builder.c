// Collects the frames that a reader finds, within the limits of a reel.
#include "media/reel_builder.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "media/rate.h"

#define FIRST_CAPACITY 256u
#define KIN_REEL_MAX_PLACES (3u * KIN_REEL_MAX_FRAMES) // within KIN_REEL_MAX_TS even at one frame an hour

void kin_reel_builder_deinit(struct kin_reel_builder *b)
{
    free(b->frames);
    free(b->initial);
    b->frames = NULL;
    b->initial = NULL;
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

static int add_place(struct kin_reel_builder *b)
{
    if (b->places < KIN_REEL_MAX_PLACES) {
        b->places++;
        return KIN_OK;
    }
    kin_reel_builder_why(b, "more than %u places for frames", KIN_REEL_MAX_PLACES);
    return KIN_ELIMIT;
}

int kin_reel_builder_repeat(struct kin_reel_builder *b)
{
    return add_place(b);
}

int kin_reel_builder_leave_out(struct kin_reel_builder *b, uint64_t junk)
{
    int err = add_place(b);
    if (err != KIN_OK)
        return err;
    kin_reel_builder_junk(b, junk);
    if (b->left_out++ == 0)
        b->first_left_out = b->places;
    return KIN_OK;
}

uint32_t kin_reel_builder_frames_in(const struct kin_reel_builder *b, uint64_t bytes)
{
    if (b->frame_bytes == 0)
        return 0;
    uint64_t mean = (b->frame_bytes + b->count - 1) / b->count, n = (bytes + mean / 2) / mean;
    if (n > 1 && bytes <= b->largest)
        return 1;
    return n < KIN_REEL_MAX_PLACES ? (uint32_t)n : KIN_REEL_MAX_PLACES;
}

static int leave_out_long(struct kin_reel_builder *b, uint64_t offset, uint64_t length)
{
    if (!b->too_long)
        kin_reel_builder_why(b, "frame %" PRIu32 " at offset %" PRIu64 " is longer than %u MiB", b->places + 1, offset,
                             KIN_FRAME_MAX_BYTES >> 20);
    b->too_long = true;
    return kin_reel_builder_leave_out(b, length);
}

// Adds a frame whose ts is its time or place.
static int add(struct kin_reel_builder *b, const struct kin_reel_frame *frame)
{
    int err = b->count == b->capacity ? grow(b) : KIN_OK;
    if (err == KIN_OK)
        err = add_place(b);
    if (err != KIN_OK)
        return err;
    b->frames[b->count++] = *frame;
    b->frame_bytes += frame->length;
    if (frame->length > b->largest)
        b->largest = frame->length;
    return KIN_OK;
}

int kin_reel_builder_add(struct kin_reel_builder *b, uint64_t offset, uint64_t length)
{
    if (length > KIN_FRAME_MAX_BYTES)
        return leave_out_long(b, offset, length);
    return add(b, &(struct kin_reel_frame){.offset = offset, .ts = b->places, .length = (uint32_t)length});
}

int kin_reel_builder_add_chunk(struct kin_reel_builder *b, uint64_t offset, uint64_t length)
{
    uint32_t before = b->count;
    int err = kin_reel_builder_add(b, offset, length);
    if (b->count > before)
        b->frames[before].flags = KIN_REEL_FRAME_CHUNK;
    return err;
}

int kin_reel_builder_add_at(struct kin_reel_builder *b, uint64_t offset, uint64_t length, uint64_t ts)
{
    uint64_t least = b->count > 0 ? b->frames[b->count - 1].ts + (b->places - b->last_place) : 0;
    if (length > KIN_FRAME_MAX_BYTES)
        return leave_out_long(b, offset, length);
    if (ts < least)
        ts = least;
    if (ts > KIN_REEL_MAX_TS) {
        kin_reel_builder_why(b, "frame %" PRIu32 " at offset %" PRIu64 ": a time that cannot be", b->count + 1, offset);
        return KIN_EBAD;
    }
    b->timed = true;
    b->last_place = b->places;
    if (b->count == 0)
        b->first_place = b->places;
    return add(b, &(struct kin_reel_frame){
                      .offset = offset, .ts = ts, .length = (uint32_t)length, .flags = KIN_REEL_FRAME_CHUNK});
}

void kin_reel_builder_drop_false_times(struct kin_reel_builder *b)
{
    if (!b->timed || b->count == 0)
        return;
    uint64_t first = b->frames[0].ts, last = b->frames[b->count - 1].ts;
    uint64_t lone = b->end_ts > first ? b->end_ts - first : 0;
    uint64_t length = b->count > 1 ? (last - first) / (b->count - 1) : lone;
    if (length * KIN_RATE_MAX_FPS >= KIN_RTP_CLOCK_HZ)
        return;
    bool are_places = last - first == b->last_place - b->first_place; // _add_at() made equal times rise by one
    for (uint32_t i = 0; i < b->count; i++)
        b->frames[i].ts = b->first_place + (are_places ? b->frames[i].ts - first : i);
    b->timed = false;
}

// Inserts `hidden` places at `place`.
static void add_hidden(struct kin_reel_builder *b, uint32_t place, uint32_t hidden)
{
    if (hidden > KIN_REEL_MAX_PLACES - b->places)
        return;
    if (b->left_out == 0 || place + 1 < b->first_left_out)
        b->first_left_out = place + 1;
    b->left_out += hidden;
    b->places += hidden;
    b->shift += hidden;
}

void kin_reel_builder_place(struct kin_reel_builder *b, uint64_t from, uint64_t to, uint32_t place)
{
    while (b->placed < b->count && b->frames[b->placed].offset < from)
        b->frames[b->placed++].ts += b->shift;
    if (b->placed == b->count || b->frames[b->placed].offset >= to)
        return;
    uint32_t now = (uint32_t)b->frames[b->placed].ts + b->shift;
    if (place > now)
        add_hidden(b, now, place - now);
    b->frames[b->placed++].ts += b->shift;
}

void kin_reel_builder_placed(struct kin_reel_builder *b, uint32_t places)
{
    while (b->placed < b->count)
        b->frames[b->placed++].ts += b->shift;
    if (places > b->places)
        add_hidden(b, b->places, places - b->places);
    b->shift = 0;
}

void kin_reel_builder_records(struct kin_reel_builder *b, uint32_t records)
{
    b->records = records;
}

int kin_reel_builder_tables(struct kin_reel_builder *b, struct kin_span jpeg)
{
    if (b->initial == NULL)
        b->initial = calloc(1, sizeof *b->initial);
    if (b->initial == NULL)
        return KIN_ENOMEM;
    kin_jpeg_find_needs(jpeg, b->initial);
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

void kin_reel_builder_begin_at(struct kin_reel_builder *b, uint64_t offset)
{
    b->begin = b->walked = offset;
}

uint64_t kin_reel_builder_begin(const struct kin_reel_builder *b)
{
    return b->begin;
}

void kin_reel_builder_restart(struct kin_reel_builder *b)
{
    kin_reel_builder_deinit(b);
    *b = (struct kin_reel_builder){.options = b->options, .total = b->total, .done = b->done, .begin = b->begin};
}

uint32_t kin_reel_builder_count(const struct kin_reel_builder *b)
{
    return b->count;
}

int kin_reel_builder_progress(struct kin_reel_builder *b, uint64_t done)
{
    b->done = done > b->done ? done : b->done; // a second walk does not start again at 0
    if (b->options->progress == NULL || b->options->progress(b->options->ctx, b->done, b->total))
        return KIN_OK;
    return KIN_ECANCELED;
}

int kin_reel_builder_walked(struct kin_reel_builder *b, uint64_t at)
{
    if (at < b->walked + KIN_WINDOW_BYTES || at >= b->total)
        return KIN_OK;
    b->walked = at;
    return kin_reel_builder_progress(b, at);
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
        if (cut != NULL) // else the array stays larger
            frames = cut;
    }
    b->frames = NULL;
    b->count = b->capacity = 0;
    return frames;
}
