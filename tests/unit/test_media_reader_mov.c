// QuickTime and MP4: sample tables, moov before and after, 64-bit offsets, the MP4 way to say JPEG, fragments, tables
// that contradict, and files cut off anywhere.
#include "container_data.h"

static size_t begin_box(struct bytes *b, const char *type)
{
    size_t at = b->n;
    put_be(b, 4, 0);
    put_str(b, type);
    return at;
}

static void end_box(struct bytes *b, size_t at)
{
    set_be32(b, at, b->n - at);
}

// A full box: version, flags, then 32-bit numbers.
static void put_full(struct bytes *b, const char *type, uint32_t flags, size_t count, const uint32_t *numbers)
{
    size_t at = begin_box(b, type);
    put_be(b, 4, flags);
    for (size_t i = 0; i < count; i++)
        put_be(b, 4, numbers[i]);
    end_box(b, at);
}
#define FULL(b, type, flags, ...)                                                                                      \
    put_full(b, type, flags, sizeof((uint32_t[]){__VA_ARGS__}) / 4, (const uint32_t[]){__VA_ARGS__})

#define TIMESCALE 24000u
#define FRAMES 4u

static void put_stsd(struct bytes *b, const char *codec)
{
    size_t stsd = begin_box(b, "stsd");
    put_be(b, 8, 1);
    size_t entry = begin_box(b, codec);
    put_fill(b, 0, 78);
    size_t esds = begin_box(b, "esds");
    put_be(b, 4, 0);
    put(b, "\x03\x80\x80\x80\x1b\x00\x01\x00\x04\x80\x80\x80\x0d\x6c\x11", 15);
    end_box(b, esds);
    end_box(b, entry);
    end_box(b, stsd);
}

// Up to and with mdia's headers: track 7, TIMESCALE.
static void put_track_head(struct bytes *b, const char *handler)
{
    FULL(b, "tkhd", 0, 0, 0, 7, 0);
    FULL(b, "mdhd", 0, 0, 0, TIMESCALE, 0);
    size_t hdlr = begin_box(b, "hdlr");
    put_be(b, 8, 0);
    put_str(b, handler);
    end_box(b, hdlr);
}

// Two chunks of two samples; the last sample lasts twice as long.
static void put_tables(struct bytes *b, const char *codec, uint32_t mdat)
{
    size_t stbl = begin_box(b, "stbl");
    put_stsd(b, codec);
    FULL(b, "stts", 0, 2, 3, 1001, 1, 2002);
    FULL(b, "stsc", 0, 1, 1, 2, 1);
    FULL(b, "stsz", 0, 0, FRAMES, TINY_BYTES, TINY_BYTES, TINY_BYTES, TINY_BYTES);
    FULL(b, "stco", 0, 2, mdat, mdat + 2 * TINY_BYTES + 3);
    end_box(b, stbl);
}

static void put_moov(struct bytes *b, const char *codec, uint32_t mdat)
{
    size_t moov = begin_box(b, "moov");
    FULL(b, "mvhd", 0, 0, 0, 1000, 0);
    size_t sound = begin_box(b, "trak");
    FULL(b, "tkhd", 0, 0, 0, 6, 0);
    end_box(b, sound);
    size_t trak = begin_box(b, "trak"), mdia = begin_box(b, "mdia");
    put_track_head(b, "vide");
    size_t minf = begin_box(b, "minf");
    put_tables(b, codec, mdat);
    end_box(b, minf);
    end_box(b, mdia);
    end_box(b, trak);
    end_box(b, moov);
}

// The first byte of the first frame.
static uint32_t put_mdat(struct bytes *b)
{
    size_t mdat = begin_box(b, "mdat");
    uint32_t first = (uint32_t)b->n;
    for (unsigned i = 0; i < FRAMES; i++) {
        if (i == 2)
            put_str(b, "gap"); // between the chunks
        put_tiny(b);
    }
    end_box(b, mdat);
    return first;
}

