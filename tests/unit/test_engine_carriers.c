// engine/rtp_plan and engine/jpeg_assembler together: what is sent in one payload format, the
// other side hands out again.
#include "base/err.h"
#include "engine/rtp/jpeg_assembler.h"
#include "engine/rtp/rtp_plan.h"
#include "proto/rtp_onvif.h"
#include "sample.h"
#include "unit.h"

#define PACKET_BYTES 1000

enum way { PLAIN, SIZED, ONVIF, XQT };

struct range {
    struct kin_buf *jpeg;
    struct kin_jpeg_info info;
    struct kin_rtp_plan *plan;
    struct kin_jpeg_assembler *assembler;
    struct kin_jpeg_frame got;
    struct kin_jpeg_info back; // what came out
    uint16_t seq;
    uint32_t ts;
};

static bool load(struct range *t, const char *name)
{
    t->jpeg = sample_load(name);
    return t->jpeg != NULL && kin_jpeg_walk(kin_buf_span(t->jpeg), &t->info, NULL) == KIN_OK;
}

static void unload(struct range *t)
{
    kin_buf_unref(t->got.jpeg);
    kin_rtp_plan_free(t->plan);
    kin_buf_unref(t->jpeg);
    t->got.jpeg = NULL;
    t->plan = NULL;
    t->jpeg = NULL;
}

static void end(struct range *t)
{
    unload(t);
    kin_jpeg_assembler_free(t->assembler);
}

static int plan(struct range *t, enum way way, size_t packet_bytes)
{
    struct kin_jpeg_rtp rtp;
    if (way == XQT)
        return kin_rtp_plan_xqt(t->jpeg, &t->info, packet_bytes, &t->plan);
    if (way == ONVIF)
        return kin_rtp_plan_onvif(t->jpeg, &t->info, packet_bytes, &t->plan);
    if (kin_jpeg_compat(&t->info, &rtp) != KIN_JPEG_COMPAT_OK)
        return KIN_EUNSUPPORTED;
    return (way == SIZED ? kin_rtp_plan_jpeg_sized : kin_rtp_plan_jpeg)(t->jpeg, &rtp, packet_bytes, &t->plan);
}

// One packet as a datagram, with its lengths checked.
static struct kin_span datagram(struct range *t, unsigned i, size_t packet_bytes)
{
    static uint8_t room[65536];
    struct kin_rtp_plan_packet p = kin_rtp_plan_packet(t->plan, i);
    struct kin_wr w = kin_wr_init(room, sizeof room);
    struct kin_rtp_header h = {.marker = p.marker, .payload_type = 96, .seq = t->seq++, .ts = t->ts, .ssrc = 1};
    kin_rtp_write(kin_wr_room(&w, KIN_RTP_HEADER_BYTES), &h);
    if (p.extension > 0)
        kin_rtp_write_extended(room);
    kin_wr_put(&w, p.head);
    kin_wr_put(&w, p.body);
    kin_wr_put(&w, p.tail);
    bool last = i + 1 == kin_rtp_plan_count(t->plan);
    CHECK(p.marker == last);
    CHECK(last || t->info.restart_interval > 0 ? w.len <= packet_bytes : w.len == packet_bytes);
    CHECK_INT(kin_rtp_plan_payload_bytes(&p) + p.extension, p.head.n + p.body.n + p.tail.n);
out:
    return unit_guarded(room, w.len);
}

// Sends the frame of the plan; the frame that comes out is in t->got.
static void travel(struct range *t, size_t packet_bytes)
{
    for (unsigned i = 0; i < kin_rtp_plan_count(t->plan); i++) {
        struct kin_rtp_arrival a = {.new_source = t->seq == 0, .seq = t->seq, .ts = t->ts};
        CHECK_INT(kin_rtp_parse(datagram(t, i, packet_bytes), &a.packet), KIN_OK);
        CHECK_INT(a.packet.has_extension, a.packet.extension.n > 0);
        CHECK_INT(kin_jpeg_assembler_feed(t->assembler, &a), KIN_OK);
    }
    t->ts += 3600;
    CHECK(kin_jpeg_assembler_event(t->assembler, &t->got));
    CHECK_INT(kin_jpeg_walk(kin_buf_span(t->got.jpeg), &t->back, NULL), KIN_OK);
out:;
}

