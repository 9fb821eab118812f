// Counts what a client received and what is missing: packets and frames, rates and times. Counters go on over
// connections, receivers and runs until they are reset. docs/statistics.md says what the figures promise. Pure.
//
// Each frame is counted once. The receiver and the assembler have their own counters; here, frames are counted of which
// nothing came, each as soon as the gap is known: before the next frame, when a run is left, at the end. Frames counted
// as missing after the last one (`behind`) are uncounted if they come after all:
//
//     kept.frames.lost >= behind.lost >= behind.left_out, behind.guessed
//
// What came and will come again is uncounted once, when it is dropped, and never more than was counted:
//
//     kept.frames.complete + live.frames.complete >= 0        modulo 2^64, and so for partial
//
// Nobody else writes its members.
#ifndef KIN_ENGINE_RECEIVE_STATS_H
#define KIN_ENGINE_RECEIVE_STATS_H

#include "engine/play/left_out.h"
#include "engine/play/stats.h"
#include "engine/play/timeline.h"
#include "engine/rtp/jpeg_assembler.h"

// Each packet that was sent is received, lost, late or, while nobody was there, missed. Packets overtaken by others are
// reordered, recovered (both count as received) or late: see struct kin_rtp_receiver_stats.
struct kin_receive_packets {
    uint64_t received, lost, late, missed, recovered, reordered, duplicate;
    uint64_t rebuilt, parity, parity_bytes;      // of those recovered, by parity; packets of parity
    uint64_t requested, spurious;                // asked for again; of these, came by themselves
    uint64_t retransmitted, retransmitted_bytes; // came again, needed or not
    uint64_t kernel_dropped;                     // of those lost, by our own kernel for want of buffer space
};

struct kin_receive_counts {
    struct kin_receive_packets packets;
    struct {
        // expected = complete + partial + lost; of those lost, left_out were never sent; of those complete, coarser
        // came at a lower quality than the reel's
        uint64_t expected, complete, partial, lost, left_out, coarser;
    } frames;
    struct {
        uint64_t payload, wire;
    } bytes;
};

struct kin_receive_live { // counters of the present receiver, assembler and sockets; all 0 while there are none
    struct kin_rtp_receiver_stats packets;
    struct kin_jpeg_assembler_stats frames;
    uint64_t kernel_dropped; // by the sockets that are open
};

struct kin_receive_loss { // share of packets lost, 0..1: in all, in the last five seconds, in the worst second
    double all, recent, worst_second;
};

struct kin_receive_times { // since the connection was begun; < 0: not yet
    double setup_ms, first_packet_ms, first_frame_ms;
};

struct kin_receive_average { // over the time in which media came, to the end of the last frame, pauses excluded
    kin_us us;
    double bps, fps;
};

struct kin_receive_stats {
    struct kin_receive_counts kept; // of receivers, assemblers and sockets that are gone; bytes.wire, frames.lost,
                                    // .left_out and .coarser are complete, frames.expected is unused
    struct {                        // frames missing after the last one, where a run was left or has ended
        uint64_t lost, left_out;    // counted there, and not come since
        uint64_t guessed;           // of the lost: estimated by the clock until the reply to the next PLAY tells
        uint64_t partial;           // frames there that came in part
    } behind;
    struct { // the sequence number that the next frame begins with if nothing is missing before it
        bool known;
        uint16_t seq;
    } next;
    struct kin_left_out left_out; // at present
    unsigned quality;             // of the newest frame: so many steps below the reel's own (jpeg/vary.h)
    struct kin_throughput rate;   // of bytes on the wire
    struct kin_fps fps;
    struct kin_histogram intervals; // time between the first packets of consecutive frames
    struct kin_burst burst;
    struct kin_loss loss;
    kin_us connected_at;
    kin_us packet_at; // arrival of the newest packet
    kin_us frame_at;  // of the first packet of the last frame
    uint64_t frames_timed;
    struct kin_receive_times times;
};

void kin_receive_stats_init(struct kin_receive_stats *r);
// Resets all counters; call it after those of `live` were reset. Reads only its kernel_dropped.
void kin_receive_stats_reset(struct kin_receive_stats *r, const struct kin_receive_live *live);

