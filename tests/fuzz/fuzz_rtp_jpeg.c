// The whole depacketizer: packets of any content, in any order, through the receiver and the assembler. Each frame that
// comes out is a file from SOI to EOI, and the counts add up.
//
// The input: one byte of options (index of formats 0-3; 4 shared_seq; 8 in_order; 16 the SDP tells 3840x2160; 32 what
// remains of partial frames is wanted; 64 parity is agreed, of payload type
// 98; 128 retransmissions are, of 97), then records of one byte of flags
// (1 marker, 2 next timestamp, 4 the datagram is raw, 8 time passes, 16 flush, 32 another SSRC), one signed byte that
// is added to the sequence number, two bytes of length, and the packet: with flag 4 the datagram itself, else bit field
// extension and payload (first byte: words of extension, of profile FFD8).
#include <stdlib.h>

#include "base/err.h"
#include "engine/rtp/jpeg_assembler.h"
#include "jpeg/markers.h"
#include "must.h"
#include "proto/rtp_jpeg.h"

enum { MARKER = 1, NEXT_TS = 2, RAW = 4, TIME = 8, FLUSH = 16, OTHER = 32 };

#define PACKET_MAX 4096

struct run {
    struct kin_rtp_receiver *receiver;
    struct kin_jpeg_assembler *assembler;
    enum kin_payload_format format;
    kin_us now;
    uint16_t seq;
    uint32_t ts;
    uint64_t frames, taken;
    uint32_t held_max; // packets that may wait
};

static void check_frame(const struct run *run, const struct kin_jpeg_frame *f)
{
    struct kin_span file = kin_buf_span(f->jpeg);
    struct kin_jpeg_info info;
    MUST(file.n > 4 && f->width > 0 && f->height > 0 && f->packets > 0 && f->first_at <= f->last_at);
    MUST(file.p[0] == 0xff && file.p[1] == KIN_JPEG_SOI);
    MUST(file.p[file.n - 2] == 0xff && file.p[file.n - 1] == KIN_JPEG_EOI);
    int err = kin_jpeg_walk(file, &info, NULL);
    if (run->format == KIN_PAYLOAD_WHOLE_FILE || run->format == KIN_PAYLOAD_XQT)
        MUST(err == KIN_OK && info.length == file.n);
    else if (err == KIN_OK) // a scan may hold markers that make it another picture, or none
        MUST(info.width == f->width && info.height == f->height);
}

// A partial frame is a whole file, and its gaps lie within the picture.
static void check_partial(const struct run *run, const struct kin_jpeg_partial *p)
{
    const struct kin_jpeg_gaps *g = &p->gaps;
    uint32_t from = 0, columns = 0, lines = 0;
    check_frame(run, &p->frame);
    MUST(g->count <= KIN_JPEG_GAPS_MAX && g->mcu_width >= 8 && g->mcu_height >= 8);
    columns = ((uint32_t)p->frame.width + g->mcu_width - 1) / g->mcu_width;
    lines = ((uint32_t)p->frame.height + g->mcu_height - 1) / g->mcu_height;
    MUST(g->columns == columns);
    for (unsigned i = 0; i < g->count; i++) {
        MUST(g->mcus[i].from >= from && g->mcus[i].from < g->mcus[i].to && g->mcus[i].to <= columns * lines);
        from = g->mcus[i].to + 1;
    }
}

static void take_partial(struct run *run)
{
    struct kin_jpeg_partial p;
    if (!kin_jpeg_assembler_partial(run->assembler, &p))
        return;
    check_partial(run, &p);
    kin_buf_unref(p.frame.jpeg);
}

static void take(struct run *run)
{
    struct kin_rtp_arrival arrival;
    struct kin_jpeg_frame f;
    uint64_t last = 0;
    while (kin_rtp_receiver_event(run->receiver, run->now, &arrival)) {
        MUST(arrival.new_source || arrival.seq >= last);
        last = arrival.seq;
        run->taken++;
        kin_jpeg_assembler_feed(run->assembler, &arrival);
        take_partial(run);
        while (kin_jpeg_assembler_event(run->assembler, &f)) {
            check_frame(run, &f);
            kin_buf_unref(f.jpeg);
            run->frames++;
        }
    }
}

// Headers written again read the same.
static void check_header(struct kin_span payload)
{
    uint8_t room[2 * PACKET_MAX];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    struct kin_rtp_jpeg h, again;
    if (kin_rtp_jpeg_parse(payload, &h) != KIN_OK)
        return;
    kin_rtp_jpeg_write(&w, &h);
    kin_wr_put(&w, h.data);
    MUST(!w.bad && w.len == payload.n && kin_rtp_jpeg_parse(kin_wr_span(&w), &again) == KIN_OK);
    MUST(again.offset == h.offset && again.type == h.type && again.q == h.q && again.restart_count == h.restart_count);
    MUST(again.width == h.width && again.height == h.height && kin_span_eq(again.tables, h.tables));
    MUST(kin_span_eq(again.data, h.data));
}

