// engine/rtp_plan and engine/rtp/jpeg_assembler: packets that are cut at restart markers, and what remains of frames
// that lost some.
#include "base/err.h"
#include "engine/rtp/jpeg_assembler.h"
#include "engine/rtp/rtp_plan.h"
#include "jpeg_make.h"
#include "proto/rtp.h"
#include "proto/rtp_jpeg.h"
#include "unit.h"

#define PACKETS_MAX 512

struct wire { // a picture on its way
    struct make make;
    bool xqt;
    size_t packet_bytes;
    struct kin_buf *jpeg;
    struct kin_jpeg_info info;
    struct kin_rtp_plan *plan;
    struct kin_jpeg_assembler *assembler;
    uint64_t seq, ts;
    uint32_t gap;
    unsigned partial; // frames that came out in part
    struct kin_jpeg_partial got;
};

static int make_plan(struct wire *t)
{
    struct kin_jpeg_rtp rtp;
    if (t->xqt)
        return kin_rtp_plan_xqt(t->jpeg, &t->info, t->packet_bytes, &t->plan);
    if (kin_jpeg_compat(&t->info, &rtp) != KIN_JPEG_COMPAT_OK)
        return KIN_EUNSUPPORTED;
    return kin_rtp_plan_jpeg(t->jpeg, &rtp, t->packet_bytes, &t->plan);
}

static int begin(struct wire *t)
{
    struct kin_jpeg_assembler_options o = {.format = t->xqt ? KIN_PAYLOAD_XQT : KIN_PAYLOAD_JPEG,
                                           .width = t->make.width,
                                           .height = t->make.height,
                                           .keeps_partial = true};
    t->assembler = kin_jpeg_assembler_new(&o);
    t->jpeg = make_jpeg(&t->make);
    if (t->jpeg == NULL || t->assembler == NULL)
        return KIN_ENOMEM;
    int err = kin_jpeg_walk(kin_buf_span(t->jpeg), &t->info, NULL);
    return err == KIN_OK ? make_plan(t) : err;
}

static void end(struct wire *t)
{
    kin_buf_unref(t->got.frame.jpeg);
    kin_rtp_plan_free(t->plan);
    kin_buf_unref(t->jpeg);
    kin_jpeg_assembler_free(t->assembler);
}

// The payload of packet i.
static struct kin_span payload(const struct wire *t, unsigned i)
{
    static uint8_t room[65536];
    struct kin_rtp_plan_packet p = kin_rtp_plan_packet(t->plan, i);
    struct kin_wr w = kin_wr_init(room, sizeof room);
    kin_wr_put(&w, p.head);
    kin_wr_put(&w, p.body);
    kin_wr_put(&w, p.tail);
    return kin_wr_span(&w);
}

static void take(struct wire *t)
{
    struct kin_jpeg_partial p;
    if (!kin_jpeg_assembler_partial(t->assembler, &p))
        return;
    kin_buf_unref(t->got.frame.jpeg);
    t->got = p;
    t->partial++;
}

// Sends the frame without the packets that are marked.
static int send(struct wire *t, const bool *lost)
{
    unsigned count = kin_rtp_plan_count(t->plan);
    struct kin_jpeg_frame f;
    for (unsigned i = 0; i < count; i++, t->seq++) {
        struct kin_span bytes = payload(t, i);
        t->gap += lost != NULL && lost[i];
        if (lost != NULL && lost[i])
            continue;
        struct kin_rtp_arrival a = {.packet = {.h = {.marker = i + 1 == count}, .payload = bytes},
                                    .at = (kin_us)t->seq,
                                    .seq = t->seq,
                                    .ts = t->ts,
                                    .gap = t->gap,
                                    .new_source = t->seq == 0};
        t->gap = 0;
        int err = kin_jpeg_assembler_feed(t->assembler, &a);
        if (err != KIN_OK)
            return err;
        take(t);
        while (kin_jpeg_assembler_event(t->assembler, &f))
            kin_buf_unref(f.jpeg);
    }
    t->ts += 3600;
    return KIN_OK;
}

static bool is_missing(const struct kin_jpeg_gaps *g, size_t mcu)
{
    for (unsigned i = 0; i < g->count; i++)
        if (mcu >= g->mcus[i].from && mcu < g->mcus[i].to)
            return true;
    return false;
}

