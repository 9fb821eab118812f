// The file of kinora save: concatenated JPEGs. The first one states the frame rate if it would be lost otherwise.
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

// KIN_OK, or an error with a sentence in `why`: then save_file_end() must not be called. path is borrowed; "-" is
// standard output.
int save_file_open(struct save_file *f, const char *path);

// Appends a frame. rate_milli: frames per 1000 s, 0 = unknown. is_copy: frames are copied unchanged from the server's
// file, which needs no comment if it is played at the same rate without one. KIN_OK, KIN_EIO with a sentence in `why`,
// KIN_ECANCELED.
int save_file_frame(struct save_file *f, struct kin_span jpeg, uint32_t rate_milli, bool is_copy);

// Moves the frames to PATH. An incomplete stream does not replace an existing file: it stays in PATH.part. KIN_OK, or
// KIN_EIO with a sentence in `why`.
int save_file_end(struct save_file *f, bool complete, enum save_kept *ret);

#endif
