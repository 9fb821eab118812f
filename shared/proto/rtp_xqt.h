// RTP payload of QuickTime media (X-QT), as Apple's dispatch 26 describes it: the header of one packet, to read and to
// write.
//
//   VER(4)=0 PCK(2) S(1) Q(1) | L(1) reserved(7) | D(1) payload id(15)
//   Q: payload description: A Z .. (16 bits) | length(16), from these four bytes on | media type(32) | timescale(32) |
//      TLVs: length(16) type(16) data; padded to 32 bits
//   L: packet-specific information, which no JPEG sender uses
//
// The reserved bits are for a word of our own, which other receivers do not look at. A restart marker counts its
// interval modulo 8. In a packet that begins with one they say which eight it is of, modulo 127, plus 1; else they are
// 0.
#ifndef KIN_PROTO_RTP_XQT_H
#define KIN_PROTO_RTP_XQT_H

#include "base/span.h"
#include "base/wr.h"

#define KIN_RTP_XQT_PACK_SPREAD 3 // PCK: one sample over one or more packets, the only scheme for pictures

struct kin_rtp_xqt {
    uint8_t packing;
    bool key;             // S: sync sample
    bool has_description; // Q
    uint8_t eighth;       // the reserved bits: of the interval with which the packet begins, see kin_rtp_xqt_interval()
    bool is_video;        // media type "vide"
    uint32_t timescale;
    struct kin_span sample_description; // TLV "sd", empty when there is none
    struct kin_span data;               // bytes of the sample
};

// KIN_OK; KIN_EBAD (short, lengths past the end); KIN_EUNSUPPORTED (a version, packing scheme or packet information
// that no JPEG sender uses, or a description in several parts).
int kin_rtp_xqt_parse(struct kin_span payload, struct kin_rtp_xqt *ret);

#define KIN_RTP_XQT_HEADER_BYTES 4        // of a packet without description
#define KIN_RTP_XQT_DESCRIPTION_BYTES 104 // with its padding

#define KIN_RTP_XQT_INTERVALS (127u * 8) // that are told apart

// For a packet that begins with restart interval `interval` > 0; others have 0.
uint8_t kin_rtp_xqt_eighth(uint32_t interval);
// The interval with which a packet begins, from `least` on. False when it does not begin with a restart marker, or does
// not say which.
bool kin_rtp_xqt_interval(const struct kin_rtp_xqt *x, uint32_t least, uint32_t *ret);

// The packet header of a sync sample. ffmpeg needs the whole description in one packet, and a player that joins late
// needs it with each frame.
void kin_rtp_xqt_write(struct kin_wr *w, bool has_description, uint8_t eighth);
// The description that follows a header written with has_description: video at 90000 Hz, and a QuickTime sample
// description with "jpeg" and the size in pixels.
void kin_rtp_xqt_write_description(struct kin_wr *w, uint16_t width, uint16_t height);

#endif
