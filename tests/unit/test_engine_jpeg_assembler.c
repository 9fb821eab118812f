// engine/rtp/jpeg_assembler: pictures cut into packets by every kind of sender come out as the pictures they were.
#include <stdlib.h>

#include "base/err.h"
#include "engine/rtp/jpeg_assembler.h"
#include "jpeg/compat.h"
#include "jpeg/mcu.h"
#include "jpeg/tables.h"
#include "proto/rtp_jpeg.h"
#include "sample.h"
#include "unit.h"

// How the sender of these tests cuts a picture up.
struct cut {
    size_t piece;              // scan bytes a packet; 0 = 100
    uint8_t q;                 // 0 = 255, or a Q of the formula (tables are not sent)
    size_t table_bytes;        // of the header; 0 = 128
    uint8_t precision;         // of the header
    bool no_tables;            // length 0
    bool no_eoi, no_restart;   // EOI not sent; type without the restart bit, as ffmpeg does
    size_t padding;            // zero bytes after EOI
    uint16_t width, height;    // 0 = the picture's
    bool zero_size;            // both bytes 0
    uint32_t drop;             // bit i: packet i is lost
    bool no_marker;            // M is not set
    struct kin_span extension; // ONVIF FFD8 on the first packet
};

struct sender {
    uint64_t seq, ts;
    kin_us now;
    uint32_t gap; // packets lost before the next
    bool started;
    bool told; // RTP-Info named the first packet: it is known when it is lost
};

static int feed_payload(struct kin_jpeg_assembler *a, struct sender *s, struct kin_span payload, bool marker,
                        struct kin_span extension)
{
    struct kin_rtp_arrival arrival = {
        .packet = {.h = {.marker = marker, .payload_type = 26, .seq = (uint16_t)s->seq, .ts = (uint32_t)s->ts},
                   .has_extension = extension.n > 0,
                   .extension_profile = 0xffd8,
                   .extension = extension,
                   .payload = payload},
        .at = s->now++,
        .seq = s->seq++,
        .ts = s->ts,
        .gap = s->started || s->told ? s->gap : 0,
        .new_source = !s->started,
    };
    s->gap = 0;
    s->started = true;
    return kin_jpeg_assembler_feed(a, &arrival);
}

static void lose(struct sender *s)
{
    s->seq++;
    s->gap++;
}

static struct kin_rtp_jpeg first_header(const struct kin_jpeg_rtp *rtp, const struct cut *cut, uint8_t tables[512])
{
    struct kin_rtp_jpeg h = {
        .type = cut->no_restart ? rtp->type & 1 : rtp->type,
        .q = cut->q > 0 ? cut->q : 255,
        .width = cut->width > 0 ? cut->width : rtp->width,
        .height = cut->height > 0 ? cut->height : rtp->height,
        .restart_interval = rtp->restart_interval,
        .restart_count = 0xffff,
        .precision = cut->precision,
    };
    memcpy(tables, rtp->quant[0].p, 64);
    memcpy(tables + 64, rtp->quant[1].p, 64);
    memcpy(tables + 128, rtp->quant[1].p, 64);
    h.has_restart = h.type >= 64;
    if (cut->zero_size)
        h.width = h.height = 0;
    h.has_quant = h.q >= 128;
    h.tables = kin_span_make(tables, cut->no_tables ? 0 : cut->table_bytes > 0 ? cut->table_bytes : 128);
    return h;
}

// Sends one picture; the timestamp advances.
static int send_picture(struct kin_jpeg_assembler *a, struct sender *s, const struct kin_jpeg_rtp *rtp,
                        const struct cut *cut)
{
    static uint8_t scan[SAMPLE_MAX_BYTES], packet[2048];
    uint8_t tables[512];
    size_t piece = cut->piece > 0 ? cut->piece : 100, n = rtp->scan.n;
    struct kin_rtp_jpeg h = first_header(rtp, cut, tables);
    int err = KIN_OK;
    memset(scan, 0, sizeof scan);
    memcpy(scan, rtp->scan.p, n);
    if (!cut->no_eoi)
        memcpy(scan + n, "\xff\xd9", 2), n += 2;
    n += cut->padding;
    for (size_t at = 0, i = 0; at < n; at += piece, i++) {
        struct kin_wr w = kin_wr_init(packet, sizeof packet);
        bool last = at + piece >= n;
        h.offset = (uint32_t)at;
        kin_rtp_jpeg_write(&w, &h);
        kin_wr_bytes(&w, scan + at, last ? n - at : piece);
        h.has_quant = false;
        if (i < 32 && (cut->drop >> i & 1) != 0)
            lose(s);
        else if (err == KIN_OK)
            err = feed_payload(a, s, unit_guarded(packet, w.len), last && !cut->no_marker,
                               at == 0 ? cut->extension : kin_span_make(NULL, 0));
    }
    s->ts += 3600;
    return err;
}

struct picture {
    struct kin_buf *file;
    struct kin_jpeg_info info;
    struct kin_jpeg_rtp rtp;
};

static bool load(const char *name, struct picture *ret)
{
    *ret = (struct picture){.file = sample_load(name)};
    return ret->file != NULL && kin_jpeg_walk(kin_buf_span(ret->file), &ret->info, NULL) == KIN_OK &&
           kin_jpeg_compat(&ret->info, &ret->rtp) == KIN_JPEG_COMPAT_OK;
}

// Is the frame the picture: a well-formed file with the same scan, tables and size?
static void check_frame(const struct kin_jpeg_frame *frame, const struct picture *p)
{
    struct kin_jpeg_info info;
    const char *why = NULL;
    CHECK_INT(kin_jpeg_walk(kin_buf_span(frame->jpeg), &info, &why), KIN_OK);
    CHECK(info.has_eoi && info.length == frame->jpeg->len);
    CHECK(kin_span_eq(info.scan, p->info.scan));
    CHECK_INT(info.width, frame->width);
    CHECK_INT(info.height, frame->height);
    CHECK_INT(info.width, p->info.width);
    CHECK_INT(info.height, p->info.height);
    CHECK_INT(info.restart_interval, p->info.restart_interval);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_INT(info.components[i].h, p->info.components[i].h);
        CHECK_INT(info.components[i].v, p->info.components[i].v);
        CHECK(kin_span_eq(info.dqt[info.components[i].tq].data, p->info.dqt[p->info.components[i].tq].data));
    }
    CHECK(info.standard_huffman);
out:;
}

