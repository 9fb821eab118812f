// jpeg/tables: the standard tables, against the segments that an independent encoder wrote.
#include "jpeg/markers.h"
#include "jpeg/tables.h"
#include "sample.h"
#include "unit.h"

TEST(quality_scales_the_tables)
{
    uint8_t t[128];
    kin_jpeg_quant_tables(50, t); // Annex K itself
    CHECK_INT(t[0], 16);
    CHECK_INT(t[63], 99);
    CHECK_INT(t[64], 17);
    CHECK_INT(t[127], 99);
    kin_jpeg_quant_tables(75, t);
    CHECK_INT(t[0], 8);
    CHECK_INT(t[1], 6); // 11 * 50 % = 5.5, rounded up
    kin_jpeg_quant_tables(1, t);
    CHECK_INT(t[0], 255); // clamped
    kin_jpeg_quant_tables(99, t);
    CHECK_INT(t[0], 1); // never zero
out:;
}

TEST(quality_is_clamped)
{
    uint8_t low[128], one[128], high[128], best[128];
    kin_jpeg_quant_tables(0, low);
    kin_jpeg_quant_tables(1, one);
    kin_jpeg_quant_tables(1000, high);
    kin_jpeg_quant_tables(99, best);
    CHECK(memcmp(low, one, sizeof low) == 0);
    CHECK(memcmp(high, best, sizeof high) == 0);
out:;
}

TEST(quality_60_equals_libjpeg)
{
    struct kin_buf *file = sample_load("420.jpg"); // written by libjpeg at quality 60
    struct kin_jpeg_info info;
    uint8_t t[128];
    CHECK(file != NULL);
    CHECK_INT(kin_jpeg_walk(kin_buf_span(file), &info, NULL), 0);
    kin_jpeg_quant_tables(60, t);
    CHECK(kin_span_eq(info.dqt[0].data, kin_span_make(t, 64)));
    CHECK(kin_span_eq(info.dqt[1].data, kin_span_make(t + 64, 64)));
out:
    kin_buf_unref(file);
}

TEST(huffman_tables_are_whole)
{
    struct kin_span dht = kin_jpeg_standard_dht();
    CHECK_INT(dht.n, KIN_JPEG_DHT_BYTES);
    CHECK_INT(dht.p[2] << 8 | dht.p[3], KIN_JPEG_DHT_BYTES - 2);
    size_t at = 4;
    for (unsigned i = 0; i < 4; i++) {
        const struct kin_jpeg_huffman *h = &kin_jpeg_standard_huffman[i];
        unsigned total = 0;
        for (unsigned k = 0; k < 16; k++)
            total += h->counts[k];
        CHECK_INT(total, h->value_count);
        CHECK_INT(dht.p[at], h->table_class << 4 | h->id);
        CHECK(h->counts == dht.p + at + 1);
        CHECK(h->values == h->counts + 16);
        at += 17u + h->value_count;
    }
    CHECK_INT(at, dht.n);
out:;
}
