// What can be done to a JPEG that RFC 2435 has no words for, and what is lost by it. shared/jpeg/rewrite.h does it.
#ifndef KIN_JPEG_REMEDY_H
#define KIN_JPEG_REMEDY_H

#include "jpeg/fit.h"

enum kin_jpeg_loss {
    KIN_JPEG_LOSS_NONE,      // sent as it is
    KIN_JPEG_LOSS_LOSSLESS,  // rewritten; it decodes to the same pixels
    KIN_JPEG_LOSS_CONVERTED, // rewritten with a small loss
    KIN_JPEG_LOSS_REFUSED,   // nothing helps
    KIN_JPEG_LOSS_COUNT
};

// remedy, loss, text. From the mildest to the most drastic: of several, the last one names all.
#define KIN_JPEG_REMEDY_LIST(X)                                                                                        \
    X(KIN_JPEG_REMEDY_NOTHING, KIN_JPEG_LOSS_NONE, "nothing")                                                          \
    X(KIN_JPEG_REMEDY_HUFFMAN, KIN_JPEG_LOSS_LOSSLESS, "coded again with the standard Huffman tables")                 \
    X(KIN_JPEG_REMEDY_BASELINE, KIN_JPEG_LOSS_LOSSLESS, "coefficients written again as one baseline scan")             \
    X(KIN_JPEG_REMEDY_TABLES, KIN_JPEG_LOSS_LOSSLESS, "quantization tables written with 8 bits")                       \
    X(KIN_JPEG_REMEDY_FACTORS, KIN_JPEG_LOSS_LOSSLESS, "coefficients written again with the usual sampling factors")   \
    X(KIN_JPEG_REMEDY_COLOURLESS, KIN_JPEG_LOSS_LOSSLESS, "two empty colour components added")                         \
    X(KIN_JPEG_REMEDY_REQUANTIZE, KIN_JPEG_LOSS_CONVERTED, "some coefficients quantized again")                        \
    X(KIN_JPEG_REMEDY_RESAMPLE, KIN_JPEG_LOSS_CONVERTED, "colour resampled, brightness untouched")                     \
    X(KIN_JPEG_REMEDY_REENCODE, KIN_JPEG_LOSS_CONVERTED, "decoded, and encoded again as 4:2:2")                        \
    X(KIN_JPEG_REMEDY_IMPOSSIBLE, KIN_JPEG_LOSS_REFUSED, "nothing helps")

enum kin_jpeg_remedy {
#define X(name, loss, text) name,
    KIN_JPEG_REMEDY_LIST(X)
#undef X
        KIN_JPEG_REMEDY_COUNT
};

// The remedy for what kin_jpeg_obstacles() found.
enum kin_jpeg_remedy kin_jpeg_remedy(uint32_t obstacles);

const char *kin_jpeg_remedy_str(enum kin_jpeg_remedy remedy);
enum kin_jpeg_loss kin_jpeg_remedy_loss(enum kin_jpeg_remedy remedy);
const char *kin_jpeg_loss_str(enum kin_jpeg_loss loss); // "none", "lossless", "converted", "refused"

#endif
