// The server's media path: which frame of a reel leaves when, as RTP packets, and what reports say about them. Pure: no
// socket, no file, no clock. The shell reads the frames, sends the packets, and calls kin_media_sender_next() at
// kin_media_sender_deadline() and whenever something has changed:
//
//     kin_media_sender_play(s, &range);
//     while ((step = kin_media_sender_next(s, now, &what)) != KIN_MEDIA_WAIT)
//         KIN_MEDIA_AHEAD   begin to read frames that will be needed
//         KIN_MEDIA_READ    get this frame in this variant, and report the result by _frame(), _not_yet() or
//                           _no_room(); where it cannot be had so, say _plain() and get it as it is
//         KIN_MEDIA_AGAIN   get this earlier frame in the variant in which it was sent, write the packet by _again(),
//                           send it, and report by _again_sent(); or _again_wait() until the frame has been read, or
//                           _again_skip()
//         KIN_MEDIA_SEND    write that many packets by _packet(), send them, and report by _sent() how many went out
//         KIN_MEDIA_PARITY  write a parity packet by _parity(), send it, and report by _parity_sent()
//         KIN_MEDIA_REPORT  write the report by _report(), and send it
//         KIN_MEDIA_ADAPTED it sends more or less from now on: tell whom that concerns
//         KIN_MEDIA_ENDED   it stopped by itself
//
// What the receiver's reports say decides how much is sent (engine/play/adaptation.h), whether frames get restart
// markers (engine/play/unmended.h), whether copies follow (engine/play/duplication.h), and how much parity follows each
// frame (engine/rtp/fec_sender.h): none while the network does not carry all.
//
// A run starts when its first frame has been read; from then on every frame is due at the time that the play_schedule
// gives it, whatever happens in between. A frame that was begun is sent to its end, unless the stream itself ends.
//
// Invariants: a frame is being sent while `plan` is set, and no other is requested then; nothing is done before `wake`.
#ifndef KIN_ENGINE_MEDIA_SENDER_H
#define KIN_ENGINE_MEDIA_SENDER_H

#include "engine/play/adaptation.h"
#include "engine/play/duplication.h"
#include "engine/play/play_schedule.h"
#include "engine/play/unmended.h"
#include "engine/play/variants.h"
#include "engine/rtp/fec_sender.h"
#include "engine/rtp/pacer.h"
#include "engine/rtp/rtp_history.h"
#include "engine/rtp/rtp_plan.h"
#include "engine/rtp/rtp_sender.h"

#define KIN_MEDIA_AHEAD_MAX 8 // frames read ahead at most

enum kin_media_end {           // why it stopped by itself
    KIN_MEDIA_END_OF_RANGE,    // all frames were sent; the range may be played again
    KIN_MEDIA_END_PAUSED,      // kin_media_sender_pause_at()
    KIN_MEDIA_END_UNREACHABLE, // ICMP: the peer's port is closed
    KIN_MEDIA_END_READ,        // the reel's file cannot be read any more
    KIN_MEDIA_END_BYE,         // the peer sent an RTCP BYE
    KIN_MEDIA_END_REPLACED,    // another sender serves the peer now
};

enum kin_media_step {
    KIN_MEDIA_WAIT,
    KIN_MEDIA_AHEAD,
    KIN_MEDIA_READ,
    KIN_MEDIA_AGAIN,
    KIN_MEDIA_SEND,
    KIN_MEDIA_PARITY,
    KIN_MEDIA_REPORT,
    KIN_MEDIA_ADAPTED,
    KIN_MEDIA_ENDED,
};

struct kin_media_step_detail {
    uint32_t frames[KIN_MEDIA_AHEAD_MAX]; // AHEAD: frame_count of them, the nearest first. READ: frames[0]
    unsigned frame_count;
    struct kin_jpeg_variant variant;   // AHEAD, READ: of these frames; ADAPTED: of the next ones
    unsigned packets;                  // SEND: at most
    struct kin_rtp_again again;        // AGAIN
    struct kin_adaptation_level level; // ADAPTED
    unsigned copies;                   // likewise: of every packet
    enum kin_media_end why;            // ENDED
};

struct kin_media_stats {
    uint64_t frames_sent;
    uint64_t frames_dropped;               // for want of room, time or memory
    uint64_t frames_skipped;               // because they cannot be sent
    uint64_t frames_left_out;              // because the network does not carry all
    uint64_t frames_coarser;               // of those sent: at a lower quality, likewise
    uint64_t packets, bytes;               // RTP packets; bytes of them, headers included
    uint64_t again_packets, again_bytes;   // sent again on request, not counted above
    uint64_t copy_packets, copy_bytes;     // sent again before they were asked for, likewise
    uint64_t parity_packets, parity_bytes; // likewise
    bool have_report;                      // from the last receiver report:
    double loss, loss_lately;              // 0..1, of all packets sent until then; since the report before
    int32_t lost;
    double jitter_ms, rtt_ms; // rtt < 0: unknown
    kin_us last_activity;     // of the peer: RTCP, or progress of its connection
};

