// Repair packets of FlexFEC, and the arithmetic of parity.
#include "proto/rtp_flexfec.h"

#include "base/err.h"

#define VERSION_2 0x80
#define FIXED_MASK 0x40 // F, of the FEC header
#define VARIANT 0xc0    // R and F
#define TS_AT 4         // of the timestamp, both in the fixed header and in the recovery fields
#define CSRC_COUNT 0x0f

unsigned kin_rtp_flexfec_count(const struct kin_rtp_flexfec *f)
{
    return f->rows > 1 ? f->rows : f->columns;
}

unsigned kin_rtp_flexfec_offset(const struct kin_rtp_flexfec *f, unsigned i)
{
    return f->rows > 1 ? i * f->columns : i;
}

bool kin_rtp_flexfec_protects(const struct kin_rtp_flexfec *f, uint64_t offset)
{
    if (f->rows > 1)
        return offset % f->columns == 0 && offset / f->columns < f->rows;
    return offset < f->columns;
}

// --- parity

void kin_rtp_parity_init(struct kin_rtp_parity *p, uint8_t *bytes, size_t room)
{
    *p = (struct kin_rtp_parity){.bytes = bytes, .room = room};
}

// Eight bytes at a time: every byte of a stream goes through here several times.
static void add_bytes(uint8_t *to, const uint8_t *from, size_t n)
{
    size_t i = 0;
    for (uint64_t a, b; n - i >= sizeof a; i += sizeof a) {
        memcpy(&a, to + i, sizeof a);
        memcpy(&b, from + i, sizeof b);
        a ^= b;
        memcpy(to + i, &a, sizeof a);
    }
    for (; i < n; i++)
        to[i] ^= from[i];
}

// Makes p as long as its longest packet.
static bool reach(struct kin_rtp_parity *p, size_t len)
{
    if (len > p->room || len > UINT16_MAX)
        return false;
    if (len > p->len) {
        memset(p->bytes + p->len, 0, len - p->len);
        p->len = len;
    }
    return true;
}

bool kin_rtp_parity_add(struct kin_rtp_parity *p, const uint8_t header[KIN_RTP_HEADER_BYTES],
                        const struct kin_span *parts, size_t count)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        if (!reach(p, at + parts[i].n))
            return false;
        add_bytes(p->bytes + at, parts[i].p, parts[i].n);
        at += parts[i].n;
    }
    uint8_t length[2] = {(uint8_t)(at >> 8), (uint8_t)at};
    add_bytes(p->fields, header, 2);
    add_bytes(p->fields + 2, length, sizeof length);
    add_bytes(p->fields + TS_AT, header + TS_AT, 4);
    return true;
}

bool kin_rtp_parity_begin(struct kin_rtp_parity *p, const uint8_t fields[KIN_RTP_FLEXFEC_FIELDS],
                          struct kin_span payload)
{
    if (!reach(p, payload.n))
        return false;
    add_bytes(p->fields, fields, KIN_RTP_FLEXFEC_FIELDS);
    add_bytes(p->bytes, payload.p, payload.n);
    return true;
}

size_t kin_rtp_parity_restore(const struct kin_rtp_parity *p, uint32_t ssrc, uint16_t seq,
                              uint8_t header[KIN_RTP_HEADER_BYTES])
{
    struct kin_rd r = kin_rd_init(kin_span_make(p->fields, sizeof p->fields));
    uint8_t flags = kin_rd_u8(&r), type = kin_rd_u8(&r);
    size_t len = kin_rd_be16(&r);
    struct kin_rtp_header h = {
        .marker = type >> 7 != 0, .payload_type = type & 0x7f, .seq = seq, .ts = kin_rd_be32(&r), .ssrc = ssrc};
    if (len > p->len)
        return 0;
    kin_rtp_write(header, &h);
    header[0] = (uint8_t)(VERSION_2 | (flags & ~(unsigned)VARIANT));
    return KIN_RTP_HEADER_BYTES + len;
}

// --- repair packets

void kin_rtp_flexfec_write(uint8_t dst[KIN_RTP_FLEXFEC_HEADERS], const struct kin_rtp_header *header,
                           const struct kin_rtp_flexfec *f, const struct kin_rtp_parity *parity)
{
    struct kin_rtp_header h = *header;
    struct kin_wr w = kin_wr_init(dst, KIN_RTP_FLEXFEC_HEADERS);
    h.marker = false;
    kin_rtp_write(kin_wr_room(&w, KIN_RTP_HEADER_BYTES), &h);
    dst[0] |= 1; // CSRC
    kin_wr_be32(&w, f->ssrc);
    kin_wr_u8(&w, (parity->fields[0] & ~(unsigned)VARIANT) | FIXED_MASK);
    kin_wr_bytes(&w, parity->fields + 1, KIN_RTP_FLEXFEC_FIELDS - 1);
    kin_wr_be16(&w, f->base);
    kin_wr_u8(&w, f->columns);
    kin_wr_u8(&w, f->rows);
}

int kin_rtp_flexfec_read(struct kin_span packet, struct kin_rtp_flexfec *ret, const uint8_t **ret_fields,
                         struct kin_span *ret_payload)
{
    struct kin_rtp_packet p;
    if (kin_rtp_parse(packet, &p) != KIN_OK || p.payload.n < KIN_RTP_FLEXFEC_HEADERS - KIN_RTP_HEADER_BYTES - 4)
        return KIN_EBAD;
    if ((packet.p[0] & CSRC_COUNT) != 1 || (p.payload.p[0] & VARIANT) != FIXED_MASK)
        return KIN_EUNSUPPORTED;
    struct kin_rd source = kin_rd_init(kin_span_skip(packet, KIN_RTP_HEADER_BYTES));
    struct kin_rd r = kin_rd_init(kin_span_skip(p.payload, KIN_RTP_FLEXFEC_FIELDS));
    struct kin_rtp_flexfec f = {.ssrc = kin_rd_be32(&source), .base = kin_rd_be16(&r)};
    f.columns = kin_rd_u8(&r);
    f.rows = kin_rd_u8(&r);
    if (f.columns == 0)
        return KIN_EBAD;
    *ret = f;
    *ret_fields = p.payload.p;
    *ret_payload = r.in;
    return KIN_OK;
}
