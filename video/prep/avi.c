// Writes AVI in parts of at most 1 GiB. Each part has its frames and their index (ix00). The first part also has the
// older index (idx1) for players that do not know OpenDML; the header has an index of the indexes. Lengths are filled
// in when a part is complete.
#include "avi.h"

#include <stdio.h>
#include <stdlib.h>

#include "avi_header.h"
#include "base/err.h"
#include "media/reel.h"
#include "messages.h"

#define FIRST_CAPACITY 256u
#define INDEX_HEAD 32u // bytes of ix00 before its entries, chunk header included
#define INDEX_ENTRY 8u
#define OLD_ENTRY 16u
#define KEY_FRAME 0x10u // AVIIF_KEYFRAME
#define LONGS_PER_ENTRY 2
#define INDEX_OF_CHUNKS 0x0100 // subtype 0, type 1
#define SCRATCH_ENTRIES 512u

static int put(struct avi *a, const struct kin_wr *w, char why[KIN_OUTPUT_WHY_MAX])
{
    a->at += w->len;
    return kin_output_write(a->output, kin_wr_span(w), why);
}

static uint64_t movi_at(const struct avi *a)
{
    return a->riff_at == 0 ? AVI_MOVI_AT : a->riff_at + AVI_LIST_HEAD;
}

// Where the offsets of a part's indexes count from: the word "movi".
static uint64_t base_at(const struct avi *a)
{
    return movi_at(a) + AVI_CHUNK_HEAD;
}

int avi_begin(struct avi *a, struct kin_output *output, uint16_t width, uint16_t height, uint32_t rate_num,
              uint32_t rate_den, char why[KIN_OUTPUT_WHY_MAX])
{
    static const uint8_t placeholder[AVI_HEADER_BYTES];
    *a = (struct avi){.output = output,
                      .width = width,
                      .height = height,
                      .rate_num = rate_num,
                      .rate_den = rate_den,
                      .part_bytes = AVI_PART_BYTES};
    if (!kin_output_can_patch(output)) {
        snprintf(why, KIN_OUTPUT_WHY_MAX, MSG_AVI_NEEDS_FILE);
        return KIN_EUNSUPPORTED;
    }
    a->at = sizeof placeholder;
    a->open = true;
    return kin_output_write(output, kin_span_make(placeholder, sizeof placeholder), why);
}

// --- indexes

static void put_index_head(struct avi *a, struct kin_wr *w)
{
    kin_wr_str(w, AVI_INDEX_CHUNK);
    kin_wr_le32(w, INDEX_HEAD - AVI_CHUNK_HEAD + INDEX_ENTRY * a->count);
    kin_wr_le16(w, LONGS_PER_ENTRY);
    kin_wr_le16(w, INDEX_OF_CHUNKS);
    kin_wr_le32(w, a->count);
    kin_wr_str(w, AVI_FRAME_CHUNK);
    kin_wr_le64(w, base_at(a));
    kin_wr_le32(w, 0);
}

static void put_entry(struct kin_wr *w, const struct avi_entry *e)
{
    kin_wr_le32(w, e->offset);
    kin_wr_le32(w, e->length);
}

static void put_old_entry(struct kin_wr *w, const struct avi_entry *e)
{
    kin_wr_str(w, AVI_FRAME_CHUNK);
    kin_wr_le32(w, KEY_FRAME);
    kin_wr_le32(w, e->offset - AVI_CHUNK_HEAD); // idx1 has the chunk's offset, not the JPEG's
    kin_wr_le32(w, e->length);
}

static int write_entries(struct avi *a, void (*put_one)(struct kin_wr *w, const struct avi_entry *e),
                         char why[KIN_OUTPUT_WHY_MAX])
{
    uint8_t scratch[SCRATCH_ENTRIES * OLD_ENTRY];
    int err = KIN_OK;
    for (uint32_t i = 0; err == KIN_OK && i < a->count;) {
        struct kin_wr w = kin_wr_init(scratch, sizeof scratch);
        for (uint32_t n = 0; n < SCRATCH_ENTRIES && i < a->count; n++)
            put_one(&w, &a->entries[i++]);
        err = put(a, &w, why);
    }
    return err;
}

static int write_index(struct avi *a, char why[KIN_OUTPUT_WHY_MAX])
{
    uint8_t head[INDEX_HEAD];
    struct kin_wr w = kin_wr_init(head, sizeof head);
    a->parts[a->part_count++] = (struct avi_part){
        .index_at = a->at, .index_bytes = INDEX_HEAD + INDEX_ENTRY * a->count, .frames = a->count};
    put_index_head(a, &w);
    int err = put(a, &w, why);
    return err == KIN_OK ? write_entries(a, put_entry, why) : err;
}

static int write_old_index(struct avi *a, char why[KIN_OUTPUT_WHY_MAX])
{
    uint8_t head[AVI_CHUNK_HEAD];
    struct kin_wr w = kin_wr_init(head, sizeof head);
    kin_wr_str(&w, "idx1");
    kin_wr_le32(&w, OLD_ENTRY * a->count);
    int err = put(a, &w, why);
    return err == KIN_OK ? write_entries(a, put_old_entry, why) : err;
}

