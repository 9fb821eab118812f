// Matroska: blocks, groups, lacing, unknown lengths, times, other codecs, damage, and files cut off anywhere.
#include "container_data.h"
#include "media/mkv_block.h"

// An element with an eight-byte length, which fits everywhere.
static size_t begin_element(struct bytes *b, unsigned id_bytes, uint32_t id)
{
    put_be(b, id_bytes, id);
    put_be(b, 8, UINT64_C(0x01ffffffffffffff)); // unknown so far
    return b->n;
}

static void end_element(struct bytes *b, size_t body)
{
    set_be32(b, body - 8, 0x01000000);
    set_be32(b, body - 4, b->n - body);
}

static void put_element(struct bytes *b, unsigned id_bytes, uint32_t id, const void *p, size_t n)
{
    size_t body = begin_element(b, id_bytes, id);
    put(b, p, n);
    end_element(b, body);
}

static void put_number(struct bytes *b, unsigned id_bytes, uint32_t id, uint64_t v)
{
    uint8_t bytes[8];
    struct bytes n = {bytes, 0, sizeof bytes};
    put_be(&n, 8, v);
    put_element(b, id_bytes, id, bytes, 8);
}

static void put_track(struct bytes *b, unsigned number, unsigned type, const char *codec, uint64_t duration_ns)
{
    size_t entry = begin_element(b, 1, 0xae);
    put_number(b, 1, 0xd7, number);
    put_number(b, 1, 0x83, type);
    put_element(b, 1, 0x86, codec, strlen(codec) + 1); // a NUL more, as strings may have
    if (duration_ns > 0)
        put_number(b, 3, 0x23e383, duration_ns);
    end_element(b, entry);
}

// The block's head: track, relative time, flags.
static void put_block_head(struct bytes *b, unsigned track, int time, unsigned flags)
{
    put_be(b, 1, 0x80 | track);
    put_be(b, 2, (uint16_t)time);
    put_be(b, 1, flags);
}

static void put_simple(struct bytes *b, unsigned track, int time)
{
    size_t body = begin_element(b, 1, 0xa3);
    put_block_head(b, track, time, 0x80);
    put_tiny(b);
    end_element(b, body);
}

static size_t begin_cluster(struct bytes *b, uint64_t time)
{
    size_t body = begin_element(b, 4, 0x1f43b675);
    put_number(b, 1, 0xe7, time);
    return body;
}

static struct bytes begin_mkv(const char *codec, uint64_t duration_ns)
{
    struct bytes b = room_begin();
    put_element(&b, 4, 0x1a45dfa3, "\x42\x82\x88matroska", 11);
    begin_element(&b, 4, 0x18538067); // of unknown length
    size_t tracks = begin_element(&b, 4, 0x1654ae6b);
    put_track(&b, 1, 2, "A_PCM/INT/LIT", 0);
    put_track(&b, 2, 1, codec, duration_ns);
    end_element(&b, tracks);
    return b;
}

// Four frames in two clusters, of which the second one has no length and the last frame stands in a group.
static struct bytes small_mkv(void)
{
    struct bytes b = begin_mkv("V_MJPEG", 0);
    size_t cluster = begin_cluster(&b, 1000);
    put_simple(&b, 1, 0);
    put_simple(&b, 2, -10);
    put_simple(&b, 2, 30);
    end_element(&b, cluster);
    begin_cluster(&b, 2000);
    put_simple(&b, 2, 5);
    size_t group = begin_element(&b, 1, 0xa0), block = begin_element(&b, 1, 0xa1);
    put_block_head(&b, 2, 105, 0);
    put_tiny(&b);
    end_element(&b, block);
    end_element(&b, group);
    return b;
}

