// Writes AVI (RIFF) with one Motion-JPEG stream; beyond 1 GiB it continues in further parts, as OpenDML defines them.
#ifndef PREP_AVI_H
#define PREP_AVI_H

#include "media/output.h"

#define AVI_PART_BYTES (UINT64_C(1) << 30) // a part ends before it gets longer than this
#define AVI_MAX_PARTS 256u

struct avi_entry {
    uint32_t offset; // of the JPEG, from the part's "movi"
    uint32_t length;
};

struct avi_part {
    uint64_t index_at; // of the part's index in the file
    uint32_t index_bytes;
    uint32_t frames;
};

struct avi {
    struct kin_output *output; // borrowed
    uint16_t width, height;
    uint32_t rate_num, rate_den;
    uint64_t part_bytes;                // AVI_PART_BYTES; less in tests
    uint64_t at;                        // bytes written so far
    uint64_t riff_at;                   // of this part in the file
    uint64_t first_movi_end, first_end; // where the frames of the first part end, and where it ends
    struct avi_part parts[AVI_MAX_PARTS];
    uint32_t part_count;       // finished parts
    bool open;                 // a part is being written
    struct avi_entry *entries; // owned: the frames of this part
    uint32_t count, capacity;
    uint64_t frames;  // of all parts
    uint32_t largest; // bytes of a frame
};

// Begins the file in an output to which nothing has been written. All functions return KIN_OK, or an error and its
// reason in `why`. avi_deinit() is due in any case.
int avi_begin(struct avi *a, struct kin_output *output, uint16_t width, uint16_t height, uint32_t rate_num,
              uint32_t rate_den, char why[KIN_OUTPUT_WHY_MAX]);

// One frame. KIN_ENOMEM, KIN_ELIMIT when AVI_MAX_PARTS are full, KIN_EIO, KIN_ECANCELED.
int avi_frame(struct avi *a, struct kin_span jpeg, char why[KIN_OUTPUT_WHY_MAX]);

// Writes the index and completes the header.
int avi_end(struct avi *a, char why[KIN_OUTPUT_WHY_MAX]);

void avi_deinit(struct avi *a); // accepts a zeroed one

#endif