static struct bytes begin_mov(void)
{
    struct bytes b = room_begin();
    FULL(&b, "ftyp", 0x71742020, 0);
    return b;
}

static struct bytes small_mov(void)
{
    struct bytes b = begin_mov();
    uint32_t first = put_mdat(&b);
    put_moov(&b, "jpeg", first);
    return b;
}

static void check_mov(const struct bytes *b)
{
    struct kin_reel *reel = NULL;
    CHECK_INT(open_container(b, &reel, NULL), KIN_OK);
    CHECK_SPAN(kin_span_str(reel->format), "mov");
    CHECK_INT(reel->frame_count, FRAMES);
    CHECK_INT(reel->frames[1].ts, 3754); // 3753.75
    CHECK_INT(reel->frames[2].ts, 7508); // 7507.5
    CHECK_INT(reel->frames[3].ts, 11261);
    CHECK_INT(reel->duration_ts, 18769); // 18768.75
    CHECK_INT(reel->rate_num, 24000);
    CHECK_INT(reel->rate_den, 1001);
    CHECK(reel->rate_stated && !reel->truncated);
    check_tinies(reel);
out:
    kin_reel_unref(reel);
}

TEST(tables_behind_the_frames)
{
    struct bytes b = small_mov();
    check_mov(&b);
}

TEST(tables_before_the_frames)
{
    struct bytes b = begin_mov();
    put_moov(&b, "jpeg", 0);
    uint32_t moov = (uint32_t)b.n;
    b = begin_mov();
    put_moov(&b, "jpeg", moov + 8);
    put_mdat(&b);
    check_mov(&b);
    set_be32(&b, moov, 0); // mdat to the end of the file
    check_mov(&b);
}

TEST(mp4_says_jpeg_by_an_object_type)
{
    struct bytes b = begin_mov();
    uint32_t first = put_mdat(&b);
    put_moov(&b, "mp4v", first);
    check_mov(&b);
    b.p[kin_span_find_str(bytes_span(&b), "\x6c\x11")] = 0x20; // MPEG-4 video
    check_why(&b, KIN_EBAD, "the video in this MP4 is mp4v, not Motion-JPEG");
}

TEST(offsets_may_have_64_bits)
{
    struct bytes b = small_mov();
    size_t stco = kin_span_find_str(bytes_span(&b), "stco");
    uint32_t first = (uint32_t)kin_span_find_str(bytes_span(&b), "mdat") + 4;
    b.n = stco - 4;
    FULL(&b, "co64", 0, 2, 0, first, 0, first + 2 * TINY_BYTES + 3); // its parents' lengths do not matter
    check_mov(&b);
}

TEST(a_box_may_have_a_64_bit_length)
{
    struct bytes b = begin_mov();
    put_be(&b, 4, 1);
    put_str(&b, "mdat");
    put_be(&b, 8, 16 + FRAMES * TINY_BYTES + 3);
    uint32_t first = (uint32_t)b.n;
    for (unsigned i = 0; i < FRAMES; i++) {
        if (i == 2)
            put_str(&b, "gap");
        put_tiny(&b);
    }
    put_moov(&b, "jpeg", first);
    check_mov(&b);
}

TEST(samples_of_one_size_need_no_table)
{
    struct bytes b = small_mov();
    size_t stsz = kin_span_find_str(bytes_span(&b), "stsz");
    set_be32(&b, stsz + 8, TINY_BYTES);
    check_mov(&b);
    struct kin_reel *reel = NULL;
    set_be32(&b, stsz + 12, UINT32_MAX); // more than the chunks hold
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, FRAMES);
out:
    kin_reel_unref(reel);
}

