// multipart/x-mixed-replace: with and without lengths, wrong lengths, junk, and captures cut off anywhere.
#include <stdlib.h>

#include "container_data.h"

static void put_part(struct bytes *b, const char *fields)
{
    put_str(b, "--frontier\r\nContent-Type: image/jpeg\r\n");
    put_str(b, fields);
    put_str(b, "\r\n");
    put_tiny(b);
    put_str(b, "\r\n");
}

static struct bytes capture(const char *fields)
{
    struct bytes b = room_begin();
    for (int i = 0; i < 3; i++)
        put_part(&b, fields);
    return b;
}

static void check_capture(const struct bytes *b, uint32_t frames, uint64_t junk)
{
    struct kin_reel *reel = NULL;
    CHECK_INT(open_container(b, &reel, NULL), KIN_OK);
    CHECK_SPAN(kin_span_str(reel->format), "multipart");
    CHECK_INT(reel->frame_count, frames);
    CHECK_INT(reel->junk_bytes, junk);
    CHECK(!reel->rate_stated);
    check_tinies(reel);
out:
    kin_reel_unref(reel);
}

TEST(a_length_is_believed_when_a_boundary_follows)
{
    struct bytes b = capture("Content-Length: 148\r\nX-Timestamp: 1.5\r\n");
    CHECK_INT(TINY_BYTES, 111);
    check_capture(&b, 3, 0); // 148 is wrong
    b = capture("content-length:111\r\n");
    check_capture(&b, 3, 0);
    b = capture("Content-Length: 50\r\n");
    check_capture(&b, 3, 0);
    b = capture("Content-Length: 99999999999999999999\r\n");
    check_capture(&b, 3, 0);
out:
    return;
}

TEST(no_length_is_needed)
{
    struct bytes b = capture("");
    put_str(&b, "--frontier--\r\n");
    check_capture(&b, 3, 0);
}

TEST(the_answer_of_the_web_server_may_stand_before)
{
    struct bytes b = room_begin();
    put_str(&b, "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=frontier\r\n\r\n");
    size_t head = b.n;
    put_part(&b, "");
    put_part(&b, "Content-Length: 111\r\n");
    check_capture(&b, 2, head);
}

TEST(a_preamble_may_stand_before)
{
    struct bytes b = room_begin();
    for (int i = 0; i < 40; i++)
        put_str(&b, "This is a message in several parts.\r\n");
    size_t preamble = b.n;
    put_part(&b, "");
    put_part(&b, "Content-Length: 111\r\n");
    check_capture(&b, 2, preamble);
}

// Cameras that forget the dashes: the JPEGs are found by themselves, and what is between them is counted.
TEST(boundaries_may_be_none)
{
    struct bytes b = room_begin();
    put_str(&b, "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frontier\r\n\r\n");
    for (int i = 0; i < 3; i++) {
        put_str(&b, "frontier\r\nContent-Type: image/jpeg\r\n\r\n");
        put_tiny(&b);
        put_str(&b, "\r\n");
    }
    check_capture(&b, 3, b.n - 3 * TINY_BYTES);
}

TEST(line_ends_may_be_bare_or_absent)
{
    struct bytes b = room_begin();
    for (int i = 0; i < 3; i++) {
        put_str(&b, i == 0 ? "\n--b\nContent-Type: image/jpg\n\n" : "--b\nContent-Length: 111\n\n");
        put_tiny(&b);
    }
    check_capture(&b, 3, 0);
}

TEST(other_parts_and_damage_are_passed_over)
{
    struct bytes b = capture("");
    put_str(&b, "--frontier\r\nContent-Type: text/plain\r\n\r\nhello\r\n");
    put_part(&b, "");
    put_str(&b, "--no head ever ends here\r\n");
    put_fill(&b, 'x', 5000);
    put_str(&b, "\r\n");
    put_part(&b, "");
    struct kin_reel *reel = NULL;
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 5);
    CHECK(reel->junk_bytes > 5000);
    check_tinies(reel);
out:
    kin_reel_unref(reel);
}

TEST(a_capture_cut_off_anywhere_is_survived)
{
    static bool done;
    struct bytes b = capture("Content-Length: 111\r\n");
    check_truncations(&b, 3, &done);
}

// Regression: microcontrollers leave out the first boundary, and their first frame was lost.
TEST(the_first_boundary_may_be_absent)
{
    static const char *const heads[] = {
        "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=frontier\r\n"
        "Content-Type: image/jpeg\r\nContent-Length: 111\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=frontier\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=frontier\r\n\r\n"
        "Content-Type: image/jpeg\r\n\r\n",
        "HTTP/1.0 200 OK\nContent-Type: multipart/x-mixed-replace\n\n\nContent-Type: image/jpeg\n\n",
        "Content-Type: image/jpeg\r\nContent-Length: 7\r\n\r\n",
        "\r\nContent-Type: image/jpeg\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof heads / sizeof heads[0] && !unit_failed(); i++) {
        struct bytes b = room_begin();
        put_str(&b, heads[i]);
        put_tiny(&b);
        put_str(&b, "\r\n");
        put_part(&b, "Content-Length: 111\r\n");
        put_part(&b, "");
        check_capture(&b, 3, 0);
    }
}

TEST(a_broken_part_keeps_its_place)
{
    struct kin_reel *reel = NULL;
    struct bytes b = capture("");
    put_str(&b, "--frontier\r\nContent-Type: image/jpeg\r\n\r\nno JPEG\r\n");
    put_str(&b, "--frontier\r\nContent-Type: text/plain\r\n\r\nhello\r\n");
    put_str(&b, "--frontier\r\nContent-Type: image/jpeg\r\nContent-Length: 3\r\n\r\n\0\0\0\r\n");
    put_part(&b, "");
    put_str(&b, "--frontier--\r\n\r\nepilogue");
    CHECK_INT(open_container(&b, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 4);
    CHECK_INT(reel->left_out, 2);
    CHECK_INT(reel->first_left_out, 4);
    CHECK_INT(reel->frames[3].ts, 5 * 3750);
    check_tinies(reel);
out:
    kin_reel_unref(reel);
}

// Regression: lengths that point ahead to where no boundary is led to 231 GiB of reads in a file of 17 MB.
TEST(lengths_that_lie_are_cheap)
{
    enum { PARTS = 20000 };
    struct kin_source *source = NULL;
    struct kin_reel *reel = NULL;
    struct bytes b = {malloc(PARTS * 200), 0, PARTS * 200};
    CHECK(b.p != NULL);
    for (int i = 0; i < PARTS; i++)
        put_part(&b, "Content-Length: 1500000\r\n");
    CHECK_INT(kin_source_from_span(bytes_span(&b), &source), KIN_OK);
    CHECK_INT(kin_reel_open(source, NULL, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, PARTS);
    CHECK(kin_source_bytes_read(source) < 3 * kin_source_size(source));
out:
    kin_reel_unref(reel);
    kin_source_unref(source);
    free(b.p);
}
