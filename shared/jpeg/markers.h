// The structure of a JPEG file (ITU-T T.81 Annex B): where its segments are and what its headers say.
// No pixel is decoded. Bounds-checked; no allocation.
#ifndef KIN_JPEG_MARKERS_H
#define KIN_JPEG_MARKERS_H

#include "base/span.h"

#define KIN_JPEG_MAX_COMPONENTS 4
#define KIN_JPEG_MAX_TABLES 4

enum kin_jpeg_marker {
    KIN_JPEG_SOF0 = 0xc0,
    KIN_JPEG_SOF1 = 0xc1,
    KIN_JPEG_SOF2 = 0xc2,
    KIN_JPEG_DHT = 0xc4,
    KIN_JPEG_JPG = 0xc8,
    KIN_JPEG_DAC = 0xcc,
    KIN_JPEG_RST0 = 0xd0,
    KIN_JPEG_SOI = 0xd8,
    KIN_JPEG_EOI = 0xd9,
    KIN_JPEG_SOS = 0xda,
    KIN_JPEG_DQT = 0xdb,
    KIN_JPEG_DRI = 0xdd,
    KIN_JPEG_APP0 = 0xe0,
    KIN_JPEG_APP14 = 0xee,
    KIN_JPEG_COM = 0xfe,
    KIN_JPEG_TEM = 0x01,
};

struct kin_jpeg_component {
    uint8_t id;
    uint8_t h, v;   // sampling factors, 1..4
    uint8_t tq;     // quantization table, 0..3
    uint8_t td, ta; // Huffman tables of the first scan that has it, 0..3
};

struct kin_jpeg_table {
    bool present;
    uint8_t precision;    // 0: 8-bit entries, 1: 16-bit entries
    struct kin_span data; // 64 or 128 bytes, zig-zag order, borrowed from the file
};

// What one walk over a JPEG found. Spans borrow from the input.
struct kin_jpeg_info {
    uint8_t sof;             // marker of the frame header: KIN_JPEG_SOF0 ...
    uint8_t bits;            // sample precision
    uint16_t width, height;  // pixels; both > 0
    uint8_t component_count; // 1..4
    struct kin_jpeg_component components[KIN_JPEG_MAX_COMPONENTS];
    struct kin_jpeg_table
        dqt[KIN_JPEG_MAX_TABLES]; // in force at the first scan; later ones only in slots that were empty then
    bool has_dht;                 // any DHT segment; without one the standard tables are implied (AVI/UVC)
    bool standard_huffman;        // every table that a scan uses equals Annex K.3, or is absent and implied
    bool has_jfif;                // APP0 "JFIF" seen: gray or YCbCr, whatever other markers say (T.871)
    bool has_adobe;               // APP14 "Adobe" seen
    uint8_t adobe_transform;      // its transform flag: 0 = RGB/CMYK, 1 = YCbCr, 2 = YCCK
    uint16_t restart_interval;    // DRI in force at the first scan, 0 = none
    unsigned scan_count;          // SOS segments seen
    uint8_t first_scan_components;
    bool has_eoi;
    bool contiguous;      // the segments adjoin up to the first scan; else see kin_jpeg_mend()
    uint64_t blocks;      // of 8x8 samples in all scans together: what decoding costs
    size_t scan_offset;   // first entropy-coded byte of the first scan
    struct kin_span scan; // entropy-coded bytes of the first scan, RSTn kept, EOI excluded
    size_t length;        // bytes from SOI to EOI inclusive (to the end of input without EOI)
};

// All of the picture is in one scan that is not progressive.
static inline bool kin_jpeg_is_one_scan(const struct kin_jpeg_info *info)
{
    bool sequential = info->sof == KIN_JPEG_SOF0 || info->sof == KIN_JPEG_SOF1;
    return sequential && info->scan_count == 1 && info->first_scan_components == info->component_count;
}

// Walks the JPEG at the beginning of `file` (FF D8) up to its EOI. In the header, skips what decoders skip: bytes
// between segments, and an SOI or EOI before the frame header. Returns KIN_OK and fills *ret, or KIN_EBAD with *ret_why
// (static text, e.g. "segment length past the end of the file", may be NULL to ignore). A file without EOI is accepted
// if a scan has begun. *ret is untouched on failure.
int kin_jpeg_walk(struct kin_span file, struct kin_jpeg_info *ret, const char **ret_why);
// The same up to where the first scan begins, where `length` ends: nothing is said of what follows.
int kin_jpeg_walk_to_scan(struct kin_span file, struct kin_jpeg_info *ret);

// Finds the end of a JPEG in a byte stream without holding it in memory. Understands segment lengths, so an EXIF
// thumbnail inside APP1 does not end the image early. Start with a zeroed struct right at the SOI.
struct kin_jpeg_scanner {
    uint8_t state;
    uint8_t marker;
    uint32_t left;   // bytes of the segment still to skip
    uint32_t stray;  // bytes of the header that belong to no segment
    uint64_t passed; // bytes since SOI
    bool in_scan;
    bool seen_sof;
};

enum kin_jpeg_scan_result { KIN_JPEG_SCAN_MORE = 0, KIN_JPEG_SCAN_END = 1, KIN_JPEG_SCAN_BAD = -1 };

// Feeds bytes. END: the image ended; the first *ret_used bytes of `in` belong to it (EOI included). MORE: all of `in`
// was used. BAD: not a JPEG from *ret_used on. A second SOI after the frame header is BAD too: *ret_used is then its
// offset, where the next image may begin, or 0 when its FF was the last byte of the previous feed. s->passed counts the
// bytes from the first SOI to where the scanner stopped. Zero the scanner after END or BAD before feeding it again.
enum kin_jpeg_scan_result kin_jpeg_scanner_feed(struct kin_jpeg_scanner *s, struct kin_span in, size_t *ret_used);

#endif
