// Lost packets out of parity.
#include "engine/rtp/fec_receiver.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/list.h"
#include "base/seq.h"
#include "proto/rtp_flexfec.h"

struct kept { // a packet that came, or was brought back
    uint64_t seq;
    bool rebuilt;
    size_t size;
    uint8_t bytes[];
};

struct parity { // a parity packet that waits
    struct kin_list node;
    struct kin_rtp_flexfec mask;
    uint64_t base;    // extended number of the first packet that it protects
    unsigned missing; // of these
    uint8_t fields[KIN_RTP_FLEXFEC_FIELDS];
    size_t size;
    uint8_t bytes[];
};

struct kin_fec_receiver {
    bool began;
    uint64_t newest, oldest;            // numbers that packets may be kept of
    struct kept *kept[KIN_FEC_PACKETS]; // by number, modulo
    size_t bytes;
    struct kin_list parities; // in the order in which they came
    unsigned parity_count;
    size_t parity_bytes;
};

struct kin_fec_receiver *kin_fec_receiver_new(void)
{
    struct kin_fec_receiver *f = calloc(1, sizeof *f);
    if (f != NULL)
        kin_list_init(&f->parities);
    return f;
}

static struct parity *parity_of(struct kin_list *node)
{
    return KIN_CONTAINER(node, struct parity, node);
}

static void drop_parity(struct kin_fec_receiver *f, struct parity *p)
{
    f->parity_count--;
    f->parity_bytes -= p->size;
    kin_list_remove(&p->node);
    free(p);
}

static void drop_packet(struct kin_fec_receiver *f, uint64_t seq)
{
    struct kept **slot = &f->kept[seq % KIN_FEC_PACKETS];
    if (*slot == NULL)
        return;
    f->bytes -= (*slot)->size;
    free(*slot);
    *slot = NULL;
}

void kin_fec_receiver_clear(struct kin_fec_receiver *f)
{
    while (!kin_list_empty(&f->parities))
        drop_parity(f, parity_of(f->parities.next));
    for (uint64_t i = 0; i < KIN_FEC_PACKETS; i++)
        drop_packet(f, i);
    f->began = false;
}

void kin_fec_receiver_free(struct kin_fec_receiver *f)
{
    if (f == NULL)
        return;
    kin_fec_receiver_clear(f);
    free(f);
}

// --- packets

static struct kept *find(const struct kin_fec_receiver *f, uint64_t seq)
{
    struct kept *k = f->kept[seq % KIN_FEC_PACKETS];
    return k != NULL && k->seq == seq ? k : NULL;
}

// Makes seq the newest number: packets too far behind it are dropped.
static void advance(struct kin_fec_receiver *f, uint64_t seq)
{
    if (!f->began || seq - f->newest >= KIN_FEC_PACKETS) {
        kin_fec_receiver_clear(f);
        f->began = true;
        f->newest = seq;
        f->oldest = 0;
    }
    while (f->newest < seq)
        drop_packet(f, ++f->newest);
    if (f->newest - f->oldest >= KIN_FEC_PACKETS)
        f->oldest = f->newest - KIN_FEC_PACKETS + 1;
}

// One packet less is missing of the parity packets that protect it. Those that miss none any more are of no use.
static void note_came(struct kin_fec_receiver *f, uint64_t seq)
{
    KIN_LIST_EACH_OF(struct parity, p, &f->parities, node) {
        if (kin_rtp_flexfec_protects(&p->mask, seq - p->base) && --p->missing == 0)
            drop_parity(f, p);
    }
}

static void keep(struct kin_fec_receiver *f, struct kept *k)
{
    drop_packet(f, k->seq);
    f->kept[k->seq % KIN_FEC_PACKETS] = k;
    f->bytes += k->size;
    while (f->bytes > KIN_FEC_BYTES && f->oldest < k->seq)
        drop_packet(f, f->oldest++);
    note_came(f, k->seq);
}

bool kin_fec_receiver_came(struct kin_fec_receiver *f, uint64_t seq, struct kin_span packet)
{
    struct kept *k = f->began ? find(f, seq) : NULL;
    if (k != NULL) {
        bool rebuilt = k->rebuilt;
        k->rebuilt = false;
        return rebuilt;
    }
    if (!f->began || seq > f->newest)
        advance(f, seq);
    else if (seq < f->oldest)
        return false;
    k = malloc(sizeof *k + packet.n);
    if (k == NULL)
        return false;
    *k = (struct kept){.seq = seq, .size = packet.n};
    memcpy(k->bytes, packet.p, packet.n);
    keep(f, k);
    return false;
}

// --- parity

// Where the parity's first packet is, if those it protects may be kept.
static bool place(const struct kin_fec_receiver *f, const struct kin_rtp_flexfec *mask, uint64_t *ret_base)
{
    uint64_t span = kin_rtp_flexfec_offset(mask, kin_rtp_flexfec_count(mask) - 1) + 1;
    if (!f->began)
        return false;
    uint64_t base = kin_seq_extend(f->newest, mask->base);
    bool near = base < f->newest + KIN_FEC_PACKETS && base + KIN_FEC_PACKETS > f->newest;
    *ret_base = base;
    return near && span < KIN_FEC_PACKETS;
}

