// The lab format: good files, files cut off, and files whose lengths lie.
#include "base/err.h"
#include "media/reader.h"
#include "media/reel.h"
#include "media_data.h"
#include "unit.h"

static uint8_t room[64 * 1024];

static struct bytes begin(void)
{
    return (struct bytes){room, 0, sizeof room};
}

static void put_record(struct bytes *b, const char *digits)
{
    put_str(b, digits);
    put_tiny(b);
}

static int open_bytes(const struct bytes *b, struct kin_reel **ret, char *why)
{
    struct kin_source *source = NULL;
    int err = kin_source_from_span(unit_guarded(b->p, b->n), &source);
    if (err == KIN_OK)
        err = kin_reel_open(source, NULL, ret, why);
    kin_source_unref(source);
    return err;
}

#define TINY_DIGITS "00111"
_Static_assert(TINY_BYTES == 111, "the digits of the tests say how long the tiny JPEG is");

TEST(records_are_indexed)
{
    struct kin_reel *reel = NULL;
    struct bytes b = begin();
    put_record(&b, TINY_DIGITS);
    put_record(&b, TINY_DIGITS);
    put_record(&b, TINY_DIGITS);
    CHECK_INT(open_bytes(&b, &reel, NULL), KIN_OK);
    CHECK_SPAN(kin_span_str(reel->format), "lab");
    CHECK_INT(reel->frame_count, 3);
    CHECK_INT(reel->frames[0].offset, 5);
    CHECK_INT(reel->frames[2].offset, 2 * (5 + TINY_BYTES) + 5);
    CHECK_INT(reel->frames[2].length, TINY_BYTES);
    CHECK_INT(reel->largest_frame, TINY_BYTES);
    CHECK_INT(reel->frame_bytes, 3 * TINY_BYTES);
    CHECK(!reel->truncated && reel->junk_bytes == 0 && reel->junk_runs == 0);
out:
    kin_reel_unref(reel);
}

