// RFC 2435 packets, with or without the ONVIF extension: where a frame begins and ends, its tables and headers.
#include "base/err.h"
#include "engine/rtp/jpeg_assembler_internal.h"
#include "jpeg/tables.h"
#include "proto/rtp_onvif.h"

#define Q_COMPUTED_MAX 99  // 1-99: tables by formula
#define Q_STATIC_FIRST 128 // 128-254: tables sent once, then kept
#define Q_DYNAMIC 255      // tables sent in each frame, though some senders send them only once

struct rtp_input { // one packet
    const struct kin_rtp_arrival *arrival;
    uint16_t profile; // of the ONVIF extension, 0 without
    struct kin_span extension;
    bool has_header; // false: a packet that has an extension only
    struct kin_rtp_jpeg h;
};

// --- quantization tables

static bool are_tables(uint8_t precision, struct kin_span tables)
{
    unsigned i = 0;
    size_t n = 0;
    for (; n < tables.n && i < KIN_JPEG_QUANT_TABLES_MAX; i++)
        n += (precision >> i & 1) != 0 ? 2 * KIN_JPEG_QUANT_BYTES : KIN_JPEG_QUANT_BYTES;
    return n == tables.n;
}

static int set_quant(struct kin_jpeg_assembler *a, uint8_t precision, struct kin_span tables)
{
    struct quant_tables *quant = &a->quant;
    if (!are_tables(precision, tables))
        return assembler_set_trouble(a, KIN_JPEG_TROUBLE_TABLES, (uint32_t)tables.n, KIN_EUNSUPPORTED);
    quant->precision = precision;
    quant->n = (uint16_t)tables.n;
    memcpy(quant->bytes, tables.p, tables.n);
    return KIN_OK;
}

static int remember(struct kin_jpeg_assembler *a, const struct kin_rtp_jpeg *h)
{
    struct kin_buf *buf = kin_buf_new(1 + h->tables.n);
    if (buf == NULL)
        return KIN_ENOMEM;
    buf->data[0] = h->precision;
    memcpy(buf->data + 1, h->tables.p, h->tables.n);
    kin_buf_unref(a->cached[h->q]);
    a->cached[h->q] = buf;
    return KIN_OK;
}

static bool is_remembered(const struct kin_jpeg_assembler *a, const struct kin_rtp_jpeg *h)
{
    const struct kin_buf *buf = a->cached[h->q];
    return buf != NULL && buf->data[0] == h->precision && kin_span_eq(kin_span_skip(kin_buf_span(buf), 1), h->tables);
}

static int no_tables(struct kin_jpeg_assembler *a, const struct kin_rtp_jpeg *h)
{
    return assembler_set_trouble(a, KIN_JPEG_TROUBLE_NO_TABLES, h->q, KIN_EUNSUPPORTED);
}

// Tables of Q 128-255. KIN_EUNSUPPORTED when they were never sent.
static int quant_from_header(struct kin_jpeg_assembler *a, const struct kin_rtp_jpeg *h)
{
    if (h->tables.n > 0) {
        int err = set_quant(a, h->precision, h->tables);
        if (err != KIN_OK || h->q == Q_DYNAMIC || is_remembered(a, h))
            return err;
        return remember(a, h);
    }
    if (h->q == Q_DYNAMIC)
        return a->quant.n > 0 ? KIN_OK : no_tables(a, h);
    const struct kin_buf *buf = a->cached[h->q];
    return buf != NULL ? set_quant(a, buf->data[0], kin_span_skip(kin_buf_span(buf), 1)) : no_tables(a, h);
}

// The tables of a frame from its first packet (RFC 2435 section 4.2); Q 0 is ONVIF's "as the frame before".
static int find_quant(struct kin_jpeg_assembler *a, const struct kin_rtp_jpeg *h)
{
    uint8_t tables[2 * KIN_JPEG_QUANT_BYTES];
    if (h->q >= Q_STATIC_FIRST)
        return h->has_quant ? quant_from_header(a, h) : no_tables(a, h);
    if (h->q == 0 && a->quant.n > 0)
        return KIN_OK;
    if (h->q == 0 || h->q > Q_COMPUTED_MAX)
        return assembler_set_trouble(a, KIN_JPEG_TROUBLE_Q, h->q, KIN_EUNSUPPORTED);
    kin_jpeg_quant_tables(h->q, tables);
    return set_quant(a, 0, kin_span_make(tables, sizeof tables));
}

// --- headers