TEST(times_are_the_files_own)
{
    struct kin_reel *reel = NULL;
    struct bytes b = small_mkv();
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_SPAN(kin_span_str(reel->format), "mkv");
    CHECK_INT(reel->frame_count, 4);
    CHECK_INT(reel->frames[0].ts, 0);
    CHECK_INT(reel->frames[1].ts, 40 * 90);
    CHECK_INT(reel->frames[2].ts, 1015 * 90);
    CHECK_INT(reel->frames[3].ts, 1115 * 90);
    CHECK_INT(reel->duration_ts, 1215 * 90); // the last one lasts as long as the one before
    CHECK_INT(reel->rate_num, 800);          // 4 frames in 1.215 s
    CHECK_INT(reel->rate_den, 243);
    CHECK(reel->rate_stated);
    check_tinies(reel);
out:
    kin_reel_unref(reel);
}

TEST(a_default_duration_is_the_rate)
{
    static const struct {
        uint64_t ns;
        uint32_t num, den;
    } cases[] = {{40000000, 25, 1},       {41708333, 24000, 1001}, {33366667, 30000, 1001},
                 {16683333, 60000, 1001}, {66666666, 15, 1},       {12345670, 100000000, 1234567}};
    struct kin_reel *reel = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b = begin_mkv("V_MJPEG", cases[i].ns);
        begin_cluster(&b, 0);
        put_simple(&b, 2, 0);
        CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
        CHECK_INT(reel->rate_num, cases[i].num);
        CHECK_INT(reel->rate_den, cases[i].den);
        CHECK_INT(reel->duration_ts, (cases[i].ns * 9 + 50000) / 100000);
        kin_reel_unref(reel);
        reel = NULL;
    }
out:
    kin_reel_unref(reel);
}

TEST(the_tick_can_be_another)
{
    struct kin_reel *reel = NULL;
    struct bytes b = begin_mkv("V_MJPEG", 0);
    size_t info = begin_element(&b, 4, 0x1549a966);
    put_number(&b, 3, 0x2ad7b1, 11111); // 1/90000 s, nearly
    end_element(&b, info);
    begin_cluster(&b, 0);
    put_simple(&b, 2, 0);
    put_simple(&b, 2, 3003);
    put_simple(&b, 2, 3003); // no later than the one before
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frames[1].ts, 3003);
    CHECK_INT(reel->frames[2].ts, 3004);
out:
    kin_reel_unref(reel);
}

// Three frames in one block, in each of the ways.
static void check_lacing(unsigned flags)
{
    struct kin_reel *reel = NULL;
    struct bytes b = begin_mkv("V_MJPEG", 40000000);
    begin_cluster(&b, 0);
    size_t body = begin_element(&b, 1, 0xa3);
    put_block_head(&b, 2, 0, flags);
    put_be(&b, 1, 2);
    if (flags == 0x02) // Xiph
        put_be(&b, 2, TINY_BYTES << 8 | TINY_BYTES);
    else if (flags == 0x06) // EBML: the first size, then a difference of 0
        put_be(&b, 3, (0x4000 | TINY_BYTES) << 8 | 0xbf);
    for (int i = 0; i < 3; i++)
        put_tiny(&b);
    end_element(&b, body);
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 3);
    CHECK_INT(reel->frames[2].ts, 7200);
    CHECK_INT(reel->duration_ts, 10800);
    check_tinies(reel);
out:
    kin_reel_unref(reel);
}

TEST(laced_frames_follow_one_another)
{
    check_lacing(0x02);
    check_lacing(0x04);
    check_lacing(0x06);
}

