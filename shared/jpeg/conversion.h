// Which conversion makes a JPEG compatible with RFC 2435, and what it loses. shared/jpeg/rewrite.h carries it out.
#ifndef KIN_JPEG_CONVERSION_H
#define KIN_JPEG_CONVERSION_H

#include "jpeg/compat.h"

enum kin_jpeg_loss {
    KIN_JPEG_LOSS_NONE,      // sent as it is
    KIN_JPEG_LOSS_LOSSLESS,  // rewritten; it decodes to the same pixels
    KIN_JPEG_LOSS_CONVERTED, // rewritten with a small loss
    KIN_JPEG_LOSS_REFUSED,   // no conversion is possible
    KIN_JPEG_LOSS_COUNT
};

// conversion, loss, text. From the mildest to the most drastic, so that the last of several stands for all of them.
#define KIN_JPEG_CONVERSION_LIST(X)                                                                                    \
    X(KIN_JPEG_CONVERSION_NOTHING, KIN_JPEG_LOSS_NONE, "nothing")                                                      \
    X(KIN_JPEG_CONVERSION_HUFFMAN, KIN_JPEG_LOSS_LOSSLESS, "coded again with the standard Huffman tables")             \
    X(KIN_JPEG_CONVERSION_BASELINE, KIN_JPEG_LOSS_LOSSLESS, "coefficients written again as one baseline scan")         \
    X(KIN_JPEG_CONVERSION_TABLES, KIN_JPEG_LOSS_LOSSLESS, "quantization tables written with 8 bits")                   \
    X(KIN_JPEG_CONVERSION_FACTORS, KIN_JPEG_LOSS_LOSSLESS,                                                             \
      "coefficients written again with the usual sampling factors")                                                    \
    X(KIN_JPEG_CONVERSION_COLOURLESS, KIN_JPEG_LOSS_LOSSLESS, "two empty colour components added")                     \
    X(KIN_JPEG_CONVERSION_REQUANTIZE, KIN_JPEG_LOSS_CONVERTED, "some coefficients quantized again")                    \
    X(KIN_JPEG_CONVERSION_RESAMPLE, KIN_JPEG_LOSS_CONVERTED, "colour resampled, brightness untouched")                 \
    X(KIN_JPEG_CONVERSION_REENCODE, KIN_JPEG_LOSS_CONVERTED, "decoded, and encoded again as 4:2:2")                    \
    X(KIN_JPEG_CONVERSION_IMPOSSIBLE, KIN_JPEG_LOSS_REFUSED, "nothing helps")

enum kin_jpeg_conversion {
#define X(name, loss, text) name,
    KIN_JPEG_CONVERSION_LIST(X)
#undef X
        KIN_JPEG_CONVERSION_COUNT
};

// The conversion that removes what kin_jpeg_incompatibilities() found.
enum kin_jpeg_conversion kin_jpeg_conversion(uint32_t incompatibilities);

const char *kin_jpeg_conversion_str(enum kin_jpeg_conversion conversion);
enum kin_jpeg_loss kin_jpeg_conversion_loss(enum kin_jpeg_conversion conversion);
const char *kin_jpeg_loss_str(enum kin_jpeg_loss loss); // "none", "lossless", "converted", "refused"

#endif
