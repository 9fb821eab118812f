// engine/rtp/rtp_plan: equal packets, headers, offsets, EOI, restart intervals, sizes up to 16 MiB, the lab's form.
#include "base/err.h"
#include "engine/rtp/rtp_plan.h"
#include "proto/rtp.h"
#include "proto/rtp_jpeg.h"
#include "unit.h"

struct made {
    struct kin_buf *jpeg;
    struct kin_jpeg_rtp rtp;
    struct kin_rtp_plan *plan;
};

// A buffer laid out like a JPEG: 2 bytes, two tables, `scan` bytes, EOI or not. Only the spans matter to the plan.
static bool make(struct made *m, size_t scan, bool has_eoi, uint16_t restart)
{
    *m = (struct made){.jpeg = kin_buf_new(2 + 128 + scan + (has_eoi ? 2 : 0))};
    if (m->jpeg == NULL)
        return false;
    uint8_t *p = m->jpeg->data;
    for (size_t i = 0; i < m->jpeg->len; i++)
        p[i] = (uint8_t)(i * 7 % 251);
    if (has_eoi) {
        p[130 + scan] = 0xff;
        p[131 + scan] = 0xd9;
    }
    m->rtp = (struct kin_jpeg_rtp){.type = restart > 0 ? 65 : 1,
                                   .width = 854,
                                   .height = 480,
                                   .restart_interval = restart,
                                   .quant = {kin_span_make(p + 2, 64), kin_span_make(p + 66, 64)},
                                   .scan = kin_span_make(p + 130, scan)};
    return true;
}

static void drop(struct made *m)
{
    kin_rtp_plan_free(m->plan);
    kin_buf_unref(m->jpeg);
}

// Puts the packets together again and looks at every rule on the way.
static void check_packets(const struct made *m, size_t packet_bytes)
{
    size_t offset = 0;
    unsigned count = kin_rtp_plan_count(m->plan);
    size_t scan = m->rtp.scan.n;
    static uint8_t packet[65536];
    for (unsigned i = 0; i < count; i++) {
        struct kin_rtp_plan_packet p = kin_rtp_plan_packet(m->plan, i);
        size_t n = kin_rtp_plan_packet_bytes(&p);
        struct kin_wr w = kin_wr_init(packet, sizeof packet);
        struct kin_rtp_jpeg h;
        kin_wr_put(&w, p.head);
        kin_wr_put(&w, p.body);
        kin_wr_put(&w, p.tail);
        CHECK_INT(kin_rtp_jpeg_parse(kin_wr_span(&w), &h), KIN_OK);
        CHECK(i + 1 == count ? n + 12 <= packet_bytes && h.data.n > 0 : n + 12 == packet_bytes);
        CHECK_INT(h.offset, offset);
        CHECK_INT(h.q, 255);
        CHECK_INT(h.width, 856);
        CHECK_INT(h.height, 480);
        CHECK_INT(p.marker, i + 1 == count);
        CHECK_INT(h.has_quant, i == 0);
        CHECK(i > 0 || (h.tables.n == 128 && memcmp(h.tables.p, m->jpeg->data + 2, 128) == 0));
        CHECK_INT(h.has_restart, m->rtp.restart_interval > 0);
        CHECK(!h.has_restart || (h.restart_count == 0xffff && h.restart_interval == m->rtp.restart_interval));
        size_t in_scan = offset + h.data.n <= scan ? h.data.n : scan > offset ? scan - offset : 0;
        CHECK(memcmp(h.data.p, m->rtp.scan.p + offset, in_scan) == 0);
        offset += h.data.n;
        if (i + 1 == count && h.data.n >= 2)
            CHECK(h.data.p[h.data.n - 2] == 0xff && h.data.p[h.data.n - 1] == 0xd9);
    }
    CHECK_INT(offset, scan + 2);
out:;
}

static void check_jpeg(size_t scan, bool has_eoi, uint16_t restart, size_t packet_bytes)
{
    struct made m = {.plan = NULL};
    CHECK(make(&m, scan, has_eoi, restart));
    CHECK_INT(kin_rtp_plan_jpeg(m.jpeg, &m.rtp, packet_bytes, &m.plan), KIN_OK);
    CHECK(kin_rtp_plan_memory(m.plan) >= kin_rtp_plan_count(m.plan) * KIN_RTP_JPEG_HEADER_BYTES);
    check_packets(&m, packet_bytes);
out:
    drop(&m);
}

TEST(all_packets_but_the_last_are_equal)
{
    for (size_t scan = 1; scan < 9000; scan += 379) {
        check_jpeg(scan, true, 0, 1400);
        check_jpeg(scan, false, 0, 1400);
    }
}