// The datagram of a record, in memory of its exact size, so that a sanitizer sees its end. The caller frees it.
static uint8_t *make_packet(struct run *run, uint8_t flags, struct kin_span body, size_t *ret_n)
{
    uint8_t room[KIN_RTP_HEADER_BYTES + 4 + PACKET_MAX];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    struct kin_rtp_header h = {.marker = (flags & MARKER) != 0, .payload_type = 26, .seq = run->seq, .ts = run->ts};
    h.ssrc = flags & OTHER ? 2 : 1;
    if ((flags & RAW) == 0) {
        size_t words = body.n > 0 ? body.p[0] : 0;
        kin_rtp_write(kin_wr_room(&w, KIN_RTP_HEADER_BYTES), &h);
        body = kin_span_skip(body, 1);
        check_header(body);
        if (words > 0 && words * 4 <= body.n) {
            room[0] |= 0x10;
            kin_wr_be16(&w, 0xffd8);
            kin_wr_be16(&w, (unsigned)words);
        }
    }
    kin_wr_put(&w, body);
    uint8_t *packet = malloc(w.len > 0 ? w.len : 1);
    if (packet != NULL)
        memcpy(packet, room, w.len);
    *ret_n = w.len;
    return packet;
}

static void feed_record(struct run *run, struct kin_rd *r)
{
    uint8_t flags = kin_rd_u8(r);
    run->seq = (uint16_t)(run->seq + (int8_t)kin_rd_u8(r));
    struct kin_span body = kin_rd_take(r, kin_rd_be16(r) % (PACKET_MAX + 1));
    size_t n = 0;
    run->now += flags & TIME ? 60 * KIN_US_PER_MS : 100;
    run->ts += flags & NEXT_TS ? 3600 : 0;
    uint8_t *packet = r->bad ? NULL : make_packet(run, flags, body, &n);
    if (packet == NULL)
        return;
    kin_rtp_receiver_feed(run->receiver, run->now, kin_span_make(packet, n));
    if ((flags & FLUSH) != 0)
        kin_rtp_receiver_flush(run->receiver);
    take(run);
    free(packet);
}

static void check_counts(const struct run *run)
{
    struct kin_rtp_receiver_stats rs;
    struct kin_jpeg_assembler_stats as;
    kin_rtp_receiver_stats(run->receiver, &rs);
    kin_jpeg_assembler_stats(run->assembler, &as);
    MUST(rs.received == run->taken + rs.held);
    MUST(rs.held <= run->held_max);
    MUST(rs.rebuilt <= rs.recovered && rs.recovered <= rs.received);
    MUST(as.complete == run->frames);
}

static void run_all(struct run *run, struct kin_rd *r)
{
    while (!r->bad && r->in.n > 0)
        feed_record(run, r);
    check_counts(run);
    kin_rtp_receiver_flush(run->receiver);
    take(run);
    check_counts(run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum kin_payload_format formats[] = {KIN_PAYLOAD_UNKNOWN, KIN_PAYLOAD_JPEG, KIN_PAYLOAD_XQT,
                                                      KIN_PAYLOAD_WHOLE_FILE};
    struct kin_rd r = kin_rd_init(kin_span_make(data, size));
    uint8_t options = kin_rd_u8(&r);
    struct kin_rtp_receiver_options receiver = {.shared_seq = (options & 4) != 0, .in_order = (options & 8) != 0};
    receiver.payload_type = 26;
    receiver.repair = (options & 128) != 0 ? KIN_RTP_REPAIR_RTX : KIN_RTP_REPAIR_NONE;
    receiver.rtx_payload_type = 97;
    receiver.fec_payload_type = (options & 64) != 0 ? 98 : 0;
    struct kin_jpeg_assembler_options assembler = {.format = formats[options & 3],
                                                   .keeps_partial = (options & 32) != 0};
    if ((options & 16) != 0)
        assembler.width = 3840, assembler.height = 2160;
    assembler.max_bytes = 1u << 20;
    struct run run = {.seq = 65530, .ts = 0xffff0000, .format = assembler.format};
    run.held_max = 1 + (receiver.fec_payload_type != 0 || receiver.repair != KIN_RTP_REPAIR_NONE
                            ? KIN_RTP_REPAIR_PACKETS
                            : KIN_RTP_REORDER_PACKETS);
    run.receiver = kin_rtp_receiver_new(0, &receiver);
    run.assembler = kin_jpeg_assembler_new(&assembler);
    if (run.receiver != NULL && run.assembler != NULL)
        run_all(&run, &r);
    kin_jpeg_assembler_free(run.assembler);
    kin_rtp_receiver_free(run.receiver);
    return 0;
}
