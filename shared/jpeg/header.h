// Builds the headers of a JPEG file from what an RTP/JPEG receiver knows (RFC 2435 appendix B).
#ifndef KIN_JPEG_HEADER_H
#define KIN_JPEG_HEADER_H

#include "base/span.h"
#include "base/wr.h"

#define KIN_JPEG_QUANT_TABLES_MAX 4
#define KIN_JPEG_HEADER_MAX 1024 // always enough for kin_jpeg_header_write without `segments`, `sof` and `sos`

struct kin_jpeg_params {
    uint8_t type;              // RFC 2435 type without the restart bit: 0 = 4:2:2, 1 = 4:2:0
    uint16_t width, height;    // pixels, > 0
    uint16_t restart_interval; // 0 = none
    uint8_t precision;         // bit 0: table 0 has 16-bit entries, bit 1: table 1, and so on
    // One to four tables of 64 or 128 bytes back to back. One is for all components; of two, the second is for both
    // chroma components; of three, each component has its own. Four are all tables of a file, and types 0 and 1 use
    // the first two (RFC 2435 section 4.1).
    struct kin_span tables;

    // From the ONVIF header extension (section "JPEG over RTP" of its Streaming specification); usually empty.
    struct kin_span sof; // a whole SOF segment, marker included, in place of type, width and height
    struct kin_span sos; // a whole SOS segment in place of the usual one, used if it has the right number of components
    struct kin_span segments; // whole DQT and DHT segments that overrule the tables given and the standard ones
};

// SOI, JFIF APP0, DQT, SOF0, DHT (Annex K.3), DRI (if any), SOS: the scan follows directly. Returns KIN_OK, KIN_EBAD
// when sizes do not add up, KIN_ELIMIT when the writer is too small.
int kin_jpeg_header_write(struct kin_wr *w, const struct kin_jpeg_params *params);
// SOF0 alone, of the params' type and size, for so many quantization tables.
void kin_jpeg_header_write_sof(struct kin_wr *w, const struct kin_jpeg_params *params, unsigned tables);

#endif