// --- parts

static int finish_first(struct avi *a, char why[KIN_OUTPUT_WHY_MAX])
{
    a->first_movi_end = a->at;
    int err = write_old_index(a, why);
    a->first_end = a->at;
    return err;
}

static void put_part_head(const struct avi *a, struct kin_wr *w)
{
    uint64_t riff = a->at - a->riff_at;
    avi_put_list(w, "RIFF", riff - AVI_CHUNK_HEAD, "AVIX");
    avi_put_list(w, "LIST", riff - AVI_LIST_HEAD - AVI_CHUNK_HEAD, "movi");
}

static int finish_part(struct avi *a, char why[KIN_OUTPUT_WHY_MAX])
{
    uint8_t head[2 * AVI_LIST_HEAD];
    struct kin_wr w = kin_wr_init(head, sizeof head);
    int err = write_index(a, why);
    a->open = false;
    if (err != KIN_OK)
        return err;
    if (a->riff_at == 0)
        return finish_first(a, why);
    put_part_head(a, &w);
    return kin_output_patch(a->output, a->riff_at, kin_wr_span(&w), why);
}

static int begin_part(struct avi *a, char why[KIN_OUTPUT_WHY_MAX])
{
    uint8_t head[2 * AVI_LIST_HEAD];
    struct kin_wr w = kin_wr_init(head, sizeof head);
    if (a->part_count == AVI_MAX_PARTS) {
        snprintf(why, KIN_OUTPUT_WHY_MAX, MSG_AVI_TOO_LONG, AVI_MAX_PARTS);
        return KIN_ELIMIT;
    }
    a->riff_at = a->at;
    a->count = 0;
    a->open = true;
    put_part_head(a, &w); // finish_part() fills in its lengths
    return put(a, &w, why);
}

// --- frames

static bool reserve(struct avi *a)
{
    if (a->count < a->capacity)
        return true;
    uint32_t capacity = a->capacity > 0 ? a->capacity * 2 : FIRST_CAPACITY;
    struct avi_entry *entries = realloc(a->entries, capacity * sizeof *entries);
    if (entries == NULL)
        return false;
    a->entries = entries;
    a->capacity = capacity;
    return true;
}

static int write_chunk(struct avi *a, struct kin_span jpeg, char why[KIN_OUTPUT_WHY_MAX])
{
    uint8_t head[AVI_CHUNK_HEAD];
    struct kin_wr w = kin_wr_init(head, sizeof head);
    kin_wr_str(&w, AVI_FRAME_CHUNK);
    kin_wr_le32(&w, (uint32_t)jpeg.n);
    int err = put(a, &w, why);
    a->entries[a->count++] = (struct avi_entry){(uint32_t)(a->at - base_at(a)), (uint32_t)jpeg.n};
    if (err == KIN_OK)
        err = kin_output_write(a->output, jpeg, why);
    a->at += jpeg.n;
    if (err == KIN_OK && (jpeg.n & 1) != 0) { // chunks begin at even offsets
        a->at++;
        err = kin_output_write(a->output, kin_span_make("", 1), why);
    }
    return err;
}

int avi_frame(struct avi *a, struct kin_span jpeg, char why[KIN_OUTPUT_WHY_MAX])
{
    uint64_t index = INDEX_HEAD + (uint64_t)(INDEX_ENTRY + OLD_ENTRY) * (a->count + 1) + AVI_CHUNK_HEAD;
    int err = KIN_OK;
    if (jpeg.n > KIN_FRAME_MAX_BYTES || a->frames == KIN_REEL_MAX_FRAMES) {
        snprintf(why, KIN_OUTPUT_WHY_MAX, MSG_AVI_FRAME_LIMIT);
        return KIN_ELIMIT;
    }
    if (a->open && a->count > 0 && a->at - a->riff_at + AVI_CHUNK_HEAD + jpeg.n + 1 + index > a->part_bytes)
        err = finish_part(a, why);
    if (err == KIN_OK && !a->open)
        err = begin_part(a, why);
    if (err != KIN_OK)
        return err;
    if (!reserve(a))
        return KIN_ENOMEM;
    a->frames++;
    if (jpeg.n > a->largest)
        a->largest = (uint32_t)jpeg.n;
    return write_chunk(a, jpeg, why);
}

int avi_end(struct avi *a, char why[KIN_OUTPUT_WHY_MAX])
{
    uint8_t header[AVI_HEADER_BYTES];
    struct kin_wr w = kin_wr_init(header, sizeof header);
    int err = a->open ? finish_part(a, why) : KIN_OK;
    if (err != KIN_OK)
        return err;
    avi_put_header(&w, a);
    return kin_output_patch(a->output, 0, kin_wr_span(&w), why);
}

void avi_deinit(struct avi *a)
{
    free(a->entries);
    a->entries = NULL;
    a->count = a->capacity = 0;
}
