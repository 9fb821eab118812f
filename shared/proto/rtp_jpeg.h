// RTP payload for JPEG (RFC 2435): the headers of one packet. Reassembly is engine/jpeg_assembler.
#ifndef KIN_PROTO_RTP_JPEG_H
#define KIN_PROTO_RTP_JPEG_H

#include "base/span.h"
#include "base/wr.h"

#define KIN_RTP_JPEG_HEADER_BYTES 8
#define KIN_RTP_JPEG_RESTART_BYTES 4
#define KIN_RTP_JPEG_QUANT_BYTES 4 // before the tables
#define KIN_RTP_JPEG_OFFSET_MAX 0xffffffu
#define KIN_RTP_JPEG_BLOCK 8 // pixels: the unit in which sizes are counted
#define KIN_RTP_JPEG_DIMENSION_MAX 2040

// The restart count (section 3.1.7). A chunk is a number of whole restart intervals, in one packet or in several; the
// low bits say with which interval it begins.
#define KIN_RTP_JPEG_CHUNK_FIRST 0x8000u // F: the chunk begins in this packet
#define KIN_RTP_JPEG_CHUNK_LAST 0x4000u  // L: it ends in this packet
#define KIN_RTP_JPEG_CHUNK_COUNT 0x3fffu
#define KIN_RTP_JPEG_NO_CHUNKS 0xffffu // packets are not cut at restart markers

struct kin_rtp_jpeg {
    uint8_t type_specific;
    uint32_t offset; // 24 bits, of scan data
    uint8_t type;    // 0..255; bit 0x40 (64..127) = restart header present
    uint8_t q;
    uint16_t width, height; // pixels as the header has them (blocks * 8), 0 when the byte is 0
    bool has_restart;
    uint16_t restart_interval;
    uint16_t restart_count; // with F and L in the top two bits, or KIN_RTP_JPEG_NO_CHUNKS
    bool has_quant;         // q >= 128 and offset == 0
    uint8_t precision;
    struct kin_span tables; // may be empty (length 0)
    struct kin_span data;   // scan bytes
};

// KIN_OK or KIN_EBAD (short; quant length past the end; q 0 or 100..127 is left to the caller).
int kin_rtp_jpeg_parse(struct kin_span payload, struct kin_rtp_jpeg *ret);

// Writes the main header, the restart header if has_restart, the quantization header and tables if has_quant, but not
// `data`. Sizes are rounded up to blocks of 8; when either is above KIN_RTP_JPEG_DIMENSION_MAX, both are written as 0,
// and the SDP gives them in a=x-dimensions.
void kin_rtp_jpeg_write(struct kin_wr *w, const struct kin_rtp_jpeg *h);

#endif