// Writes `value` at `skip` bytes behind the type of a box and looks for `want` frames.
static void check_table(const char *type, size_t skip, uint32_t value, uint32_t want, bool truncated)
{
    struct kin_reel *reel = NULL;
    struct bytes b = small_mov();
    set_be32(&b, kin_span_find_str(bytes_span(&b), type) + skip, value);
    int err = open_container(&b, &reel, NULL);
    CHECK_INT(err, want > 0 ? KIN_OK : KIN_EBAD);
    CHECK(want == 0 || (reel->frame_count == want && reel->truncated == truncated));
out:
    kin_reel_unref(reel);
}

TEST(tables_that_contradict_are_survived)
{
    check_table("stts", 8, UINT32_MAX, FRAMES, false); // more entries than the box holds
    check_table("stts", 8, 0, FRAMES, false);          // none: the rate is assumed
    check_table("stts", 16, 0, FRAMES, false);
    check_table("stsc", 8, 0, 0, false);                // chunks hold nothing
    check_table("stsc", 16, UINT32_MAX, FRAMES, false); // the first chunk takes all
    check_table("stsc", 12, 2, 2, false);               // the first chunk holds nothing
    check_table("stsz", 12, 3, 3, false);
    check_table("stsz", 12, UINT32_MAX, FRAMES, false);
    check_table("stsz", 16, 0x7fffffff, 2, false); // a frame larger than the file, and its chunk
    check_table("stsz", 20, 0, 3, false);          // an empty one takes its time
    check_table("stco", 12, 0x7fffffff, 2, false); // the first chunk is outside, the second is not
    check_table("stco", 16, 0x7fffffff, 2, true);
    check_table("stco", 8, 1, 2, false);
    check_table("mdhd", 16, 0, FRAMES, false); // no timescale
}

TEST(a_track_of_something_else_is_refused_by_its_name)
{
    struct bytes b = begin_mov();
    put_moov(&b, "avc1", 0);
    check_why(&b, KIN_EBAD, "the video in this MP4 is avc1, not Motion-JPEG");
    b = begin_mov();
    put_moov(&b, "mjpb", 0);
    check_why(&b, KIN_EBAD, "the video in this MP4 is mjpb, not Motion-JPEG");
    b = begin_mov();
    put_mdat(&b);
    check_why(&b, KIN_EBAD, "this MP4 has no moov box (yet): it is not finished, or was cut off");
    end_box(&b, begin_box(&b, "moov"));
    check_why(&b, KIN_EBAD, "there is no video in this MP4");
}

// --- fragments

static void put_fragment(struct bytes *b, uint32_t time, bool explicit)
{
    size_t moof = begin_box(b, "moof"), traf = begin_box(b, "traf");
    if (explicit)
        FULL(b, "tfhd", 0x20000, 7);
    else
        FULL(b, "tfhd", 0x20018, 7, 1001, TINY_BYTES); // default duration and size
    FULL(b, "tfdt", 0, time);
    size_t trun = b->n;
    if (explicit)
        FULL(b, "trun", 0x301, 2, 0, 1001, TINY_BYTES, 2002, TINY_BYTES);
    else
        FULL(b, "trun", 0x001, 2, 0);
    end_box(b, traf);
    end_box(b, moof);
    set_be32(b, trun + 16, b->n + 8 - moof); // data offset, from the moof
    size_t mdat = begin_box(b, "mdat");
    put_tiny(b);
    put_tiny(b);
    end_box(b, mdat);
}

static struct bytes fragmented(void)
{
    struct bytes b = begin_mov();
    size_t moov = begin_box(&b, "moov"), trak = begin_box(&b, "trak"), mdia = begin_box(&b, "mdia");
    put_track_head(&b, "vide");
    size_t stbl = begin_box(&b, "stbl");
    put_stsd(&b, "jpeg");
    FULL(&b, "stco", 0, 0);
    end_box(&b, stbl);
    end_box(&b, mdia);
    end_box(&b, trak);
    size_t mvex = begin_box(&b, "mvex");
    FULL(&b, "trex", 0, 7, 1, 500, 9, 0);
    end_box(&b, mvex);
    end_box(&b, moov);
    put_fragment(&b, 0, false);
    put_fragment(&b, 2002, true);
    return b;
}

