// Parity packets (RFC 8627) that follow the packets of a frame, or of each block of a large one: how many, by the loss
// that the receiver reports, and which packets each one protects. They are made of the frame's plan when they are sent;
// nothing is copied before. Pure.
//
//     kin_fec_sender_report(f, now, highest_seq, lost);  a receiver report came
//     n = kin_fec_sender_begin(f, now, plan);            a frame is begun: so many parity packets belong to it
//     kin_fec_sender_follows(f, i);                      how many packets of it come before the i-th one of these
//     kin_fec_sender_packet(f, &source, i, ts, dst);     writes that
//     kin_fec_sender_sent(f);                            it was sent: the next one has the next number
//     kin_fec_sender_hold(f, now);                       the network does not carry the stream: none for a while
//
// The packets of a frame, or of each of its blocks of at most KIN_FEC_BLOCK, lie in up to three layers: in columns, in
// rows of packets that follow each other, and in columns of a grid that is one packet wider. Each packet is in one
// parity of each layer, and two that share one share no other, so that what one layer cannot bring back another one
// can.
//
// What a level is for follows from what it leaves. Where packets are lost at random at a rate of p, and there are k
// layers of s packets to a parity, a layer is of no use to a packet with the probability y = 1 - (1 - p) (1 - p
// y^(k-1))^(s-1), and p y^k of all packets stay lost. Less than one in 64000, so that less than one in 1000 frames of
// 64 packets is lost, are left by 1 layer of 14 up to 0.1 % of loss, by 2 of 10 up to 2 %, by 3 of 7.5 up to 5 %. Small
// frames need a larger share for as much: two layers in which no two packets share both take 2 sqrt(n) parities for n
// packets.
//
// Invariants: no more bytes of parity than `percent` of the frame's own; f->level rises at once, and falls by one step
// after KIN_FEC_CALM_US in which a lower one would have done; where nothing was ever lost, after KIN_FEC_SAMPLE
// packets. While it is held, what is lost raises no level: it would not be lost if less were sent.
#ifndef KIN_ENGINE_FEC_SENDER_H
#define KIN_ENGINE_FEC_SENDER_H

#include "base/time.h"
#include "engine/rtp/rtp_plan.h"
#include "proto/rtp_flexfec.h"

#define KIN_FEC_BLOCK 255                    // packets: what L and D can count
#define KIN_FEC_PACKET_MAX 8960              // bytes of a parity packet
#define KIN_FEC_SAMPLE 1000                  // packets sent between two reports that are compared, or
#define KIN_FEC_SAMPLE_US (2 * KIN_US_PER_S) // the time
#define KIN_FEC_CALM_US (10 * KIN_US_PER_S)
#define KIN_FEC_LEVELS 4
#define KIN_FEC_HOLD_US (5 * KIN_US_PER_S)      // without parity after the network carried less; twice as long where
#define KIN_FEC_HOLD_MAX_US (80 * KIN_US_PER_S) // it does so again
#define KIN_FEC_TRIAL_US (20 * KIN_US_PER_S)    // within this time
// By which a parity packet is longer than the longest packet that it protects.
#define KIN_FEC_LONGER (KIN_RTP_FLEXFEC_HEADERS - KIN_RTP_HEADER_BYTES)

struct kin_fec_stream {   // of the parity packets
    uint8_t payload_type; // 0: there is none
    uint32_t ssrc;
    uint16_t seq; // of its next packet
};

struct kin_fec_source { // the packets of a frame, as they are sent
    const struct kin_rtp_plan *plan;
    uint8_t payload_type;
    uint32_t ssrc, ts;
    uint16_t seq; // of the first
};

struct kin_fec_sender {
    unsigned percent; // of the bytes of media, at most
    struct kin_fec_stream stream;
    unsigned level;     // 0..KIN_FEC_LEVELS - 1
    kin_us enough_at;   // when the level was last needed
    bool loses;         // something was lost
    uint32_t first_seq; // extended, of the first report
    kin_us hold;        // how long it is held, 0: never yet
    kin_us held_until;
    struct { // the report that the next one is compared with
        bool known;
        uint32_t highest_seq;
        int32_t lost;
        kin_us at;
    } last;
    struct {                    // the frame at hand
        unsigned packets, most; // parity packets that it may have
        unsigned level;         // however that changes meanwhile
    } frame;
};

// It begins with the level for a little loss: who wants parity expects some.
void kin_fec_sender_init(struct kin_fec_sender *f, unsigned percent, const struct kin_fec_stream *stream);
// highest_seq is extended; lost is cumulative, and what came by retransmission or parity is not deducted.
void kin_fec_sender_report(struct kin_fec_sender *f, kin_us now, uint32_t highest_seq, int32_t lost);
// The network does not carry even what is sent without parity, or with it: parity would take the room of others.
void kin_fec_sender_hold(struct kin_fec_sender *f, kin_us now);
// 0 where there is no stream, it is held, or the frame is so small that a parity packet would be too much.
unsigned kin_fec_sender_begin(struct kin_fec_sender *f, kin_us now, const struct kin_rtp_plan *plan);
// How many packets of the frame come before its i-th parity packet: all that this one protects.
unsigned kin_fec_sender_follows(const struct kin_fec_sender *f, unsigned i);
// Writes the i-th parity packet of the frame that was begun, with the RTP time ts. Returns its bytes.
size_t kin_fec_sender_packet(const struct kin_fec_sender *f, const struct kin_fec_source *source, unsigned i,
                             uint32_t ts, uint8_t dst[KIN_FEC_PACKET_MAX]);
void kin_fec_sender_sent(struct kin_fec_sender *f);

#endif
