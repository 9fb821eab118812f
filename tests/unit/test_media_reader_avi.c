// AVI: frames and times, OpenDML's second RIFF, other streams, fields, damage, and files cut off anywhere.
#include "container_data.h"

static size_t begin_list(struct bytes *b, const char *list, const char *kind)
{
    size_t at = b->n;
    put_str(b, list);
    put_le(b, 4, 0);
    put_str(b, kind);
    return at;
}

static void end_list(struct bytes *b, size_t at)
{
    set_le32(b, at + 4, b->n - at - 8);
}

static void put_chunk(struct bytes *b, const char *name, const void *p, size_t n)
{
    put_str(b, name);
    put_le(b, 4, n);
    put(b, p, n);
    put_fill(b, 0, n & 1);
}

static void put_stream(struct bytes *b, const char *type, const char *handler, uint32_t rate, uint32_t scale)
{
    size_t strl = begin_list(b, "LIST", "strl");
    put_str(b, "strh");
    put_le(b, 4, 56);
    put_str(b, type);
    put_str(b, handler);
    put_fill(b, 0, 12); // flags, priority, language, initial frames
    put_le(b, 4, scale);
    put_le(b, 4, rate);
    put_fill(b, 0, 28);
    put_str(b, "strf");
    put_le(b, 4, 40);
    put_fill(b, 0, 16);
    put_str(b, handler);
    put_fill(b, 0, 20);
    end_list(b, strl);
}

static void put_frame(struct bytes *b, const char *name)
{
    uint8_t jpeg[TINY_BYTES];
    struct bytes j = {jpeg, 0, sizeof jpeg};
    put_tiny(&j);
    put_chunk(b, name, jpeg, j.n);
}

#define CHUNK_BYTES (8 + TINY_BYTES + (TINY_BYTES & 1)) // of a frame

// Sound in stream 0, the picture in stream 1; three frames and an index that lies.
static struct bytes small_avi(void)
{
    struct bytes b = room_begin();
    size_t riff = begin_list(&b, "RIFF", "AVI "), hdrl = begin_list(&b, "LIST", "hdrl");
    put_chunk(&b, "avih", "0123456789", 10);
    put_stream(&b, "auds", "wave", 48000, 1);
    put_stream(&b, "vids", "MJPG", 60000, 2002); // 30000/1001 in other words
    end_list(&b, hdrl);
    put_chunk(&b, "JUNK", "abc", 3);
    size_t movi = begin_list(&b, "LIST", "movi");
    for (int i = 0; i < 3; i++) {
        put_chunk(&b, "00wb", "sound", 5);
        put_frame(&b, "01dc");
    }
    end_list(&b, movi);
    put_chunk(&b, "idx1", "01dc\20\0\0\0\377\377\377\177\377\377\377\177", 16);
    end_list(&b, riff);
    return b;
}

TEST(frames_have_the_times_of_the_stream)
{
    struct kin_reel *reel = NULL;
    struct bytes b = small_avi();
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_SPAN(kin_span_str(reel->format), "avi");
    CHECK_INT(reel->frame_count, 3);
    CHECK_INT(reel->rate_num, 30000);
    CHECK_INT(reel->rate_den, 1001);
    CHECK(reel->rate_stated && !reel->truncated);
    CHECK_INT(reel->frames[1].ts, 3003);
    CHECK_INT(reel->frames[2].ts, 6006);
    CHECK_INT(reel->duration_ts, 9009);
    CHECK_INT(reel->junk_bytes, 0);
    CHECK_INT(reel->width, 16);
    check_tinies(reel);
out:
    kin_reel_unref(reel);
}

TEST(a_second_riff_goes_on)
{
    struct kin_reel *reel = NULL;
    struct bytes b = small_avi();
    size_t riff = begin_list(&b, "RIFF", "AVIX"), movi = begin_list(&b, "LIST", "movi");
    put_chunk(&b, "ix01", "an index that nobody reads", 26);
    put_frame(&b, "01dc");
    put_frame(&b, "01db");
    end_list(&b, movi);
    end_list(&b, riff);
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 5);
    CHECK_INT(reel->duration_ts, 15015);
    check_tinies(reel);
out:
    kin_reel_unref(reel);
}