// The size in the header, or that in the SDP where the header agrees with it or has none.
static struct jpeg_size find_size(const struct kin_jpeg_assembler *a, struct jpeg_size header)
{
    struct jpeg_size described = {a->options.width, a->options.height};
    struct jpeg_size size = header;
    if (jpeg_size_agrees(header, described))
        return described;
    if (size.width == 0)
        size.width = described.width;
    if (size.height == 0)
        size.height = described.height;
    return size;
}

static void use_header(struct kin_jpeg_assembler *a, const struct kin_rtp_jpeg *h)
{
    struct frame_in_progress *f = &a->frame;
    f->has_header = true;
    f->type = h->type & 0x3f;
    f->q = h->q;
    f->header = (struct jpeg_size){h->width, h->height};
    f->real = find_size(a, f->header);
    f->restart_interval = h->has_restart ? h->restart_interval : 0;
    f->size_is_guess = !jpeg_size_agrees(f->header, (struct jpeg_size){a->options.width, a->options.height});
}

static uint16_t at_least_one(uint16_t v)
{
    return v > 0 ? v : 1;
}

static struct kin_jpeg_params make_params(const struct kin_jpeg_assembler *a)
{
    const struct frame_in_progress *f = &a->frame;
    const struct jpeg_extension *e = &a->extension;
    bool no_size = f->header.width == 0 && f->header.height == 0;
    struct kin_jpeg_params params = {
        .type = f->type,
        .width = at_least_one(f->real.width), // put right when the frame is complete
        .height = at_least_one(f->real.height),
        .restart_interval = e->frame_has_dri ? e->restart_interval : f->restart_interval,
        .precision = a->quant.precision,
        .tables = {a->quant.bytes, f->quant_missing ? 0 : a->quant.n},
    };
    if (f->has_extension && (e->frame_has_sof || (no_size && e->sof_n > 0)))
        params.sof = kin_span_make(e->sof, e->sof_n);
    if (params.sof.n > 0)
        params.sos = kin_span_make(e->sos, e->sos_n);
    return params;
}

// Where the frame header has its size: behind marker, length and precision.
static size_t find_sof(const struct kin_buf *buf, size_t len)
{
    size_t at = 2; // behind SOI
    while (at + 9 <= len && !(buf->data[at + 1] == KIN_JPEG_SOF0 || buf->data[at + 1] == KIN_JPEG_SOF1))
        at += 2u + (size_t)(buf->data[at + 2] << 8 | buf->data[at + 3]);
    return at + 5;
}

static void note_places(struct frame_in_progress *f, const struct kin_jpeg_params *params)
{
    unsigned components = params->sof.n > 0 ? params->sof.p[9] : 3;
    f->scan_at = f->len;
    f->sos_at = f->len - (8 + 2u * components);
    f->sof_at = find_sof(f->buf, f->len);
    f->restart_interval = params->restart_interval;
    if (params->sof.n > 0) {
        f->real.height = (uint16_t)(params->sof.p[5] << 8 | params->sof.p[6]);
        f->real.width = (uint16_t)(params->sof.p[7] << 8 | params->sof.p[8]);
        f->size_is_guess = false;
    }
}

static int write_headers(struct kin_jpeg_assembler *a)
{
    struct frame_in_progress *f = &a->frame;
    uint8_t room[KIN_JPEG_TABLE_SET_BYTES];
    struct kin_wr segments = kin_wr_init(room, sizeof room);
    struct kin_jpeg_params params = make_params(a);
    if (params.sof.n == 0 && f->type > 1)
        return assembler_set_trouble(a, KIN_JPEG_TROUBLE_TYPE, f->type, KIN_EUNSUPPORTED);
    bool with_dqt = a->extension.frame_has_dqt || f->q == 0;
    kin_jpeg_table_set_write(&a->extension.tables, KIN_JPEG_SLOTS_DHT | (with_dqt ? KIN_JPEG_SLOTS_DQT : 0), &segments);
    params.segments = kin_wr_span(&segments);
    int err = assembler_reserve(a, ASSEMBLER_HEADER_MAX);
    if (err != KIN_OK)
        return err;
    struct kin_wr w = kin_wr_init(f->buf->data, f->size);
    err = kin_jpeg_header_write(&w, &params);
    if (err != KIN_OK)
        return KIN_EUNSUPPORTED;
    f->len = w.len;
    note_places(f, &params);
    return KIN_OK;
}

// --- frames

static int parse_input(const struct kin_rtp_arrival *arrival, struct rtp_input *in)
{
    *in = (struct rtp_input){.arrival = arrival};
    in->profile = kin_rtp_onvif_find(&arrival->packet, &in->extension);
    if (arrival->packet.payload.n == 0)
        return KIN_OK;
    in->has_header = true;
    return kin_rtp_jpeg_parse(arrival->packet.payload, &in->h);
}

