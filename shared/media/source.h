// Bytes at an offset of a file descriptor or of memory. Thread-safe (pread), refcounted, blocking: never on a loop.
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

// Maps an errno of open(2) to an error: KIN_EFILES when there are no descriptors left, KIN_EIO when nothing else fits.
int kin_source_error(int code);

// A source of bytes of any kind: read() as kin_source_read(), called from any thread; free() after the last reference.
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

// Bytes that kin_source_read() has returned since the source was made.
uint64_t kin_source_bytes_read(const struct kin_source *s);
// Reads fail with KIN_ELIMIT after `bytes` more (the one that crosses the limit succeeds). UINT64_MAX: no limit.
void kin_source_limit_reads(struct kin_source *s, uint64_t bytes);

// Whether the file was written to since the source was made; *ret_grown: it has become longer. Always false for sources
// other than files.
bool kin_source_has_changed(const struct kin_source *s, bool *ret_grown);

#endif