TEST(lengths_of_lists_need_not_be_right)
{
    struct kin_reel *reel = NULL;
    struct bytes b = small_avi();
    size_t movi = kin_span_find_str(bytes_span(&b), "movi") - 4;
    set_le32(&b, 4, 0); // as while it is being written
    set_le32(&b, movi, 0);
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 3);
    kin_reel_unref(reel);
    reel = NULL;
    set_le32(&b, 4, UINT32_MAX);
    set_le32(&b, movi, UINT32_MAX);
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 3);
out:
    kin_reel_unref(reel);
}

TEST(an_empty_chunk_shows_the_frame_before_it_longer)
{
    struct kin_reel *reel = NULL;
    struct bytes b = small_avi();
    b.n = kin_span_find_str(bytes_span(&b), "idx1");
    put_chunk(&b, "01dc", "", 0);
    put_chunk(&b, "01dc", "", 0);
    put_frame(&b, "01dc");
    put_chunk(&b, "01dc", "", 0);
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 4);
    CHECK_INT(reel->frames[3].ts, 5 * 3003);
    CHECK_INT(reel->duration_ts, 7 * 3003);
out:
    kin_reel_unref(reel);
}

TEST(of_two_fields_in_a_chunk_the_first_is_shown)
{
    struct kin_reel *reel = NULL;
    struct bytes b = small_avi();
    uint8_t fields[2 * TINY_BYTES + 8];
    struct bytes f = {fields, 0, sizeof fields};
    b.n = kin_span_find_str(bytes_span(&b), "idx1");
    put_tiny(&f);
    put_fill(&f, 0, 7); // padding up to the second field
    put_tiny(&f);
    put_chunk(&b, "01dc", fields, f.n);
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 4);
    CHECK_INT(reel->frames[3].length, f.n);
    check_tinies(reel);
out:
    kin_reel_unref(reel);
}

TEST(damage_is_stepped_over)
{
    struct kin_reel *reel = NULL;
    struct bytes b = small_avi();
    b.n = kin_span_find_str(bytes_span(&b), "idx1");
    put_fill(&b, 0xee, 333); // odd, so that the next chunk lies at an odd place
    put_frame(&b, "01dc");
    put_chunk(&b, "01dc", "no JPEG", 7);
    put_frame(&b, "01dc");
    put_fill(&b, 0, 20);
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 5);
    CHECK_INT(reel->junk_bytes, 333 + 7 + 20);
    CHECK_INT(reel->frames[4].ts, 5 * 3003);
    check_tinies(reel);
out:
    kin_reel_unref(reel);
}

// Other programs' crashes and a flipped bit: a length that reaches far past the end hides no frame behind it.
TEST(a_length_past_the_end_hides_nothing)
{
    struct kin_reel *reel = NULL;
    struct bytes b = small_avi();
    size_t sound = kin_span_find_str(bytes_span(&b), "00wb");
    set_le32(&b, sound + 4, 0xfffffff0);
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 3);
    CHECK_INT(reel->junk_bytes, 8 + 6);
    CHECK(!reel->truncated);
    kin_reel_unref(reel);
    reel = NULL;
    b = small_avi();
    size_t frame = kin_span_find_str(bytes_span(&b), "01dc");
    set_le32(&b, frame + 4, 0x7fffffff);
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 2);
    CHECK_INT(reel->junk_runs, 1);
    CHECK(!reel->truncated);
    check_tinies(reel);
    kin_reel_unref(reel);
    reel = NULL;
    b = small_avi();
    size_t idx1 = kin_span_find_str(bytes_span(&b), "idx1"); // an index that is cut off is no place for frames
    memcpy(b.p + idx1 + 8, "01dc\x10\0\0\0\xff\xd8\0\0\x6f\0\0", 15);
    b.n = idx1 + 8 + 15;
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 3);
out:
    kin_reel_unref(reel);
}