// Takes one frame out and checks it against the picture; false when there is none.
static bool take(struct kin_jpeg_assembler *a, const struct picture *p, struct kin_jpeg_frame *ret)
{
    if (!kin_jpeg_assembler_event(a, ret))
        return false;
    check_frame(ret, p);
    kin_buf_unref(ret->jpeg);
    ret->jpeg = NULL;
    return true;
}

static struct kin_jpeg_assembler *assembler(enum kin_payload_format format)
{
    struct kin_jpeg_assembler_options options = {.format = format};
    return kin_jpeg_assembler_new(&options);
}

static size_t gray_scan(uint32_t mcus, uint8_t **ret);
static int send_gray(struct kin_jpeg_assembler *a, struct sender *s, const uint8_t *scan, size_t n, uint8_t width,
                     uint8_t height);
static bool take_file(struct kin_jpeg_assembler *a, struct kin_span file, struct kin_jpeg_frame *ret);

static struct kin_jpeg_assembler_stats stats(const struct kin_jpeg_assembler *a)
{
    struct kin_jpeg_assembler_stats s;
    kin_jpeg_assembler_stats(a, &s);
    return s;
}

// --- RFC 2435

TEST(pictures_survive_the_journey)
{
    static const char *const names[] = {"420.jpg",   "422.jpg",    "dri.jpg",
                                        "nodht.jpg", "onedqt.jpg", "exif_thumbnail.jpg"};
    static const size_t pieces[] = {9, 50, 100, 1400};
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_JPEG);
    struct sender s = {.ts = 1000, .now = 5};
    struct picture p = {.file = NULL};
    for (size_t i = 0; a != NULL && i < sizeof names / sizeof names[0]; i++) {
        for (size_t k = 0; k < sizeof pieces / sizeof pieces[0]; k++) {
            struct kin_jpeg_frame f;
            kin_us before = s.now;
            uint64_t ts = s.ts;
            kin_buf_unref(p.file);
            CHECK(load(names[i], &p));
            CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.piece = pieces[k]}), KIN_OK);
            CHECK(take(a, &p, &f));
            CHECK_INT(f.ts, ts);
            CHECK_INT(f.first_at, before);
            CHECK_INT(f.last_at, s.now - 1);
            CHECK_INT(f.packets, (p.rtp.scan.n + 2 + pieces[k] - 1) / pieces[k]);
            CHECK_INT(f.seq, s.seq - 1);
            CHECK_INT(f.new_source, i == 0 && k == 0);
            CHECK(!kin_jpeg_assembler_event(a, &f));
        }
    }
    CHECK(a != NULL);
    CHECK_INT(stats(a).complete, 24);
    CHECK_INT(stats(a).partial, 0);
out:
    kin_jpeg_assembler_free(a);
    kin_buf_unref(p.file);
}

TEST(senders_of_every_habit_are_understood)
{
    static const struct cut cuts[] = {
        {.no_eoi = true},
        {.padding = 9},
        {.padding = 1},
        {.q = 60}, // the sample's own quality
        {.table_bytes = 192},
        {.q = 200},
        {.q = 200, .no_tables = true}, // as said before
    };
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_JPEG);
    struct sender s = {.ts = 0};
    struct picture p;
    CHECK(load("420.jpg", &p) && a != NULL);
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        struct kin_jpeg_frame f;
        CHECK_INT(send_picture(a, &s, &p.rtp, &cuts[i]), KIN_OK);
        CHECK(take(a, &p, &f));
    }
    CHECK_INT(stats(a).partial, 0);
out:
    kin_jpeg_assembler_free(a);
    kin_buf_unref(p.file);
}

TEST(one_table_serves_all)
{
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_JPEG);
    struct sender s = {.ts = 0};
    struct picture p;
    struct kin_jpeg_frame f;
    CHECK(load("onedqt.jpg", &p) && a != NULL);
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.table_bytes = 64}), KIN_OK);
    CHECK(take(a, &p, &f));
out:
    kin_jpeg_assembler_free(a);
    kin_buf_unref(p.file);
}

TEST(wide_tables_are_taken)
{
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_JPEG);
    struct sender s = {.ts = 0};
    struct picture p;
    struct kin_jpeg_frame f = {.jpeg = NULL};
    struct kin_jpeg_info info;
    CHECK(load("420.jpg", &p) && a != NULL);
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.table_bytes = 192, .precision = 1}), KIN_OK);
    CHECK(kin_jpeg_assembler_event(a, &f));
    CHECK_INT(kin_jpeg_walk(kin_buf_span(f.jpeg), &info, NULL), KIN_OK);
    CHECK_INT(info.dqt[0].precision, 1);
    CHECK_INT(info.dqt[0].data.n, 128);
    CHECK_INT(info.dqt[1].precision, 0);
out:
    kin_buf_unref(f.jpeg);
    kin_jpeg_assembler_free(a);
    kin_buf_unref(p.file);
}

TEST(tables_may_be_said_once_only)
{
    static const uint8_t qs[] = {0, 128, 254}; // 0: 255
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_JPEG);
    struct sender s = {.ts = 0};
    struct picture p;
    struct kin_jpeg_frame f;
    CHECK(load("420.jpg", &p) && a != NULL);
    for (size_t i = 0; i < sizeof qs; i++) {
        CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.q = qs[i]}), KIN_OK);
        CHECK(take(a, &p, &f));
        for (unsigned k = 0; k < 3; k++) {
            CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.q = qs[i], .no_tables = true}), KIN_OK);
            CHECK(take(a, &p, &f));
        }
    }
    CHECK_INT(stats(a).partial, 0);
out:
    kin_jpeg_assembler_free(a);
    kin_buf_unref(p.file);
}

TEST(tables_that_were_never_said_are_missed)
{
    static const struct cut cuts[] = {
        {.q = 130, .no_tables = true}, // never said
        {.no_tables = true},           // Q 255 must say them
        {.q = 100},                    // reserved
        {.table_bytes = 65},           // no table has that size
        {.table_bytes = 128, .precision = 2},
    };
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_JPEG);
    struct sender s = {.ts = 0};
    struct picture p;
    struct kin_jpeg_frame f;
    CHECK(load("420.jpg", &p) && a != NULL);
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        CHECK_INT(send_picture(a, &s, &p.rtp, &cuts[i]), KIN_OK);
        CHECK(!kin_jpeg_assembler_event(a, &f));
        CHECK_INT(stats(a).partial, i + 1);
        CHECK_INT(stats(a).unsupported, i + 1);
    }
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.q = 0}), KIN_OK);
    CHECK(take(a, &p, &f));
    CHECK_INT(f.partial_before, 5);
