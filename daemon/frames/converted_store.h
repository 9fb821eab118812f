// Frames that were written anew for standard players, on disk: rewriting one costs a hundred times what reading it
// does, so it is done once, and not again when the frame has left the memory that viewers share.
//
// One file without a name in a directory for temporary files, used as a ring: the oldest frames give way to new ones.
// It is made when the first frame is kept and is gone with the process. It is a convenience: what fails here is said
// once in the log, and frames are rewritten when they are asked for. Any thread but a loop's: calls block.
#ifndef DAEMON_CONVERTED_STORE_H
#define DAEMON_CONVERTED_STORE_H

#include "base/buf.h"
#include "jpeg/compat.h"

#define CONVERTED_STORE_FRAMES_MAX (1u << 17) // frames kept at once

struct converted_store;

struct converted_key {
    uint64_t reel; // kin_reel.id
    uint32_t frame;
    bool half; // half the size, FRAME_HALF
};

// max_bytes is for all frames together. NULL when there is none to use: dir is NULL or "", or cannot be written
// (cli_warn() has said so), or memory is short.
struct converted_store *converted_store_open(const char *dir, uint64_t max_bytes);
void converted_store_close(struct converted_store *s); // accepts NULL

// A new buffer with the JPEG, or NULL when it is not there or cannot be read. fit: what converted_store_put was given.
// s may be NULL.
struct kin_buf *converted_store_get(struct converted_store *s, const struct converted_key *key,
                                    enum kin_jpeg_compat *ret_compat);

// Keeps a JPEG, unless it is there, larger than a quarter of the store, or another thread is writing: a slow disk holds
// up one thread, not all of them. s may be NULL.
void converted_store_put(struct converted_store *s, const struct converted_key *key, enum kin_jpeg_compat compat,
                         struct kin_span jpeg);

#endif