// How many MCUs of the partial frame are there, each of which must be as in the whole picture; -1: one is not.
static int there(const struct wire *t)
{
    struct pixels whole = {0}, got = {0};
    const struct kin_jpeg_gaps *g = &t->got.gaps;
    size_t w = t->make.width, h = t->make.height;
    int count = pixels_decode_as(kin_buf_span(t->jpeg), JCS_YCbCr, false, &whole) &&
                        pixels_decode_as(kin_buf_span(t->got.frame.jpeg), JCS_YCbCr, false, &got) && whole.n == got.n
                    ? 0
                    : -1;
    for (size_t k = 0; count >= 0 && k < w * h; k++) {
        size_t x = k % w, y = k / w;
        if (is_missing(g, y / g->mcu_height * g->columns + x / g->mcu_width))
            continue;
        count += x % g->mcu_width == 0 && y % g->mcu_height == 0;
        if (memcmp(got.p + 3 * k, whole.p + 3 * k, 3) != 0)
            count = -1;
    }
    free(whole.p);
    free(got.p);
    return count;
}

// --- the sender

static const struct make shapes[] = {
    {.width = 640, .height = 480, .restart = 40},                                            // a line
    {.width = 640, .height = 480, .restart = 8},                                             // several in a packet
    {.width = 640, .height = 480, .restart = 200, .grain = 60},                              // several packets each
    {.width = 640, .height = 480, .restart = 40, .factors = {2, 1, 1, 1, 1, 1}, .grain = 9}, // 4:2:2
};

// The packets of the plan: what section 3.1.7 says of F, L and the count. *ret_chunks: whether it is cut so.
static void check_chunks(struct wire *t, bool *ret_chunks)
{
    size_t offset = 0;
    bool open = false;
    for (unsigned i = 0; i < kin_rtp_plan_count(t->plan); i++) {
        struct kin_rtp_jpeg h;
        CHECK_INT(kin_rtp_jpeg_parse(payload(t, i), &h), KIN_OK);
        CHECK(h.has_restart && h.offset == offset && h.data.n > 0);
        CHECK(payload(t, i).n + KIN_RTP_HEADER_BYTES <= t->packet_bytes);
        *ret_chunks = h.restart_count != KIN_RTP_JPEG_NO_CHUNKS;
        uint32_t interval = h.restart_count & KIN_RTP_JPEG_CHUNK_COUNT;
        bool first = (h.restart_count & KIN_RTP_JPEG_CHUNK_FIRST) != 0;
        offset += h.data.n;
        if (!*ret_chunks)
            continue;
        CHECK(first == !open); // and only there
        open = (h.restart_count & KIN_RTP_JPEG_CHUNK_LAST) == 0;
        if (first && i > 0)
            CHECK(h.data.p[0] == 0xff && h.data.p[1] == (KIN_JPEG_RST0 | ((interval - 1) & 7)));
    }
    CHECK_INT(offset, t->info.scan.n + 2);
out:;
}

TEST(packets_are_cut_at_restart_markers)
{
    struct wire t = {0};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        for (size_t bytes = 300; bytes < 3000; bytes += 450) {
            bool chunks = false;
            t = (struct wire){.make = shapes[i], .packet_bytes = bytes};
            CHECK_INT(begin(&t), KIN_OK);
            check_chunks(&t, &chunks);
            CHECK(!unit_failed());
            size_t least = (t.info.scan.n + bytes - 1) / (bytes - 24);
            CHECK(kin_rtp_plan_count(t.plan) <= least + least / 4 + 2);
            CHECK(chunks || i != 1); // small intervals hardly cost anything
            end(&t);
            t = (struct wire){0};
        }
    }
out:
    end(&t);
}

// QuickTime's payload says nothing of the markers, but is cut there.
TEST(packets_of_whole_files_are_cut_there_too)
{
    struct wire t = {.make = shapes[1], .xqt = true, .packet_bytes = 1400};
    CHECK_INT(begin(&t), KIN_OK);
    unsigned count = kin_rtp_plan_count(t.plan);
    size_t bytes = 0;
    for (unsigned i = 0; i < count; i++) {
        struct kin_rtp_plan_packet p = kin_rtp_plan_packet(t.plan, i);
        CHECK(i == 0 || (p.body.p[0] == 0xff && (p.body.p[1] & 0xf8) == KIN_JPEG_RST0));
        CHECK(kin_rtp_plan_packet_bytes(&p) + KIN_RTP_HEADER_BYTES <= t.packet_bytes);
        CHECK(p.body.p == t.jpeg->data + bytes && p.tail.n == 0);
        bytes += p.body.n;
    }
    CHECK_INT(bytes, t.jpeg->len);
    CHECK(count <= t.jpeg->len / 1300 + count / 4 + 2);
out:
    end(&t);
}