out:
    kin_jpeg_assembler_free(a);
    kin_buf_unref(p.file);
}

TEST(a_lost_packet_loses_its_frame_only)
{
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_JPEG);
    struct sender s = {.ts = 0};
    struct picture p;
    struct kin_jpeg_frame f;
    CHECK(load("420.jpg", &p) && a != NULL);
    unsigned packets = (unsigned)(p.rtp.scan.n + 2 + 99) / 100;
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.q = 0}), KIN_OK);
    CHECK(take(a, &p, &f));
    for (unsigned i = 0; i < packets; i++) { // each of its packets in turn
        CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.drop = 1u << i}), KIN_OK);
        CHECK(!kin_jpeg_assembler_event(a, &f));
        CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.q = 0}), KIN_OK);
        CHECK(take(a, &p, &f));
        CHECK_INT(f.partial_before, 1);
        CHECK_INT(stats(a).partial, i + 1);
    }
    // the end of one and the beginning of the next
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.drop = 1u << (packets - 1)}), KIN_OK);
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.drop = 1}), KIN_OK);
    CHECK_INT(stats(a).partial_since, 2);
    CHECK(stats(a).newest.known && stats(a).newest.partial);
    CHECK_INT(stats(a).newest.ts, s.ts - 3600);
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.q = 0}), KIN_OK);
    CHECK(take(a, &p, &f));
    CHECK_INT(f.partial_before, 2);
    CHECK_INT(stats(a).partial_since, 0);
    CHECK(!stats(a).newest.known);
    // a whole frame: no part of it came
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.drop = UINT32_MAX}), KIN_OK);
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.q = 0}), KIN_OK);
    CHECK(take(a, &p, &f));
    CHECK_INT(f.partial_before, 0);
out:
    kin_jpeg_assembler_free(a);
    kin_buf_unref(p.file);
}

// The beginning of the first frame does not come. That is a loss only where it is known to have been sent; what came
// is in order in either case.
static void check_headless(enum kin_payload_format format, bool told)
{
    struct kin_jpeg_assembler *a = assembler(format);
    struct sender s = {.told = told};
    struct picture p;
    struct kin_jpeg_frame f;
    enum kin_jpeg_trouble trouble;
    CHECK(load("420.jpg", &p) && a != NULL);
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.drop = 3}), KIN_OK);
    CHECK_INT(stats(a).partial, told);
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.q = 0}), KIN_OK);
    CHECK(take(a, &p, &f));
    CHECK(f.new_source);
    CHECK_INT(f.partial_before, told);
    struct kin_jpeg_assembler_stats counted = stats(a);
    CHECK(!kin_jpeg_assembler_trouble(&counted, &trouble));
    CHECK_INT(counted.unsupported + counted.bad_packets, 0);
out:
    kin_jpeg_assembler_free(a);
    kin_buf_unref(p.file);
}

TEST(joining_in_the_middle_is_no_loss)
{
    check_headless(KIN_PAYLOAD_JPEG, false);
    check_headless(KIN_PAYLOAD_UNKNOWN, false);
}

// Regression: the first frame counted as lost though only its first packet was, and its last one as no JPEG.
TEST(the_first_frame_of_a_run_without_its_first_packet_is_partial)
{
    check_headless(KIN_PAYLOAD_JPEG, true);
    check_headless(KIN_PAYLOAD_UNKNOWN, true);
}

// Regression: the last frame of a sender that sets no marker was never complete.
TEST(the_last_frame_without_a_marker_ends_with_the_stream)
{
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_JPEG);
    struct sender s = {.ts = 0};
    struct picture p;
    struct kin_jpeg_frame f;
    CHECK(load("420.jpg", &p) && a != NULL);
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.no_marker = true}), KIN_OK);
    CHECK(!kin_jpeg_assembler_event(a, &f));
    kin_jpeg_assembler_end(a);
    CHECK(take(a, &p, &f));
    kin_jpeg_assembler_end(a);
    CHECK(!kin_jpeg_assembler_event(a, &f));
    // one that sets it, and the rest of this frame is missing
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.q = 0}), KIN_OK);
    CHECK(take(a, &p, &f));
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.no_marker = true, .no_eoi = true}), KIN_OK);
    kin_jpeg_assembler_end(a);
    CHECK(!kin_jpeg_assembler_event(a, &f));
out:
    kin_jpeg_assembler_free(a);
    kin_buf_unref(p.file);
}

TEST(a_reset_forgets_what_was_before_and_no_loss_behind_it)
{
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_JPEG);
    struct sender s = {.ts = 0};
    struct picture p;
    struct kin_jpeg_frame f;
    CHECK(load("420.jpg", &p) && a != NULL);
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.q = 0}), KIN_OK);
    CHECK(take(a, &p, &f));
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.drop = 1u << 2}), KIN_OK);
    kin_jpeg_assembler_reset(a);
    CHECK_INT(stats(a).partial_since, 0);
    CHECK(!stats(a).newest.known);
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.drop = 1}), KIN_OK);
    CHECK_INT(stats(a).partial_since, 1);
out:
    kin_jpeg_assembler_free(a);
    kin_buf_unref(p.file);
}

TEST(without_a_marker_the_next_frame_ends_a_frame)
{
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_JPEG);
    struct sender s = {.ts = 0};
    struct picture p;
    struct kin_jpeg_frame f;
    CHECK(load("420.jpg", &p) && a != NULL);
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.no_marker = true}), KIN_OK);
    CHECK(!kin_jpeg_assembler_event(a, &f));
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.no_marker = true, .no_eoi = true}), KIN_OK);
    CHECK(take(a, &p, &f)); // the first one
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.q = 0}), KIN_OK);
    CHECK(take(a, &p, &f)); // the second: its sender marks nothing
    CHECK(take(a, &p, &f)); // the third, which is marked
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.no_marker = true}), KIN_OK);
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.no_marker = true, .no_eoi = true}), KIN_OK);
    CHECK(take(a, &p, &f)); // by its end marker
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.q = 0}), KIN_OK);
    CHECK(take(a, &p, &f)); // a frame without either, of a sender that marks, was cut off
    CHECK_INT(f.partial_before, 1);
out:
    kin_jpeg_assembler_free(a);
    kin_buf_unref(p.file);
}

TEST(a_restart_interval_that_was_not_told_is_found)
{
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_JPEG);
    struct sender s = {.ts = 0};
    struct picture p;
    struct kin_jpeg_frame f;
    CHECK(load("dri.jpg", &p) && a != NULL);
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.no_restart = true}), KIN_OK);
    CHECK(take(a, &p, &f)); // with the 3 of the file
