// RTP fixed header and header extension (RFC 3550 section 5.1 and 5.3.1).
//
//   0                   1                   2                   3
//   V=2 P X CC(4) | M PT(7) | sequence number(16) | timestamp(32) | SSRC(32) | CSRC(32) x CC | [profile(16) words(16)
//   data]
#ifndef KIN_PROTO_RTP_H
#define KIN_PROTO_RTP_H

#include "base/rd.h"
#include "base/wr.h"

#define KIN_RTP_HEADER_BYTES 12
#define KIN_RTP_PT_JPEG 26

struct kin_rtp_header {
    bool marker;
    uint8_t payload_type; // 0..127
    uint16_t seq;
    uint32_t ts; // 90 kHz
    uint32_t ssrc;
};

struct kin_rtp_packet {
    struct kin_rtp_header h;
    bool has_extension;
    uint16_t extension_profile;
    struct kin_span extension; // data after the 4-byte extension header
    struct kin_span payload;   // without padding
};

// KIN_OK or KIN_EBAD (short, version not 2, CSRC/extension/padding past the end). Borrows from bytes.
int kin_rtp_parse(struct kin_span bytes, struct kin_rtp_packet *ret);

// Writes the 12 bytes without padding, extension or CSRC.
void kin_rtp_write(uint8_t dst[KIN_RTP_HEADER_BYTES], const struct kin_rtp_header *h);
// Sets the X bit of a header that was written: the caller appends a header extension to it.
void kin_rtp_write_extended(uint8_t dst[KIN_RTP_HEADER_BYTES]);

#endif
