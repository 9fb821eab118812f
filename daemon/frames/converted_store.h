// Frames that were rewritten for standard players, on disk. Rewriting costs a hundred times as much as reading, so it
// is done once, and not again when the frame has left the frame cache.
//
// One file without a name in a directory for temporary files, used as a ring: the oldest frames give way to new ones.
// It is made when the first frame is kept and is gone with the process. It is only an optimisation: a failure is logged
// once, and frames are then rewritten when they are needed. Any thread but a loop's: calls block.
#ifndef DAEMON_CONVERTED_STORE_H
#define DAEMON_CONVERTED_STORE_H

#include "base/buf.h"
#include "jpeg/compat.h"

#define CONVERTED_STORE_FRAMES_MAX (1u << 17) // frames kept at once

struct converted_store;

struct converted_key {
    uint64_t reel; // kin_reel.id
    uint32_t frame;
    bool half; // FRAME_REDUCED
};

// max_bytes is for all frames together. NULL when there is none to use: dir is NULL or "", or cannot be written
// (cli_warn() has warned of it), or memory is short.
struct converted_store *converted_store_open(const char *dir, uint64_t max_bytes);
void converted_store_close(struct converted_store *s); // accepts NULL

// A new buffer with the JPEG, or NULL when it is not there or cannot be read. *ret_compat: as given to
// converted_store_put(). s may be NULL.
struct kin_buf *converted_store_get(struct converted_store *s, const struct converted_key *key,
                                    enum kin_jpeg_compat *ret_compat);

// Keeps a JPEG, unless it is there, larger than a quarter of the store, or another thread is writing: a slow disk holds
// up one thread, not all of them. s may be NULL.
void converted_store_put(struct converted_store *s, const struct converted_key *key, enum kin_jpeg_compat compat,
                         struct kin_span jpeg);

#endif