out:
    kin_jpeg_assembler_free(a);
    kin_buf_unref(p.file);
}

// The first of few restart markers may lie far into the scan of a large picture.
TEST(a_late_restart_marker_is_found)
{
    enum { MCUS = 3840 / 16 * 2160 / 16, INTERVAL = MCUS / 2, BYTES = 4 * MCUS + 2 };
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_JPEG);
    struct sender s = {.ts = 0};
    struct kin_jpeg_frame f = {.jpeg = NULL};
    struct kin_jpeg_info info = {.restart_interval = 0};
    uint8_t *gray = NULL, *scan = malloc(BYTES);
    size_t n = gray_scan(MCUS, &gray);
    CHECK(a != NULL && scan != NULL && n == BYTES - 2);
    memcpy(scan, gray, 4 * INTERVAL);
    memcpy(scan + 4 * INTERVAL, "\xff\xd0", 2);
    memcpy(scan + 4 * INTERVAL + 2, gray + 4 * INTERVAL, n - 4 * INTERVAL);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_INT(send_gray(a, &s, scan, BYTES, 224, 14), KIN_OK);
        CHECK(kin_jpeg_assembler_event(a, &f));
        CHECK_INT(kin_jpeg_walk(kin_buf_span(f.jpeg), &info, NULL), KIN_OK);
        CHECK_INT(info.restart_interval, INTERVAL);
        CHECK_INT(info.width, 3840);
        kin_buf_unref(f.jpeg);
        f.jpeg = NULL;
    }
out:
    kin_buf_unref(f.jpeg);
    kin_jpeg_assembler_free(a);
    free(gray);
    free(scan);
}

TEST(a_whole_file_behind_the_header_is_taken)
{
    static const char *const names[] = {"progressive.jpg", "420.jpg", "gray.jpg"};
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_JPEG);
    struct sender s = {.ts = 0};
    struct kin_buf *file = NULL;
    struct kin_jpeg_frame f;
    CHECK(a != NULL);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        file = sample_load(names[i]);
        CHECK(file != NULL);
        CHECK_INT(send_gray(a, &s, file->data, file->len, 1, 1), KIN_OK);
        CHECK(take_file(a, kin_buf_span(file), &f));
        CHECK(f.width > 8 && f.height > 8);
        CHECK_INT(send_gray(a, &s, file->data, file->len - 2, 1, 1), KIN_OK); // without EOI
        CHECK(take_file(a, kin_buf_span(file), &f));
        CHECK_INT(send_gray(a, &s, file->data, 40, 1, 1), KIN_OK); // no more than a beginning
        CHECK(!kin_jpeg_assembler_event(a, &f));
        kin_buf_unref(file);
        file = NULL;
    }
    CHECK_INT(stats(a).bad_packets, 3);
out:
    kin_buf_unref(file);
    kin_jpeg_assembler_free(a);
}

TEST(offsets_must_follow_each_other)
{
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_JPEG);
    struct sender s = {.ts = 0};
    struct kin_jpeg_frame f;
    CHECK(a != NULL);
    // offset, type 1, Q 50, 16x16, two bytes
    CHECK_INT(feed_payload(a, &s, UNIT_BYTES(0, 0, 0, 0, 1, 50, 2, 2, 1, 2), false, kin_span_make(NULL, 0)), KIN_OK);
    CHECK_INT(feed_payload(a, &s, UNIT_BYTES(0, 0, 0, 3, 1, 50, 2, 2, 1, 2), true, kin_span_make(NULL, 0)), KIN_OK);
    CHECK_INT(stats(a).partial, 1);
    CHECK_INT(stats(a).bad_packets, 1);
    CHECK_INT(feed_payload(a, &s, UNIT_BYTES(0, 0, 0, 0, 1, 50), true, kin_span_make(NULL, 0)), KIN_OK); // short
    CHECK_INT(stats(a).bad_packets, 2);
    CHECK_INT(feed_payload(a, &s, UNIT_BYTES(0, 0, 0, 0, 2, 50, 2, 2, 1, 2), true, kin_span_make(NULL, 0)), KIN_OK);
    CHECK_INT(feed_payload(a, &s, UNIT_BYTES(0, 0, 0, 0, 200, 50, 2, 2, 1, 2), true, kin_span_make(NULL, 0)), KIN_OK);
    CHECK_INT(stats(a).unsupported, 2);                                                          // types 2 and 200
    CHECK_INT(feed_payload(a, &s, kin_span_make("", 0), false, kin_span_make(NULL, 0)), KIN_OK); // means nothing
    CHECK_INT(feed_payload(a, &s, UNIT_BYTES(0, 0, 0, 0, 1, 50, 2, 2), true, kin_span_make(NULL, 0)),
              KIN_OK); // no scan
    CHECK_INT(stats(a).partial, 5);
    CHECK(!kin_jpeg_assembler_event(a, &f));
out:
    kin_jpeg_assembler_free(a);
}

TEST(a_frame_is_bounded)
{
    static uint8_t payload[1008] = {0, 0, 0, 0, 1, 50, 2, 2};
    struct kin_jpeg_assembler_options options = {.format = KIN_PAYLOAD_JPEG, .max_bytes = 100000};
    struct kin_jpeg_assembler *a = kin_jpeg_assembler_new(&options);
    struct sender s = {.ts = 0};
    struct kin_jpeg_frame f;
    CHECK(a != NULL);
    for (uint32_t at = 0; at < 101000; at += 1000) {
        payload[1] = (uint8_t)(at >> 16), payload[2] = (uint8_t)(at >> 8), payload[3] = (uint8_t)at;
        CHECK_INT(feed_payload(a, &s, kin_span_make(payload, sizeof payload), at == 100000, kin_span_make(NULL, 0)),
                  KIN_OK);
    }
    CHECK_INT(stats(a).partial, 1);
    CHECK(!kin_jpeg_assembler_event(a, &f));
    for (uint32_t at = 0; at < 100000; at += 1000) { // exactly the limit
        payload[1] = (uint8_t)(at >> 16), payload[2] = (uint8_t)(at >> 8), payload[3] = (uint8_t)at;
        CHECK_INT(feed_payload(a, &s, kin_span_make(payload, sizeof payload), at == 99000, kin_span_make(NULL, 0)),
                  KIN_OK);
    }
    CHECK(kin_jpeg_assembler_event(a, &f));
    kin_buf_unref(f.jpeg);
out:
    kin_jpeg_assembler_free(a);
}