static unsigned count_missing(const struct kin_fec_receiver *f, const struct kin_rtp_flexfec *mask, uint64_t base)
{
    unsigned missing = 0;
    for (unsigned i = 0; i < kin_rtp_flexfec_count(mask); i++)
        missing += find(f, base + kin_rtp_flexfec_offset(mask, i)) == NULL;
    return missing;
}

static void make_room(struct kin_fec_receiver *f, size_t bytes)
{
    while (f->parity_count > 0 &&
           (f->parity_count >= KIN_FEC_PARITIES || f->parity_bytes + bytes > KIN_FEC_PARITY_BYTES))
        drop_parity(f, parity_of(f->parities.next));
}

int kin_fec_receiver_feed(struct kin_fec_receiver *f, uint32_t ssrc, struct kin_span packet)
{
    struct kin_rtp_flexfec mask;
    struct kin_span payload;
    const uint8_t *fields;
    uint64_t base;
    int err = kin_rtp_flexfec_read(packet, &mask, &fields, &payload);
    if (err != KIN_OK || mask.ssrc != ssrc)
        return err != KIN_OK ? err : KIN_EUNSUPPORTED;
    if (!place(f, &mask, &base))
        return KIN_OK;
    unsigned missing = count_missing(f, &mask, base);
    make_room(f, payload.n);
    struct parity *p = missing > 0 ? malloc(sizeof *p + payload.n) : NULL;
    if (p == NULL)
        return KIN_OK;
    *p = (struct parity){.mask = mask, .base = base, .missing = missing, .size = payload.n};
    memcpy(p->fields, fields, sizeof p->fields);
    memcpy(p->bytes, payload.p, payload.n);
    kin_list_push_back(&f->parities, &p->node);
    f->parity_count++;
    f->parity_bytes += p->size;
    return KIN_OK;
}

static bool add(struct kin_rtp_parity *sum, const struct kept *k)
{
    struct kin_span rest = kin_span_skip(kin_span_make(k->bytes, k->size), KIN_RTP_HEADER_BYTES);
    return k->size >= KIN_RTP_HEADER_BYTES && kin_rtp_parity_add(sum, k->bytes, &rest, 1);
}

// Adds all packets that are there. The number of the one that is not; UINT64_MAX when there is no such one, or the
// packets do not fit the parity.
static uint64_t add_others(const struct kin_fec_receiver *f, const struct parity *p, struct kin_rtp_parity *sum)
{
    uint64_t lost = UINT64_MAX;
    for (unsigned i = 0; i < kin_rtp_flexfec_count(&p->mask); i++) {
        uint64_t seq = p->base + kin_rtp_flexfec_offset(&p->mask, i);
        const struct kept *k = find(f, seq);
        if (k == NULL ? lost != UINT64_MAX : !add(sum, k))
            return UINT64_MAX;
        lost = k == NULL ? seq : lost;
    }
    return lost;
}

// The packet that alone is missing of those that the parity protects. The caller owns it. NULL: it cannot be had.
static struct kept *rebuild(const struct kin_fec_receiver *f, const struct parity *p)
{
    struct kept *k = malloc(sizeof *k + KIN_RTP_HEADER_BYTES + p->size);
    struct kin_rtp_parity sum;
    struct kin_rtp_packet parsed;
    if (k == NULL)
        return NULL;
    kin_rtp_parity_init(&sum, k->bytes + KIN_RTP_HEADER_BYTES, p->size);
    uint64_t lost = UINT64_MAX;
    if (kin_rtp_parity_begin(&sum, p->fields, kin_span_make(p->bytes, p->size)))
        lost = add_others(f, p, &sum);
    k->seq = lost;
    k->rebuilt = true;
    k->size = kin_rtp_parity_restore(&sum, p->mask.ssrc, (uint16_t)lost, k->bytes);
    if (lost != UINT64_MAX && k->size > 0 && kin_rtp_parse(kin_span_make(k->bytes, k->size), &parsed) == KIN_OK)
        return k;
    free(k);
    return NULL;
}

static bool may_be_kept(const struct kin_fec_receiver *f, uint64_t seq)
{
    return seq > f->newest ? seq - f->newest < KIN_FEC_PACKETS : seq >= f->oldest;
}

bool kin_fec_receiver_next(struct kin_fec_receiver *f, uint64_t *ret_seq, struct kin_span *ret)
{
    KIN_LIST_EACH_OF(struct parity, p, &f->parities, node) {
        if (p->missing > 1)
            continue;
        struct kept *k = rebuild(f, p);
        drop_parity(f, p);
        if (k == NULL || !may_be_kept(f, k->seq)) {
            free(k);
            continue;
        }
        if (k->seq > f->newest)
            advance(f, k->seq);
        keep(f, k);
        *ret_seq = k->seq;
        *ret = kin_span_make(k->bytes, k->size);
        return true;
    }
    return false;
}
