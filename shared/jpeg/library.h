// A decompressor and a compressor of libjpeg whose errors return instead of ending the process.
//
// libjpeg is only called from steps given to kin_jpeg_library_run(). Any call in a step may leave it by longjmp, so a
// step owns nothing: what it allocates belongs to the library (libjpeg's pools, `bytes`) and is freed with it.
#ifndef KIN_JPEG_LIBRARY_H
#define KIN_JPEG_LIBRARY_H

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include "base/atomic.h"
#include "base/buf.h"
#include "jpeg/markers.h"

struct kin_jpeg_library {
    struct jpeg_decompress_struct in;
    struct jpeg_compress_struct out;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    struct jpeg_destination_mgr dest;
    jmp_buf on_error;
    int err;         // the last error
    const char *why; // static text: its reason
    uint8_t *bytes;  // owned; the output so far, of the last picture
    size_t size, len, max;
    unsigned scans_max;
    const atomic_bool *canceled; // checked between rows; NULL, as after _init: never
};

// Limits of one picture.
struct kin_jpeg_library_limits {
    size_t memory;  // bytes of libjpeg's working memory; 0: no limit
    size_t output;  // longest JPEG written
    unsigned scans; // most scans read: each one costs a pass over the picture
};

// KIN_OK or KIN_ENOMEM; _deinit in any case. The struct must not move afterwards. `jpeg` is borrowed until _deinit, and
// empty when only the compressor is used.
int kin_jpeg_library_init(struct kin_jpeg_library *l, struct kin_span jpeg,
                          const struct kin_jpeg_library_limits *limits);
void kin_jpeg_library_deinit(struct kin_jpeg_library *l); // accepts a zeroed one

// Runs step(ctx). KIN_OK, or an error with l->why: KIN_ENOMEM, KIN_ELIMIT, KIN_EBAD (not a JPEG that libjpeg reads),
// KIN_EUNSUPPORTED, KIN_ECANCELED.
int kin_jpeg_library_run(struct kin_jpeg_library *l, void (*step)(void *ctx), void *ctx);

// Copies the output so far to a new buffer with one reference. KIN_OK or KIN_ENOMEM (with l->why).
int kin_jpeg_library_copy_output(struct kin_jpeg_library *l, struct kin_buf **ret);

// --- for steps

// Reads the headers. Fails when they contradict `info`.
void kin_jpeg_library_read_header(struct kin_jpeg_library *l, const struct kin_jpeg_info *info);

// Leaves the running step if it was canceled. libjpeg's own loops call this for every row of MCUs.
void kin_jpeg_library_check(struct kin_jpeg_library *l);

// Bytes of libjpeg's working memory when it keeps every coefficient of a picture. From the frame header alone.
size_t kin_jpeg_library_coefficient_bytes(const struct kin_jpeg_info *info);
// Whether libjpeg must keep every coefficient (progressive coding, several scans), or only a few rows at a time.
bool kin_jpeg_library_keeps_coefficients(const struct kin_jpeg_info *info);

// Leaves the running step.
void kin_jpeg_library_fail(struct kin_jpeg_library *l, int err, const char *why) __attribute__((noreturn));

#endif