TEST(frames_nobody_takes_are_dropped)
{
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_JPEG);
    struct sender s = {.ts = 0};
    struct picture p;
    struct kin_jpeg_frame f;
    CHECK(load("420.jpg", &p) && a != NULL);
    for (int i = 0; i < KIN_JPEG_READY_MAX + 2; i++)
        CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.q = 0}), KIN_OK);
    CHECK(take(a, &p, &f));
    CHECK_INT(f.ts, 2 * 3600); // the oldest two are gone; the rest goes with the assembler
out:
    kin_jpeg_assembler_free(a);
    kin_buf_unref(p.file);
}

// --- sizes

TEST(the_sdp_tells_the_exact_size)
{
    struct kin_jpeg_assembler_options options = {.format = KIN_PAYLOAD_JPEG, .width = 61, .height = 47};
    struct kin_jpeg_assembler *a = kin_jpeg_assembler_new(&options);
    struct sender s = {.ts = 0};
    struct picture p;
    struct kin_jpeg_frame f;
    CHECK(load("420.jpg", &p) && a != NULL);
    p.info.width = 61, p.info.height = 47; // the header says 64x48
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.q = 0}), KIN_OK);
    CHECK(take(a, &p, &f));
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.width = 72, .height = 48}), KIN_OK); // not the SDP's
    p.info.width = 72, p.info.height = 48;
    CHECK(take(a, &p, &f));
out:
    kin_jpeg_assembler_free(a);
    kin_buf_unref(p.file);
}

// A scan of `mcus` gray MCUs of 4:2:0: in each of six blocks DC difference 0 and end of block. The caller frees *ret.
static size_t gray_scan(uint32_t mcus, uint8_t **ret)
{
    // luma DC 00, AC 1010; chroma DC 00, AC 00: 4 * 001010, 2 * 0000 = 32 bits
    static const uint8_t mcu[] = {0x28, 0xa2, 0x8a, 0x00};
    size_t n = (size_t)mcus * sizeof mcu;
    *ret = malloc(n);
    for (size_t i = 0; *ret != NULL && i < n; i++)
        (*ret)[i] = mcu[i % sizeof mcu];
    return *ret != NULL ? n : 0;
}

static int send_gray(struct kin_jpeg_assembler *a, struct sender *s, const uint8_t *scan, size_t n, uint8_t width,
                     uint8_t height)
{
    static uint8_t packet[8 + 32000];
    int err = KIN_OK;
    for (size_t at = 0; at < n && err == KIN_OK; at += 32000) {
        size_t piece = n - at < 32000 ? n - at : 32000;
        struct kin_wr w = kin_wr_init(packet, sizeof packet);
        kin_wr_be32(&w, (uint32_t)at);
        kin_wr_be32(&w, 1u << 24 | 50u << 16 | (uint32_t)width << 8 | height);
        kin_wr_bytes(&w, scan + at, piece);
        err = feed_payload(a, s, kin_wr_span(&w), at + piece == n, kin_span_make(NULL, 0));
    }
    s->ts += 3600;
    return err;
}

TEST(large_sizes_are_told_or_guessed)
{
    static const struct {
        uint16_t width, height;           // really
        uint8_t blocks_w, blocks_h;       // in the header
        uint16_t told_width, told_height; // in the SDP
        bool known;
    } cases[] = {
        {3840, 2160, 0, 0, 3840, 2160, true},    // GStreamer
        {3840, 2160, 224, 14, 0, 0, true},       // modulo 256, ffmpeg and cameras
        {3840, 2160, 224, 14, 3840, 2160, true}, //
        {2560, 1440, 64, 180, 0, 0, true},       //
        {2560, 1920, 64, 240, 0, 0, true},       //
        {2304, 1296, 32, 162, 0, 0, true},       //
        {2048, 1536, 0, 192, 0, 0, true},        // one of them is 0
        {2560, 1440, 0, 0, 0, 0, true},          // nobody told
        {512, 1440, 64, 180, 0, 0, true},        // it really is as small as that
        {2200, 1240, 19, 155, 0, 0, true},       // no size that anyone uses, but only this one has as many MCUs
        {2504, 1448, 57, 181, 3840, 2160, true}, // and the SDP speaks of another
        {4096, 2304, 0, 32, 0, 0, true},         //
        {1440, 2560, 180, 64, 0, 0, true},       // upright
        {1367, 768, 170, 96, 0, 0, true},        // rounded down, where that costs an MCU
        {2500, 1444, 0, 0, 0, 0, false},         // nothing is said of a size that no one uses
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct kin_jpeg_assembler_options options = {.format = KIN_PAYLOAD_JPEG};
        options.width = cases[i].told_width, options.height = cases[i].told_height;
        struct kin_jpeg_assembler *a = kin_jpeg_assembler_new(&options);
        struct sender s = {.ts = 0};
        struct kin_jpeg_frame f = {.jpeg = NULL};
        struct kin_jpeg_info info = {.width = 0};
        uint8_t *scan = NULL;
        size_t n = gray_scan(kin_jpeg_mcu_expected(1, cases[i].width, cases[i].height), &scan);
        int err = a != NULL && scan != NULL ? send_gray(a, &s, scan, n, cases[i].blocks_w, cases[i].blocks_h)
                                            : KIN_ENOMEM;
        bool came = err == KIN_OK && kin_jpeg_assembler_event(a, &f);
        int walked = came ? kin_jpeg_walk(kin_buf_span(f.jpeg), &info, NULL) : KIN_EBAD;
        kin_buf_unref(f.jpeg);
        kin_jpeg_assembler_free(a);
        free(scan);
        CHECK_INT(err, KIN_OK);
        CHECK_INT(came, cases[i].known);
        CHECK(!came || walked == KIN_OK);
        CHECK_INT(info.width, came ? cases[i].width : 0);
        CHECK_INT(info.height, came ? cases[i].height : 0);
        CHECK(!came || (f.width == info.width && f.height == info.height));
    }
out:;
}

// --- the ONVIF extension

// A picture's segments as the extension carries them: DQT, DHT, SOF.
static struct kin_span extension_of(const struct picture *p, bool dqt, bool dht)
{
    static uint8_t room[2048];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    for (size_t at = 2; at < p->info.scan_offset;) {
        const uint8_t *segment = p->file->data + at;
        size_t n = 2u + (size_t)(segment[2] << 8 | segment[3]);
        if ((segment[1] == KIN_JPEG_DQT && dqt) || (segment[1] == KIN_JPEG_DHT && dht) || segment[1] == KIN_JPEG_SOF0)
            kin_wr_bytes(&w, segment, n);
        at += n;
    }
    while (w.len % 4 != 0)
        kin_wr_u8(&w, 0xff);
    return unit_guarded(room, w.len);
}

