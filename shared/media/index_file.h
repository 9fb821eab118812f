// Saves the index of a reel, so that it need not be built again. The bytes are the same on every machine. They are
// checked like any input when they are read: a bad index file is no loss, as the index can be built again.
#ifndef KIN_MEDIA_INDEX_FILE_H
#define KIN_MEDIA_INDEX_FILE_H

#include "media/reel.h"

// Identifies a version of a file, and the rate assumed where the file states none.
struct kin_index_key {
    uint64_t device, inode, size;
    int64_t mtime_ns;
    uint32_t rate_num, rate_den;
};

// KIN_OK (the caller owns *ret) or KIN_ENOMEM.
int kin_index_file_write(const struct kin_reel *reel, const struct kin_index_key *key, struct kin_buf **ret);

// Restores the reel, for which it reads the first frame. Takes its own reference to source. KIN_OK; KIN_EBAD: damaged,
// or another version of this format; KIN_ECHANGED: the key of another file, version or rate, or the file has changed;
// KIN_ENOMEM; KIN_EIO.
int kin_index_file_read(struct kin_span bytes, const struct kin_index_key *key, struct kin_source *source,
                        struct kin_reel **ret);

// Size in bytes of the index file for this many frames; a reel that defines its tables once needs a few more.
size_t kin_index_file_bytes(uint32_t frames);

#endif