TEST(a_rate_that_cannot_be_is_replaced)
{
    struct kin_reel *reel = NULL;
    struct bytes b = small_avi();
    size_t strh = kin_span_find_str(bytes_span(&b), "vids");
    size_t avih = kin_span_find_str(bytes_span(&b), "avih") + 8;
    static const struct {
        uint32_t scale, rate, us, ts;
        bool stated;
    } cases[] = {
        {0, 25, 100000, 9000, true},     {1, 0, 100000, 9000, true}, {0, 0, 33367, 3003, true},
        {1, 1000000, 40000, 3600, true}, {1, 10, 33333, 9000, true}, // the stream's own comes first
        {0, 0, 0, 3750, false},          {0, 0, 999, 3750, false},   // more than 1000 frames a second
        {UINT32_MAX, 1, 0, 3750, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        set_le32(&b, strh + 20, cases[i].scale);
        set_le32(&b, strh + 24, cases[i].rate);
        set_le32(&b, avih, cases[i].us);
        CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
        CHECK_INT(reel->frames[1].ts, cases[i].ts);
        CHECK_INT(reel->duration_ts, 3 * cases[i].ts);
        CHECK_INT(reel->rate_stated, cases[i].stated);
        kin_reel_unref(reel);
        reel = NULL;
    }
out:
    kin_reel_unref(reel);
}

// Three frames and some sound of odd length; `unpadded` chunks of odd length are not padded, one bit each.
static struct bytes odd_avi(unsigned unpadded)
{
    struct bytes b = small_avi();
    b.n = kin_span_find_str(bytes_span(&b), "00wb");
    for (unsigned i = 0; i < 6; i++) {
        put_str(&b, i % 2 == 0 ? "00wb" : "01dc");
        put_le(&b, 4, i % 2 == 0 ? 5 : TINY_BYTES);
        if (i % 2 == 0)
            put_str(&b, "0dc00"); // looks like heads of chunks in the wrong place
        else
            put_tiny(&b);
        put_fill(&b, 0, (unpadded >> i & 1) == 0);
    }
    return b;
}

// Regression: behind a chunk of odd length that was not padded a frame was lost, and its time.
TEST(chunks_of_odd_length_need_no_padding)
{
    for (unsigned unpadded = 0; unpadded < 64; unpadded++) {
        struct kin_reel *reel = NULL;
        struct bytes b = odd_avi(unpadded);
        CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
        bool right = reel->frame_count == 3 && reel->duration_ts == 9009 && reel->junk_bytes == 0;
        if (right)
            check_tinies(reel);
        kin_reel_unref(reel);
        CHECK(right && !unit_failed());
    }
out:
    return;
}

TEST(bytes_before_the_jpeg_of_a_chunk_are_passed_over)
{
    static const size_t leads[] = {1, 2, 3, 100, 512};
    struct bytes b = small_avi();
    struct kin_reel *reel = NULL;
    b.n = kin_span_find_str(bytes_span(&b), "idx1");
    for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++) {
        uint8_t room[512 + TINY_BYTES];
        struct bytes chunk = {room, 0, sizeof room};
        put_fill(&chunk, i < 3 ? 0xff : 0, leads[i]);
        put_tiny(&chunk);
        put_chunk(&b, "01dc", room, chunk.n);
    }
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 8);
    CHECK_INT(reel->left_out, 0);
    check_tinies(reel);
out:
    kin_reel_unref(reel);
}

TEST(a_broken_chunk_keeps_its_place)
{
    struct kin_reel *reel = NULL;
    struct bytes b = small_avi();
    b.n = kin_span_find_str(bytes_span(&b), "00wb");
    put_chunk(&b, "01dc", "\0\0\0\0\0\0", 6);
    put_frame(&b, "01dc");
    put_chunk(&b, "01dc", "x", 1);
    put_chunk(&b, "01dc", "", 0);
    put_frame(&b, "01dc");
    put_chunk(&b, "01dc", "garbage", 7);
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 2);
    CHECK_INT(reel->left_out, 3);
    CHECK_INT(reel->first_left_out, 1);
    CHECK_INT(reel->frames[0].ts, 0); // the reel begins with its first frame
    CHECK_INT(reel->frames[1].ts, 3 * 3003);
    CHECK_INT(reel->duration_ts, 5 * 3003);
    CHECK(reel->uneven);
out:
    kin_reel_unref(reel);
}

