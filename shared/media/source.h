// Bytes at an offset: a file descriptor or memory. Thread-safe (pread), refcounted, blocking: never on a loop.
#ifndef KIN_MEDIA_SOURCE_H
#define KIN_MEDIA_SOURCE_H

#include "base/buf.h"
#include "base/span.h"

struct kin_source;

// Adopts fd on success (closed with the last reference); fd stays the caller's on failure. Regular files only
// (KIN_EUNSUPPORTED else). The size is what fstat says now.
int kin_source_from_fd(int fd, struct kin_source **ret);
int kin_source_from_path(const char *path, struct kin_source **ret);      // for programs and tests
int kin_source_from_span(struct kin_span bytes, struct kin_source **ret); // borrows; bytes outlive the source

// The error that stands for an errno of open(2): KIN_EFILES when there are no descriptors left, KIN_EIO when nothing
// else is known of it.
int kin_source_error(int code);

// Bytes from elsewhere: read() as kin_source_read, from any thread; free() when the last reference has gone.
struct kin_source_reader {
    ptrdiff_t (*read)(void *ctx, uint64_t offset, void *dst, size_t n);
    void (*free)(void *ctx);
    void *ctx;
};
// Adopts reader->ctx on success. KIN_OK or KIN_ENOMEM.
int kin_source_from_reader(const struct kin_source_reader *reader, uint64_t size, struct kin_source **ret);

struct kin_source *kin_source_ref(struct kin_source *s);
void kin_source_unref(struct kin_source *s); // accepts NULL

uint64_t kin_source_size(const struct kin_source *s);

// Reads up to n bytes at offset. Returns the number read (short only at the end of file), KIN_EIO, or KIN_ELIMIT beyond
// the limit below.
ptrdiff_t kin_source_read(struct kin_source *s, uint64_t offset, void *dst, size_t n);

// Bytes that kin_source_read has handed out since the source was made: what a reader costs, whatever the file says.
uint64_t kin_source_bytes_read(const struct kin_source *s);
// After `bytes` more, reads fail with KIN_ELIMIT (the one that passes it still succeeds). UINT64_MAX: no limit.
void kin_source_limit_reads(struct kin_source *s, uint64_t bytes);

// Has the file been written to since the source was made? A file that only became longer counts as well; *ret_grown
// then says so. Always false for bytes in memory, or from elsewhere.
bool kin_source_has_changed(const struct kin_source *s, bool *ret_grown);

#endif
