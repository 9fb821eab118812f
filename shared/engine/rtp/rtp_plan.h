// How one JPEG goes out as RTP: fragment boundaries and payload headers, made once and shared by all viewers.
// Immutable and refcounted; it points into the JPEG's buffer and never copies scan bytes.
//
// All packets but the last have the same total length, so that they can leave as one train (UDP_SEGMENT). The first one
// of a frame carries the quantization tables and therefore fewer scan bytes. Only where a scan has restart markers and
// it takes at most a quarter more packets, they are cut there, so that each can be decoded by itself (RFC 2435 section
// 3.1.7, QuickTime's payload likewise); these are of any length up to that.
#ifndef KIN_ENGINE_RTP_PLAN_H
#define KIN_ENGINE_RTP_PLAN_H

#include "base/buf.h"
#include "jpeg/compat.h"

struct kin_rtp_plan;

#define KIN_RTP_PLAN_PACKET_MIN 256 // least packet_bytes: header, tables and some scan bytes
#define KIN_RTP_PLAN_LAB_CHUNK 1400 // payload of a lab packet when the JPEG is sent in several
#define KIN_RTP_PLAN_LAB_MIN 1412   // least datagram_bytes of a lab plan: a chunk with its RTP header
#define KIN_RTP_PLAN_DATAGRAM 65507 // longest UDP payload over IPv4
#define KIN_RTP_PLAN_HEAD_MAX 2192  // longest head: extension, main, restart, quantization header and two tables

// RFC 2435, Q=255 with both tables in the first packet, EOI in the last packet's payload. `rtp` is the result of
// kin_jpeg_compat() for this jpeg; its spans lie within it. packet_bytes is the longest RTP packet, RTP header
// included. KIN_OK (the plan holds its own reference to jpeg), KIN_ENOMEM, KIN_EINVAL (packet_bytes out of range, spans
// outside).
int kin_rtp_plan_jpeg(struct kin_buf *jpeg, const struct kin_jpeg_rtp *rtp, size_t packet_bytes,
                      struct kin_rtp_plan **ret);

// The same, with an ONVIF extension in the first packet that gives the size to players that read it: for JPEGs above
// 2040 pixels.
int kin_rtp_plan_jpeg_sized(struct kin_buf *jpeg, const struct kin_jpeg_rtp *rtp, size_t packet_bytes,
                            struct kin_rtp_plan **ret);

// All of the file's headers in the ONVIF extension of the first packet, for players that read it: any baseline JPEG of
// one scan, gray or YCbCr. `info` is the result of kin_jpeg_walk() for this jpeg. KIN_EUNSUPPORTED: another JPEG;
// KIN_ELIMIT, KIN_EINVAL: the headers are too long for the extension or for a packet.
int kin_rtp_plan_onvif(struct kin_buf *jpeg, const struct kin_jpeg_info *info, size_t packet_bytes,
                       struct kin_rtp_plan **ret);

// QuickTime's payload: the file unchanged, whatever it is, with a description in the first packet of each frame. `info`
// is the result of kin_jpeg_walk() for this jpeg.
int kin_rtp_plan_xqt(struct kin_buf *jpeg, const struct kin_jpeg_info *info, size_t packet_bytes,
                     struct kin_rtp_plan **ret);

// The lab's payload: the whole file in one datagram of at most datagram_bytes (RTP header included;
// KIN_RTP_PLAN_LAB_MIN to KIN_RTP_PLAN_DATAGRAM), else chunks of KIN_RTP_PLAN_LAB_CHUNK bytes. The marker bit is set on
// the last packet of a frame, even if it is the only one: clients that assemble frames wait for it, the stock client
// never looks at it. KIN_OK, KIN_EINVAL (datagram_bytes out of range), KIN_ENOMEM.
int kin_rtp_plan_lab(struct kin_buf *jpeg, size_t datagram_bytes, struct kin_rtp_plan **ret);

void kin_rtp_plan_free(struct kin_rtp_plan *plan); // accepts NULL

struct kin_rtp_plan_packet {
    struct kin_span head; // header extension, if there is one, and payload header
    struct kin_span body; // of the JPEG's buffer
    struct kin_span tail; // EOI that the file itself lacks; usually empty
    size_t extension;     // bytes of the extension at the beginning of head; > 0: set the X bit
    bool marker;
};

unsigned kin_rtp_plan_count(const struct kin_rtp_plan *plan);                                // packets, >= 1
struct kin_rtp_plan_packet kin_rtp_plan_packet(const struct kin_rtp_plan *plan, unsigned i); // i < count
size_t kin_rtp_plan_bytes(const struct kin_rtp_plan *plan);  // of the JPEG, in all packets
size_t kin_rtp_plan_memory(const struct kin_rtp_plan *plan); // bytes, without the JPEG itself

static inline size_t kin_rtp_plan_packet_bytes(const struct kin_rtp_plan_packet *p) // without the RTP header
{
    return p->head.n + p->body.n + p->tail.n;
}

static inline size_t kin_rtp_plan_payload_bytes(const struct kin_rtp_plan_packet *p) // without RTP header and extension
{
    return kin_rtp_plan_packet_bytes(p) - p->extension;
}

#endif
