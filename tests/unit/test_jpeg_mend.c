// jpeg/mend, table_set: disorderly headers written again, and tables that an earlier picture has said.
#include "base/err.h"
#include "base/wr.h"
#include "jpeg/markers.h"
#include "jpeg/mend.h"
#include "jpeg/tables.h"
#include "media_data.h"
#include "unit.h"

static uint8_t room[4096];

static struct bytes begin(void)
{
    return (struct bytes){room, 0, sizeof room};
}

// The tiny JPEG with something between SOI and its first segment.
static struct bytes tiny_with(const void *odd, size_t n)
{
    struct bytes b = begin();
    put(&b, tiny_head, sizeof tiny_head);
    put(&b, odd, n);
    put(&b, tiny_body, sizeof tiny_body);
    return b;
}

static void check_mended_is_tiny(const struct bytes *b)
{
    struct kin_buf *buf = NULL;
    CHECK_INT(kin_jpeg_mend(unit_guarded(b->p, b->n), NULL, &buf), KIN_OK);
    CHECK(buf != NULL);
    CHECK_INT(buf->len, TINY_BYTES);
    CHECK(memcmp(buf->data, tiny_head, sizeof tiny_head) == 0);
    CHECK(memcmp(buf->data + sizeof tiny_head, tiny_body, sizeof tiny_body) == 0);
out:
    kin_buf_unref(buf);
}

TEST(an_orderly_picture_stays_as_it_is)
{
    struct kin_buf *buf = NULL;
    struct bytes b = tiny_with("", 0);
    CHECK_INT(kin_jpeg_mend(unit_guarded(b.p, b.n), NULL, &buf), KIN_OK);
    CHECK(buf == NULL);
    b = tiny_with("\xff\xfe\x00\x04hi", 6); // a comment
    CHECK_INT(kin_jpeg_mend(unit_guarded(b.p, b.n), NULL, &buf), KIN_OK);
    CHECK(buf == NULL);
out:
    kin_buf_unref(buf);
}

TEST(what_belongs_to_no_segment_is_taken_out)
{
    static const struct {
        const char *odd;
        size_t n;
    } cases[] = {{"\0", 1},
                 {"\x11\x11\x11", 3},
                 {"\xff\xd8", 2},
                 {"\xff\xd8\xff\xd8\0", 5},
                 {"\xff\x00\xff\x05\x7f", 5},
                 {"\xff\xd9\xff\xd8", 4},
                 {"\xff\xfe\x00\x00", 4},
                 {"\xff\xdd\x00\x04\x00\x09\xff\xd8", 8}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0] && !unit_failed(); i++) {
        struct bytes b = tiny_with(cases[i].odd, cases[i].n);
        check_mended_is_tiny(&b);
    }
}

TEST(bytes_before_soi_are_taken_out)
{
    for (size_t n = 1; n <= 512 && !unit_failed(); n += n < 4 ? 1 : 127) {
        struct bytes b = begin();
        put_fill(&b, n < 4 ? 0xff : 0, n);
        put_tiny(&b);
        check_mended_is_tiny(&b);
    }
    struct kin_buf *buf = NULL;
    struct bytes b = begin();
    put_fill(&b, 0, 513);
    put_tiny(&b);
    CHECK_INT(kin_jpeg_mend(bytes_span(&b), NULL, &buf), KIN_EBAD);
    CHECK_INT(kin_jpeg_mend(kin_span_make(room, 0), NULL, &buf), KIN_EBAD);
    CHECK_INT(kin_jpeg_mend(kin_span_str("no JPEG"), NULL, &buf), KIN_EBAD);
    CHECK_INT(kin_jpeg_mend(UNIT_BYTES(0xff, 0xd8), NULL, &buf), KIN_OK);
    CHECK(buf == NULL);
out:
    kin_buf_unref(buf);
}

#define DQT_BYTES 69u // of the tiny JPEG