TEST(other_video_is_refused_by_its_name)
{
    struct bytes b = small_avi();
    size_t strh = kin_span_find_str(bytes_span(&b), "MJPG");
    memcpy(b.p + strh, "H264", 4);
    size_t strf = kin_span_find_str(bytes_span(&b), "MJPG");
    memcpy(b.p + strf, "XV\1D", 4);
    check_why(&b, KIN_EBAD, "the video in this AVI is XV?D, not Motion-JPEG");
    memcpy(b.p + strf, "mjpg", 4);
    struct kin_reel *reel = NULL;
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK); // the format counts where the handler is another
    kin_reel_unref(reel);
    reel = NULL;
    memcpy(b.p + strh - 4, "txts", 4);
    check_why(&b, KIN_EBAD, "there is no video in this AVI");
out:
    return;
}

TEST(an_avi_cut_off_anywhere_is_survived)
{
    static bool done;
    struct bytes b = small_avi();
    check_truncations(&b, 3, &done);
}

TEST(a_frame_that_is_cut_off_is_told)
{
    struct kin_reel *reel = NULL;
    struct bytes b = small_avi();
    b.n = kin_span_find_str(bytes_span(&b), "idx1") - 2;
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 2);
    CHECK(reel->truncated);
out:
    kin_reel_unref(reel);
}

// Five frames and an index that counts from `base`: 0 the beginning of the file, 1 the list.
static struct bytes indexed_avi(bool from_list)
{
    struct bytes b = small_avi();
    uint32_t offsets[5];
    size_t movi = kin_span_find_str(bytes_span(&b), "movi");
    b.n = kin_span_find_str(bytes_span(&b), "00wb");
    for (size_t i = 0; i < 5; i++) {
        offsets[i] = (uint32_t)(b.n - (from_list ? movi : 0));
        put_frame(&b, "01dc");
    }
    put_str(&b, "idx1");
    put_le(&b, 4, 5 * 16);
    for (size_t i = 0; i < 5; i++) {
        put_str(&b, "01dc");
        put_le(&b, 4, 0x10);
        put_le(&b, 4, offsets[i]);
        put_le(&b, 4, TINY_BYTES);
    }
    return b;
}

// No index, or one that stands behind the damage: what lost the heads of its chunks keeps its places, also at the end.
TEST(frames_without_heads_keep_their_places)
{
    for (unsigned i = 0; i < 8; i++) {
        struct kin_reel *reel = NULL;
        struct bytes b = indexed_avi(true);
        bool indexed = i % 2 == 1, with_soi = i % 4 < 2, last = i < 4;
        uint32_t lost = last ? 3 : 2; // the two or three last frames, or the two before the last
        size_t first = kin_span_find_str(bytes_span(&b), "01dc");
        for (size_t k = 2; k < 2 + lost; k++)
            memset(b.p + first + k * CHUNK_BYTES, 0xee, with_soi ? 8 : 12);
        b.n = indexed ? b.n : kin_span_find_str(bytes_span(&b), "idx1");
        CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
        bool right = reel->frame_count == 5 - lost && (reel->left_out == lost || !(with_soi || indexed));
        right = right && (reel->duration_ts == 5 * 3003 || !(with_soi || indexed));
        right = right && (last || reel->frames[2].ts == 4 * 3003 || !(with_soi || indexed));
        kin_reel_unref(reel);
        CHECK(right);
    }
out:
    return;
}

// Regression: frames hidden by damage took their time with them, and the clock ran fast.
TEST(hidden_chunks_keep_their_places_by_the_index)
{
    for (unsigned i = 0; i < 2 * 3; i++) {
        struct kin_reel *reel = NULL;
        struct bytes b = indexed_avi(i % 2 == 1);
        unsigned hidden = i / 2 + 1; // this one
        size_t first = kin_span_find_str(bytes_span(&b), "01dc");
        memset(b.p + first + hidden * (CHUNK_BYTES), 0xee, 8);
        CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
        bool right = reel->frame_count == 4 && reel->left_out == 1 && reel->first_left_out == hidden + 1;
        for (uint32_t k = 0; k < reel->frame_count; k++)
            right = right && reel->frames[k].ts == (k < hidden ? k : k + 1) * UINT64_C(3003);
        right = right && reel->duration_ts == 5 * 3003;
        kin_reel_unref(reel);
        CHECK(right);
    }
out:
    return;
}