static bool begins_frame(const struct kin_jpeg_assembler *a, const struct rtp_input *in)
{
    const struct frame_in_progress *f = &a->frame;
    if (in->profile != 0)
        return in->profile == KIN_RTP_ONVIF_FIRST;
    if (f->state == FRAME_OPEN && f->has_extension) // its fragment offsets mean nothing
        return false;
    return in->has_header && in->h.offset == 0;
}

// The frame cannot be used: counts it as partial, and the reason.
static int give_up(struct kin_jpeg_assembler *a, int err)
{
    a->stats.unsupported += err == KIN_EUNSUPPORTED;
    a->stats.bad_packets += err == KIN_EBAD;
    if (err == KIN_ELIMIT)
        assembler_set_trouble(a, KIN_JPEG_TROUBLE_TOO_LONG, (uint32_t)a->max_bytes, err);
    if (err != KIN_ENOMEM)
        assembler_count_trouble(a);
    assembler_spoil_frame(a, a->frame.ts);
    return err == KIN_ENOMEM ? KIN_ENOMEM : KIN_OK;
}

static bool ends_in_eoi(const struct frame_in_progress *f)
{
    const uint8_t *end = f->len >= 2 ? f->buf->data + f->len - 2 : NULL;
    return end != NULL && f->len - f->scan_at >= 2 && end[0] == 0xff && end[1] == KIN_JPEG_EOI;
}

static int complete(struct kin_jpeg_assembler *a)
{
    struct frame_in_progress *f = &a->frame;
    bool empty = f->scan_at == 0 || f->len == f->scan_at;
    int err = empty ? assembler_set_trouble(a, KIN_JPEG_TROUBLE_EMPTY, 0, KIN_EBAD) : assembler_complete_rtp(a);
    if (err == KIN_EUNSUPPORTED)
        assembler_set_trouble(a, KIN_JPEG_TROUBLE_SIZE, 0, err);
    if (err == KIN_OK)
        assembler_finish_frame(a, f->real.width, f->real.height);
    else
        give_up(a, err);
    a->frame.state = FRAME_NONE;
    return err == KIN_ENOMEM ? KIN_ENOMEM : KIN_OK;
}

// May the open frame end here, without a marker bit? If its end marker came, or if the sender never sets that bit.
static bool may_end(const struct frame_in_progress *f, bool marks)
{
    return f->state == FRAME_OPEN && f->scan_at > 0 && (!marks || ends_in_eoi(f));
}

void assembler_end_rtp(struct kin_jpeg_assembler *a)
{
    if (may_end(&a->frame, a->marks))
        complete(a);
}

// Another timestamp: an open frame should have ended before.
static int leave_frame(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival)
{
    struct frame_in_progress *f = &a->frame;
    int err = KIN_OK;
    if (f->state == FRAME_NONE || f->ts == arrival->ts)
        return KIN_OK;
    if (arrival->gap == 0 && may_end(f, a->marks))
        err = complete(a);
    else if (f->state == FRAME_OPEN)
        assembler_spoil_frame(a, f->ts);
    f->state = FRAME_NONE;
    return err;
}

static void begin(struct kin_jpeg_assembler *a, const struct rtp_input *in)
{
    struct frame_in_progress *f = &a->frame;
    if (f->state == FRAME_OPEN)
        assembler_spoil_frame(a, f->ts);
    a->joining = false;
    assembler_set_trouble(a, KIN_JPEG_TROUBLE_OTHER, 0, KIN_OK);
    assembler_begin_frame(a, in->arrival);
    f->has_extension = in->profile != 0;
    jpeg_extension_begin_frame(&a->extension);
}

// Headers of the first packet that has them: size, type and tables.
static int first_header(struct kin_jpeg_assembler *a, const struct rtp_input *in)
{
    struct frame_in_progress *f = &a->frame;
    if (in->h.type >= 128)
        return assembler_set_trouble(a, KIN_JPEG_TROUBLE_TYPE, in->h.type, KIN_EUNSUPPORTED);
    use_header(a, &in->h);
    int err = find_quant(a, &in->h);
    f->quant_missing = err == KIN_EUNSUPPORTED;
    bool has_first = (a->extension.tables.present & KIN_JPEG_SLOT_DQT(0)) != 0;
    bool extension_helps = a->extension.frame_has_dqt || (f->q == 0 && has_first);
    return f->quant_missing && extension_helps ? KIN_OK : err;
}

