// RTCP packets in and out (RFC 3550 section 6).
#include "proto/rtcp.h"

#include "base/err.h"
#include "base/rd.h"

#define REPORT_BYTES 24
#define REPORTS_MAX 31
#define SDES_CNAME 1
#define TEXT_MAX 255

static int read_sr(struct kin_rd r, struct kin_rtcp_packet *p)
{
    p->ssrc = kin_rd_be32(&r);
    p->sr.ntp = kin_rd_be64(&r);
    p->sr.rtp_ts = kin_rd_be32(&r);
    p->sr.packets = kin_rd_be32(&r);
    p->sr.octets = kin_rd_be32(&r);
    p->reports = kin_rd_take(&r, (size_t)p->count * REPORT_BYTES);
    return r.bad ? KIN_EBAD : KIN_OK;
}

static int read_rr(struct kin_rd r, struct kin_rtcp_packet *p)
{
    p->ssrc = kin_rd_be32(&r);
    p->reports = kin_rd_take(&r, (size_t)p->count * REPORT_BYTES);
    return r.bad ? KIN_EBAD : KIN_OK;
}

// The items of one chunk, up to its terminator or to the end of the packet.
static void read_sdes_items(struct kin_rd *r, struct kin_rtcp_packet *p)
{
    while (r->in.n > 0) {
        uint8_t type = kin_rd_u8(r);
        if (type == 0)
            return;
        struct kin_span text = kin_rd_take(r, kin_rd_u8(r));
        if (type == SDES_CNAME && p->cname.p == NULL && !r->bad)
            p->cname = text;
    }
}

static int read_sdes(struct kin_rd r, struct kin_rtcp_packet *p)
{
    size_t size = r.in.n;
    for (unsigned i = 0; i < p->count && !r.bad; i++) {
        uint32_t ssrc = kin_rd_be32(&r);
        if (i == 0)
            p->ssrc = ssrc;
        read_sdes_items(&r, p);
        size_t used = size - r.in.n;
        r.in = kin_span_skip(r.in, (4 - used % 4) % 4);
    }
    return r.bad ? KIN_EBAD : KIN_OK;
}

static int read_bye(struct kin_rd r, struct kin_rtcp_packet *p)
{
    if (p->count > 0)
        p->ssrc = kin_rd_be32(&r);
    kin_rd_take(&r, p->count > 0 ? 4u * (p->count - 1u) : 0);
    if (!r.bad && r.in.n > 0)
        p->reason = kin_rd_take(&r, kin_rd_u8(&r));
    return r.bad ? KIN_EBAD : KIN_OK;
}

// APP and feedback begin with the sender's SSRC; of other types nothing is known.
static int read_other(struct kin_rd r, struct kin_rtcp_packet *p)
{
    if (p->type >= KIN_RTCP_APP && p->type <= KIN_RTCP_PSFB)
        p->ssrc = kin_rd_be32(&r);
    return r.bad ? KIN_EBAD : KIN_OK;
}

static int read_body(struct kin_rtcp_packet *p)
{
    static int (*const readers[])(struct kin_rd, struct kin_rtcp_packet *) = {read_sr, read_rr, read_sdes, read_bye};
    size_t i = (size_t)p->type - KIN_RTCP_SR;
    struct kin_rd r = kin_rd_init(p->body);
    return p->type >= KIN_RTCP_SR && i < sizeof readers / sizeof readers[0] ? readers[i](r, p) : read_other(r, p);
}

static int drop_padding(struct kin_span *body)
{
    uint8_t count = body->n > 0 ? body->p[body->n - 1] : 0;
    if (count == 0 || count > body->n)
        return KIN_EBAD;
    body->n -= count;
    return KIN_OK;
}

int kin_rtcp_next(struct kin_span *compound, struct kin_rtcp_packet *ret)
{
    if (compound->n == 0)
        return KIN_EMORE;
    struct kin_rd r = kin_rd_init(*compound);
    struct kin_rtcp_packet p = {.type = 0};
    uint8_t first = kin_rd_u8(&r);
    p.count = first & 31;
    p.type = kin_rd_u8(&r);
    p.body = kin_rd_take(&r, 4u * kin_rd_be16(&r));
    if (r.bad || first >> 6 != 2)
        return KIN_EBAD;
    if ((first & 0x20) != 0 && drop_padding(&p.body) != KIN_OK)
        return KIN_EBAD;
    if (read_body(&p) != KIN_OK)
        return KIN_EBAD;
    *compound = r.in;
    *ret = p;
    return KIN_OK;
}