TEST(laces_that_contradict_are_refused)
{
    struct kin_mkv_block block;
    static const struct {
        uint8_t bytes[8];
        size_t n;
        uint64_t length;
    } cases[] = {
        {{0}, 0, 0},
        {{0x00, 0, 0, 0}, 4, 4},                     // no track
        {{0x82, 0, 0}, 3, 3},                        // no flags
        {{0x82, 0, 0, 0x02, 1, 9}, 6, 10},           // Xiph: more than there is
        {{0x82, 0, 0, 0x02, 1, 255}, 6, 1000},       // Xiph: the size does not end
        {{0x82, 0, 0, 0x02}, 4, 4},                  // no count
        {{0x82, 0, 0, 0x04, 2}, 5, 5 + 4},           // fixed: 4 bytes for 3 frames
        {{0x82, 0, 0, 0x06, 2, 0x81, 0x80}, 7, 100}, // EBML: 1 - 63
        {{0x82, 0, 0, 0x06, 2, 0x00, 0x80}, 7, 100}, // EBML: no size
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_INT(kin_mkv_block_parse(unit_guarded(cases[i].bytes, cases[i].n), cases[i].length, &block), KIN_EBAD);
    CHECK_INT(kin_mkv_block_parse(UNIT_BYTES(0x40, 0x81, 0xff, 0xfe, 0x80), 25, &block), KIN_OK);
    CHECK_INT(block.track, 129);
    CHECK_INT(block.relative, -2);
    CHECK_INT(block.count, 1);
    CHECK_INT(block.lengths[0], 20);
out:
    return;
}

TEST(the_fourcc_of_other_programs_is_known)
{
    struct kin_reel *reel = NULL;
    struct bytes b = room_begin();
    put_element(&b, 4, 0x1a45dfa3, "", 0);
    begin_element(&b, 4, 0x18538067);
    size_t tracks = begin_element(&b, 4, 0x1654ae6b), entry = begin_element(&b, 1, 0xae);
    put_number(&b, 1, 0xd7, 2);
    put_number(&b, 1, 0x83, 1);
    put_element(&b, 1, 0x86, "V_MS/VFW/FOURCC", 15);
    put_element(&b, 2, 0x63a2, "0123456789abcdefMJPG", 20);
    end_element(&b, entry);
    end_element(&b, tracks);
    begin_cluster(&b, 0);
    put_simple(&b, 2, 0);
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    memcpy(b.p + kin_span_find_str(bytes_span(&b), "MJPG"), "H264", 4);
    check_why(&b, KIN_EBAD, "the video in this Matroska file is H264, not Motion-JPEG");
out:
    kin_reel_unref(reel);
}

TEST(other_codecs_and_encodings_are_refused)
{
    struct bytes b = begin_mkv("V_VP9", 0);
    begin_cluster(&b, 0);
    put_simple(&b, 2, 0);
    check_why(&b, KIN_EBAD, "the video in this Matroska file is V_VP9, not Motion-JPEG");
    b = room_begin();
    put_element(&b, 4, 0x1a45dfa3, "", 0);
    size_t entry = begin_element(&b, 1, 0xae);
    put_number(&b, 1, 0xd7, 2);
    put_number(&b, 1, 0x83, 1);
    put_element(&b, 1, 0x86, "V_MJPEG", 7);
    put_element(&b, 2, 0x6d80, "", 0);
    end_element(&b, entry);
    check_why(&b, KIN_EBAD, "the frames of this Matroska file are compressed or encrypted once more");
}

TEST(behind_damage_the_next_cluster_counts)
{
    struct kin_reel *reel = NULL;
    struct bytes b = small_mkv();
    put_fill(&b, 0x03, 100); // an ID of seven bytes there is not
    begin_cluster(&b, 3000);
    put_simple(&b, 2, 0);
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 5);
    CHECK_INT(reel->junk_bytes, 100);
    check_tinies(reel);
out:
    kin_reel_unref(reel);
}

// Bug: the search for the next cluster found the broken one again, for ever.
TEST(a_cluster_with_a_broken_length_is_passed)
{
    struct kin_reel *reel = NULL;
    struct bytes b = small_mkv();
    put_be(&b, 4, 0x1f43b675);
    put_be(&b, 1, 0); // no length begins so
    begin_cluster(&b, 3000);
    put_simple(&b, 2, 0);
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 5);
    CHECK_INT(reel->junk_bytes, 5);
out:
    kin_reel_unref(reel);
}