static void assembler_for(struct range *t, enum way way)
{
    struct kin_jpeg_assembler_options o = {.format = way == XQT ? KIN_PAYLOAD_XQT : KIN_PAYLOAD_UNKNOWN};
    t->assembler = kin_jpeg_assembler_new(&o);
}

// Everything that decoding depends on is as it was.
static void check_same_picture(const struct range *t)
{
    const struct kin_jpeg_info *a = &t->info, *b = &t->back;
    CHECK(a->width == b->width && a->height == b->height && a->component_count == b->component_count);
    CHECK(a->restart_interval == b->restart_interval && a->standard_huffman == b->standard_huffman);
    CHECK(kin_span_eq(a->scan, b->scan));
    for (unsigned i = 0; i < a->component_count; i++) {
        const struct kin_jpeg_component *x = &a->components[i], *y = &b->components[i];
        CHECK(x->h == y->h && x->v == y->v);
        CHECK(kin_span_eq(a->dqt[x->tq].data, b->dqt[y->tq].data));
    }
    CHECK(t->got.width == a->width && t->got.height == a->height);
out:;
}

static const char *const every[] = {"420.jpg",   "422.jpg",         "422_2x2_1x2.jpg",   "444.jpg", "440.jpg",
                                    "411.jpg",   "gray.jpg",        "optimized.jpg",     "dri.jpg", "onedqt.jpg",
                                    "nodht.jpg", "progressive.jpg", "exif_thumbnail.jpg"};
#define EVERY (sizeof every / sizeof every[0])

TEST(quicktime_carries_every_file_byte_for_byte)
{
    struct range t = {.seq = 0};
    assembler_for(&t, XQT);
    CHECK(t.assembler != NULL);
    for (size_t i = 0; i < EVERY; i++) {
        size_t packet_bytes = 256 + 100 * i;
        CHECK(load(&t, every[i]));
        CHECK_INT(plan(&t, XQT, packet_bytes), KIN_OK);
        travel(&t, packet_bytes);
        CHECK(!unit_failed() && kin_span_eq(kin_buf_span(t.got.jpeg), kin_buf_span(t.jpeg)));
        unload(&t);
    }
out:
    end(&t);
}

TEST(the_extension_carries_every_baseline_picture)
{
    struct range t = {.seq = 0};
    assembler_for(&t, ONVIF);
    CHECK(t.assembler != NULL);
    for (size_t i = 0; i < EVERY; i++) {
        CHECK(load(&t, every[i]));
        int err = plan(&t, ONVIF, PACKET_BYTES);
        if (t.info.sof == KIN_JPEG_SOF2) {
            CHECK_INT(err, KIN_EUNSUPPORTED);
        } else {
            CHECK_INT(err, KIN_OK);
            travel(&t, PACKET_BYTES);
            CHECK(!unit_failed());
            check_same_picture(&t);
            CHECK(!unit_failed());
        }
        unload(&t);
    }
out:
    end(&t);
}

// Not only the names of the tables count but which component uses which.
TEST(the_scan_header_of_the_extension_is_kept)
{
    struct range t = {.seq = 0};
    assembler_for(&t, ONVIF);
    CHECK(t.assembler != NULL && load(&t, "444.jpg"));
    uint8_t *sos = t.jpeg->data + t.info.scan_offset - 14;
    CHECK(sos[1] == KIN_JPEG_SOS);
    sos[10] = 0x00; // Cr by the tables of Y
    CHECK_INT(plan(&t, ONVIF, PACKET_BYTES), KIN_OK);
    travel(&t, PACKET_BYTES);
    CHECK(!unit_failed());
    CHECK(t.back.components[1].td == 1 && t.back.components[2].td == 0 && t.back.components[2].ta == 0);
out:
    end(&t);
}