TEST(fragments_follow_one_another)
{
    struct kin_reel *reel = NULL;
    struct bytes b = fragmented();
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 4);
    CHECK_INT(reel->frames[1].ts, 3754);
    CHECK_INT(reel->frames[2].ts, 7508);
    CHECK_INT(reel->frames[3].ts, 11261);
    CHECK_INT(reel->duration_ts, 18769);
    check_tinies(reel);
out:
    kin_reel_unref(reel);
}

TEST(defaults_of_the_movie_hold_where_a_fragment_says_nothing)
{
    struct kin_reel *reel = NULL;
    struct bytes b = fragmented();
    size_t tfhd = kin_span_find_str(bytes_span(&b), "tfhd"), trex = kin_span_find_str(bytes_span(&b), "trex");
    set_be32(&b, tfhd + 4, 0x20000); // its defaults do not count any more
    set_be32(&b, trex + 20, TINY_BYTES);
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frames[1].ts, 1875); // 500 / 24000 s
    check_tinies(reel);
    kin_reel_unref(reel);
    reel = NULL;
    set_be32(&b, tfhd + 8, 8); // another track's
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 2);
out:
    kin_reel_unref(reel);
}

// As "frag_keyframe" without "empty_moov" writes it: the first frames are in the tables, the rest in fragments.
TEST(fragments_go_on_where_the_tables_end)
{
    struct kin_reel *reel = NULL;
    struct bytes b = small_mov();
    put_fragment(&b, 5005, false);
    put_fragment(&b, 7007, true);
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, FRAMES + 4);
    CHECK_INT(reel->frames[3].ts, 11261);
    CHECK_INT(reel->frames[4].ts, 18769); // 5005 / 24000 s
    CHECK_INT(reel->frames[6].ts, 26276);
    CHECK_INT(reel->duration_ts, 37538); // 7007 + 1001 + 2002
    check_tinies(reel);
    kin_reel_unref(reel);
    reel = NULL;
    memcpy(b.p + kin_span_find_str(bytes_span(&b), "tfdt"), "free", 4); // nothing says when: where the tables end
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frames[4].ts, 18769);
out:
    kin_reel_unref(reel);
}

TEST(a_movie_cut_off_anywhere_is_survived)
{
    static bool done[3];
    struct bytes b = begin_mov();
    put_moov(&b, "jpeg", 0);
    uint32_t moov = (uint32_t)b.n;
    b = begin_mov();
    put_moov(&b, "jpeg", moov + 8);
    put_mdat(&b);
    check_truncations(&b, FRAMES, &done[0]);
    b = fragmented();
    check_truncations(&b, 4, &done[1]);
    b = small_mov(); // nothing can be played until moov is whole
    for (size_t n = 0; n < b.n && !done[2]; n++) {
        struct bytes cut = {b.p, n, n};
        struct kin_reel *reel = NULL;
        int err = open_container(&cut, &reel, NULL);
        kin_reel_unref(reel);
        CHECK(err == KIN_EUNSUPPORTED || err == KIN_EBAD || err == KIN_ENOMEM || n > b.n - 20);
    }
    done[2] = true;
out:
    return;
}

// Writes over a sample, counted from 0, and looks whether the others keep their times.
static void check_bad_sample(unsigned bad, const void *over, size_t n)
{
    struct kin_reel *reel = NULL;
    struct kin_buf *buf = NULL;
    struct bytes b = small_mov();
    size_t at = kin_span_find_str(bytes_span(&b), "\xff\xd8") + bad * TINY_BYTES + (bad > 1 ? 3 : 0);
    memcpy(b.p + at, over, n);
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, bad == 0 ? FRAMES - 1 : FRAMES);
    CHECK_INT(reel->left_out, bad == 0);
    for (uint32_t i = 0; i < reel->frame_count; i++) {
        uint64_t ts = kin_reel_frame_ts(i, TIMESCALE, 1001);
        CHECK(reel->frames[i].ts + 1 >= ts && reel->frames[i].ts <= ts); // without the first all are rounded anew
        CHECK_INT(kin_reel_read(reel, i, &buf), bad > 0 && i == bad ? KIN_EBAD : KIN_OK);
        kin_buf_unref(buf);
        buf = NULL;
    }
