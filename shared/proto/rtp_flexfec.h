// Forward error correction of RTP packets by parity (FlexFEC, RFC 8627) with fixed masks of L columns and D rows
// (section 4.2.2.2), of one source. A repair packet is the exclusive or of the packets that it protects: with all of
// them but one, it brings that one back.
//
//   RTP header with SSRC, sequence number, payload type and time of the repair packet, and one CSRC, the SSRC of the
//   source (section 4.2.1)
//   | 0 1 P X CC(4) | M PT(7) | length recovery(16) | TS recovery(32) | SN base(16) | L(8) | D(8) | repair payload
//
// P, X, CC, M, PT, length and TS are the exclusive or of these fields of the source packets, the length being all that
// follows the 12 bytes of their fixed header; the payload that of these bytes, zeros added to the shorter ones (section
// 6.2).
//   D = 0, 1   a row: SN base, SN base + 1, ... L packets; with 1, columns follow
//   D > 1      a column: SN base, SN base + L, ... D packets
#ifndef KIN_PROTO_RTP_FLEXFEC_H
#define KIN_PROTO_RTP_FLEXFEC_H

#include "base/span.h"
#include "proto/rtp.h"

#define KIN_RTP_FLEXFEC_FIELDS 8                                // bytes of the fields that are recovered
#define KIN_RTP_FLEXFEC_HEADERS (KIN_RTP_HEADER_BYTES + 4 + 12) // RTP header with its CSRC, FEC header
#define KIN_RTP_FLEXFEC_WINDOW_US 500000 // from a packet to its parity, a=fmtp repair-window of our sender

struct kin_rtp_flexfec { // which packets a repair packet protects
    uint32_t ssrc;       // their source
    uint16_t base;       // the first one's sequence number
    uint8_t columns;     // L, 1..255
    uint8_t rows;        // D
};

// How many packets those are, >= 1.
unsigned kin_rtp_flexfec_count(const struct kin_rtp_flexfec *f);
// How far the i-th of them is from the base.
unsigned kin_rtp_flexfec_offset(const struct kin_rtp_flexfec *f, unsigned i);
// Is the packet that is so far from the base one of them?
bool kin_rtp_flexfec_protects(const struct kin_rtp_flexfec *f, uint64_t offset);

struct kin_rtp_parity { // the exclusive or of RTP packets
    uint8_t fields[KIN_RTP_FLEXFEC_FIELDS];
    uint8_t *bytes; // behind the fixed header; the caller's memory
    size_t len, room;
};

// Of no packet yet.
void kin_rtp_parity_init(struct kin_rtp_parity *p, uint8_t *bytes, size_t room);
// One packet more: its fixed header, and what follows it, in parts. False: there is no room for it, and p is void.
bool kin_rtp_parity_add(struct kin_rtp_parity *p, const uint8_t header[KIN_RTP_HEADER_BYTES],
                        const struct kin_span *parts, size_t count);

// The headers of a repair packet that brings `parity`, whose bytes follow them. header->marker is not used.
void kin_rtp_flexfec_write(uint8_t dst[KIN_RTP_FLEXFEC_HEADERS], const struct kin_rtp_header *header,
                           const struct kin_rtp_flexfec *f, const struct kin_rtp_parity *parity);
// Reads a repair packet. KIN_OK: *ret_fields is of the packet's own memory, as is *ret_payload. KIN_EBAD: it is none.
// KIN_EUNSUPPORTED: it has a flexible mask, is a retransmission, or protects several sources.
int kin_rtp_flexfec_read(struct kin_span packet, struct kin_rtp_flexfec *ret, const uint8_t **ret_fields,
                         struct kin_span *ret_payload);

// Begins with what a repair packet brings; then add all packets that it protects but one. False: no room.
bool kin_rtp_parity_begin(struct kin_rtp_parity *p, const uint8_t fields[KIN_RTP_FLEXFEC_FIELDS],
                          struct kin_span payload);
// Writes the fixed header of that one packet, which p->bytes are the rest of. Returns the bytes of the packet, header
// included; 0 when p cannot be one packet: it would be longer than the parity, or is no RTP with those fields.
size_t kin_rtp_parity_restore(const struct kin_rtp_parity *p, uint32_t ssrc, uint16_t seq,
                              uint8_t header[KIN_RTP_HEADER_BYTES]);

#endif
