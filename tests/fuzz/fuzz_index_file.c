// Any bytes as a stored index of a small reel, with and without a correct checksum: no crash, and what is accepted is a
// sound reel.
#include "media/index_file.h"
#include "reel_check.h"

static const uint8_t jpegs[] = {0xff, 0xd8, 0xff, 0xc0, 0x00, 0x0b, 8, 0,  8, 0,    8,    1,    1,    0x11, 0,    0xff,
                                0xda, 0x00, 0x08, 1,    1,    0,    0, 63, 0, 0x11, 0xff, 0xd9, 0xff, 0xd8, 0xff, 0xd9};

// Written again, it reads the same.
static void check_written(const struct kin_reel *reel, const struct kin_index_key *key, struct kin_source *source)
{
    struct kin_buf *bytes = NULL;
    struct kin_reel *again = NULL;
    MUST(kin_index_file_write(reel, key, &bytes) == KIN_OK);
    MUST(bytes->len >= kin_index_file_bytes(reel->frame_count));
    MUST(kin_index_file_read(kin_buf_span(bytes), key, source, &again) == KIN_OK);
    MUST(again->frame_count == reel->frame_count && again->duration_ts == reel->duration_ts);
    MUST(memcmp(again->frames, reel->frames, reel->frame_count * sizeof reel->frames[0]) == 0);
    kin_reel_unref(again);
    kin_buf_unref(bytes);
}

static void check_bytes(struct kin_span bytes)
{
    static const struct kin_index_key key = {.size = sizeof jpegs, .rate_num = 25, .rate_den = 1};
    struct kin_span file = kin_span_make(jpegs, sizeof jpegs);
    struct kin_source *source = NULL;
    struct kin_reel *reel = NULL;
    MUST(kin_source_from_span(file, &source) == KIN_OK);
    int err = kin_index_file_read(bytes, &key, source, &reel);
    MUST(err == KIN_OK || err == KIN_EBAD || err == KIN_ECHANGED);
    MUST((err == KIN_OK) == (reel != NULL));
    if (reel != NULL) {
        check_written(reel, &key, source);
        check_frames(reel->frames, reel->frame_count, 0, file, FRAMES_ANYWHERE);
        check_times(reel);
    }
    kin_reel_unref(reel);
    kin_source_unref(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t copy[4096];
    check_bytes(kin_span_make(data, size));
    if (size < 8 || size > sizeof copy)
        return 0;
    uint64_t sum = UINT64_C(0xcbf29ce484222325); // FNV-1a
    for (size_t i = 0; i < size - 8; i++)
        sum = (sum ^ data[i]) * UINT64_C(0x100000001b3);
    memcpy(copy, data, size - 8);
    for (size_t i = 0; i < 8; i++)
        copy[size - 8 + i] = (uint8_t)(sum >> (56 - 8 * i));
    check_bytes(kin_span_make(copy, size));
    return 0;
}