out:
    kin_buf_unref(buf);
    kin_reel_unref(reel);
}

// Regression: one sample that was no JPEG ended the reel, and as the first one it was "the file changed".
TEST(a_bad_sample_is_left_out_and_keeps_its_time)
{
    static const uint8_t zeros[TINY_BYTES];
    for (unsigned i = 0; i < FRAMES && !unit_failed(); i++) {
        check_bad_sample(i, zeros, sizeof zeros);
        check_bad_sample(i, "garbage, no JPEG", 16);
        check_bad_sample(i, "\xff\xd9", 2);
    }
}

TEST(a_sample_outside_the_file_keeps_its_time)
{
    struct kin_reel *reel = NULL;
    struct bytes b = small_mov();
    set_be32(&b, kin_span_find_str(bytes_span(&b), "stco") + 12, 0x7fffffff);
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 2);
    CHECK_INT(reel->left_out, 2);
    CHECK_INT(reel->first_left_out, 1);
    CHECK_INT(reel->frames[1].ts, 3753);
    CHECK(!reel->truncated);
    kin_reel_unref(reel);
    reel = NULL;
    set_be32(&b, kin_span_find_str(bytes_span(&b), "stsz") + 28, 1); // and the last one is too short
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 1);
    CHECK_INT(reel->left_out, 3);
out:
    kin_reel_unref(reel);
}

// Samples without tables, whose sample description has them (ISO/IEC 23008-12 annex H).
// With SOI in the samples or not; other writers begin the box like one with a version.
static struct bytes abbreviated_mov(size_t version_bytes, bool soi)
{
    uint8_t dqt[69];
    struct bytes b = begin_mov();
    memcpy(dqt, tiny_body, sizeof dqt);
    size_t mdat = begin_box(&b, "mdat"), first = b.n, length = TINY_BYTES - sizeof dqt - (soi ? 0 : 2);
    for (unsigned i = 0; i < FRAMES; i++) {
        put(&b, tiny_head, soi ? sizeof tiny_head : 0);
        put(&b, tiny_body + sizeof dqt, sizeof tiny_body - sizeof dqt);
    }
    end_box(&b, mdat);
    size_t moov = begin_box(&b, "moov"), trak = begin_box(&b, "trak"), mdia = begin_box(&b, "mdia");
    put_track_head(&b, "vide");
    size_t minf = begin_box(&b, "minf"), stbl = begin_box(&b, "stbl"), stsd = begin_box(&b, "stsd");
    put_be(&b, 8, 1);
    size_t entry = begin_box(&b, "mjpg");
    put_fill(&b, 0, 78);
    size_t prefix = begin_box(&b, "jpgC");
    put_fill(&b, 0, version_bytes);
    put(&b, tiny_head, sizeof tiny_head);
    put(&b, dqt, sizeof dqt);
    end_box(&b, prefix);
    end_box(&b, entry);
    end_box(&b, stsd);
    FULL(&b, "stts", 0, 1, FRAMES, 1001);
    FULL(&b, "stsc", 0, 1, 1, FRAMES, 1);
    FULL(&b, "stsz", 0, (uint32_t)length, FRAMES);
    FULL(&b, "stco", 0, 1, (uint32_t)first);
    size_t boxes[] = {stbl, minf, mdia, trak, moov};
    for (size_t i = 0; i < sizeof boxes / sizeof boxes[0]; i++)
        end_box(&b, boxes[i]);
    return b;
}

