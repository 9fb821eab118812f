// libjpeg with an error manager that returns: a decompressor and a compressor that share one way out. For this room,
// and for what makes JPEGs above it.
//
// Everything that calls libjpeg stands in a step given to kin_jpeg_library_run(). A step may be left by longjmp at any
// call, so it owns nothing: what it makes hangs on the library (libjpeg's pools, `bytes`) and dies with it.
#ifndef KIN_JPEG_LIBRARY_H
#define KIN_JPEG_LIBRARY_H

#ifdef __cplusplus
#include <atomic>
using std::atomic_bool;
#else
#include <stdatomic.h>
#endif
#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include "base/buf.h"
#include "jpeg/markers.h"

struct kin_jpeg_library {
    struct jpeg_decompress_struct in;
    struct jpeg_compress_struct out;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    struct jpeg_destination_mgr dest;
    jmp_buf on_error;
    int err;         // of what failed last
    const char *why; // static text for it
    uint8_t *bytes;  // owned; the output so far, of the last picture
    size_t size, len, max;
    unsigned scans_max;
    const atomic_bool *canceled; // looked at between rows; NULL, as after _init: never
};

// Limits of one picture.
struct kin_jpeg_library_limits {
    size_t memory;  // bytes of libjpeg's working memory; 0: no limit
    size_t output;  // longest JPEG written
    unsigned scans; // most scans read: each one costs a pass over the picture
};

// KIN_OK or KIN_ENOMEM; _deinit in any case. The struct must not move afterwards. `jpeg` is borrowed until _deinit;
// empty for who only writes.
int kin_jpeg_library_init(struct kin_jpeg_library *l, struct kin_span jpeg,
                          const struct kin_jpeg_library_limits *limits);
void kin_jpeg_library_deinit(struct kin_jpeg_library *l); // accepts a zeroed one

// Runs step(ctx). KIN_OK; else what went wrong, with l->why: KIN_ENOMEM, KIN_ELIMIT, KIN_EBAD (no JPEG that libjpeg
// reads), KIN_EUNSUPPORTED, KIN_ECANCELED.
int kin_jpeg_library_run(struct kin_jpeg_library *l, void (*step)(void *ctx), void *ctx);

// The output so far as a new buffer with one reference. KIN_OK or KIN_ENOMEM (with l->why).
int kin_jpeg_library_copy_output(struct kin_jpeg_library *l, struct kin_buf **ret);

// --- for steps

// Reads the headers, which must speak of the same picture as `info`.
void kin_jpeg_library_read_header(struct kin_jpeg_library *l, const struct kin_jpeg_info *info);

// Leaves the running step if the work was canceled. libjpeg's own loops call it for every row of MCUs.
void kin_jpeg_library_check(struct kin_jpeg_library *l);

// Bytes of libjpeg's working memory for a picture of which it keeps every coefficient: progressive ones and those of
// several scans. From the frame header alone.
size_t kin_jpeg_library_coefficient_bytes(const struct kin_jpeg_info *info);
// False when libjpeg can decode the picture row by row and keeps no more than a few of them.
bool kin_jpeg_library_keeps_coefficients(const struct kin_jpeg_info *info);

// Leaves the running step.
void kin_jpeg_library_fail(struct kin_jpeg_library *l, int err, const char *why) __attribute__((noreturn));

#endif