// Tables that the first picture of a stream has said come into those that have none.
TEST(tables_in_force_are_put_in)
{
    static struct kin_jpeg_table_set t;
    struct kin_buf *buf = NULL;
    struct kin_jpeg_info info;
    struct bytes b = tiny_with("", 0);
    memset(&t, 0, sizeof t);
    struct kin_jpeg_needs needs = kin_jpeg_find_needs(unit_guarded(b.p, b.n), &t);
    CHECK_INT(needs.defined, KIN_JPEG_SLOT_DQT(0));
    CHECK_INT(needs.needed & KIN_JPEG_SLOTS_DQT, KIN_JPEG_SLOT_DQT(0));
    CHECK_INT(kin_jpeg_missing_tables(&needs, &t), 0);
    b = begin();
    put(&b, tiny_head, sizeof tiny_head);
    put(&b, tiny_body + DQT_BYTES, sizeof tiny_body - DQT_BYTES);
    CHECK_INT(kin_jpeg_mend(unit_guarded(b.p, b.n), &t, &buf), KIN_OK);
    CHECK(buf != NULL);
    CHECK_INT(kin_jpeg_walk(kin_buf_span(buf), &info, NULL), KIN_OK);
    CHECK(info.dqt[0].present && info.contiguous && !info.has_dht);
    CHECK(memcmp(info.dqt[0].data.p, tiny_body + 5, 64) == 0);
    CHECK_INT(info.scan.n, 5);
out:
    kin_buf_unref(buf);
}

// A DHT of one code of each kind: no standard table.
static void put_own_dht(struct bytes *b, unsigned id)
{
    for (unsigned table_class = 0; table_class < 2; table_class++) {
        uint8_t body[18] = {(uint8_t)(table_class << 4 | id), 1};
        put_segment(b, 0xc4, body, sizeof body);
    }
}

TEST(only_what_is_absent_is_put_in)
{
    static struct kin_jpeg_table_set t, learned;
    struct kin_buf *buf = NULL;
    struct kin_jpeg_info info;
    struct bytes b = begin();
    put(&b, tiny_head, sizeof tiny_head);
    put_own_dht(&b, 0);
    put_own_dht(&b, 1);
    memset(&t, 0, sizeof t);
    memset(&learned, 0, sizeof learned);
    kin_jpeg_find_needs(bytes_span(&b), &t);
    CHECK_INT(t.present,
              KIN_JPEG_SLOT_DHT(0, 0) | KIN_JPEG_SLOT_DHT(0, 1) | KIN_JPEG_SLOT_DHT(1, 0) | KIN_JPEG_SLOT_DHT(1, 1));
    b = tiny_with("", 0); // without DHT: the tables in force are meant
    CHECK_INT(kin_jpeg_mend(bytes_span(&b), &t, &buf), KIN_OK);
    CHECK(buf != NULL);
    CHECK_INT(kin_jpeg_walk(kin_buf_span(buf), &info, NULL), KIN_OK);
    CHECK(info.has_dht && !info.standard_huffman);
    kin_jpeg_find_needs(kin_buf_span(buf), &learned);
    CHECK(kin_jpeg_table_set_same(&t, &learned, KIN_JPEG_SLOTS_DHT));
    kin_buf_unref(buf);
    buf = NULL;
    struct kin_span dht = kin_jpeg_standard_dht();
    b = tiny_with(dht.p, dht.n); // with its own
    CHECK_INT(kin_jpeg_mend(bytes_span(&b), &t, &buf), KIN_OK);
    CHECK(buf == NULL);
    kin_jpeg_find_needs(bytes_span(&b), &t); // standard tables need not be said
    b = tiny_with("", 0);
    CHECK_INT(kin_jpeg_mend(bytes_span(&b), &t, &buf), KIN_OK);
    CHECK(buf == NULL);
out:
    kin_buf_unref(buf);
}

TEST(every_cut_and_damage_is_survived)
{
    static struct kin_jpeg_table_set t;
    struct bytes b = tiny_with("\0\xff\xd8", 3);
    put_own_dht(&b, 1);
    memset(&t, 0xff, sizeof t);
    for (size_t i = 0; i < KIN_JPEG_TABLE_SLOTS; i++)
        t.length[i] = i < 4 ? 128 : KIN_JPEG_TABLE_BYTES_MAX; // the longest there are
    t.standard = 0;
    for (size_t n = 0; n <= b.n; n++) {
        struct kin_buf *buf = NULL;
        int err = kin_jpeg_mend(unit_guarded(b.p, n), &t, &buf);
        CHECK((err == KIN_OK) == (n >= 2) || err == KIN_ENOMEM);
        CHECK(buf == NULL || buf->len <= n + KIN_JPEG_TABLE_SET_BYTES);
        kin_buf_unref(buf);
    }
    for (size_t i = 2; i < b.n; i++) {
        struct kin_buf *buf = NULL;
        uint8_t was = b.p[i];
        b.p[i] = 0xff;
        (void)kin_jpeg_mend(unit_guarded(b.p, b.n), &t, &buf);
        b.p[i] = was;
        kin_buf_unref(buf);
    }
out:
    return;
}
