// Brings lost packets of one RTP source back from parity (RFC 8627). Keeps what came lately, and the parity packets
// that more than one packet is missing of, until all but one of these are there: what one parity packet brings back may
// be what another one lacks. Pure.
//
//     kin_fec_receiver_came(f, seq, packet);          each packet of the source that came, in any order
//     kin_fec_receiver_feed(f, ssrc, packet);         each parity packet
//     while (kin_fec_receiver_next(f, &seq, &packet)) a packet that did not come
//
// Memory: the newest KIN_FEC_PACKETS packets, and KIN_FEC_BYTES of them at most.
#ifndef KIN_ENGINE_FEC_RECEIVER_H
#define KIN_ENGINE_FEC_RECEIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define KIN_FEC_PACKETS 2048                   // kept; a power of two
#define KIN_FEC_BYTES ((size_t)4 << 20)        // of these
#define KIN_FEC_PARITIES 512                   // that wait; of more the oldest are dropped
#define KIN_FEC_PARITY_BYTES ((size_t)1 << 20) // of these

struct kin_fec_receiver;

// NULL when out of memory.
struct kin_fec_receiver *kin_fec_receiver_new(void);
void kin_fec_receiver_free(struct kin_fec_receiver *f); // accepts NULL
// Another source, or other numbers: nothing has come.
void kin_fec_receiver_clear(struct kin_fec_receiver *f);

// A packet of the source, copied; seq is its extended number. True when it had been brought back before: it came after
// all.
bool kin_fec_receiver_came(struct kin_fec_receiver *f, uint64_t seq, struct kin_span packet);
// A parity packet, copied if it is needed; ssrc: of the source. KIN_OK, also when it is of no use; KIN_EBAD or
// KIN_EUNSUPPORTED as in kin_rtp_flexfec_read(), KIN_EUNSUPPORTED too when it is for another source.
int kin_fec_receiver_feed(struct kin_fec_receiver *f, uint32_t ssrc, struct kin_span packet);
// The next packet that can be brought back, with its extended number. It is a whole RTP packet with the source's SSRC,
// borrowed until the next call of any function but this one, and counts as come. False: there is none.
bool kin_fec_receiver_next(struct kin_fec_receiver *f, uint64_t *ret_seq, struct kin_span *ret);

#endif
