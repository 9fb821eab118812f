// Transport-layer feedback in RTCP: the generic NACK (RFC 4585 section 6.2.1).
//
//   V=2 P FMT=1 | PT=205 | length | SSRC of the sender | SSRC of the media | PID(16) BLP(16) ...
//
// Each pair asks for packet PID and, for each bit i of BLP, for packet PID + i + 1.
#ifndef KIN_PROTO_RTCP_FB_H
#define KIN_PROTO_RTCP_FB_H

#include "proto/rtcp.h"

#define KIN_RTCP_NACK_HEAD 12        // bytes without the pairs
#define KIN_RTCP_NACK_PAIR 4         // bytes of a pair
#define KIN_RTCP_NACK_PER_PAIR 17    // packets that one pair can ask for
#define KIN_RTCP_NACK_PACKETS_MAX 64 // that kin_rtcp_write_nack() takes at once

struct kin_rtcp_nack {
    uint32_t ssrc;         // of the media
    struct kin_span pairs; // whole pairs, borrowed
};

// True, and *ret, when this packet is a generic NACK.
bool kin_rtcp_nack_read(const struct kin_rtcp_packet *packet, struct kin_rtcp_nack *ret);
// The sequence numbers of the next pair, ascending from PID: how many, 0 at the end.
unsigned kin_rtcp_nack_next(struct kin_rtcp_nack *nack, uint16_t ret[KIN_RTCP_NACK_PER_PAIR]);
// Asks for these packets, at most KIN_RTCP_NACK_PACKETS_MAX, in ascending order (modulo 2^16); the fewest pairs that
// name them are written. Needs KIN_RTCP_NACK_HEAD bytes and one pair for each packet at most.
void kin_rtcp_write_nack(struct kin_wr *w, uint32_t ssrc, uint32_t media_ssrc, const uint16_t *seqs, unsigned n);

#endif
