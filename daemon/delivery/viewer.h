// One playing session's media path: paces a reel's frames to one peer over UDP or interleaved TCP.
// Lives on one worker's loop. The connection owns it; it never outlives its stream.
#ifndef DAEMON_VIEWER_H
#define DAEMON_VIEWER_H

#include "base/time.h"
#include "delivery/delivery.h"
#include "delivery/send_budget.h"
#include "engine/play/media_sender.h"
#include "frames/frame.h"
#include "io/addr.h"
#include "io/stream.h"
#include "media/reel.h"
#include "proto/lower_transport.h"

struct viewer;

struct viewer_lab { // how whole files leave
    enum kin_lab_numbering numbering;
    size_t datagram_bytes; // longest RTP packet that holds a whole frame; a longer frame leaves in chunks
};

struct viewer_params {
    const struct delivery *delivery;
    struct kin_reel *reel; // the viewer takes its own reference
    enum kin_lower_transport lower_transport;
    enum frame_content content;
    enum kin_payload_format format;     // WHOLE_FILE: over UDP and without RTCP
    struct viewer_lab lab;              // WHOLE_FILE
    uint8_t payload_type;               // other formats; 0 = that of JPEG
    enum kin_rtp_repair repair;         // UDP: whether and how lost packets are sent again
    uint8_t rtx_payload_type;           // REPAIR_RTX
    uint8_t fec_payload_type;           // UDP: of parity, 0: none is sent
    bool long_packets;                  // TCP: longer ones than over UDP
    bool adapt;                         // UDP: send less where the network does not carry all, if the settings agree
    union kin_addr peer_rtp, peer_rtcp; // UDP; TCP: the client in peer_rtp
    union kin_addr local;               // the address the viewer connected to: RTP leaves from it
    struct kin_stream *stream;          // TCP
    struct send_account *account;       // TCP: of the stream; NULL: any amount may be queued
    uint8_t channel_rtp, channel_rtcp;  // TCP
    bool loop;                          // start over where the reel ends
    const char *name;                   // of the reel, for the log; outlives the viewer; may be NULL
    void (*on_end)(void *ctx,
                   enum kin_media_end why); // from the loop, never from inside a call; viewer_free may follow
    void *ctx;
};

// KIN_OK (caller owns), KIN_ENOMEM, KIN_ELIMIT (that peer address is taken by another viewer).
int viewer_new(const struct viewer_params *params, struct viewer **ret);
// Stops and, with `bye`, sends RTCP BYE. Accepts NULL.
void viewer_free(struct viewer *v, bool bye);
// UDP: the RTSP connection is gone. It plays on (RFC 2326 section 12.37), but gives way to a new viewer that wants the
// same peer ports.
void viewer_abandon(struct viewer *v);

// Plays this range from now on; while playing, this is a seek.
void viewer_play(struct viewer *v, const struct kin_play_range *range);
// Goes on with its range at this Speed (thousandths): nothing else changes.
void viewer_pace(struct viewer *v, int32_t speed_milli);
void viewer_pause(struct viewer *v);
// Pauses by itself before this frame of the range, unless viewer_play() or viewer_pause() comes first.
void viewer_pause_at(struct viewer *v, uint32_t frame);
bool viewer_playing(const struct viewer *v);
uint32_t viewer_position(const struct viewer *v); // the next frame that would be sent; frame_count: none
const struct kin_play_range *viewer_range(const struct viewer *v); // of this pass
uint32_t viewer_next_rtptime(const struct viewer *v);              // of that frame
uint32_t viewer_ssrc(const struct viewer *v);
uint16_t viewer_next_seq(const struct viewer *v);
void viewer_rtcp(struct viewer *v, struct kin_span compound); // RTCP that came interleaved
const struct kin_media_stats *viewer_stats(const struct viewer *v);

#endif
