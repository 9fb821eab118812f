// What the files that make plans share: rtp_plan.c (packets of any plan), rtp_plan_jpeg.c and rtp_plan_whole.c only.
#ifndef KIN_ENGINE_RTP_PLAN_INTERNAL_H
#define KIN_ENGINE_RTP_PLAN_INTERNAL_H

#include "base/ref.h"
#include "engine/rtp_plan.h"

#define PLAN_PACKET_MAX 65000u

struct plan_shape {
    struct kin_span in_file; // body bytes that lie in the file
    size_t body;             // all body bytes: in_file and, if the file has none, EOI
    size_t first_body;       // body bytes of packet 0 ...
    size_t rest_body;        // ... and of each following one but the last
    size_t extension;        // bytes of the header extension at the head of packet 0
    size_t first_head, rest_head;
};

struct kin_rtp_plan {
    struct kin_buf *jpeg;
    struct plan_shape shape;
    unsigned count;
    size_t heads_bytes;
    uint8_t heads[]; // of packet 0, 1, 2 ...
};

// A plan with its heads still to be written and one more reference to jpeg. NULL when out of memory.
struct kin_rtp_plan *plan_new(struct kin_buf *jpeg, const struct plan_shape *shape);
// As plan_new(), but computes first_body and rest_body so that each packet is packet_bytes long. KIN_OK; KIN_EINVAL:
// the heads leave no room; KIN_ENOMEM.
int plan_cut(struct kin_buf *jpeg, struct plan_shape *shape, size_t packet_bytes, struct kin_rtp_plan **ret);

#endif