// Sends a picture that RFC 2435 has no words for; the header has type 1, Q and no size.
static int send_extended(struct kin_jpeg_assembler *a, struct sender *s, const struct picture *p, uint8_t q,
                         struct kin_span extension)
{
    static uint8_t packet[SAMPLE_MAX_BYTES];
    struct kin_wr w = kin_wr_init(packet, sizeof packet);
    struct kin_rtp_jpeg h = {.type = 1, .q = q};
    kin_rtp_jpeg_write(&w, &h);
    kin_wr_put(&w, p->info.scan);
    int err = feed_payload(a, s, unit_guarded(packet, w.len), true, extension);
    s->ts += 3600;
    return err;
}

static bool load_any(const char *name, struct picture *ret)
{
    *ret = (struct picture){.file = sample_load(name)};
    return ret->file != NULL && kin_jpeg_walk(kin_buf_span(ret->file), &ret->info, NULL) == KIN_OK;
}

TEST(an_extension_carries_what_the_rfc_cannot)
{
    static const char *const names[] = {"444.jpg", "gray.jpg", "optimized.jpg", "422_2x2_1x2.jpg"};
    struct picture p = {.file = NULL};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_JPEG);
        struct sender s = {.ts = 0};
        struct kin_jpeg_frame f = {.jpeg = NULL};
        struct kin_jpeg_info info = {.width = 0};
        bool loaded = a != NULL && load_any(names[i], &p);
        int err = loaded ? send_extended(a, &s, &p, 50, extension_of(&p, true, true)) : KIN_ENOMEM;
        bool came = err == KIN_OK && kin_jpeg_assembler_event(a, &f);
        int walked = came ? kin_jpeg_walk(kin_buf_span(f.jpeg), &info, NULL) : KIN_EBAD;
        bool same = walked == KIN_OK && kin_span_eq(info.scan, p.info.scan) &&
                    kin_span_eq(info.dqt[0].data, p.info.dqt[0].data) &&
                    info.component_count == p.info.component_count &&
                    info.standard_huffman == p.info.standard_huffman && info.width == p.info.width;
        kin_buf_unref(f.jpeg);
        kin_buf_unref(p.file);
        kin_jpeg_assembler_free(a);
        p.file = NULL;
        CHECK(loaded);
        CHECK(same);
    }
out:;
}

TEST(an_extension_persists)
{
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_JPEG);
    struct sender s = {.ts = 0};
    struct picture p;
    struct kin_jpeg_frame f = {.jpeg = NULL};
    struct kin_jpeg_info info;
    CHECK(load_any("optimized.jpg", &p) && a != NULL);
    CHECK_INT(send_extended(a, &s, &p, 50, extension_of(&p, true, true)), KIN_OK);
    CHECK(kin_jpeg_assembler_event(a, &f));
    kin_buf_unref(f.jpeg);
    f.jpeg = NULL;
    // Q 0: the tables of the frame before; no SOF: its size; no DHT: its Huffman tables
    CHECK_INT(send_extended(a, &s, &p, 0, UNIT_BYTES(0xff, 0xfe, 0, 2)), KIN_OK); // a comment is all it has
    CHECK(kin_jpeg_assembler_event(a, &f));
    CHECK_INT(kin_jpeg_walk(kin_buf_span(f.jpeg), &info, NULL), KIN_OK);
    CHECK_INT(info.width, p.info.width);
    CHECK(!info.standard_huffman);
    CHECK(kin_span_eq(info.dqt[1].data, p.info.dqt[1].data));
    CHECK(kin_span_eq(info.scan, p.info.scan));
out:
    kin_buf_unref(f.jpeg);
    kin_jpeg_assembler_free(a);
    kin_buf_unref(p.file);
}

TEST(a_broken_extension_spoils_its_frame)
{
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_JPEG);
    struct sender s = {.ts = 0};
    struct picture p;
    struct kin_jpeg_frame f;
    CHECK(load_any("444.jpg", &p) && a != NULL);
    struct kin_span whole = extension_of(&p, true, true);
    for (size_t n = 1; n < whole.n; n++) // cut anywhere
        CHECK_INT(send_extended(a, &s, &p, 50, unit_guarded(whole.p, n)), KIN_OK);
    while (kin_jpeg_assembler_event(a, &f)) {
        struct kin_jpeg_info info;
        int err = kin_jpeg_walk(kin_buf_span(f.jpeg), &info, NULL);
        kin_buf_unref(f.jpeg);
        CHECK_INT(err, KIN_OK);
    }
    CHECK(stats(a).bad_packets > whole.n / 2);
out:
    kin_jpeg_assembler_free(a);
    kin_buf_unref(p.file);
}

// The 20 bytes with which a 4K camera says its size, behind the replay extension.
TEST(a_replay_extension_comes_before)
{
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_JPEG);
    struct kin_jpeg_frame f = {.jpeg = NULL};
    const uint8_t words[] = {1,    2,    3,    4,    5, 6,    7,    8,    0xe0, 9, 0, 0, // NTP, flags, Cseq
                             0xff, 0xd8, 0x00, 0x05, // the extension in the extension
                             0xff, 0xc0, 0x00, 0x11, 8, 0x08, 0x70, 0x0f, 0x00, 3, 1, 0x22,
                             0,    2,    0x11, 1,    3, 0x11, 1,    0xff};
    struct kin_rtp_arrival arrival = {.new_source = true, .packet = {.has_extension = true}};
    CHECK(a != NULL);
    arrival.packet.h.marker = true;
    arrival.packet.extension_profile = 0xabac;
    arrival.packet.extension = unit_guarded(words, sizeof words);
    arrival.packet.payload = UNIT_BYTES(0, 0, 0, 0, 1, 50, 0, 0, 0x12, 0x34);
    CHECK_INT(kin_jpeg_assembler_feed(a, &arrival), KIN_OK);
    CHECK(kin_jpeg_assembler_event(a, &f));
    CHECK_INT(f.width, 3840);
    CHECK_INT(f.height, 2160);
out:
    kin_buf_unref(f.jpeg);
    kin_jpeg_assembler_free(a);
}

// --- whole JPEGs