TEST(six_digits_are_understood)
{
    struct kin_reel *reel = NULL;
    struct bytes b = begin();
    put_record(&b, "000111");
    put_record(&b, "00000111");
    CHECK_INT(open_bytes(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 2);
    CHECK_INT(reel->frames[1].offset, 6 + TINY_BYTES + 8);
out:
    kin_reel_unref(reel);
}

TEST(probing_wants_digits_and_a_jpeg)
{
    CHECK_INT(kin_reader_lab.probe(UNIT_BYTES('0', '6', '0', '1', '4', 0xff, 0xd8)), 100);
    CHECK_INT(kin_reader_lab.probe(UNIT_BYTES('0', '6', '0', '1', '4', 0xff)), 0);
    CHECK_INT(kin_reader_lab.probe(UNIT_BYTES('0', '6', '0', '1', 0xff, 0xd8)), 0);
    CHECK_INT(kin_reader_lab.probe(UNIT_BYTES(0xff, 0xd8, 0xff)), 0);
    CHECK_INT(kin_reader_lab.probe(unit_guarded_str("1234567890")), 0);
    CHECK_INT(kin_reader_lab.probe(kin_span_make(NULL, 0)), 0);
out:
    return;
}

// A good record, and then only so many bytes of the next one.
static void check_cut(size_t bytes_of_second)
{
    struct kin_reel *reel = NULL;
    struct bytes b = begin();
    put_record(&b, TINY_DIGITS);
    put_record(&b, TINY_DIGITS);
    b.n -= 5 + TINY_BYTES - bytes_of_second;
    CHECK_INT(open_bytes(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 1);
    CHECK_INT(reel->truncated, bytes_of_second > 0);
out:
    kin_reel_unref(reel);
}

TEST(a_cut_off_record_is_left_out)
{
    for (size_t n = 0; n < 5 + TINY_BYTES - 2; n += n < 12 || n >= TINY_BYTES - 8 ? 1 : 9)
        check_cut(n);
}

TEST(a_final_newline_is_junk)
{
    struct kin_reel *reel = NULL;
    struct bytes b = begin();
    put_record(&b, TINY_DIGITS);
    put_str(&b, "\r\n");
    CHECK_INT(open_bytes(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 1);
    CHECK_INT(reel->junk_bytes, 2);
    CHECK_INT(reel->junk_runs, 1);
    CHECK(!reel->truncated);
out:
    kin_reel_unref(reel);
}

static void check_bad(const struct bytes *b, const char *what)
{
    struct kin_reel *reel = NULL;
    char why[KIN_MEDIA_WHY_MAX] = "";
    CHECK_INT(open_bytes(b, &reel, why), KIN_EBAD);
    CHECK(reel == NULL);
    CHECK_SPAN(kin_span_str(why), what);
out:
    kin_reel_unref(reel);
}

// Bug: one wrong length, and the whole reel was refused.
TEST(a_wrong_length_costs_nothing)
{
    static const char *const wrong[] = {"00108", "00000", "00002", "00115", "00116", "00300", "99999", "00040"};
    struct kin_reel *reel = NULL;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct bytes b = begin();
        put_record(&b, TINY_DIGITS);
        put_record(&b, wrong[i]);
        for (int k = 0; k < 4; k++)
            put_record(&b, TINY_DIGITS);
        CHECK_INT(open_bytes(&b, &reel, NULL), KIN_OK);
        CHECK_INT(reel->frame_count, 6);
        CHECK_INT(reel->frames[5].ts, 5 * 3750);
        for (uint32_t k = 0; k < 6; k++)
            CHECK_INT(reel->frames[k].length, TINY_BYTES);
        CHECK_INT(reel->junk_bytes, 5); // the digits
        kin_reel_unref(reel);
        reel = NULL;
    }
out:
    kin_reel_unref(reel);
}

TEST(a_record_without_digits_keeps_its_place)
{
    struct kin_reel *reel = NULL;
    struct bytes b = begin();
    put_record(&b, TINY_DIGITS);
    put_record(&b, "0x1?1");
    put_record(&b, TINY_DIGITS);
    put_str(&b, "end of the reel");
    CHECK_INT(open_bytes(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 2);
    CHECK_INT(reel->left_out, 1);
    CHECK_INT(reel->frames[1].ts, 2 * 3750);
    CHECK_INT(reel->junk_bytes, 5 + TINY_BYTES + 15);
out:
    kin_reel_unref(reel);
}

// Two good records, four that are broken in some way, and one good one: every lost frame keeps its place.
static void check_adjacent(void (*damage)(uint8_t *four))
{
    struct kin_reel *reel = NULL;
    struct bytes b = begin();
    for (int i = 0; i < 7; i++)
        put_record(&b, TINY_DIGITS);
    damage(room + 2 * (5 + TINY_BYTES));
    CHECK_INT(open_bytes(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count + reel->left_out, 7);
    CHECK(reel->left_out > 0 && reel->first_left_out > 2);
    CHECK_INT(reel->frames[reel->frame_count - 1].ts, 6 * 3750);
    CHECK_INT(reel->duration_ts, 7 * 3750);
out:
    kin_reel_unref(reel);
}

static void without_digits(uint8_t *four)
{
    for (size_t i = 0; i < 4; i++)
        memset(four + i * (5 + TINY_BYTES), 'x', 5);
}

static void without_heads(uint8_t *four)
{
    for (size_t i = 0; i < 4; i++)
        memset(four + i * (5 + TINY_BYTES), 0, 12);
}

static void without_soi(uint8_t *four)
{
    for (size_t i = 0; i < 4; i++)
        memset(four + i * (5 + TINY_BYTES) + (i == 3 ? 0 : 5), 0, 9);
}

static void zeroed(uint8_t *four)
{
    memset(four, 0, 4 * (5 + TINY_BYTES));
}

static void from_middle_to_middle(uint8_t *four)
{
    memset(four + 60, 0xff, 2 * (5 + TINY_BYTES));
}

static void hole_in_two(uint8_t *four)
{
    memset(four + 60, 0x01, 60);
    four[5 + 2] = 0; // no JPEG either
}

TEST(adjacent_damage_keeps_every_place)
{
    check_adjacent(without_digits);
    check_adjacent(without_heads);
    check_adjacent(without_soi);
    check_adjacent(zeroed);
    check_adjacent(from_middle_to_middle);
    check_adjacent(hole_in_two);
}

TEST(last_records_without_digits_keep_their_places)
{
    struct kin_reel *reel = NULL;
    struct bytes b = begin();
    put_record(&b, TINY_DIGITS);
    put_record(&b, "?????");
    put_record(&b, "?????");
    put_str(&b, "\n");
    CHECK_INT(open_bytes(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->left_out, 2);
    CHECK_INT(reel->duration_ts, 3 * 3750);
out:
    kin_reel_unref(reel);
}

TEST(a_single_cut_off_frame_is_no_reel)
{
    struct bytes b = begin();
    put_record(&b, TINY_DIGITS);
    b.n -= 10;
    check_bad(&b, "the only frame is cut off");
}

// A converter in the wild puts two JPEGs into most records: all are frames.
TEST(jpegs_that_share_a_record_are_frames)
{
    struct kin_reel *reel = NULL;
    struct kin_buf *buf = NULL;
    struct bytes b = begin();
    put_record(&b, TINY_DIGITS);
    put_str(&b, "00222");
    put_tiny(&b);
    put_tiny(&b);
    put_str(&b, "00337");
    put_tiny(&b);
    put_str(&b, "\r\n");
    put_tiny(&b);
    put_fill(&b, 0, 2);
    put_tiny(&b);
    put_record(&b, TINY_DIGITS);
    CHECK_INT(open_bytes(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 7);
    CHECK_INT(reel->records, 4);
    CHECK_INT(reel->duration_ts, 7 * 3750);
    for (uint32_t i = 0; i < 7; i++) {
        CHECK_INT(reel->frames[i].length, TINY_BYTES);
        CHECK_INT(kin_reel_read(reel, i, &buf), KIN_OK);
        kin_buf_unref(buf);
        buf = NULL;
    }
out:
    kin_buf_unref(buf);
    kin_reel_unref(reel);
}

// Bytes behind a JPEG that are no other one belong to its record, as ever.
TEST(padding_of_a_record_stays)
{
    struct kin_reel *reel = NULL;
    struct bytes b = begin();
    put_str(&b, "00121");
    put_tiny(&b);
    put_fill(&b, 0, 10);
    put_record(&b, TINY_DIGITS);
    CHECK_INT(open_bytes(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 2);
    CHECK_INT(reel->frames[0].length, TINY_BYTES + 10);
    CHECK_INT(reel->records, 0);
out:
    kin_reel_unref(reel);
}

TEST(a_broken_record_keeps_its_place)
{
    struct kin_reel *reel = NULL;
    struct bytes b = begin();
    put_record(&b, TINY_DIGITS);
    put_str(&b, "00000");
    put_record(&b, TINY_DIGITS);
    put_str(&b, "00007garbage");
    put_str(&b, "00004\xff\xd9..");
    put_str(&b, "00112\xff"); // a fill byte
    put_tiny(&b);
    put_str(&b, "00002\xff\xd8");
    put_record(&b, TINY_DIGITS);
    CHECK_INT(open_bytes(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 4);
    CHECK_INT(reel->left_out, 4);
    CHECK_INT(reel->first_left_out, 2);
    CHECK_INT(reel->frames[3].ts, 7 * 3750);
    CHECK_INT(reel->frames[2].length, TINY_BYTES);
out:
    kin_reel_unref(reel);
}

TEST(the_sample_reel_is_read)
{
    struct kin_source *source = NULL;
    struct kin_reel *reel = NULL;
    CHECK_INT(kin_source_from_path("video/bunny.mjpeg", &source), KIN_OK);
    CHECK_INT(kin_reel_open(source, NULL, &reel, NULL), KIN_OK);
    CHECK_SPAN(kin_span_str(reel->format), "lab");
    CHECK_INT(reel->frame_count, 240);
    CHECK_INT(reel->width, 854);
    CHECK_INT(reel->height, 480);
    CHECK_INT(reel->rate_num, 24);
    CHECK_INT(reel->rate_den, 1);
    CHECK(reel->rate_stated);
    CHECK_INT(reel->duration_ts, 900000);
    CHECK_INT(reel->compat, KIN_JPEG_COMPAT_OK);
    CHECK(reel->largest_frame <= 20468); // what the lab's stock client can receive
out:
    kin_reel_unref(reel);
    kin_source_unref(source);
}