TEST(every_remainder_keeps_its_end)
{
    for (size_t scan = 1240; scan < 1256; scan++) // around one packet's worth: 1400 - 12 - 140 = 1248
        check_jpeg(scan, scan % 2 == 0, 0, 1400);
    for (size_t scan = 2620; scan < 2640; scan++)
        check_jpeg(scan, scan % 2 != 0, 0, 1400);
}

TEST(restart_intervals_are_in_every_packet)
{
    check_jpeg(10000, true, 40, 1400);
    check_jpeg(100, false, 0xffff, 1400);
    check_jpeg(5000, true, 1, 256);
}

TEST(sixteen_mebibytes_fit)
{
    check_jpeg((16u << 20) - 2, true, 0, 1400);
}

TEST(dimensions_above_2040_become_zero)
{
    struct made m = {.plan = NULL};
    CHECK(make(&m, 5000, true, 0));
    m.rtp.width = 3840;
    m.rtp.height = 1080;
    CHECK_INT(kin_rtp_plan_jpeg(m.jpeg, &m.rtp, 1400, &m.plan), KIN_OK);
    struct kin_rtp_plan_packet p = kin_rtp_plan_packet(m.plan, 1);
    CHECK_INT(p.head.n, 8);
    CHECK_INT(p.head.p[6], 0);
    CHECK_INT(p.head.p[7], 0);
out:
    drop(&m);
}

TEST(bad_arguments_are_refused)
{
    struct made m = {.plan = NULL};
    static const uint8_t elsewhere[64] = {0};
    CHECK(make(&m, 5000, true, 0));
    CHECK_INT(kin_rtp_plan_jpeg(m.jpeg, &m.rtp, 255, &m.plan), KIN_EINVAL);
    CHECK_INT(kin_rtp_plan_jpeg(m.jpeg, &m.rtp, 65508, &m.plan), KIN_EINVAL);
    struct kin_jpeg_rtp rtp = m.rtp;
    rtp.scan = kin_span_make(elsewhere, sizeof elsewhere);
    CHECK_INT(kin_rtp_plan_jpeg(m.jpeg, &rtp, 1400, &m.plan), KIN_EINVAL);
    rtp = m.rtp;
    rtp.scan.n = 0;
    CHECK_INT(kin_rtp_plan_jpeg(m.jpeg, &rtp, 1400, &m.plan), KIN_EINVAL);
    rtp = m.rtp;
    rtp.quant[1].n = 63;
    CHECK_INT(kin_rtp_plan_jpeg(m.jpeg, &rtp, 1400, &m.plan), KIN_EINVAL);
out:
    drop(&m);
}

static void check_lab(size_t len, size_t datagram_bytes, unsigned count)
{
    struct made m = {.plan = NULL};
    size_t at = 0;
    m.jpeg = kin_buf_new(len);
    CHECK(m.jpeg != NULL);
    CHECK_INT(kin_rtp_plan_lab(m.jpeg, datagram_bytes, &m.plan), KIN_OK);
    CHECK_INT(kin_rtp_plan_count(m.plan), count);
    for (unsigned i = 0; i < count; i++) {
        struct kin_rtp_plan_packet p = kin_rtp_plan_packet(m.plan, i);
        CHECK_INT(p.head.n + p.tail.n, 0);
        CHECK(p.body.p == m.jpeg->data + at);
        CHECK(count == 1 || (i + 1 < count ? p.body.n == 1400 : p.body.n <= 1400));
        CHECK_INT(p.marker, i + 1 == count); // the only one included: clients wait for it
        at += p.body.n;
    }
    CHECK_INT(at, len);
out:
    drop(&m);
}

// Fault: what the lab's clients read at once (20480 bytes, mostly) was exceeded, and no frame of one packet bore M.
TEST(a_lab_frame_is_one_datagram_while_it_fits)
{
    struct kin_rtp_plan *plan = NULL;
    struct kin_buf *jpeg = kin_buf_new(100);
    check_lab(2, 20480, 1);
    check_lab(20480 - 12, 20480, 1);
    check_lab(20480 - 11, 20480, 15);
    check_lab(140000, 20480, 100);
    check_lab(140001, 20480, 101);
    check_lab(65507 - 12, 65507, 1);
    check_lab(65507 - 11, 65507, 47);
    check_lab(1400, 1412, 1);
    check_lab(1401, 1412, 2);
    CHECK(jpeg != NULL);
    CHECK_INT(kin_rtp_plan_lab(jpeg, 1411, &plan), KIN_EINVAL);
    CHECK_INT(kin_rtp_plan_lab(jpeg, 65508, &plan), KIN_EINVAL);
out:
    kin_buf_unref(jpeg);
}
