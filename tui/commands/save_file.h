// The file of kinora save: concatenated JPEGs, the first of which says the frame rate where that would be lost.
#ifndef TUI_SAVE_FILE_H
#define TUI_SAVE_FILE_H

#include "media/output.h"

struct save_file {
    struct kin_output out;
    const char *path;
    uint64_t frames, bytes; // whole frames only
    char why[KIN_OUTPUT_WHY_MAX];
};

enum save_kept { SAVE_KEPT_NOTHING, SAVE_KEPT, SAVE_KEPT_AS_PART };

// KIN_OK, or an error and a sentence in `why`; then there is nothing to end. Path is borrowed; "-" is standard output.
int save_file_open(struct save_file *f, const char *path);

// Appends a frame. rate_milli: frames per 1000 s, 0 = unknown; is_copy: the frames are those of a file of the server,
// which needs no comment where it would be played at the same rate without one. KIN_OK, KIN_EIO with a sentence,
// KIN_ECANCELED.
int save_file_frame(struct save_file *f, struct kin_span jpeg, uint32_t rate_milli, bool is_copy);

// Puts the whole frames in their place. Those of an incomplete stream do not replace a file that was there before: they
// stay in PATH.part. KIN_OK, or KIN_EIO with a sentence.
int save_file_end(struct save_file *f, bool complete, enum save_kept *ret);

#endif