struct kin_rtcp_report kin_rtcp_report_get(const struct kin_rtcp_packet *packet, unsigned i)
{
    struct kin_rd r = kin_rd_init(kin_span_skip(packet->reports, (size_t)i * REPORT_BYTES));
    struct kin_rtcp_report b = {.ssrc = kin_rd_be32(&r)};
    b.fraction_lost = kin_rd_u8(&r);
    uint32_t lost = kin_rd_be24(&r);
    b.lost = (int32_t)lost - (lost >= 0x800000 ? 0x1000000 : 0);
    b.highest_seq = kin_rd_be32(&r);
    b.jitter = kin_rd_be32(&r);
    b.lsr = kin_rd_be32(&r);
    b.dlsr = kin_rd_be32(&r);
    return b;
}

static void write_head(struct kin_wr *w, unsigned type, unsigned count, size_t bytes)
{
    kin_wr_u8(w, 0x80 | count);
    kin_wr_u8(w, type);
    kin_wr_be16(w, (unsigned)(bytes / 4 - 1));
}

static void write_reports(struct kin_wr *w, const struct kin_rtcp_report *reports, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        const struct kin_rtcp_report *b = &reports[i];
        int32_t lost = b->lost < -0x800000 ? -0x800000 : b->lost > 0x7fffff ? 0x7fffff : b->lost;
        kin_wr_be32(w, b->ssrc);
        kin_wr_u8(w, b->fraction_lost);
        kin_wr_be24(w, (uint32_t)lost & 0xffffff);
        kin_wr_be32(w, b->highest_seq);
        kin_wr_be32(w, b->jitter);
        kin_wr_be32(w, b->lsr);
        kin_wr_be32(w, b->dlsr);
    }
}

void kin_rtcp_write_sr(struct kin_wr *w, uint32_t ssrc, const struct kin_rtcp_sr *sr,
                       const struct kin_rtcp_report *reports, unsigned n)
{
    unsigned count = n < REPORTS_MAX ? n : REPORTS_MAX;
    write_head(w, KIN_RTCP_SR, count, 28 + (size_t)count * REPORT_BYTES);
    kin_wr_be32(w, ssrc);
    kin_wr_be64(w, sr->ntp);
    kin_wr_be32(w, sr->rtp_ts);
    kin_wr_be32(w, sr->packets);
    kin_wr_be32(w, sr->octets);
    write_reports(w, reports, count);
}

void kin_rtcp_write_rr(struct kin_wr *w, uint32_t ssrc, const struct kin_rtcp_report *reports, unsigned n)
{
    unsigned count = n < REPORTS_MAX ? n : REPORTS_MAX;
    write_head(w, KIN_RTCP_RR, count, 8 + (size_t)count * REPORT_BYTES);
    kin_wr_be32(w, ssrc);
    write_reports(w, reports, count);
}

void kin_rtcp_write_sdes(struct kin_wr *w, uint32_t ssrc, struct kin_span cname)
{
    struct kin_span text = kin_span_first(cname, TEXT_MAX);
    size_t used = 4 + 4 + 2 + text.n;
    size_t zeros = 4 - used % 4; // at least one: the terminator
    write_head(w, KIN_RTCP_SDES, 1, used + zeros);
    kin_wr_be32(w, ssrc);
    kin_wr_u8(w, SDES_CNAME);
    kin_wr_u8(w, (unsigned)text.n);
    kin_wr_put(w, text);
    kin_wr_bytes(w, "\0\0\0", zeros);
}

void kin_rtcp_write_bye(struct kin_wr *w, uint32_t ssrc, struct kin_span reason)
{
    struct kin_span text = kin_span_first(reason, TEXT_MAX);
    size_t used = text.n > 0 ? 8 + 1 + text.n : 8;
    size_t zeros = (4 - used % 4) % 4;
    write_head(w, KIN_RTCP_BYE, 1, used + zeros);
    kin_wr_be32(w, ssrc);
    if (text.n == 0)
        return;
    kin_wr_u8(w, (unsigned)text.n);
    kin_wr_put(w, text);
    kin_wr_bytes(w, "\0\0\0", zeros);
}
