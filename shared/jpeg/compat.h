// Whether RFC 2435 (sections 3.1 and 4.1) can express a JPEG, and if not, why.
#ifndef KIN_JPEG_COMPAT_H
#define KIN_JPEG_COMPAT_H

#include "jpeg/markers.h"

// reason code, short text for status lines and logs; listed in the order in which they are reported
#define KIN_JPEG_COMPAT_LIST(X)                                                                                        \
    X(KIN_JPEG_COMPAT_OK, "can be sent as it is")                                                                      \
    X(KIN_JPEG_COMPAT_PROGRESSIVE, "progressive or multi-scan coding")                                                 \
    X(KIN_JPEG_COMPAT_CODING, "arithmetic coding")                                                                     \
    X(KIN_JPEG_COMPAT_PROCESS, "lossless or hierarchical coding")                                                      \
    X(KIN_JPEG_COMPAT_BITS, "samples are not 8 bits")                                                                  \
    X(KIN_JPEG_COMPAT_GRAY, "grayscale")                                                                               \
    X(KIN_JPEG_COMPAT_CMYK, "CMYK components")                                                                         \
    X(KIN_JPEG_COMPAT_COMPONENTS, "two components")                                                                    \
    X(KIN_JPEG_COMPAT_RGB, "RGB components")                                                                           \
    X(KIN_JPEG_COMPAT_HUFFMAN, "optimized Huffman tables")                                                             \
    X(KIN_JPEG_COMPAT_SAMPLING_444, "4:4:4 sampling")                                                                  \
    X(KIN_JPEG_COMPAT_SAMPLING_440, "4:4:0 sampling")                                                                  \
    X(KIN_JPEG_COMPAT_SAMPLING_411, "4:1:1 sampling")                                                                  \
    X(KIN_JPEG_COMPAT_SAMPLING_FACTORS, "4:2:2 sampling written as 2x2,1x2")                                           \
    X(KIN_JPEG_COMPAT_SAMPLING_MULTIPLE, "4:2:2 or 4:2:0 sampling written with other factors")                         \
    X(KIN_JPEG_COMPAT_SAMPLING, "unusual sampling factors")                                                            \
    X(KIN_JPEG_COMPAT_QUANT_FORM, "quantization tables written with 16 bits")                                          \
    X(KIN_JPEG_COMPAT_QUANT_BITS, "quantization steps above 255")                                                      \
    X(KIN_JPEG_COMPAT_QUANT_CHROMA, "different quantization tables for Cb and Cr")                                     \
    X(KIN_JPEG_COMPAT_QUANT_MISSING, "a quantization table is missing")                                                \
    X(KIN_JPEG_COMPAT_TOO_LONG, "more than 16 MiB of scan data")

enum kin_jpeg_compat {
#define X(name, text) name,
    KIN_JPEG_COMPAT_LIST(X)
#undef X
        KIN_JPEG_COMPAT_COUNT
};

const char *kin_jpeg_compat_str(enum kin_jpeg_compat compat);

// What an RFC 2435 sender needs of a compatible JPEG. Spans borrow from the JPEG.
struct kin_jpeg_rtp {
    uint8_t type;           // 0 or 1, 64 or 65 with restart markers
    uint16_t width, height; // pixels; the RTP header has them in blocks of 8, rounded up, and 0 above 2040
    uint16_t restart_interval;
    struct kin_span quant[2]; // 64 bytes each: luma, chroma (the same bytes when the file has one table)
    struct kin_span scan;     // entropy-coded bytes, without EOI
};

// All incompatibilities of this JPEG: bit i stands for the kin_jpeg_compat of value i; 0 means that it is compatible.
// shared/jpeg/conversion.h says what can be done about them.
uint32_t kin_jpeg_incompatibilities(const struct kin_jpeg_info *info);

// "grayscale, optimized Huffman tables": the incompatibilities in their order, or the text of KIN_JPEG_COMPAT_OK. Cut
// to `size` bytes, NUL included. Returns dst.
#define KIN_JPEG_INCOMPATIBILITIES_MAX 256
const char *kin_jpeg_incompatibilities_str(uint32_t incompatibilities, char *dst, size_t size);

// Subsampling of chroma relative to luma: 4:2:0 is {2, 2}, 4:4:4 is {1, 1}. {0, 0} when Cb and Cr differ, when a ratio
// is not a whole number, or when there are not three components.
struct kin_jpeg_ratio {
    uint8_t x, y;
};
struct kin_jpeg_ratio kin_jpeg_chroma_ratio(const struct kin_jpeg_info *info);

// Returns KIN_JPEG_COMPAT_OK and fills *ret, or returns the first incompatibility.
// The sampling factors must be those of the RFC: 4:2:2 or 4:2:0 written with multiples of them is incompatible.
enum kin_jpeg_compat kin_jpeg_compat(const struct kin_jpeg_info *info, struct kin_jpeg_rtp *ret);

// The common name of a JPEG's sampling: "4:2:0", "4:4:4", "gray" ...
const char *kin_jpeg_sampling_str(const struct kin_jpeg_info *info);

#endif
