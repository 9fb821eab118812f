// The generic NACK in and out.
#include "proto/rtcp_fb.h"

#include "base/rd.h"

#define FMT_NACK 1

bool kin_rtcp_nack_read(const struct kin_rtcp_packet *packet, struct kin_rtcp_nack *ret)
{
    if (packet->type != KIN_RTCP_RTPFB || packet->count != FMT_NACK)
        return false;
    struct kin_rd r = kin_rd_init(packet->body);
    kin_rd_be32(&r); // of the receiver that asks
    ret->ssrc = kin_rd_be32(&r);
    ret->pairs = kin_span_first(r.in, r.in.n / KIN_RTCP_NACK_PAIR * KIN_RTCP_NACK_PAIR);
    return !r.bad;
}

unsigned kin_rtcp_nack_next(struct kin_rtcp_nack *nack, uint16_t ret[KIN_RTCP_NACK_PER_PAIR])
{
    if (nack->pairs.n == 0)
        return 0;
    struct kin_rd r = kin_rd_init(nack->pairs);
    uint16_t pid = (uint16_t)kin_rd_be16(&r);
    unsigned blp = kin_rd_be16(&r), n = 0;
    nack->pairs = r.in;
    ret[n++] = pid;
    for (unsigned i = 0; i < KIN_RTCP_NACK_PER_PAIR - 1; i++)
        if ((blp >> i & 1) != 0)
            ret[n++] = (uint16_t)(pid + i + 1);
    return n;
}

static void write_pair(struct kin_wr *w, uint16_t pid, unsigned blp)
{
    kin_wr_be16(w, pid);
    kin_wr_be16(w, blp);
}

// The pairs are counted by a first pass, since the length stands before them.
static unsigned write_pairs(struct kin_wr *w, const uint16_t *seqs, unsigned n, bool only_count)
{
    unsigned pairs = 0;
    for (unsigned i = 0; i < n;) {
        uint16_t pid = seqs[i++];
        unsigned blp = 0;
        while (i < n && (uint16_t)(seqs[i] - pid - 1) < KIN_RTCP_NACK_PER_PAIR - 1)
            blp |= 1u << (uint16_t)(seqs[i++] - pid - 1);
        if (!only_count)
            write_pair(w, pid, blp);
        pairs++;
    }
    return pairs;
}

void kin_rtcp_write_nack(struct kin_wr *w, uint32_t ssrc, uint32_t media_ssrc, const uint16_t *seqs, unsigned n)
{
    kin_wr_u8(w, 0x80 | FMT_NACK);
    kin_wr_u8(w, KIN_RTCP_RTPFB);
    kin_wr_be16(w, 2 + write_pairs(w, seqs, n, true));
    kin_wr_be32(w, ssrc);
    kin_wr_be32(w, media_ssrc);
    write_pairs(w, seqs, n, false);
}
