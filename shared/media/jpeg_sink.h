// libjpeg's compressor with an error manager that returns and a destination that we own.
#ifndef KIN_MEDIA_JPEG_SINK_H
#define KIN_MEDIA_JPEG_SINK_H

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include "media/picture.h"

// Embedded in what owns the compressor; must not move once initialised (libjpeg keeps pointers into it).
struct kin_jpeg_sink {
    struct jpeg_compress_struct cinfo;
    struct jpeg_error_mgr errors;
    struct jpeg_destination_mgr dest;
    jmp_buf on_error;
    int err;        // why libjpeg gave up
    uint8_t *bytes; // owned; the JPEG so far
    size_t size, len, max;
    bool created;
};

// A baseline 4:2:0 compressor with standard Huffman tables for pictures of this size. max: longest JPEG in bytes.
// KIN_OK, KIN_ENOMEM, KIN_EUNSUPPORTED; _deinit in any case (also of a zeroed one).
int kin_jpeg_sink_init(struct kin_jpeg_sink *s, uint16_t width, uint16_t height, unsigned quality, size_t max);
void kin_jpeg_sink_deinit(struct kin_jpeg_sink *s);

// Compresses one picture (padded planes). comment: a COM segment for it when not empty. *ret borrows until the next
// call. KIN_OK, KIN_ENOMEM, KIN_ELIMIT when it gets longer than max, KIN_EUNSUPPORTED.
int kin_jpeg_sink_encode(struct kin_jpeg_sink *s, const struct kin_picture *p, struct kin_span comment,
                         struct kin_span *ret);

#endif