static int send_whole(struct kin_jpeg_assembler *a, struct sender *s, struct kin_span file, size_t piece, bool marker,
                      uint32_t drop)
{
    int err = KIN_OK;
    for (size_t at = 0, i = 0; at < file.n; at += piece, i++) {
        struct kin_span part = kin_span_first(kin_span_skip(file, at), piece);
        if ((drop >> i & 1) != 0)
            lose(s);
        else if (err == KIN_OK)
            err = feed_payload(a, s, unit_guarded(part.p, part.n), marker && at + piece >= file.n,
                               kin_span_make(NULL, 0));
    }
    return err;
}

static bool take_file(struct kin_jpeg_assembler *a, struct kin_span file, struct kin_jpeg_frame *ret)
{
    if (!kin_jpeg_assembler_event(a, ret))
        return false;
    bool same = kin_span_eq(kin_buf_span(ret->jpeg), file);
    kin_buf_unref(ret->jpeg);
    return same;
}

TEST(lab_frames_come_out_byte_for_byte)
{
    static const char *const names[] = {"444.jpg", "progressive.jpg", "gray.jpg", "exif_thumbnail.jpg", "dri.jpg"};
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_UNKNOWN);
    struct sender s = {.ts = 1700000000}; // Unix seconds: the same for many frames
    struct kin_buf *file = NULL;
    for (size_t i = 0; a != NULL && i < sizeof names / sizeof names[0]; i++) {
        struct kin_jpeg_frame f;
        file = sample_load(names[i]);
        CHECK(file != NULL);
        CHECK_INT(send_whole(a, &s, kin_buf_span(file), 65507, false, 0), KIN_OK); // the stock server
        CHECK(take_file(a, kin_buf_span(file), &f));
        CHECK_INT(send_whole(a, &s, kin_buf_span(file), 333, true, 0), KIN_OK); // chunks, M on the last
        CHECK(take_file(a, kin_buf_span(file), &f));
        CHECK(f.width > 0 && f.height > 0 && f.packets == (file->len + 332) / 333);
        CHECK_INT(send_whole(a, &s, kin_buf_span(file), 100, false, 0), KIN_OK); // chunks without M
        CHECK(take_file(a, kin_buf_span(file), &f));
        kin_buf_unref(file);
        file = NULL;
    }
    CHECK(a != NULL);
    CHECK_INT(stats(a).format, KIN_PAYLOAD_WHOLE_FILE);
    CHECK_INT(stats(a).partial, 0);
out:
    kin_buf_unref(file);
    kin_jpeg_assembler_free(a);
}

TEST(a_lost_chunk_loses_its_frame_only)
{
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_WHOLE_FILE);
    struct sender s = {.ts = 5};
    struct kin_buf *file = sample_load("444.jpg");
    struct kin_jpeg_frame f;
    CHECK(file != NULL && a != NULL);
    CHECK_INT(send_whole(a, &s, kin_buf_span(file), 300, true, 0), KIN_OK);
    CHECK(take_file(a, kin_buf_span(file), &f));
    for (unsigned i = 0; i < 3; i++) {
        CHECK_INT(send_whole(a, &s, kin_buf_span(file), 300, true, 1u << i), KIN_OK);
        CHECK(!kin_jpeg_assembler_event(a, &f));
        CHECK_INT(send_whole(a, &s, kin_buf_span(file), 300, true, 0), KIN_OK);
        CHECK(take_file(a, kin_buf_span(file), &f));
        CHECK_INT(f.partial_before, 1);
    }
out:
    kin_buf_unref(file);
    kin_jpeg_assembler_free(a);
}

TEST(a_missing_eoi_is_added)
{
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_WHOLE_FILE);
    struct sender s = {.ts = 5};
    struct kin_buf *file = sample_load("444.jpg");
    struct kin_jpeg_frame f;
    CHECK(file != NULL && a != NULL);
    struct kin_span whole = kin_buf_span(file);
    CHECK_INT(send_whole(a, &s, kin_span_first(whole, whole.n - 2), 300, true, 0), KIN_OK);
    CHECK(take_file(a, whole, &f));
    CHECK_INT(send_whole(a, &s, kin_span_first(whole, 300), 300, true, 0), KIN_OK); // not even a scan
    CHECK_INT(send_whole(a, &s, kin_span_first(whole, whole.n - 2), 300, false, 0), KIN_OK);
    CHECK_INT(send_whole(a, &s, whole, 300, false, 0), KIN_OK); // the next one begins instead
    CHECK(take_file(a, whole, &f));
    CHECK_INT(f.partial_before, 2);
    CHECK_INT(stats(a).partial, 2);
out:
    kin_buf_unref(file);
    kin_jpeg_assembler_free(a);
}

// Cameras write a fill byte before SOI, SOI twice, or bytes between two segments: decoders play that.
TEST(disorderly_headers_are_taken)
{
    static const uint8_t fill[] = {0xff, 0xff}, again[] = {0xff, 0xd8, 0x00};
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_WHOLE_FILE);
    struct sender s = {.ts = 5};
    struct kin_buf *file = sample_load("420.jpg"), *odd = kin_buf_new(SAMPLE_MAX_BYTES);
    struct kin_jpeg_frame f;
    CHECK(a != NULL && file != NULL && odd != NULL);
    memcpy(odd->data, fill, sizeof fill);
    memcpy(odd->data + 2, again, sizeof again);
    memcpy(odd->data + 5, file->data, file->len);
    struct kin_span sent = kin_span_make(odd->data, file->len + 5);
    CHECK_INT(send_whole(a, &s, sent, 300, true, 0), KIN_OK);
    CHECK(take_file(a, kin_span_skip(sent, 2), &f));
    CHECK_INT(f.width, 64);
out:
    kin_buf_unref(odd);
    kin_buf_unref(file);
    kin_jpeg_assembler_free(a);
}

TEST(bytes_that_are_no_jpeg_are_refused)
{
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_WHOLE_FILE);
    struct sender s = {.ts = 5};
    struct kin_jpeg_frame f;
    CHECK(a != NULL);
    CHECK_INT(feed_payload(a, &s, UNIT_BYTES(0xff, 0xd8, 0xff, 0xc8), false, kin_span_make(NULL, 0)), KIN_OK);
    CHECK_INT(feed_payload(a, &s, UNIT_BYTES(1, 2, 3), true, kin_span_make(NULL, 0)), KIN_OK);
    CHECK_INT(feed_payload(a, &s, UNIT_BYTES(1, 2, 3), true, kin_span_make(NULL, 0)), KIN_OK); // no beginning
    CHECK_INT(stats(a).bad_packets, 1);
    CHECK_INT(stats(a).partial, 2);
    CHECK(!kin_jpeg_assembler_event(a, &f));
