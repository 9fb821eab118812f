// AVI, written front to back; the lengths in its head are filled in at the end.
#include "avi_writer.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/wr.h"

#define HEAD_BYTES 224u // RIFF to the beginning of the first chunk
#define MOVI_AT 220u    // of "movi"; offsets in idx1 count from here
#define INDEX_ENTRY 16u
#define CHUNK_HEAD 8u
#define FLAG_HAS_INDEX 0x10u
#define FLAG_KEY_FRAME 0x10u

static void le16(struct kin_wr *w, unsigned v)
{
    uint8_t b[2] = {(uint8_t)v, (uint8_t)(v >> 8)};
    kin_wr_bytes(w, b, sizeof b);
}

static void le32(struct kin_wr *w, uint64_t v)
{
    uint8_t b[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
    kin_wr_bytes(w, b, sizeof b);
}

static void le32_list(struct kin_wr *w, size_t count, const uint32_t *values)
{
    for (size_t i = 0; i < count; i++)
        le32(w, values[i]);
}

static void chunk(struct kin_wr *w, const char *name, uint64_t length)
{
    kin_wr_str(w, name);
    le32(w, length);
}

// avih: microseconds a frame, most bytes a second, granularity, flags, frames, initial frames, streams, buffer, size.
static void main_header(const struct avi_writer *a, struct kin_wr *w)
{
    uint64_t us = ((uint64_t)a->rate_den * 1000000 + a->rate_num / 2) / a->rate_num;
    uint64_t bytes = (uint64_t)a->largest * a->rate_num / a->rate_den;
    chunk(w, "avih", 56);
    le32_list(w, 14,
              (uint32_t[14]){us < UINT32_MAX ? (uint32_t)us : UINT32_MAX,
                             bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX, 0, FLAG_HAS_INDEX, a->count, 0, 1,
                             a->largest, a->width, a->height});
}

// strh: flags, priority, initial frames, scale, rate, start, length, buffer, quality, sample size, rectangle.
static void stream_header(const struct avi_writer *a, struct kin_wr *w)
{
    chunk(w, "strh", 56);
    kin_wr_str(w, "vidsMJPG");
    le32_list(w, 10, (uint32_t[10]){0, 0, 0, a->rate_den, a->rate_num, 0, a->count, a->largest, UINT32_MAX, 0});
    le16(w, 0);
    le16(w, 0);
    le16(w, a->width);
    le16(w, a->height);
}

// strf: a BITMAPINFOHEADER.
static void stream_format(const struct avi_writer *a, struct kin_wr *w)
{
    chunk(w, "strf", 40);
    le32_list(w, 3, (uint32_t[3]){40, a->width, a->height});
    le16(w, 1);
    le16(w, 24);
    kin_wr_str(w, "MJPG");
    le32_list(w, 5, (uint32_t[5]){(uint32_t)a->width * a->height * 3, 0, 0, 0, 0});
}

// The head with what is known by now: `movi` bytes of chunks and the whole file's length.
static void head(const struct avi_writer *a, uint64_t movi, uint64_t whole, uint8_t dst[HEAD_BYTES])
{
    struct kin_wr w = kin_wr_init(dst, HEAD_BYTES);
    chunk(&w, "RIFF", whole - CHUNK_HEAD);
    kin_wr_str(&w, "AVI ");
    chunk(&w, "LIST", MOVI_AT - 8 - 20);
    kin_wr_str(&w, "hdrl");
    main_header(a, &w);
    chunk(&w, "LIST", 4 + 64 + 48);
    kin_wr_str(&w, "strl");
    stream_header(a, &w);
    stream_format(a, &w);
    chunk(&w, "LIST", movi + 4);
    kin_wr_str(&w, "movi");
}

static int put(struct avi_writer *a, const void *p, size_t n, char why[OUTPUT_WHY_MAX])
{
    a->at += n;
    return output_write(a->output, kin_span_make(p, n), why);
}

int avi_writer_begin(struct avi_writer *w, struct output *output, uint16_t width, uint16_t height, uint32_t rate_num,
                     uint32_t rate_den, char why[OUTPUT_WHY_MAX])
{
    uint8_t bytes[HEAD_BYTES];
    *w = (struct avi_writer){
        .output = output, .width = width, .height = height, .rate_num = rate_num, .rate_den = rate_den};
    if (!output_can_patch(output)) {
        snprintf(why, OUTPUT_WHY_MAX, "an AVI must be written into a file: choose --format raw for a pipe or a device");
        return KIN_EUNSUPPORTED;
    }
    head(w, 0, HEAD_BYTES, bytes);
    return put(w, bytes, sizeof bytes, why);
}

static int make_room(struct avi_writer *w)
{
    if (w->count < w->room)
        return KIN_OK;
    uint32_t room = w->room == 0 ? 256 : w->room * 2;
    uint32_t *offsets = realloc(w->offsets, room * sizeof *offsets);
    if (offsets == NULL)
        return KIN_ENOMEM;
    w->offsets = offsets;
    uint32_t *lengths = realloc(w->lengths, room * sizeof *lengths);
    if (lengths == NULL)
        return KIN_ENOMEM;
    w->lengths = lengths;
    w->room = room;
    return KIN_OK;
}

int avi_writer_frame(struct avi_writer *w, struct kin_span jpeg, char why[OUTPUT_WHY_MAX])
{
    uint8_t bytes[CHUNK_HEAD];
    struct kin_wr h = kin_wr_init(bytes, sizeof bytes);
    uint64_t index = ((uint64_t)w->count + 1) * INDEX_ENTRY;
    if (w->at + index + jpeg.n + 3 * CHUNK_HEAD > AVI_MAX_BYTES) {
        snprintf(why, OUTPUT_WHY_MAX, "frame %u does not fit: an AVI is written up to %u MiB; choose --format raw",
                 w->count + 1, AVI_MAX_BYTES >> 20);
        return KIN_ELIMIT;
    }
    int err = make_room(w);
    if (err != KIN_OK)
        return err;
    w->offsets[w->count] = (uint32_t)(w->at - MOVI_AT);
    w->lengths[w->count++] = (uint32_t)jpeg.n;
    if (jpeg.n > w->largest)
        w->largest = (uint32_t)jpeg.n;
    chunk(&h, "00dc", jpeg.n);
    err = put(w, bytes, sizeof bytes, why);
    if (err == KIN_OK)
        err = put(w, jpeg.p, jpeg.n, why);
    if (err == KIN_OK && jpeg.n % 2 != 0)
        err = put(w, "", 1, why);
    return err;
}

static int put_index(struct avi_writer *w, char why[OUTPUT_WHY_MAX])
{
    uint8_t bytes[INDEX_ENTRY];
    struct kin_wr h = kin_wr_init(bytes, sizeof bytes);
    chunk(&h, "idx1", (uint64_t)w->count * INDEX_ENTRY);
    int err = put(w, bytes, CHUNK_HEAD, why);
    for (uint32_t i = 0; err == KIN_OK && i < w->count; i++) {
        struct kin_wr e = kin_wr_init(bytes, sizeof bytes);
        kin_wr_str(&e, "00dc");
        le32_list(&e, 3, (uint32_t[3]){FLAG_KEY_FRAME, w->offsets[i], w->lengths[i]});
        err = put(w, bytes, sizeof bytes, why);
    }
    return err;
}

int avi_writer_end(struct avi_writer *w, char why[OUTPUT_WHY_MAX])
{
    uint8_t bytes[HEAD_BYTES];
    uint64_t movi = w->at - HEAD_BYTES;
    int err = put_index(w, why);
    head(w, movi, w->at, bytes);
    return err == KIN_OK ? output_patch(w->output, 0, kin_span_make(bytes, sizeof bytes), why) : err;
}

void avi_writer_free(struct avi_writer *w)
{
    free(w->offsets);
    free(w->lengths);
    *w = (struct avi_writer){0};
}
