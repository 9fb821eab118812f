// Frames as inline files: what a decoder without any knowledge of films makes of them.
#include "base/err.h"
#include "image_check.h"
#include "jpeg/markers.h"
#include "jpeg/tables.h"
#include "picture/iterm.h"
#include "picture/recode.h"
#include "unit.h"

// The file in one whole sequence, whose head is as it should be. False when it is not, or without memory.
static bool read_file(const struct image_bytes *bytes, int cols, int rows, struct image_bytes *file)
{
    struct kin_span rest = kin_span_make(bytes->p, bytes->n), body, head;
    char want[128];
    file->n = 0;
    if (!cut(&rest, "\033]1337;File=", "\a", &body) || rest.n > 0 || !kin_span_split(&body, ':', &head) ||
        !base64_decode(body, file))
        return false;
    snprintf(want, sizeof want, "inline=1;size=%zu;width=%d;height=%d;preserveAspectRatio=0;doNotMoveCursor=1", file->n,
             cols, rows);
    return kin_span_is(head, want);
}

static struct kin_span span_of(const struct image_bytes *b)
{
    return kin_span_make(b->p, b->n);
}

TEST(iterm_sends_the_frame_itself)
{
    static const struct make shapes[] = {{.grain = 12},
                                         {.drop_dht = true},
                                         {.space = JCS_GRAYSCALE, .drop_dht = true},
                                         {.progressive = true},
                                         {.optimize = true, .restart = 4},
                                         {.space = JCS_RGB},
                                         {.factors = {1, 1, 1, 1, 1, 1}}};
    struct iterm *t = NULL;
    struct image_bytes out = {0}, file = {0};
    struct kin_buf *jpeg = NULL;
    struct pixels got = {0}, want = {0};
    CHECK_INT(iterm_new(&t), KIN_OK);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct make make = shapes[i];
        make.width = 75, make.height = 43;
        jpeg = make_jpeg(&make);
        CHECK(jpeg != NULL);
        struct image_request q = {.jpeg = kin_buf_span(jpeg), .cols = 30, .rows = 10};
        CHECK(!iterm_needs_pixels(&q));
        out.n = 0;
        CHECK_INT(iterm_encode(t, &q, &out), KIN_OK);
        CHECK(read_file(&out, 30, 10, &file));
        CHECK(file.n <= jpeg->len + KIN_JPEG_DHT_BYTES);
        CHECK_INT(kin_span_find_str(span_of(&file), "\xff\xc4") < file.n, 1);
        make.drop_dht = false;
        kin_buf_unref(jpeg);
        jpeg = make_jpeg(&make);
        CHECK(jpeg != NULL && pixels_decode(kin_buf_span(jpeg), JCS_RGB, &want));
        CHECK(pixels_decode(span_of(&file), JCS_RGB, &got));
        CHECK(pixels_psnr(&got, &want) == 99);
        free(got.p), free(want.p);
        got.p = want.p = NULL;
        kin_buf_unref(jpeg);
        jpeg = NULL;
    }
out:
    free(got.p), free(want.p);
    kin_buf_unref(jpeg);
    image_bytes_deinit(&file);
    image_bytes_deinit(&out);
    iterm_free(t);
}

// Puts segments behind SOI, and takes EOI off.
static struct kin_buf *with_segments(const struct kin_buf *jpeg, const char *segments, size_t n)
{
    struct kin_buf *b = kin_buf_new(jpeg->len + n - 2);
    if (b == NULL)
        return NULL;
    memcpy(b->data, jpeg->data, 2);
    memcpy(b->data + 2, segments, n);
    memcpy(b->data + 2 + n, jpeg->data + 2, jpeg->len - 4);
    return b;
}

TEST(iterm_sends_no_metadata_and_always_an_end)
{
    static const char segments[] = "\xff\xe1\x00\x09secret!\xff\xfe\x00\x08secret";
    struct make make = {.width = 16, .height = 16};
    struct iterm *t = NULL;
    struct image_bytes out = {0}, file = {0};
    struct kin_buf *jpeg = make_jpeg(&make), *more = NULL;
    CHECK(jpeg != NULL);
    more = with_segments(jpeg, segments, sizeof segments - 1);
    CHECK(more != NULL);
    CHECK_INT(iterm_new(&t), KIN_OK);
    struct image_request q = {.jpeg = unit_guarded(more->data, more->len), .cols = 3, .rows = 2};
    CHECK_INT(iterm_encode(t, &q, &out), KIN_OK);
    CHECK(read_file(&out, 3, 2, &file));
    CHECK(kin_span_eq(span_of(&file), kin_buf_span(jpeg)));
out:
    kin_buf_unref(jpeg);
    kin_buf_unref(more);
    image_bytes_deinit(&file);
    image_bytes_deinit(&out);
    iterm_free(t);
}