out:
    kin_jpeg_assembler_free(a);
}

TEST(the_first_frame_settles_the_format)
{
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_UNKNOWN);
    struct sender s = {.ts = 0};
    struct picture p;
    struct kin_jpeg_frame f;
    CHECK(load("420.jpg", &p) && a != NULL);
    CHECK_INT(feed_payload(a, &s, UNIT_BYTES(9, 9, 9), false, kin_span_make(NULL, 0)), KIN_OK);
    CHECK_INT(stats(a).format, KIN_PAYLOAD_UNKNOWN);
    CHECK_INT(send_picture(a, &s, &p.rtp, &(struct cut){.q = 0}), KIN_OK);
    CHECK(take(a, &p, &f));
    CHECK_INT(stats(a).format, KIN_PAYLOAD_JPEG);
    kin_jpeg_assembler_reset_counters(a);
    CHECK_INT(stats(a).complete, 0);
    CHECK_INT(stats(a).format, KIN_PAYLOAD_JPEG);
out:
    kin_jpeg_assembler_free(a);
    kin_buf_unref(p.file);
}

// --- X-QT

// The first header of a sample: description of 102 bytes and two of padding (an "sd" of 86 bytes).
static size_t write_xqt_head(uint8_t *p)
{
    struct kin_wr w = kin_wr_init(p, 256);
    kin_wr_be32(&w, 0x0f000001);
    kin_wr_be16(&w, 0x3000), kin_wr_be16(&w, 102);
    kin_wr_str(&w, "vide");
    kin_wr_be32(&w, 90000);
    kin_wr_be16(&w, 86), kin_wr_str(&w, "sd");
    memset(kin_wr_room(&w, 86 + 2), 0, 86 + 2);
    return w.len;
}

static int send_xqt(struct kin_jpeg_assembler *a, struct sender *s, struct kin_span file, uint32_t drop)
{
    static uint8_t packet[2048];
    int err = KIN_OK;
    for (size_t at = 0, i = 0; at < file.n; at += 200, i++) {
        struct kin_span part = kin_span_first(kin_span_skip(file, at), 200);
        size_t n = at == 0 ? write_xqt_head(packet) : 4;
        if (at > 0)
            memcpy(packet, "\x0e\0\0\1", 4);
        memcpy(packet + n, part.p, part.n);
        if ((drop >> i & 1) != 0)
            lose(s);
        else if (err == KIN_OK)
            err = feed_payload(a, s, unit_guarded(packet, n + part.n), at + 200 >= file.n, kin_span_make(NULL, 0));
    }
    s->ts += 3600;
    return err;
}

TEST(quicktime_samples_come_out_byte_for_byte)
{
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_XQT);
    struct sender s = {.ts = 0};
    struct kin_buf *file = sample_load("progressive.jpg");
    struct kin_jpeg_frame f;
    CHECK(file != NULL && a != NULL);
    struct kin_span whole = kin_buf_span(file);
    for (unsigned i = 0; i < 4; i++) {
        CHECK_INT(send_xqt(a, &s, whole, 0), KIN_OK);
        CHECK(take_file(a, whole, &f));
        CHECK_INT(send_xqt(a, &s, whole, 1u << i), KIN_OK);
        CHECK(!kin_jpeg_assembler_event(a, &f));
        CHECK_INT(stats(a).partial, i + 1);
    }
    CHECK_INT(send_xqt(a, &s, kin_span_first(whole, 200), 0), KIN_OK); // given up by its sender
    CHECK_INT(feed_payload(a, &s, UNIT_BYTES(0x1f, 0, 0, 1), true, kin_span_make(NULL, 0)), KIN_OK); // version 1
    CHECK_INT(stats(a).bad_packets, 1);
    CHECK_INT(send_xqt(a, &s, whole, 0), KIN_OK);
    CHECK(take_file(a, whole, &f));
out:
    kin_buf_unref(file);
    kin_jpeg_assembler_free(a);
}

// Cameras pad their files, and an AVI's chunks are padded: that is neither part of the picture nor a loss.
TEST(quicktime_samples_may_be_padded)
{
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_XQT);
    struct sender s = {.ts = 0};
    struct kin_buf *file = sample_load("444.jpg"), *padded = NULL;
    struct kin_jpeg_frame f;
    CHECK(file != NULL && a != NULL);
    static const size_t paddings[] = {1, 150, 1000};
    for (size_t i = 0; i < sizeof paddings / sizeof paddings[0]; i++) {
        padded = kin_buf_new(file->len + paddings[i]);
        CHECK(padded != NULL);
        memset(padded->data, 0, padded->len);
        memcpy(padded->data, file->data, file->len);
        CHECK_INT(send_xqt(a, &s, kin_buf_span(padded), 0), KIN_OK);
        CHECK(take_file(a, kin_buf_span(file), &f));
        kin_buf_unref(padded);
        padded = NULL;
    }
    CHECK_INT(stats(a).partial, 0);
    CHECK_INT(stats(a).bad_packets, 0);
out:
    kin_buf_unref(padded);
    kin_buf_unref(file);
    kin_jpeg_assembler_free(a);
}

// The rest of a sample whose beginning was lost may look like a beginning.
TEST(a_thumbnail_behind_a_loss_is_no_frame)
{
    struct kin_jpeg_assembler *a = assembler(KIN_PAYLOAD_XQT);
    struct sender s = {.ts = 0};
    struct kin_buf *file = sample_load("444.jpg"), *outer = NULL;
    struct kin_jpeg_frame f;
    CHECK(file != NULL && a != NULL);
    outer = kin_buf_new(200 + file->len);
    CHECK(outer != NULL);
    memset(outer->data, 0x55, 200);
    memcpy(outer->data + 200, file->data, file->len); // from the second packet on
    CHECK_INT(send_xqt(a, &s, kin_buf_span(file), 0), KIN_OK);
    CHECK(take_file(a, kin_buf_span(file), &f));
    CHECK_INT(send_xqt(a, &s, kin_buf_span(outer), 1), KIN_OK);
    CHECK(!kin_jpeg_assembler_event(a, &f));
    CHECK_INT(stats(a).partial, 1);
    CHECK_INT(send_xqt(a, &s, kin_buf_span(file), 0), KIN_OK);
    CHECK(take_file(a, kin_buf_span(file), &f));
out:
    kin_buf_unref(outer);
    kin_buf_unref(file);
    kin_jpeg_assembler_free(a);
}