static int add_packet(struct kin_jpeg_assembler *a, const struct rtp_input *in)
{
    struct frame_in_progress *f = &a->frame;
    int err = KIN_OK;
    if (in->profile != 0 && f->scan_at == 0)
        err = jpeg_extension_feed(&a->extension, in->extension);
    if (err == KIN_OK && in->has_header && !f->has_header)
        err = first_header(a, in);
    assembler_count_packet(f, in->arrival);
    f->chunk = in->h.has_restart ? in->h.restart_count : KIN_RTP_JPEG_NO_CHUNKS;
    if (err != KIN_OK || !in->has_header || in->h.data.n == 0)
        return err;
    size_t so_far = f->scan_at > 0 ? f->len - f->scan_at : 0;
    if (!f->has_extension && in->h.offset != so_far)
        return assembler_set_trouble(a, KIN_JPEG_TROUBLE_OFFSET, in->h.offset, KIN_EBAD);
    if (f->scan_at == 0)
        err = write_headers(a);
    return err == KIN_OK ? assembler_append(a, in->h.data) : err;
}

// A packet that belongs to no open frame: the beginning of its frame is missing.
static void skip(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival)
{
    if (a->frame.state == FRAME_NONE && !a->joining)
        assembler_spoil_frame(a, arrival->ts);
    a->joining = false;
    a->frame.state = arrival->packet.h.marker ? FRAME_NONE : FRAME_SPOILED;
    a->frame.ts = arrival->ts;
}

static int set_trouble_short(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival)
{
    return assembler_set_trouble(a, KIN_JPEG_TROUBLE_SHORT, (uint32_t)arrival->packet.payload.n, KIN_EBAD);
}

// A frame cannot begin with this packet. That is no fault of the packet when those before it may be missing.
static void count_bad_start(struct kin_jpeg_assembler *a, const struct rtp_input *in, int parsed)
{
    bool headless = a->joining || in->arrival->gap > 0;
    a->stats.bad_packets += parsed != KIN_OK;
    if (a->frame.state != FRAME_NONE || (parsed == KIN_OK && headless))
        return;
    if (parsed != KIN_OK)
        set_trouble_short(a, in->arrival);
    else if (in->profile == 0)
        assembler_set_trouble(a, KIN_JPEG_TROUBLE_OFFSET, in->h.offset, KIN_EBAD);
    assembler_count_trouble(a);
}

bool assembler_is_rtp(struct kin_span payload, struct kin_rtp_jpeg *ret)
{
    return kin_rtp_jpeg_parse(payload, ret) == KIN_OK && ret->type_specific <= 3 && ret->data.n > 0;
}

void assembler_feed_unknown(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival)
{
    struct frame_in_progress *f = &a->frame;
    struct kin_rtp_jpeg h;
    struct kin_span payload = arrival->packet.payload;
    if (f->ts != arrival->ts)
        f->state = FRAME_NONE;
    bool headless = a->joining || arrival->gap > 0 || f->state == FRAME_SPOILED;
    if (headless && assembler_is_rtp(payload, &h)) {
        skip(a, arrival);
        return;
    }
    if (!arrival->packet.h.marker)
        return; // counted once for each frame
    if (kin_rtp_jpeg_parse(payload, &h) == KIN_OK)
        assembler_set_trouble(a, KIN_JPEG_TROUBLE_NO_JPEG, 0, KIN_OK);
    else
        set_trouble_short(a, arrival);
    a->stats.unsupported++;
    assembler_count_trouble(a);
    assembler_spoil_frame(a, arrival->ts);
    f->state = FRAME_NONE;
}

int assembler_feed_rtp(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival)
{
    struct frame_in_progress *f = &a->frame;
    struct rtp_input in;
    int parsed = parse_input(arrival, &in);
    a->marks = a->marks || arrival->packet.h.marker;
    int err = leave_frame(a, arrival);
    if (f->state == FRAME_OPEN && arrival->gap > 0)
        assembler_spoil_frame(a, f->ts);
    if (parsed == KIN_OK && begins_frame(a, &in))
        begin(a, &in);
    if (f->state != FRAME_OPEN && parsed == KIN_OK && !in.has_header && in.profile == 0)
        return err; // an empty packet means nothing
    if (f->state != FRAME_OPEN) {
        count_bad_start(a, &in, parsed);
        skip(a, arrival);
        return err;
    }
    int result = parsed == KIN_OK ? add_packet(a, &in) : set_trouble_short(a, arrival);
    if (result != KIN_OK) {
        err = give_up(a, result);
        f->state = arrival->packet.h.marker ? FRAME_NONE : FRAME_SPOILED;
    } else if (arrival->packet.h.marker) {
        err = complete(a);
    }
    return err;
}