// --- connections and sources
void kin_receive_stats_connect(struct kin_receive_stats *r, kin_us now); // a connection is begun
void kin_receive_stats_set_up(struct kin_receive_stats *r, kin_us now);  // SETUP was answered
// The receiver and the assembler are about to be freed: keeps their counts, and forgets the expected sequence number.
void kin_receive_stats_keep(struct kin_receive_stats *r, const struct kin_receive_live *live);
void kin_receive_stats_keep_socket(struct kin_receive_stats *r, uint64_t kernel_dropped);

// --- what comes
void kin_receive_stats_run(struct kin_receive_stats *r, uint16_t seq); // a run begins with this sequence number
// A packet; wire: its bytes with all headers below it. datagram: its arrival time tells about bursts.
void kin_receive_stats_packet(struct kin_receive_stats *r, kin_us at, size_t wire, bool datagram);
// A frame that has a position. late: it belongs to a run that was left or has ended. Returns how many frames right
// before it the server left out.
uint64_t kin_receive_stats_frame(struct kin_receive_stats *r, const struct kin_jpeg_frame *frame,
                                 const struct kin_timeline_step *step, bool late);
// How many steps below the reel's own quality that frame is.
void kin_receive_stats_quality(struct kin_receive_stats *r, unsigned quality);
// A frame of a run that was left, which has no position any more.
void kin_receive_stats_late(struct kin_receive_stats *r, const struct kin_jpeg_frame *frame);

// --- what is missing: `partial` of the missing frames came in part
// Frames missing between the newest complete frame and the newest one of which anything came, the latter included if it
// is partial. More may be missing after that one.
uint64_t kin_receive_stats_missing(const struct kin_timeline *t, kin_us now,
                                   const struct kin_jpeg_assembler_stats *frames);
// The run is left, with `missing` frames by the above, or by the clock if those are more.
void kin_receive_stats_leave(struct kin_receive_stats *r, uint64_t missing, uint64_t partial);
// By the reply to the next PLAY, `sent` frames were sent after the last one: replaces the estimate by the clock.
void kin_receive_stats_left_at(struct kin_receive_stats *r, uint64_t sent);
// So many frames that came, whole or in part, are dropped: they will come again, or count as missing.
void kin_receive_stats_uncount(struct kin_receive_stats *r, const struct kin_receive_live *live, uint64_t complete,
                               uint64_t partial);
// The run is left to play a stretch of it again that was lost: nothing is missing, and what came in part after the last
// frame will come again. Call it before the assembler is reset.
void kin_receive_stats_again(struct kin_receive_stats *r, const struct kin_receive_live *live);
// Would this frame follow the one before without a packet between?
bool kin_receive_stats_follows(const struct kin_receive_stats *r, const struct kin_jpeg_frame *frame);
// The stream has ended. sent_all: everything that was sent has come, so the missing frames were left out.
void kin_receive_stats_end(struct kin_receive_stats *r, uint64_t missing, uint64_t partial, bool sent_all);
// That was an error, and what was missing at its end will come again.
void kin_receive_stats_goes_on(struct kin_receive_stats *r, const struct kin_receive_live *live);

// --- figures
// Notes what is lost by now. Call once per loop turn while there is a receiver.
void kin_receive_stats_tick(struct kin_receive_stats *r, kin_us now, const struct kin_receive_live *live);
// Time passes while media are expected: for the throughput.
void kin_receive_stats_advance(struct kin_receive_stats *r, kin_us now);
// overdue: frames that should have come by the clock.
struct kin_receive_counts kin_receive_stats_counts(const struct kin_receive_stats *r,
                                                   const struct kin_receive_live *live, uint64_t overdue);
// `recent` is < 0 when it is unknown because nothing has come for `silence`.
struct kin_receive_loss kin_receive_stats_loss(const struct kin_receive_stats *r, kin_us now,
                                               const struct kin_receive_packets *packets, kin_us silence);
struct kin_receive_average kin_receive_stats_average(const struct kin_receive_stats *r, kin_us frame_us);
// The same over the time that the frames play, which is longer by `gained` where they came ahead of it. What makes up
// for an outage is no gain: media, for how long all that was expected plays, bounds it; 0 when unknown.
struct kin_receive_average kin_receive_average_played(const struct kin_receive_average *a, kin_us gained, kin_us media);

#endif