TEST(iterm_wants_pixels_where_the_frame_will_not_do)
{
    static const struct make shapes[] = {{.arithmetic = true}, {.space = JCS_CMYK}};
    struct iterm *t = NULL;
    struct image_bytes out = {0};
    struct kin_buf *jpeg = NULL;
    CHECK_INT(iterm_new(&t), KIN_OK);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct make make = shapes[i];
        make.width = 40, make.height = 24;
        kin_buf_unref(jpeg);
        jpeg = make_jpeg(&make);
        CHECK(jpeg != NULL);
        struct image_request q = {.jpeg = kin_buf_span(jpeg), .cols = 30, .rows = 10};
        CHECK(iterm_needs_pixels(&q));
        CHECK_INT(iterm_encode(t, &q, &out), KIN_EINVAL);
    }
    struct make make = {.width = 40, .height = 24};
    kin_buf_unref(jpeg);
    jpeg = make_jpeg(&make);
    CHECK(jpeg != NULL);
    struct image_request q = {.jpeg = kin_buf_span(jpeg), .cols = 30, .rows = 10, .budget_bytes = jpeg->len};
    CHECK(iterm_needs_pixels(&q));
    q.still = true;
    CHECK(!iterm_needs_pixels(&q));
    for (size_t n = 0; n < jpeg->len; n += 5) { // cut anywhere: sent with an end, or not at all
        q.jpeg = unit_guarded(jpeg->data, n);
        out.n = 0;
        int err = iterm_encode(t, &q, &out);
        CHECK(iterm_needs_pixels(&q) ? err == KIN_EINVAL && out.n == 0 : err == KIN_OK);
    }
    jpeg->data[jpeg->len - 1] = KIN_JPEG_DQT; // regression: an end was put behind half a segment
    q.jpeg = kin_buf_span(jpeg);
    CHECK(iterm_needs_pixels(&q));
    jpeg->data[jpeg->len - 1] = KIN_JPEG_EOI;
    CHECK(!iterm_needs_pixels(&q));
    size_t dqt = kin_span_find_str(kin_buf_span(jpeg), "\xff\xdb");
    CHECK(dqt < jpeg->len);
    jpeg->data[dqt + 1] = 0xec; // no quantization table: nothing that could be added
    q.jpeg = kin_buf_span(jpeg);
    CHECK(iterm_needs_pixels(&q));
    q.rows = 0;
    CHECK_INT(iterm_encode(t, &q, &out), KIN_EINVAL);
out:
    kin_buf_unref(jpeg);
    image_bytes_deinit(&out);
    iterm_free(t);
}

TEST(iterm_recodes_to_the_budget)
{
    struct iterm *t = NULL;
    struct image_bytes out = {0}, file = {0};
    struct drawn d = draw(161, 91, 8, 24);
    struct pixels got = {0}, want = pack(&d.pixels);
    struct image_request q = {.pixels = &d.pixels, .cols = 40, .rows = 12};
    CHECK(d.rgb != NULL && want.p != NULL);
    CHECK_INT(iterm_new(&t), KIN_OK);
    CHECK_INT(iterm_encode(t, &q, &out), KIN_OK);
    CHECK(read_file(&out, 40, 12, &file));
    CHECK(pixels_decode(span_of(&file), JCS_RGB, &got));
    CHECK(pixels_psnr(&got, &want) >= 30);
    for (q.budget_bytes = 6000; q.budget_bytes >= 3000; q.budget_bytes -= 1000)
        for (int i = 0; i < 4; i++) {
            out.n = 0;
            CHECK_INT(iterm_encode(t, &q, &out), KIN_OK);
            CHECK(out.n <= q.budget_bytes);
            CHECK(i < 3 || out.n >= q.budget_bytes / 2);
        }
    q.budget_bytes = 1; // as few as can be
    out.n = 0;
    CHECK_INT(iterm_encode(t, &q, &out), KIN_OK);
    CHECK(read_file(&out, 40, 12, &file));
out:
    free(got.p), free(want.p), free(d.rgb);
    image_bytes_deinit(&file);
    image_bytes_deinit(&out);
    iterm_free(t);
}

TEST(recoding_comes_back_to_full_quality)
{
    struct recoder *r = NULL;
    struct kin_span jpeg = {0};
    struct drawn d = draw(5, 7, 0, 0), large = draw(320, 200, 0, 12);
    size_t full = 0;
    CHECK(d.rgb != NULL && large.rgb != NULL);
    CHECK_INT(recoder_new(&r), KIN_OK);
    CHECK_INT(recoder_encode(r, &d.pixels, 0, &jpeg), KIN_OK);
    CHECK_INT(recoder_encode(r, &large.pixels, 0, &jpeg), KIN_OK);
    full = jpeg.n;
    for (int i = 0; i < 4; i++)
        CHECK_INT(recoder_encode(r, &large.pixels, full / 3, &jpeg), KIN_OK);
    CHECK(jpeg.n <= full / 3);
    for (int i = 0; i < 12; i++)
        CHECK_INT(recoder_encode(r, &large.pixels, full * 2, &jpeg), KIN_OK);
    CHECK(jpeg.n >= full * 9 / 10);
out:
    free(d.rgb), free(large.rgb);
    recoder_free(r);
}

TEST(iterm_refuses_more_bytes_than_a_sequence_may_have)
{
    struct make make = {.width = 40, .height = 24};
    struct iterm *t = NULL;
    struct image_bytes out = {0};
    struct kin_buf *jpeg = make_jpeg(&make);
    CHECK(jpeg != NULL);
    CHECK_INT(iterm_new(&t), KIN_OK);
    struct image_request q = {.jpeg = kin_buf_span(jpeg), .cols = 3, .rows = 2};
    out.n = out.size = IMAGE_BYTES_MAX - 20; // as if it were full; nothing is read or written
    CHECK_INT(iterm_encode(t, &q, &out), KIN_ELIMIT);
    CHECK_INT(out.n, IMAGE_BYTES_MAX - 20);
out:
    kin_buf_unref(jpeg);
    image_bytes_deinit(&out);
    iterm_free(t);
}