struct kin_media_sender_params {
    const struct kin_reel *reel; // borrowed, outlives the sender
    bool loop;                   // start over where the reel ends
    bool in_order;               // the transport keeps order and has flow control: frames leave whole, unpaced
    bool rewritten;              // frames are converted first, which takes longer: read further ahead
    bool adapt;                  // send less where the network does not carry all
    bool vary;                   // variants of frames can be had: for that, and for less to be lost
    bool lab;                    // the lab's payload, numbered as lab_numbering says, without RTCP
    enum kin_lab_numbering lab_numbering;
    unsigned pacing;                 // percent of a frame's interval over which its packets are spread
    unsigned copies;                 // of every packet at most, where that is needed and the format bears it
    struct kin_rtp_history *history; // borrowed, initialized; NULL: nothing is sent again
    struct kin_rtp_sender_rtx rtx;
    unsigned parity;           // percent of the bytes of media that parity may take; with fec
    struct kin_fec_stream fec; // its payload type is 0 where parity is not agreed
    struct kin_rtp_sender_params rtp;
};

struct kin_media_sender {
    const struct kin_reel *reel;
    bool loop, in_order, rewritten, lab;
    struct kin_rtp_sender rtp;
    struct kin_pacer pacer;
    struct kin_play_schedule schedule; // the frames still to start
    struct kin_rtp_history *history;
    struct kin_rtp_sender_rtx rtx;
    struct kin_fec_sender fec;
    struct kin_adaptation adaptation;
    struct kin_duplication duplication;
    struct kin_unmended unmended;
    struct kin_variants variants;
    struct kin_media_stats stats;

    bool adapts, adapted; // adapted: KIN_MEDIA_ADAPTED is to be returned
    bool playing;
    bool running; // the first frame of this run has been read, so its clock runs
    bool pausing; // stop before frame pause_at
    uint32_t pause_at;
    kin_us wake; // no frame is requested and no packet sent before this time

    bool awaiting;  // the next frame is being read
    bool late;      // the next frame is overdue by its whole interval
    unsigned ahead; // how many frames are read ahead at present: grows to the most, falls to 1 where there is no room
    enum kin_media_ahead {
        KIN_MEDIA_AHEAD_NONE,
        KIN_MEDIA_AHEAD_ALL,
        KIN_MEDIA_AHEAD_ON,
        KIN_MEDIA_AHEAD_LATE
    } ahead_due; // what is to be read ahead as soon as no frame is being sent

    const struct kin_rtp_plan *plan; // of the frame that is being sent, or NULL
    unsigned packet;                 // its next packet
    unsigned parities, parity;       // its parity packets; the next one of these

    bool report_wanted, report_due; // wanted: as soon as a packet of the run was sent; due: now
    kin_us report_at;               // the next one, or KIN_US_NEVER
    bool bye_sent;                  // since the last PLAY or packet, or nothing was played
    bool ended;                     // KIN_MEDIA_ENDED is to be returned
    enum kin_media_end why;
    kin_us unreachable_since; // 0: never
};

void kin_media_sender_init(struct kin_media_sender *s, kin_us now, const struct kin_media_sender_params *params);

// --- commands

// Plays this range from now on; also a jump while playing.
void kin_media_sender_play(struct kin_media_sender *s, const struct kin_play_range *range);
// From the next frame on, the range is delivered at this Speed (thousandths, clamped): no more than a change of pace.
// The next frame stays due when it is, or now, when that has passed.
void kin_media_sender_pace(struct kin_media_sender *s, kin_us now, int32_t speed_milli);
// Stops before the next frame.
void kin_media_sender_pause(struct kin_media_sender *s);
// Pauses by itself before this frame of the range, unless another command comes first.
void kin_media_sender_pause_at(struct kin_media_sender *s, uint32_t frame);
// Stops at once, even in the middle of a frame; KIN_MEDIA_ENDED will give the reason.
void kin_media_sender_end(struct kin_media_sender *s, enum kin_media_end why);

// --- steps

kin_us kin_media_sender_deadline(const struct kin_media_sender *s);
enum kin_media_step kin_media_sender_next(struct kin_media_sender *s, kin_us now, struct kin_media_step_detail *ret);

// AHEAD: there is no room to read ahead. Reading ahead starts again from one frame.
void kin_media_sender_hold_back(struct kin_media_sender *s);