// The main header has no words for these sizes; the description is not asked.
TEST(the_size_travels_in_the_extension)
{
    struct range t = {.seq = 0};
    assembler_for(&t, SIZED);
    CHECK(t.assembler != NULL && load(&t, "420.jpg"));
    struct kin_jpeg_rtp rtp;
    CHECK_INT(kin_jpeg_compat(&t.info, &rtp), KIN_JPEG_COMPAT_OK);
    rtp.width = 3840;
    rtp.height = 2161;
    CHECK_INT(kin_rtp_plan_jpeg_sized(t.jpeg, &rtp, PACKET_BYTES, &t.plan), KIN_OK);
    CHECK_INT(kin_rtp_plan_packet(t.plan, 0).extension, KIN_RTP_ONVIF_SIZE_BYTES);
    CHECK(kin_rtp_plan_packet(t.plan, 0).head.p[KIN_RTP_ONVIF_SIZE_BYTES + 6] == 0);
    travel(&t, PACKET_BYTES);
    CHECK(!unit_failed());
    CHECK(t.back.width == 3840 && t.back.height == 2161);
    CHECK(kin_span_eq(t.back.scan, t.info.scan));
out:
    end(&t);
}

TEST(the_bytes_of_the_size_are_those_of_the_specification)
{
    static const uint8_t want[] = {0xff, 0xd8, 0x00, 0x05, 0xff, 0xc0, 0x00, 0x11, 0x08, 0x08, 0x70, 0x0f,
                                   0x00, 0x03, 0x01, 0x22, 0x00, 0x02, 0x11, 0x01, 0x03, 0x11, 0x01, 0xff};
    uint8_t room[KIN_RTP_ONVIF_SIZE_BYTES];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    kin_rtp_onvif_write_size(&w, &(struct kin_jpeg_rtp){.type = 1, .width = 3840, .height = 2160});
    CHECK(!w.bad && kin_span_eq(kin_wr_span(&w), kin_span_make(want, sizeof want)));
out:;
}

// Frames of different kinds in one stream: what one says must not colour the next.
TEST(full_headers_do_not_persist)
{
    static const char *const turns[] = {"optimized.jpg", "420.jpg", "gray.jpg", "nodht.jpg", "444.jpg", "dri.jpg"};
    struct range t = {.seq = 0};
    assembler_for(&t, ONVIF);
    CHECK(t.assembler != NULL);
    for (size_t i = 0; i < 12; i++) {
        CHECK(load(&t, turns[i % 6]));
        CHECK_INT(plan(&t, ONVIF, PACKET_BYTES), KIN_OK);
        travel(&t, PACKET_BYTES);
        CHECK(!unit_failed());
        check_same_picture(&t);
        CHECK(!unit_failed());
        unload(&t);
    }
out:
    end(&t);
}

TEST(headers_that_do_not_fit_are_refused)
{
    struct range t = {.seq = 0};
    CHECK(load(&t, "optimized.jpg"));
    CHECK_INT(plan(&t, ONVIF, 300), KIN_EINVAL);
    CHECK_INT(plan(&t, XQT, 255), KIN_EINVAL);
    CHECK_INT(plan(&t, XQT, 65001), KIN_EINVAL);
out:
    end(&t);
}

// The file changed under what was found in it.
TEST(segments_that_are_none_are_refused)
{
    uint8_t room[KIN_RTP_ONVIF_BYTES_MAX];
    struct range t = {.seq = 0};
    CHECK(load(&t, "420.jpg"));
    struct kin_span file = kin_buf_span(t.jpeg);
    for (size_t n = 0; n < t.info.scan_offset; n++) {
        struct kin_wr w = kin_wr_init(room, sizeof room);
        CHECK_INT(kin_rtp_onvif_write_headers(&w, unit_guarded(file.p, n), &t.info), KIN_EBAD);
    }
    struct kin_wr whole = kin_wr_init(room, sizeof room);
    CHECK_INT(kin_rtp_onvif_write_headers(&whole, file, &t.info), KIN_OK);
    CHECK_INT(whole.len % 4, 0);
    for (size_t n = 0; n < whole.len; n++) {
        struct kin_wr w = kin_wr_init(room, n);
        CHECK_INT(kin_rtp_onvif_write_headers(&w, file, &t.info), KIN_ELIMIT);
    }
out:
    end(&t);
}