TEST(tables_of_the_sample_description_are_put_in)
{
    for (size_t i = 0; i < 4; i++) {
        struct kin_reel *reel = NULL;
        struct bytes b = abbreviated_mov(i % 2 * 4, i < 2);
        CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
        CHECK_INT(reel->frame_count, FRAMES);
        CHECK_INT(reel->table_count, 1);
        CHECK_INT(reel->compat, KIN_JPEG_COMPAT_OK);
        struct kin_buf *buf = NULL;
        int err = kin_reel_read(reel, FRAMES - 1, &buf);
        kin_reel_unref(reel);
        CHECK_INT(err, KIN_OK);
        bool whole = buf->len == TINY_BYTES; // the tables stand elsewhere in it
        kin_buf_unref(buf);
        CHECK(whole);
    }
out:
    return;
}

// Regression: they were a reel of 0.000 s at 1000 frames/s that nobody could play, or "no video".
TEST(times_that_say_nothing_are_none)
{
    static const struct {
        const char *box;
        size_t at[2]; // behind its type, what becomes 0; the second one may be none
        uint32_t value;
    } table[] = {{"stts", {16, 24}, 0}, {"stts", {16, 24}, 1}, {"mdhd", {16, 0}, 0}};
    struct kin_reel *reel = NULL;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct bytes b = small_mov();
        size_t box = kin_span_find_str(bytes_span(&b), table[i].box);
        set_be32(&b, box + table[i].at[0], table[i].value);
        if (table[i].at[1] > 0)
            set_be32(&b, box + table[i].at[1], table[i].value);
        set_be32(&b, kin_span_find_str(bytes_span(&b), "stsz") + 20, 0); // a broken one keeps its place
        CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
        CHECK(!reel->rate_stated);
        CHECK_INT(reel->rate_num, 24);
        CHECK_INT(reel->frame_count, FRAMES - 1);
        CHECK_INT(reel->duration_ts, FRAMES * 3750);
        CHECK_INT(reel->frames[1].ts, table[i].value == 0 ? 7500 : 3750); // times that rise too fast hide it
        kin_reel_unref(reel);
        reel = NULL;
    }
out:
    kin_reel_unref(reel);
}

// Regression: it was 29 frames and not a word.
TEST(an_empty_sample_is_a_broken_frame)
{
    struct kin_reel *reel = NULL;
    struct bytes b = small_mov();
    set_be32(&b, kin_span_find_str(bytes_span(&b), "stsz") + 20, 0);
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, FRAMES - 1);
    CHECK_INT(reel->left_out, 1);
    CHECK_INT(reel->first_left_out, 2);
    CHECK_INT(reel->duration_ts, 18769);
out:
    kin_reel_unref(reel);
}

// Regression: it counted as a broken frame, and its bytes as junk.
TEST(a_sample_of_nothing_but_tables_is_no_broken_frame)
{
    enum { DQT_BYTES = 69 };
    struct kin_reel *reel = NULL;
    struct kin_buf *buf = NULL;
    struct bytes b = small_mov();
    size_t first = kin_span_find_str(bytes_span(&b), "\xff\xd8");
    memset(b.p + first + sizeof tiny_head + DQT_BYTES, 0, TINY_BYTES - sizeof tiny_head - DQT_BYTES);
    memcpy(b.p + first + sizeof tiny_head + DQT_BYTES, "\xff\xd9", 2);
    for (unsigned i = 1; i < FRAMES; i++) // their table becomes a comment
        b.p[first + i * TINY_BYTES + (i > 1 ? 3 : 0) + sizeof tiny_head + 1] = 0xfe;
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, FRAMES - 1);
    CHECK_INT(reel->left_out, 0);
    CHECK_INT(reel->junk_bytes, 0);
    CHECK_INT(reel->table_count, 1);
    CHECK_INT(reel->frame_bytes, (FRAMES - 1) * TINY_BYTES);
    CHECK_INT(kin_reel_read(reel, FRAMES - 2, &buf), KIN_OK);
out:
    kin_buf_unref(buf);
    kin_reel_unref(reel);
}
