// Retransmission of RTP packets: how it may be agreed, and its payload format (RFC 4588 section 4).
//
//   RTP header with SSRC, sequence number and payload type of the retransmission, timestamp and marker of the original
//   | OSN(16): the original sequence number | original payload
#ifndef KIN_PROTO_RTP_RTX_H
#define KIN_PROTO_RTP_RTX_H

#include "base/span.h"
#include "proto/rtp.h"

#define KIN_RTP_RTX_HEADER_BYTES 2
#define KIN_RTP_RTX_TIME_MS 2000 // how long our sender can send a packet again, a=fmtp rtx-time

enum kin_rtp_repair {        // what a receiver that asks for a packet gets
    KIN_RTP_REPAIR_NONE,     // nothing
    KIN_RTP_REPAIR_ORIGINAL, // the packet as it was, which any receiver understands
    KIN_RTP_REPAIR_RTX,      // RFC 4588
};

// Writes to dst the original packet that `rtx`, a whole RTP packet, brings: `of` has its SSRC and payload type. Returns
// its bytes, two fewer than those of rtx; 0 when rtx is no RTP, has no original payload (padding, section 4), or dst
// has less than `room` for it.
size_t kin_rtp_rtx_restore(struct kin_span rtx, const struct kin_rtp_header *of, uint8_t *dst, size_t room);

#endif