// Bug: damage that looked like an unknown element with a length was skipped, and with it the rest of the reel.
TEST(damage_between_frames_costs_no_more_than_a_frame)
{
    static const uint8_t damage[][8] = {
        {0x91, 0x10, 0x00, 0x7f, 1, 2, 3, 4},    // an unknown element of 4096 bytes
        {0x45, 0x67, 0x08, 0x00, 0x10, 9, 9, 9}, // past the end of the file
        {0xec, 0x40, 0xff, 0x55, 1, 2, 3, 4},    // a known one whose length is wrong
        {0xec, 0x1f, 0xff, 0xff, 0xff, 2, 3, 4}, // without a length
        {0xa3, 0x41, 0x02, 0x81, 0, 5, 0x80, 0}, // a block of another track, over the next frame
        {0xe7, 0x88, 0xff, 0xff, 0xff, 0xff, 7}, // another time for the cluster
        {0x00, 0x00, 0x00, 0x00, 0, 0, 0, 0},    // nothing
    };
    struct kin_reel *reel = NULL;
    for (size_t i = 0; i < sizeof damage / sizeof damage[0]; i++) {
        struct bytes b = begin_mkv("V_MJPEG", 40000000);
        size_t cluster = begin_cluster(&b, 1000), broken = 0;
        for (int frame = 0; frame < 10; frame++) {
            broken = frame == 4 ? b.n : broken;
            put_simple(&b, 2, 40 * frame);
        }
        end_element(&b, cluster);
        memcpy(b.p + broken, damage[i], sizeof damage[i]);
        CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
        CHECK_INT(reel->frame_count, 9);
        CHECK_INT(reel->frames[3].ts, 3 * 3600);
        CHECK_INT(reel->frames[4].ts, 5 * 3600); // the hole stays
        CHECK_INT(reel->frames[8].ts, 9 * 3600);
        CHECK(reel->junk_bytes > 0);
        check_tinies(reel);
        kin_reel_unref(reel);
        reel = NULL;
    }
out:
    kin_reel_unref(reel);
}

// Bug: a block whose length is too great took the frames behind it along.
TEST(a_block_with_a_wrong_length_costs_nothing_else)
{
    static const uint32_t lengths[] = {0, 3, 100, 300, 5000, 0x10000000};
    struct kin_reel *reel = NULL;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct bytes b = begin_mkv("V_MJPEG", 40000000);
        begin_cluster(&b, 0);
        put_simple(&b, 2, 0);
        size_t broken = b.n;
        for (int frame = 1; frame < 10; frame++)
            put_simple(&b, 2, 40 * frame);
        set_be32(&b, broken + 5, lengths[i]);
        CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
        CHECK(reel->frame_count >= 9);
        CHECK_INT(reel->frames[reel->frame_count - 1].ts, 9 * 3600);
        kin_reel_unref(reel);
        reel = NULL;
    }
out:
    kin_reel_unref(reel);
}

// Bug: with the head of a cluster all its frames were skipped.
TEST(frames_behind_a_broken_cluster_head_keep_their_times)
{
    struct kin_reel *reel = NULL;
    struct bytes b = small_mkv();
    size_t broken = b.n, cluster = begin_cluster(&b, 3000);
    put_simple(&b, 2, 0);
    put_simple(&b, 2, 40);
    end_element(&b, cluster);
    memcpy(b.p + broken, "\x77\x44\x10\x20\x30\x40\x50\x60", 8);
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 6);
    CHECK_INT(reel->frames[5].ts, (3040 - 990) * 90);
    CHECK_INT(reel->junk_bytes, 12);
    check_tinies(reel);
out:
    kin_reel_unref(reel);
}

TEST(a_matroska_file_cut_off_anywhere_is_survived)
{
    static bool done;
    struct bytes b = small_mkv();
    check_truncations(&b, 4, &done);
}

TEST(blocks_of_one_time_are_shown_at_the_assumed_rate)
{
    struct kin_reel *reel = NULL;
    for (unsigned stated = 0; stated < 2; stated++) {
        struct bytes b = begin_mkv("V_MJPEG", stated > 0 ? 40000000 : 0);
        size_t cluster = begin_cluster(&b, 1000);
        for (unsigned i = 0; i < 30; i++)
            put_simple(&b, 2, 0);
        end_element(&b, cluster);
        CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
        CHECK_INT(reel->rate_stated, stated);
        CHECK_INT(reel->rate_num, stated > 0 ? 25 : 24);
        CHECK_INT(reel->frame_count, 30);
        CHECK_INT(reel->duration_ts, stated > 0 ? 30 * 3600 : 30 * 3750);
        kin_reel_unref(reel);
        reel = NULL;
    }
out:
    kin_reel_unref(reel);
}
