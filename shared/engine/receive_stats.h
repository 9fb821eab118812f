// What a client received, counted: packets and frames, those that are missing, rates and times. Counters go on over
// connections, receivers and runs until they are reset. docs/statistics.md says what the figures promise. Pure.
//
// Each frame is counted once. What the receiver and the assembler count is theirs; here are the frames of which nothing
// came, each noted where the gap is known: before the next frame, where a run is left, at the end. What comes of those
// after all is taken back, as far as they were noted behind the last frame:
//
//     kept.frames.lost >= behind.lost >= behind.left_out, behind.guessed
//
// Nobody else writes its members.
#ifndef KIN_ENGINE_RECEIVE_STATS_H
#define KIN_ENGINE_RECEIVE_STATS_H

#include "engine/jpeg_assembler.h"
#include "engine/stats.h"
#include "engine/timeline.h"

// Each packet that was sent is one of received, lost and late. Those that others overtook are one of reordered and
// recovered (both received) and late: see struct kin_rtp_receiver_stats.
struct kin_receive_packets {
    uint64_t received, lost, late, recovered, reordered, duplicate;
    uint64_t kernel_dropped; // of those lost, by our own system for want of buffer space
};

struct kin_receive_counts {
    struct kin_receive_packets packets;
    struct {
        // expected = complete + partial + lost; of those lost, the server did not send left_out
        uint64_t expected, complete, partial, lost, left_out;
    } frames;
    struct {
        uint64_t payload, wire;
    } bytes;
};

struct kin_receive_live { // what those who count now have; all 0 while there are none
    struct kin_rtp_receiver_stats packets;
    struct kin_jpeg_assembler_stats frames;
    uint64_t kernel_dropped; // by the sockets that are open
};

struct kin_receive_loss { // shares of packets, 0..1: of all, of the last five seconds, of any one second
    double all, recent, worst_second;
};

struct kin_receive_times { // since the connection was begun; < 0: not yet
    double setup_ms, first_packet_ms, first_frame_ms;
};

struct kin_receive_average { // over the time in which media came: to the end of the last frame, without pauses
    kin_us us;
    double bps, fps;
};

struct kin_receive_stats {
    struct kin_receive_counts kept; // of receivers, assemblers and sockets that are gone; bytes.wire, frames.lost and
                                    // frames.left_out of all. Of frames.expected nothing.
    struct {                        // the last frame that came in its turn, where the run was left or has ended
        uint64_t lost, left_out;    // noted there, and not come since
        uint64_t guessed;           // of the lost: by the clock, until the reply to the next PLAY says it
        uint64_t partial;           // frames that came in part there
    } behind;
    struct { // the sequence number that the next frame begins with if nothing is missing before it
        bool known;
        uint16_t seq;
    } next;
    struct kin_throughput rate; // of bytes on the wire
    struct kin_fps fps;
    struct kin_histogram intervals; // of the intervals of first packets of frames that follow each other
    struct kin_burst burst;
    struct kin_loss loss;
    kin_us connected_at;
    kin_us packet_at; // arrival of the newest packet
    kin_us frame_at;  // of the first packet of the last frame
    uint64_t frames_timed;
    struct kin_receive_times times;
};

void kin_receive_stats_init(struct kin_receive_stats *r);
// All counters begin anew, once those of `live` did; only its kernel_dropped is read.
void kin_receive_stats_reset(struct kin_receive_stats *r, const struct kin_receive_live *live);

// --- connections and sources
void kin_receive_stats_connect(struct kin_receive_stats *r, kin_us now); // a connection is begun
void kin_receive_stats_set_up(struct kin_receive_stats *r, kin_us now);  // SETUP was answered
// The receiver and the assembler go, and with them the order of the packets: their counts are kept.
void kin_receive_stats_keep(struct kin_receive_stats *r, const struct kin_receive_live *live);
void kin_receive_stats_keep_socket(struct kin_receive_stats *r, uint64_t kernel_dropped);

// --- what comes
void kin_receive_stats_run(struct kin_receive_stats *r, uint16_t seq); // a run begins with this sequence number
// A packet; wire: its bytes with what carries it. datagram: its arrival says something about bursts.
void kin_receive_stats_packet(struct kin_receive_stats *r, kin_us at, size_t wire, bool datagram);
// A frame that has a place. late: it is of a run that was left or has ended. Returns how many frames right before it
// the server left out.
uint64_t kin_receive_stats_frame(struct kin_receive_stats *r, const struct kin_jpeg_frame *frame,
                                 const struct kin_timeline_step *step, bool late);
// A frame of a run that was left, which has no place any more.
void kin_receive_stats_late(struct kin_receive_stats *r, const struct kin_jpeg_frame *frame);

// --- what does not come: `partial` of the missing frames came in part
// How many those are at least that were sent before the newest frame of which anything came, and this one if it came in
// part: frames behind the newest complete one.
uint64_t kin_receive_stats_missing(const struct kin_timeline *t, kin_us now,
                                   const struct kin_jpeg_assembler_stats *frames);
// The run is left. `missing` by that, or by the clock if more.
void kin_receive_stats_leave(struct kin_receive_stats *r, uint64_t missing, uint64_t partial);
// The reply to the next PLAY says that so many frames were sent behind the last one; it counts instead of the clock.
void kin_receive_stats_left_at(struct kin_receive_stats *r, uint64_t sent);
// The stream has ended. sent_all: all that was sent has come, so those missing were not.
void kin_receive_stats_end(struct kin_receive_stats *r, uint64_t missing, uint64_t partial, bool sent_all);

// --- figures
// Notes what was lost by now. A shell does so in every turn in which it has a receiver.
void kin_receive_stats_tick(struct kin_receive_stats *r, kin_us now, const struct kin_receive_live *live);
// Media should come, and time passes: for the throughput.
void kin_receive_stats_advance(struct kin_receive_stats *r, kin_us now);
// overdue: frames that should have come by the clock.
struct kin_receive_counts kin_receive_stats_counts(const struct kin_receive_stats *r,
                                                   const struct kin_receive_live *live, uint64_t overdue);
// recent is < 0 where nothing is known because nothing has come for `silence`.
struct kin_receive_loss kin_receive_stats_loss(const struct kin_receive_stats *r, kin_us now,
                                               const struct kin_receive_packets *packets, kin_us silence);
struct kin_receive_average kin_receive_stats_average(const struct kin_receive_stats *r, kin_us frame_us);

#endif