// READ: the result. KIN_OK: the frame is sent as `plan`, which is borrowed while kin_media_sender_sends().
// KIN_EUNSUPPORTED, KIN_EBAD: the frame is skipped; KIN_ENOMEM, KIN_EFILES: it is dropped; any other error: the stream
// ends (KIN_MEDIA_END_READ). unix_us is wall-clock time.
void kin_media_sender_frame(struct kin_media_sender *s, kin_us now, int64_t unix_us, int error,
                            const struct kin_rtp_plan *plan);
void kin_media_sender_plain(struct kin_media_sender *s);   // before _frame() or _not_yet(): it is got as it is
void kin_media_sender_not_yet(struct kin_media_sender *s); // call kin_media_sender_frame_ready() when it is there
void kin_media_sender_frame_ready(struct kin_media_sender *s);
// The peer is so far behind that the frame must not be queued: it is dropped. The first frame of a run is never
// dropped: the run begins when there is room for it. Nor is a frame at a Speed above normal: it only comes later.
void kin_media_sender_no_room(struct kin_media_sender *s, kin_us now);
// Nothing can be done before `at`: there is no memory to read with, or the socket is full.
void kin_media_sender_retry_at(struct kin_media_sender *s, kin_us at);

// SEND: writes packet i of those to be sent, i < packets, in ascending order; it is numbered and counted. The spans are
// borrowed from the plan. `payload` is what reports count, `bytes` the whole packet.
struct kin_media_packet {
    uint8_t header[KIN_RTP_HEADER_BYTES];
    struct kin_span head, body, tail;
    size_t payload, bytes;
};
void kin_media_sender_packet(struct kin_media_sender *s, unsigned i, struct kin_media_packet *ret);
// Takes back the last `count` packets, which were written but not sent, with `payload` bytes in all.
void kin_media_sender_undo(struct kin_media_sender *s, unsigned count, size_t payload);
// `count` packets were sent by `now`, `on_wire` bytes in all; on_wire is 0 when the network refused them: they are
// lost.
void kin_media_sender_sent(struct kin_media_sender *s, unsigned count, size_t on_wire, kin_us now);

// PARITY: writes the packet. Returns its bytes.
size_t kin_media_sender_parity(const struct kin_media_sender *s, kin_us now, uint8_t dst[KIN_FEC_PACKET_MAX]);
void kin_media_sender_parity_sent(struct kin_media_sender *s, kin_us now, size_t on_wire); // 0: refused by the network

// AGAIN: writes the packet, of `plan`, the plan of frame again->frame in its variant. The spans are borrowed from the
// plan. False: that is not the plan of which the packet was sent; skip it.
struct kin_media_again {
    uint8_t head[KIN_RTP_HEADER_BYTES + KIN_RTP_RTX_HEADER_BYTES + KIN_RTP_PLAN_HEAD_MAX];
    size_t head_bytes;
    struct kin_span body, tail;
    size_t bytes; // of the whole packet
};
bool kin_media_sender_again(struct kin_media_sender *s, const struct kin_rtp_again *again,
                            const struct kin_rtp_plan *plan, struct kin_media_again *ret);
void kin_media_sender_again_sent(struct kin_media_sender *s, kin_us now, size_t bytes); // 0: refused by the network
void kin_media_sender_again_full(struct kin_media_sender *s, kin_us now); // written, but the socket was full: later
void kin_media_sender_again_wait(struct kin_media_sender *s);             // until kin_media_sender_again_ready()
void kin_media_sender_again_ready(struct kin_media_sender *s);
void kin_media_sender_again_skip(struct kin_media_sender *s); // it cannot be sent

// --- RTCP; writers need KIN_RTP_SENDER_RTCP_MAX bytes

// REPORT: SR + SDES. `random` spaces the next one; its low 16 bits are used.
void kin_media_sender_report(struct kin_media_sender *s, kin_us now, int64_t unix_us, uint32_t random,
                             struct kin_wr *w);
// SR + SDES + BYE, at the end. False when nothing was sent that a BYE could end.
bool kin_media_sender_bye(struct kin_media_sender *s, kin_us now, int64_t unix_us, struct kin_wr *w);
void kin_media_sender_feed_rtcp(struct kin_media_sender *s, kin_us now, int64_t unix_us, struct kin_span compound);
void kin_media_sender_active(struct kin_media_sender *s, kin_us now); // the peer has read from its connection
// ICMP says that the peer's port is closed. The stream ends when that happens again soon.
void kin_media_sender_unreachable(struct kin_media_sender *s, kin_us now);

// --- facts

bool kin_media_sender_sends(const struct kin_media_sender *s);        // a frame is being sent
uint32_t kin_media_sender_position(const struct kin_media_sender *s); // the next frame to send; frame_count at the end
uint32_t kin_media_sender_next_rtptime(const struct kin_media_sender *s); // of that frame
uint16_t kin_media_sender_next_seq(const struct kin_media_sender *s);     // of its first packet

#endif
