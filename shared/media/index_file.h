// An index written down, so that it need not be made again: pure bytes, the same on every machine. What is read back is
// checked like any input; whatever is wrong with it, the index can be made again from the reel.
#ifndef KIN_MEDIA_INDEX_FILE_H
#define KIN_MEDIA_INDEX_FILE_H

#include "media/reel.h"

// Which version of which file, and the rate that counted where the file states none.
struct kin_index_key {
    uint64_t device, inode, size;
    int64_t mtime_ns;
    uint32_t rate_num, rate_den;
};

// KIN_OK (the caller owns *ret) or KIN_ENOMEM.
int kin_index_file_write(const struct kin_reel *reel, const struct kin_index_key *key, struct kin_buf **ret);

// Makes the reel again; its first frame is read once more. Takes its own reference to source. KIN_OK; KIN_EBAD:
// damaged, or of another version of this format; KIN_ECHANGED: of another file version or rate, or the file has
// changed; KIN_ENOMEM; KIN_EIO.
int kin_index_file_read(struct kin_span bytes, const struct kin_index_key *key, struct kin_source *source,
                        struct kin_reel **ret);

// Bytes of the file for so many frames; a reel whose tables are said once takes a few more.
size_t kin_index_file_bytes(uint32_t frames);

#endif
