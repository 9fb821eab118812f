// Writes an AVI of Motion-JPEG: header, one chunk for each frame, and an idx1 index at the end.
#ifndef PREP_AVI_WRITER_H
#define PREP_AVI_WRITER_H

#include "output.h"

#define AVI_MAX_BYTES (1u << 30) // of a file with one RIFF list, which every program reads

struct avi_writer {
    struct output *output; // borrowed
    uint16_t width, height;
    uint32_t rate_num, rate_den;
    uint32_t *offsets, *lengths; // of the chunks; owned
    uint32_t count, room, largest;
    uint64_t at; // bytes written
};

// Each returns KIN_OK or an error, and then a sentence in why. The output must be a file, since its head is completed
// at the end (KIN_EUNSUPPORTED else).
int avi_writer_begin(struct avi_writer *w, struct output *output, uint16_t width, uint16_t height, uint32_t rate_num,
                     uint32_t rate_den, char why[OUTPUT_WHY_MAX]);
int avi_writer_frame(struct avi_writer *w, struct kin_span jpeg, char why[OUTPUT_WHY_MAX]); // KIN_ELIMIT: too large
int avi_writer_end(struct avi_writer *w, char why[OUTPUT_WHY_MAX]);
void avi_writer_free(struct avi_writer *w); // accepts a zeroed one

#endif
