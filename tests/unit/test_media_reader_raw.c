// Concatenated JPEGs: thumbnails, junk, restarts, cut-off ends, and beginnings that straddle the reader's window.
#include "base/err.h"
#include "media/reader.h"
#include "media/reel.h"
#include "media/window.h"
#include "media_data.h"
#include "unit.h"

static uint8_t room[18 * 1024 * 1024];

static struct bytes begin(void)
{
    return (struct bytes){room, 0, sizeof room};
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

TEST(jpegs_are_indexed)
{
    struct kin_reel *reel = NULL;
    struct bytes b = begin();
    for (int i = 0; i < 600; i++) // more than the builder's first room
        put_tiny(&b);
    CHECK_INT(open_bytes(&b, &reel, NULL), KIN_OK);
    CHECK_SPAN(kin_span_str(reel->format), "raw");
    CHECK_INT(reel->frame_count, 600);
    CHECK_INT(reel->frames[599].offset, 599 * TINY_BYTES);
    CHECK_INT(reel->frames[599].length, TINY_BYTES);
    CHECK(!reel->truncated && reel->junk_runs == 0);
out:
    kin_reel_unref(reel);
}

TEST(a_thumbnail_does_not_cut_its_frame)
{
    struct kin_reel *reel = NULL;
    uint8_t exif[6 + TINY_BYTES];
    struct bytes e = {exif, 0, sizeof exif}, b = begin();
    put(&e, "Exif\0", 6);
    put_tiny(&e);
    put(&b, tiny_head, sizeof tiny_head);
    put_segment(&b, 0xe1, exif, e.n);
    put(&b, tiny_body, sizeof tiny_body);
    put_tiny(&b);
    CHECK_INT(open_bytes(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 2);
    CHECK_INT(reel->frames[0].length, TINY_BYTES + 4 + e.n);
    CHECK_INT(reel->junk_runs, 0);
out:
    kin_reel_unref(reel);
}

TEST(junk_is_skipped_and_counted)
{
    struct kin_reel *reel = NULL;
    struct bytes b = begin();
    put_str(&b, "a line of text, then the pictures\r\n");
    size_t lead = b.n;
    put_tiny(&b);
    put_str(&b, "\r\n--boundary");
    put(&b, "\xff\xd8 ", 3); // no SOI without a marker behind it
    put_tiny(&b);
    put_tiny(&b);
    put_str(&b, "garbage at the end\xff");
    CHECK_INT(open_bytes(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 3);
    CHECK_INT(reel->frames[0].offset, lead);
    CHECK_INT(reel->junk_runs, 3);
    CHECK_INT(reel->junk_bytes, b.n - 3 * TINY_BYTES);
    CHECK(!reel->truncated);
out:
    kin_reel_unref(reel);
}

TEST(a_second_soi_inside_the_scan_restarts)
{
    struct kin_reel *reel = NULL;
    struct bytes b = begin();
    put_tiny(&b);
    size_t lost = b.n;
    put_tiny(&b);
    b.n -= 4; // its scan goes on with the next JPEG
    lost = b.n - lost;
    put_tiny(&b);
    CHECK_INT(open_bytes(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 2);
    CHECK_INT(reel->frames[1].offset, b.n - TINY_BYTES);
    CHECK_INT(reel->junk_bytes, lost);
    CHECK_INT(reel->junk_runs, 1);
out:
    kin_reel_unref(reel);
}

// Frames whose beginning or middle is damaged keep their places, side by side and at the end. A second EOI is no frame.
TEST(damaged_frames_keep_their_places)
{
    for (unsigned i = 0; i < 4; i++) {
        struct kin_reel *reel = NULL;
        struct bytes b = begin();
        for (int k = 0; k < 6; k++) {
            put_tiny(&b);
            put(&b, "\xff\xd9", i == 3 ? 2 : 0);
        }
        size_t third = (i == 2 ? 4 : 2) * TINY_BYTES, where = i == 1 ? TINY_BYTES - 6 : 0;
        for (size_t k = 0; k < 2 && i < 3; k++)
            memcpy(b.p + third + k * TINY_BYTES + where, "\xff\x02", 2); // no SOI; a marker that cannot be
        CHECK_INT(open_bytes(&b, &reel, NULL), KIN_OK);
        bool right = reel->frame_count == (i == 3 ? 6 : 4) && reel->left_out == (i == 3 ? 0 : 2);
        right = right && reel->duration_ts == 6 * 3750;
        right = right && (i > 1 || (reel->first_left_out == 3 && reel->frames[2].ts == 4 * 3750));
        right = right && reel->junk_bytes == (i == 3 ? 12 : 2 * TINY_BYTES);
        kin_reel_unref(reel);
        CHECK(right);
    }
out:
    return;
}

static void check_cut(size_t bytes_of_second)
{
    struct kin_reel *reel = NULL;
    struct bytes b = begin();
    put_tiny(&b);
    put_tiny(&b);
    b.n -= TINY_BYTES - bytes_of_second;
    CHECK_INT(open_bytes(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 1);
    CHECK_INT(reel->truncated, bytes_of_second >= 3); // less is no beginning
    CHECK_INT(reel->junk_bytes, bytes_of_second < 3 ? bytes_of_second : 0);
out:
    kin_reel_unref(reel);
}

TEST(a_cut_off_frame_is_left_out)
{
    for (size_t n = 0; n < TINY_BYTES; n += n < 6 || n >= TINY_BYTES - 8 ? 1 : 7)
        check_cut(n);
}

// Some cameras leave EOI out: then the next beginning ends a frame, and the end of the file the last one.
TEST(frames_may_all_lack_eoi)
{
    struct kin_reel *reel = NULL;
    for (unsigned frames = 2; frames < 9; frames++) {
        struct bytes b = begin();
        put_str(&b, "\r\n");
        for (unsigned i = 0; i < frames; i++) {
            put_tiny(&b);
            b.n -= 2;
        }
        CHECK_INT(open_bytes(&b, &reel, NULL), KIN_OK);
        CHECK_INT(reel->frame_count, frames);
        CHECK_INT(reel->frames[frames - 1].offset, b.n - (TINY_BYTES - 2));
        CHECK_INT(reel->frames[frames - 1].length, TINY_BYTES - 2);
        CHECK(!reel->truncated && reel->junk_runs == 1 && reel->junk_bytes == 2);
        kin_reel_unref(reel);
        reel = NULL;
    }
out:
    kin_reel_unref(reel);
}

// One frame with EOI shows that the writer knows it: what lacks it was broken off.
TEST(broken_beginnings_do_not_look_like_missing_eoi)
{
    struct kin_reel *reel = NULL;
    struct bytes b = begin();
    for (unsigned i = 0; i < 2; i++) {
        put_tiny(&b);
        b.n -= 4;
    }
    put_tiny(&b);
    CHECK_INT(open_bytes(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 1);
    CHECK_INT(reel->junk_bytes, 2 * (TINY_BYTES - 4));
out:
    kin_reel_unref(reel);
}

// A second JPEG that begins so many bytes before or after the end of the first window.
static void check_straddle(int distance)
{
    struct kin_reel *reel = NULL;
    struct bytes b = begin();
    put_tiny(&b);
    put_fill(&b, 0, (size_t)((long)KIN_WINDOW_BYTES + distance) - b.n);
    size_t at = b.n;
    put_tiny(&b);
    CHECK_INT(open_bytes(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 2);
    CHECK_INT(reel->frames[1].offset, at);
    CHECK_INT(reel->frames[1].length, TINY_BYTES);
    CHECK_INT(reel->junk_bytes, at - TINY_BYTES);
out:
    kin_reel_unref(reel);
}

TEST(frames_straddle_the_window)
{
    for (int distance = -4; distance <= 1; distance++)
        check_straddle(distance);
    check_straddle(-60);
}

// One JPEG with so many scan bytes.
static int open_long(size_t scan, struct kin_reel **ret, char *why)
{
    struct bytes b = begin();
    put(&b, tiny_head, sizeof tiny_head);
    put(&b, tiny_body, sizeof tiny_body - 2);
    put_fill(&b, 0x55, scan);
    put(&b, "\xff\xd9", 2);
    return open_bytes(&b, ret, why);
}

TEST(frames_may_be_16_mib_long_and_no_longer)
{
    struct kin_reel *reel = NULL;
    char why[KIN_MEDIA_WHY_MAX] = "";
    CHECK_INT(open_long(KIN_FRAME_MAX_BYTES - TINY_BYTES, &reel, NULL), KIN_OK);
    CHECK_INT(reel->largest_frame, KIN_FRAME_MAX_BYTES);
    kin_reel_unref(reel);
    reel = NULL;
    CHECK_INT(open_long(KIN_FRAME_MAX_BYTES - TINY_BYTES + 1, &reel, why), KIN_ELIMIT);
    CHECK_SPAN(kin_span_str(why), "frame 1 at offset 0 does not end within 16 MiB");
    CHECK(reel == NULL);
out:
    kin_reel_unref(reel);
}

TEST(probing_goes_by_content)
{
    CHECK_INT(kin_reader_raw.probe(UNIT_BYTES(0xff, 0xd8, 0xff)), 90);
    CHECK_INT(kin_reader_raw.probe(UNIT_BYTES(0xff, 0xd8)), 0);
    CHECK_INT(kin_reader_raw.probe(UNIT_BYTES('\r', '\n', 0xff, 0xd8, 0xff, 0xe0)), 20);
    CHECK_INT(kin_reader_raw.probe(UNIT_BYTES('R', 'I', 'F', 'F', 0xff, 0xd8, 0xff, 0xe0)), 0);
    CHECK_INT(kin_reader_raw.probe(UNIT_BYTES(0, 0, 0, 32, 'f', 't', 'y', 'p', 0xff, 0xd8, 0xff)), 0);
    CHECK_INT(kin_reader_raw.probe(unit_guarded_str("no picture here")), 0);
    CHECK_INT(kin_reader_raw.probe(kin_span_make(NULL, 0)), 0);
out:
    return;
}

TEST(a_beginning_without_frames_is_no_reel)
{
    struct kin_reel *reel = NULL;
    char why[KIN_MEDIA_WHY_MAX] = "";
    struct bytes b = begin();
    put(&b, "\xff\xd8\xff\xd9 and nothing else", 22);
    int err = open_bytes(&b, &reel, why);
    CHECK(err == KIN_EBAD);
    CHECK(why[0] != '\0');
    CHECK(reel == NULL);
out:
    kin_reel_unref(reel);
}

// The rest of a frame, whose beginning is gone.
static struct bytes begin_in_frame(size_t n)
{
    struct bytes b = begin();
    put_fill(&b, 0x55, n);
    put(&b, "\xff\xd9", 2);
    return b;
}

// As put_tiny, with another size.
static void put_wide(struct bytes *b)
{
    size_t at = b->n;
    put_tiny(b);
    b->p[at + 2 + 69 + 8] = 32; // the low byte of the width
}

static void check_middle(const struct bytes *b, uint64_t lead, uint32_t frames)
{
    struct kin_reel *reel = NULL;
    char why[KIN_MEDIA_WHY_MAX] = "";
    CHECK_INT(open_bytes(b, &reel, why), KIN_OK);
    CHECK_INT(reel->frame_count, frames);
    CHECK_INT(reel->frames[0].offset, lead);
    CHECK_INT(reel->frames[0].ts, 0);
    CHECK_INT(reel->left_out, 1);
    CHECK_INT(reel->first_left_out, 1);
    CHECK_INT(reel->width, 16);
    CHECK(reel->junk_bytes > 512 && reel->duration_ts == kin_reel_frame_ts(frames, 24, 1));
    CHECK(kin_reel_probe(reel->source) == reel->format);
out:
    kin_reel_unref(reel);
}

TEST(a_capture_may_begin_in_the_middle_of_a_frame)
{
    const size_t rests[] = {600, 5000, KIN_WINDOW_BYTES - 3, KIN_WINDOW_BYTES + 7, KIN_FRAME_MAX_BYTES - 2};
    for (size_t i = 0; i < sizeof rests / sizeof rests[0]; i++) {
        struct bytes b = begin_in_frame(rests[i]);
        size_t lead = b.n;
        for (int k = 0; k < 3; k++)
            put_tiny(&b);
        check_middle(&b, lead, 3);
    }
}

// The thumbnail of the broken frame is none of the reel's.
TEST(a_broken_beginning_may_hold_a_thumbnail)
{
    struct bytes b = begin_in_frame(700);
    put_wide(&b);
    put_fill(&b, 0x55, 300);
    put(&b, "\xff\xd9", 2);
    size_t lead = b.n;
    put_tiny(&b);
    put_tiny(&b);
    check_middle(&b, lead, 2);
}

TEST(a_multipart_capture_may_begin_in_the_middle_of_a_frame)
{
    struct bytes b = begin_in_frame(5000);
    size_t lead = 0;
    for (int i = 0; i < 3; i++) {
        put_str(&b, "\r\n--b\r\nContent-Type: image/jpeg\r\nContent-Length: 111\r\n\r\n");
        lead = lead == 0 ? b.n : lead;
        put_tiny(&b);
    }
    check_middle(&b, lead, 3);
}

static void check_no_reel(const struct bytes *b)
{
    struct kin_reel *reel = NULL;
    char why[KIN_MEDIA_WHY_MAX] = "";
    CHECK_INT(open_bytes(b, &reel, why), KIN_EUNSUPPORTED);
    CHECK_SPAN(kin_span_str(why), "not a Motion-JPEG reel");
out:
    kin_reel_unref(reel);
}

// One picture, pictures of several sizes, and pictures with something else between them are no reel.
TEST(jpegs_somewhere_in_a_file_make_no_reel)
{
    struct bytes b = begin_in_frame(700);
    put_tiny(&b);
    check_no_reel(&b);
    put_wide(&b);
    check_no_reel(&b);
    put(&b, "00dc\x6f\0\0\0", 8); // as in AVI
    put_wide(&b);
    put_fill(&b, 0, 512); // as in an archive
    put_wide(&b);
    put_str(&b, "\nendstream\nendobj\n"); // as in a PDF
    put_wide(&b);
    check_no_reel(&b);
    put_fill(&b, 0, 2 * KIN_WINDOW_BYTES);
    check_no_reel(&b);
    memcpy(b.p, "PK\x03\x04", 4);
    put_tiny(&b);
    put_tiny(&b);
    check_no_reel(&b);
    b.p[0] = 0;
    check_middle(&b, b.n - 2 * TINY_BYTES, 2);
}

TEST(the_sample_reel_is_read)
{
    struct kin_source *source = NULL;
    struct kin_reel *reel = NULL;
    CHECK_INT(kin_source_from_path("video/bunny-720p.mjpeg", &source), KIN_OK);
    CHECK_INT(kin_reel_open(source, NULL, &reel, NULL), KIN_OK);
    CHECK_SPAN(kin_span_str(reel->format), "raw");
    CHECK_INT(reel->frame_count, 120);
    CHECK_INT(reel->width, 1280);
    CHECK_INT(reel->height, 720);
    CHECK_INT(reel->rate_num, 24);
    CHECK(reel->rate_stated);
    CHECK_INT(reel->compat, KIN_JPEG_COMPAT_OK);
    CHECK_INT(reel->junk_bytes, 0);
out:
    kin_reel_unref(reel);
    kin_source_unref(source);
}
