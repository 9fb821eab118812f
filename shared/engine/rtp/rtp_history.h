// What a sender sent lately, and which packets of it to send again because the receiver asks for them (RFC 4585, RFC
// 4588). It remembers which frame had which sequence numbers, no bytes: a packet is made again from the frame's plan,
// which all viewers share. Pure.
//
//     kin_rtp_history_frame(h, now, &sent);     a frame of that many packets is being sent
//     kin_rtp_history_sent(h, now, next_seq, bytes);  so many bytes of it left, which allow some more to be sent again
//     kin_rtp_history_feed(h, now, &of, rtcp);  the receiver's feedback
//     while (kin_rtp_history_next(h, now, &again))
//         get the plan of frame again.frame in its variant, write its packet again.packet;
//         kin_rtp_history_done(h, now, bytes), or kin_rtp_history_wait(h) until the frame has been read
//
// On demand of the sender, everything is followed by copies, KIN_RTP_HISTORY_LAG packets or KIN_RTP_HISTORY_LAG_US
// later. These are not part of the share.
//
// However much a receiver asks for, it gets no more than `percent` of the bytes that it is sent anyway, no packet more
// often than once in 3/4 of the round trip (at least KIN_RTP_HISTORY_HOLD_US), none that is older than
// KIN_RTP_HISTORY_US, and none that has not been sent.
#ifndef KIN_ENGINE_RTP_HISTORY_H
#define KIN_ENGINE_RTP_HISTORY_H

#include "base/span.h"
#include "base/time.h"
#include "jpeg/vary.h"
#include "proto/rtp_rtx.h"

#define KIN_RTP_HISTORY_US (KIN_RTP_RTX_TIME_MS * KIN_US_PER_MS)
#define KIN_RTP_HISTORY_HOLD_US (20 * KIN_US_PER_MS)
#define KIN_RTP_HISTORY_FRAMES 128 // remembered
#define KIN_RTP_HISTORY_WANTED 256 // packets that wait to be sent again; further ones must be asked for again
#define KIN_RTP_HISTORY_RECENT 512 // packets of which it is remembered when they were sent again
#define KIN_RTP_HISTORY_ASKED 512  // packets that may be asked for in a turn; further ones are not looked for
#define KIN_RTP_HISTORY_ASKED_US (10 * KIN_US_PER_MS)
#define KIN_RTP_HISTORY_BURST (64 * 1024)     // bytes that may be sent again at once, or those of half a second if more
#define KIN_RTP_HISTORY_SENT_US KIN_US_PER_MS // between two turns of KIN_RTP_HISTORY_SENT packets sent again
#define KIN_RTP_HISTORY_SENT 16
#define KIN_RTP_HISTORY_LAG 32         // ffmpeg drops what comes 100 packets too late
#define KIN_RTP_HISTORY_COPIED_MAX 256 // packets that wait for their copies; older ones get none
#define KIN_RTP_HISTORY_LAG_US (20 * KIN_US_PER_MS)

struct kin_rtp_history_frame { // a frame that was sent
    uint32_t frame;            // of the reel
    struct kin_jpeg_variant variant;
    uint32_t ts;         // RTP time
    uint16_t seq, count; // of its packets: first number, how many
    kin_us at;           // when it was begun
};

struct kin_rtp_again {
    uint32_t frame;
    struct kin_jpeg_variant variant; // in which it was sent
    uint32_t ts;
    uint16_t seq;
    unsigned packet, count; // which one of the frame's `count` packets
};

struct kin_rtp_history_turn { // how often something was done since a time
    kin_us at;
    unsigned count;
};

struct kin_rtp_history {
    unsigned percent, limit;                                     // limit: at most so many for the time being
    int64_t credit, credit_max;                                  // bytes that may be sent again now; at most
    struct kin_rtp_history_frame frames[KIN_RTP_HISTORY_FRAMES]; // a ring
    unsigned frames_seen;
    uint16_t wanted[KIN_RTP_HISTORY_WANTED]; // a ring
    unsigned first, waiting;
    bool reading; // the frame of the first one is being read
    struct kin_rtp_history_turn asked, sent;
    uint16_t next_seq; // of the next packet to be sent for the first time
    kin_us sent_at;    // when the one before it was
    struct {
        unsigned each; // of every packet
        uint16_t seq;  // of the next one
        unsigned made; // of that
        bool returned; // by kin_rtp_history_next()
    } copies;
    struct {
        uint16_t seq;
        uint32_t until_ms; // not sent again before this; modulo 2^32
    } recent[KIN_RTP_HISTORY_RECENT];
};

// bytes_per_s: of the stream, as far as it is known. percent: 0 sends nothing again.
void kin_rtp_history_init(struct kin_rtp_history *h, unsigned percent, uint64_t bytes_per_s);
// At most so many percent from now on, until another call says otherwise.
void kin_rtp_history_limit(struct kin_rtp_history *h, unsigned percent);
void kin_rtp_history_frame(struct kin_rtp_history *h, const struct kin_rtp_history_frame *sent);
// Packets up to next_seq have left, the last ones now, `bytes` of them on the wire.
void kin_rtp_history_sent(struct kin_rtp_history *h, kin_us now, uint16_t next_seq, size_t bytes);
// Each packet sent from now on is followed by so many copies.
void kin_rtp_history_copy(struct kin_rtp_history *h, unsigned each);

struct kin_rtp_history_source { // of the packets that are asked for
    uint32_t ssrc;
    kin_us rtt; // <= 0: unknown
};
// A compound RTCP packet of the receiver, of which the generic NACKs for this source are used. Returns how many packets
// they ask for.
unsigned kin_rtp_history_feed(struct kin_rtp_history *h, kin_us now, const struct kin_rtp_history_source *of,
                              struct kin_span compound);

void kin_rtp_history_clear(struct kin_rtp_history *h); // nothing is wanted any more

// The next packet to send again now.
bool kin_rtp_history_next(struct kin_rtp_history *h, kin_us now, struct kin_rtp_again *ret);
kin_us kin_rtp_history_deadline(const struct kin_rtp_history *h); // when to ask; KIN_US_NEVER: only after an event
void kin_rtp_history_done(struct kin_rtp_history *h, kin_us now, size_t bytes); // it was sent
void kin_rtp_history_full(struct kin_rtp_history *h, kin_us now);               // the socket was full: a little later
void kin_rtp_history_skip(struct kin_rtp_history *h);                           // it cannot be sent
void kin_rtp_history_wait(struct kin_rtp_history *h);                           // its frame must be read first
void kin_rtp_history_ready(struct kin_rtp_history *h);                          // that was read

#endif
