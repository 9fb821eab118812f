// What the files that make plans share: rtp_plan.c (packets of any plan), rtp_plan_jpeg.c and rtp_plan_whole.c only.
#ifndef KIN_ENGINE_RTP_PLAN_INTERNAL_H
#define KIN_ENGINE_RTP_PLAN_INTERNAL_H

#include "base/ref.h"
#include "engine/rtp/rtp_plan.h"

#define PLAN_PACKET_MAX 65000u

struct plan_chunk { // a packet of a body that is cut at restart markers
    uint32_t at;    // body byte with which it begins
    uint16_t count; // of its restart header, in RFC 2435
};

struct plan_shape {
    struct kin_span in_file; // body bytes that lie in the file
    size_t body;             // all body bytes: in_file and, if the file has none, EOI
    size_t first_body;       // body bytes of packet 0 ...
    size_t rest_body;        // ... and of each following one but the last
    size_t extension;        // bytes of the header extension at the head of packet 0
    size_t first_head, rest_head;
    struct plan_chunk *chunks; // malloc'd, owned by the plan: a packet each; NULL: the body is cut into equal pieces
    unsigned chunk_count;
};

struct kin_rtp_plan {
    struct kin_buf *jpeg;
    struct plan_shape shape;
    unsigned count;
    size_t heads_bytes;
    uint8_t heads[]; // of packet 0, 1, 2 ...
};

// The number of equal pieces.
unsigned plan_packets_for(const struct plan_shape *shape);
// Where the body of packet i begins.
size_t plan_body_at(const struct kin_rtp_plan *p, unsigned i);

// A plan with its heads still to be written and one more reference to jpeg. NULL when out of memory.
struct kin_rtp_plan *plan_new(struct kin_buf *jpeg, const struct plan_shape *shape);
// Computes first_body and rest_body so that each packet is packet_bytes long at most. KIN_OK; KIN_EINVAL: the heads
// leave no room.
int plan_divide(struct plan_shape *shape, size_t packet_bytes);
struct plan_intervals {   // of a scan with restart markers
    size_t scan_at;       // where it begins in the body; what is before it goes with the first interval
    struct kin_span scan; // entropy-coded bytes
    uint32_t count;       // as many as there should be
};

// After plan_divide(): *ret is an array of *ret_count packets, malloc'd, or NULL where restart markers do not help:
// packets would be a quarter more than equal pieces, the markers are not as they should be, or they are too many to be
// counted. KIN_OK or KIN_ENOMEM.
int plan_chunks(const struct plan_shape *shape, const struct plan_intervals *intervals, struct plan_chunk **ret,
                unsigned *ret_count);

#endif