// A long header takes packets of its own: what is before the scan is cut as equal pieces are.
TEST(a_long_header_is_cut_anywhere)
{
    struct wire t = {.make = shapes[1], .xqt = true, .packet_bytes = KIN_RTP_PLAN_PACKET_MIN};
    CHECK_INT(begin(&t), KIN_OK);
    CHECK(t.info.scan_offset > 2 * (size_t)KIN_RTP_PLAN_PACKET_MIN);
    CHECK_INT(send(&t, NULL), KIN_OK);
    struct kin_jpeg_assembler_stats stats;
    kin_jpeg_assembler_stats(t.assembler, &stats);
    CHECK_INT(stats.complete, 1);
out:
    end(&t);
}

// --- the receiver

// Each packet of the middle is lost once. All frames are shown in part, and what is there is right.
static void lose_each(const struct make *make, bool xqt, size_t packet_bytes)
{
    bool lost[PACKETS_MAX] = {false};
    struct wire t = {.make = *make, .xqt = xqt, .packet_bytes = packet_bytes};
    CHECK_INT(begin(&t), KIN_OK);
    CHECK_INT(send(&t, NULL), KIN_OK);
    unsigned count = kin_rtp_plan_count(t.plan), step = unit_plain() ? 1 + count / 12 : count / 2;
    int mcus = (int)(((make->width + 15u) / 16) * ((make->height + 15u) / 16));
    for (unsigned i = 1; i + 1 < count; i += step) {
        unsigned before = t.partial;
        lost[i] = true;
        CHECK_INT(send(&t, lost), KIN_OK);
        lost[i] = false;
        CHECK_INT(t.partial, before + 1);
        CHECK(t.got.frame.width == make->width && t.got.frame.height == make->height);
        CHECK_INT(t.got.frame.ts, t.ts - 3600);
        CHECK(there(&t) > mcus / 2 && t.got.gaps.count == 1);
    }
    struct kin_jpeg_assembler_stats stats;
    kin_jpeg_assembler_stats(t.assembler, &stats);
    CHECK_INT(stats.partial, t.partial);
    CHECK_INT(stats.complete, 1);
out:
    end(&t);
}

TEST(a_lost_packet_costs_its_bands)
{
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        lose_each(&shapes[i], false, 1400);
        lose_each(&shapes[i], true, 1400);
    }
}

// Cut at the markers, a packet costs its own intervals and no other.
TEST(a_chunk_is_lost_alone)
{
    bool lost[PACKETS_MAX] = {[4] = true, [7] = true};
    struct kin_rtp_jpeg h, next;
    struct wire t = {.make = shapes[1], .packet_bytes = 1400};
    CHECK_INT(begin(&t), KIN_OK);
    CHECK_INT(send(&t, lost), KIN_OK);
    CHECK_INT(t.partial, 1);
    CHECK(there(&t) > 0 && t.got.gaps.count == 2);
    CHECK_INT(kin_rtp_jpeg_parse(payload(&t, 7), &h), KIN_OK);
    uint32_t from = h.restart_count & KIN_RTP_JPEG_CHUNK_COUNT;
    CHECK_INT(kin_rtp_jpeg_parse(payload(&t, 8), &next), KIN_OK);
    uint32_t to = next.restart_count & KIN_RTP_JPEG_CHUNK_COUNT;
    CHECK_INT(t.got.gaps.mcus[1].from, from * 8);
    CHECK_INT(t.got.gaps.mcus[1].to, to * 8);
out:
    end(&t);
}

// The number of the marker with which packet i begins.
static unsigned marker_of(const struct wire *t, unsigned i)
{
    struct kin_rtp_plan_packet p = kin_rtp_plan_packet(t->plan, i);
    return p.body.p[1] & 7;
}

TEST(a_packet_of_whole_intervals_is_lost_alone)
{
    bool lost[PACKETS_MAX] = {[4] = true};
    struct wire t = {.make = shapes[1], .xqt = true, .packet_bytes = 1400};
    CHECK_INT(begin(&t), KIN_OK);
    CHECK_INT(send(&t, NULL), KIN_OK); // how long its packets are
    CHECK_INT(send(&t, lost), KIN_OK);
    CHECK_INT(t.partial, 1);
    CHECK(there(&t) > 0 && t.got.gaps.count == 1);
    unsigned from = t.got.gaps.mcus[0].from / 8, to = t.got.gaps.mcus[0].to / 8;
    CHECK_INT(from & 7, (marker_of(&t, 4) + 1) & 7);
    CHECK_INT(to & 7, (marker_of(&t, 5) + 1) & 7);
    CHECK(to - from < 30);
out:
    end(&t);
}

// Several holes in a frame: what is between them has its place, since the packets say which intervals they begin with.
TEST(what_is_between_two_holes_has_its_place)
{
    static const struct make grainy = {.width = 1280, .height = 960, .restart = 4, .grain = 40, .quality = 60};
    bool lost[PACKETS_MAX] = {false};
    struct wire t = {.make = grainy, .xqt = true, .packet_bytes = 1400};
    CHECK_INT(begin(&t), KIN_OK);
    unsigned count = kin_rtp_plan_count(t.plan);
    CHECK(count > 60 && count < PACKETS_MAX);
    CHECK_INT(send(&t, NULL), KIN_OK);
    for (unsigned i = 5; i < count - 5; i += count / 7)
        lost[i] = lost[i + 1] = lost[i + 2] = true;
    CHECK_INT(send(&t, lost), KIN_OK);
    CHECK_INT(t.partial, 1);
    CHECK(there(&t) > (int)(4800 * (count - 30) / count)); // of 4800 MCUs, but those of 8 * 3 packets
out:
    end(&t);
}

// The end, the beginning, everything but the first packets: two, or three where the whole header is in them.
static void lose_ends(bool xqt)
{
    bool lost[PACKETS_MAX] = {false};
    struct wire t = {.make = shapes[0], .xqt = xqt, .packet_bytes = 700};
    CHECK_INT(begin(&t), KIN_OK);
    unsigned count = kin_rtp_plan_count(t.plan);
    CHECK_INT(send(&t, NULL), KIN_OK);
    lost[count - 1] = lost[count - 2] = true;
    CHECK_INT(send(&t, lost), KIN_OK);
    CHECK_INT(t.partial, 0); // not known before the next frame begins
    lost[count - 1] = lost[count - 2] = false;
    lost[0] = true;
    CHECK_INT(send(&t, lost), KIN_OK);
    CHECK_INT(t.partial, 1);
    CHECK(there(&t) > 400 && t.got.gaps.count == 1 && t.got.gaps.mcus[0].to == 1200);
    lost[0] = false;
    CHECK_INT(send(&t, NULL), KIN_OK);
    CHECK_INT(t.partial, 1); // without its beginning nothing can be told of a frame
    for (unsigned i = xqt ? 3 : 2; i < count; i++)
        lost[i] = true;
    CHECK_INT(send(&t, lost), KIN_OK);
    CHECK_INT(send(&t, NULL), KIN_OK);
    CHECK(t.partial == 2 && there(&t) >= 0);
    kin_jpeg_assembler_reset(t.assembler);
out:
    end(&t);
}

TEST(frames_without_end_and_beginning)
{
    lose_ends(false);
    lose_ends(true);
}

// Losses of every kind: whatever is shown is right.
static void lose_any(const struct make *make, bool xqt)
{
    bool lost[PACKETS_MAX];
    uint32_t random = 1;
    struct wire t = {.make = *make, .xqt = xqt, .packet_bytes = 600};
    CHECK_INT(begin(&t), KIN_OK);
    CHECK_INT(send(&t, NULL), KIN_OK);
    unsigned shown = 0, rounds = unit_plain() ? 25 : 1;
    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned i = 0; i < PACKETS_MAX; i++) {
            random = random * 1664525 + 1013904223;
            lost[i] = i > 0 && random >> 16 < 65536 * (1 + round) / 100;
        }
        unsigned before = t.partial;
        CHECK_INT(send(&t, lost), KIN_OK);
        CHECK(t.partial == before || there(&t) >= 0);
        shown += t.partial > before;
    }
    CHECK(!unit_plain() || shown >= 3);
out:
    end(&t);
}

TEST(what_is_shown_is_right)
{
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        lose_any(&shapes[i], false);
        lose_any(&shapes[i], true);
    }
}

TEST(without_restart_markers_nothing_is_shown)
{
    bool lost[PACKETS_MAX] = {[3] = true};
    struct wire t = {.make = {.width = 640, .height = 480}, .packet_bytes = 600};
    for (int xqt = 0; xqt < 2; xqt++) {
        t.xqt = xqt != 0;
        CHECK_INT(begin(&t), KIN_OK);
        CHECK_INT(send(&t, NULL), KIN_OK);
        CHECK_INT(send(&t, lost), KIN_OK);
        CHECK_INT(send(&t, NULL), KIN_OK);
        CHECK_INT(t.partial, 0);
        end(&t);
        t = (struct wire){.make = t.make, .packet_bytes = 600};
    }
out:
    end(&t);
}
