// jpeg/dc: the DC coefficients of every kind of JPEG are those that libjpeg reads, and damage stays where it is.
#include "jpeg/dc.h"

#include <stdlib.h>

#include "base/err.h"
#include "jpeg_make.h"
#include "unit.h"

// Decodes bytes in front of a guard page. The picture is the decoder's.
static int decode(struct kin_jpeg_dc *d, struct kin_span jpeg, struct kin_jpeg_dc_picture *ret)
{
    struct kin_jpeg_info info;
    struct kin_span guarded = unit_guarded(jpeg.p, jpeg.n);
    int err = kin_jpeg_walk(guarded, &info, NULL);
    return err == KIN_OK ? kin_jpeg_dc_decode(d, guarded, &info, ret) : err;
}

static int clamped(int v)
{
    return v < 0 ? 0 : v > 255 ? 255 : v;
}

static bool is_plane(const struct kin_jpeg_dc_plane *p, struct jpeg_decompress_struct *c, int i,
                     jvirt_barray_ptr blocks)
{
    const jpeg_component_info *info = &c->comp_info[i];
    bool same = p->width == info->width_in_blocks && p->height == info->height_in_blocks;
    for (JDIMENSION y = 0; y < info->height_in_blocks && same; y++) {
        JBLOCKROW row = c->mem->access_virt_barray((j_common_ptr)c, blocks, y, 1, FALSE)[0];
        for (JDIMENSION x = 0; x < info->width_in_blocks && same; x++)
            same = p->samples[y * p->stride + x] ==
                   clamped(128 + ((row[x][0] * info->quant_table->quantval[0] + 4) >> 3));
    }
    return same;
}

// Whether the planes are those that libjpeg's coefficients make.
static bool is_as_libjpeg(const struct kin_jpeg_dc_picture *picture, struct kin_span jpeg)
{
    struct jpeg_decompress_struct c;
    struct jpeg_error_mgr errors;
    c.err = jpeg_std_error(&errors);
    errors.emit_message = make_quiet;
    jpeg_create_decompress(&c);
    jpeg_mem_src(&c, jpeg.p, jpeg.n);
    jpeg_read_header(&c, TRUE);
    jvirt_barray_ptr *planes = jpeg_read_coefficients(&c);
    bool same = picture->count == (unsigned)c.num_components;
    for (int i = 0; i < c.num_components && same; i++)
        same = is_plane(&picture->planes[i], &c, i, planes[i]);
    jpeg_destroy_decompress(&c);
    return same;
}

// One decoder for all: what it keeps of a picture must not show in the next one.
TEST(means_are_those_of_libjpeg)
{
    static const struct make makes[] = {
        {.width = 320, .height = 240},
        {.width = 317, .height = 233, .factors = {2, 1, 1, 1, 1, 1}, .optimize = true},
        {.width = 150, .height = 90, .drop_dht = true},
        {.width = 150, .height = 90, .factors = {1, 1, 1, 1, 1, 1}, .grain = 40},
        {.width = 203, .height = 75, .space = JCS_GRAYSCALE, .optimize = true, .grain = 90, .quality = 99},
        {.width = 203, .height = 75, .factors = {4, 1, 1, 1, 1, 1}, .grain = 16},
        {.width = 99, .height = 75, .factors = {1, 2, 1, 1, 1, 1}, .restart = 1},
        {.width = 99, .height = 75, .factors = {2, 2, 1, 2, 2, 1}, .third_table = true},
        {.width = 99, .height = 75, .factors = {1, 1, 2, 2, 1, 1}, .restart = 40},
        {.width = 99, .height = 75, .factors = {3, 1, 1, 1, 1, 1}, .one_table = true},
        {.width = 320, .height = 240, .restart = 7, .grain = 200, .quality = 100},
        {.width = 320, .height = 240, .restart = 7, .optimize = true, .quality = 3, .step_add = 300},
        {.width = 1, .height = 1},
        {.width = 8, .height = 9, .restart = 65535},
    };
    struct kin_jpeg_dc *d = NULL;
    struct kin_jpeg_dc_picture picture;
    struct kin_buf *jpeg = NULL;
    CHECK_INT(kin_jpeg_dc_new(&d), KIN_OK);
    for (size_t i = 0; i < sizeof makes / sizeof makes[0]; i++) {
        jpeg = make_jpeg(&makes[i]);
        CHECK(jpeg != NULL);
        CHECK_INT(decode(d, kin_buf_span(jpeg), &picture), KIN_OK);
        CHECK(!picture.damaged);
        CHECK(is_as_libjpeg(&picture, kin_buf_span(jpeg)));
        kin_buf_unref(jpeg);
        jpeg = NULL;
    }
out:
    kin_buf_unref(jpeg);
    kin_jpeg_dc_free(d);
}

TEST(other_kinds_are_left_to_others)
{
    static const struct make makes[] = {
        {.width = 50, .height = 30, .progressive = true},
        {.width = 50, .height = 30, .arithmetic = true},
        {.width = 50, .height = 30, .separate_scans = true},
        {.width = 50, .height = 30, .space = JCS_CMYK},
    };
    const struct make plain = {.width = 50, .height = 30};
    struct kin_jpeg_dc *d = NULL;
    struct kin_jpeg_dc_picture picture;
    struct kin_buf *jpeg = NULL;
    CHECK_INT(kin_jpeg_dc_new(&d), KIN_OK);
    for (size_t i = 0; i < sizeof makes / sizeof makes[0]; i++) {
        jpeg = make_jpeg(&makes[i]);
        CHECK(jpeg != NULL);
        CHECK_INT(decode(d, kin_buf_span(jpeg), &picture), KIN_EUNSUPPORTED);
        kin_buf_unref(jpeg);
        jpeg = NULL;
    }
    jpeg = make_jpeg(&plain);
    CHECK(jpeg != NULL);
    size_t sof = kin_span_find_str(kin_buf_span(jpeg), "\xff\xc0"),
           dht = kin_span_find_str(kin_buf_span(jpeg), "\xff\xc4");
    CHECK(sof + 12 < jpeg->len && dht + 21 < jpeg->len);
    jpeg->data[sof + 12] = 3; // a quantization table that is not there
    CHECK_INT(decode(d, kin_buf_span(jpeg), &picture), KIN_EBAD);
    jpeg->data[sof + 12] = 0;
    jpeg->data[dht + 5] = 3; // three codes of one bit
    CHECK_INT(decode(d, kin_buf_span(jpeg), &picture), KIN_EBAD);
out:
    kin_buf_unref(jpeg);
    kin_jpeg_dc_free(d);
}

// --- codes made by hand

struct bit_writer {
    uint8_t *to;
    unsigned count; // bits
};

static void put(struct bit_writer *w, unsigned value, unsigned bits)
{
    while (bits-- > 0) {
        w->to[w->count / 8] = (uint8_t)(w->to[w->count / 8] | (value >> bits & 1) << (7 - w->count % 8));
        w->count++;
    }
}

// 40x8 gray, quantization 8. DC: 0 is size 0, 8000 size 7, 8001 size 9. AC: 0 ends the block, 8000 is a run of 3 and 15
// bits, 8001 a run of 15 without a value.
static const uint8_t long_codes[] = {
    0xff, 0xd8, 0xff, 0xdb, 0,    67, 0, 8, 8,  8, 8, 8,    8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8,    8,
    8,    8,    8,    8,    8,    8,  8, 8, 8,  8, 8, 8,    8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8,    8,
    8,    8,    8,    8,    8,    8,  8, 8, 8,  8, 8, 8,    8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8,          //
    0xff, 0xc0, 0,    11,   8,    0,  8, 0, 40, 1, 1, 0x11, 0,                                        //
    0xff, 0xc4, 0,    22,   0x00, 1,  0, 0, 0,  0, 0, 0,    0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 7,    9,    //
    0xff, 0xc4, 0,    22,   0x10, 1,  0, 0, 0,  0, 0, 0,    0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0x3f, 0xf0, //
    0xff, 0xda, 0,    8,    1,    1,  0, 0, 63, 0};

TEST(long_codes_are_read_one_by_one)
{
    static const uint8_t want[] = {228, 228, 158, 255, 158};
    uint8_t file[256] = {0};
    struct bit_writer w = {file + sizeof long_codes, 0};
    struct kin_jpeg_dc *d = NULL;
    struct kin_jpeg_dc_picture picture;
    memcpy(file, long_codes, sizeof long_codes);
    put(&w, 0x8000, 16), put(&w, 100, 7), put(&w, 0, 1);                    // +100
    put(&w, 0, 1), put(&w, 0x8000, 16), put(&w, 0x1234, 15), put(&w, 0, 1); // +0, a coefficient
    put(&w, 0x8000, 16), put(&w, 127 - 70, 7);                              // -70, and runs up to the last coefficient
    put(&w, 0x8001, 16), put(&w, 0x8001, 16), put(&w, 0x8001, 16), put(&w, 0x8000, 16), put(&w, 1, 15);
    put(&w, 0x8000, 16), put(&w, 1, 15), put(&w, 0x8000, 16), put(&w, 1, 15), put(&w, 0, 1);
    put(&w, 0x8001, 16), put(&w, 300, 9), put(&w, 0, 1);       // +300: beyond white
    put(&w, 0x8001, 16), put(&w, 511 - 300, 9), put(&w, 0, 1); // -300
    size_t n = sizeof long_codes + (w.count + 7) / 8;
    CHECK_INT(kin_jpeg_dc_new(&d), KIN_OK);
    CHECK_INT(decode(d, kin_span_make(file, n), &picture), KIN_OK);
    CHECK(picture.count == 1 && picture.planes[0].width == 5 && picture.planes[0].height == 1);
    for (size_t i = 0; i < sizeof want; i++)
        CHECK_INT(picture.planes[0].samples[i], want[i]);
    CHECK(!picture.damaged);
    CHECK_INT(decode(d, kin_span_make(file, n - 3), &picture), KIN_OK);
    CHECK(picture.damaged && picture.planes[0].samples[3] == 255 && picture.planes[0].samples[4] == 128);
    memset(file + sizeof long_codes, 0xfe, 8); // bits that are no code
    CHECK_INT(decode(d, kin_span_make(file, n), &picture), KIN_OK);
    CHECK(picture.damaged);
out:
    kin_jpeg_dc_free(d);
}

// --- damage

struct damage { // a picture of one component, and its plane when it is whole
    struct kin_jpeg_dc *d;
    struct kin_buf *jpeg;
    struct kin_jpeg_info info;
    uint8_t whole[64 * 64];
    size_t n;
};

static int damage_init(struct damage *t, unsigned restart)
{
    const struct make make = {
        .width = 160, .height = 128, .space = JCS_GRAYSCALE, .restart = restart, .grain = 30, .quality = 90};
    struct kin_jpeg_dc_picture picture;
    *t = (struct damage){.jpeg = make_jpeg(&make), .n = 20 * 16};
    if (t->jpeg == NULL || kin_jpeg_dc_new(&t->d) != KIN_OK)
        return KIN_ENOMEM;
    int err = kin_jpeg_walk(kin_buf_span(t->jpeg), &t->info, NULL);
    if (err == KIN_OK)
        err = decode(t->d, kin_buf_span(t->jpeg), &picture);
    if (err == KIN_OK)
        memcpy(t->whole, picture.planes[0].samples, t->n);
    return err;
}

static void damage_deinit(struct damage *t)
{
    kin_jpeg_dc_free(t->d);
    kin_buf_unref(t->jpeg);
}

// Samples from `from` on up to `to` that are as they should be, or gray.
static size_t same(const struct damage *t, const struct kin_jpeg_dc_picture *p, size_t from, size_t to)
{
    size_t n = 0;
    for (size_t i = from; i < to; i++)
        n += p->planes[0].samples[i] == t->whole[i];
    return n;
}

static size_t gray(const struct kin_jpeg_dc_picture *p, size_t from, size_t to)
{
    size_t n = 0;
    for (size_t i = from; i < to; i++)
        n += p->planes[0].samples[i] == 128;
    return n;
}

TEST(a_cut_picture_is_there_up_to_the_cut)
{
    struct damage t;
    struct kin_jpeg_dc_picture picture;
    CHECK_INT(damage_init(&t, 0), KIN_OK);
    for (size_t n = 0; n < t.info.scan.n; n += 5) {
        CHECK_INT(decode(t.d, kin_span_make(t.jpeg->data, t.info.scan_offset + n), &picture), KIN_OK);
        CHECK(picture.damaged);
        size_t there = same(&t, &picture, 0, t.n), left = gray(&picture, 0, t.n);
        CHECK(there + left + 4 >= t.n && (there + 2) * t.info.scan.n >= n * t.n / 2);
    }
out:
    damage_deinit(&t);
}

// Wherever a byte is wrong: nothing worse happens than another picture, and not behind the next restart marker.
TEST(damage_ends_at_a_restart)
{
    struct damage t;
    struct kin_jpeg_dc_picture picture;
    CHECK_INT(damage_init(&t, 20), KIN_OK); // lines of blocks
    for (size_t at = 0; at < t.jpeg->len; at += at < t.info.scan_offset ? 1 : 3) {
        uint8_t *byte = &t.jpeg->data[at], was = *byte;
        *byte = (uint8_t)(was ^ 0x55);
        int err = decode(t.d, kin_buf_span(t.jpeg), &picture);
        bool marker = was == 0xff || *byte == 0xff || (at > 0 && byte[-1] == 0xff);
        if (at >= t.info.scan_offset && at < t.info.scan_offset + t.info.scan.n && !marker)
            CHECK(err == KIN_OK && same(&t, &picture, 0, t.n) >= t.n - 20);
        *byte = was;
    }
    CHECK_INT(decode(t.d, kin_buf_span(t.jpeg), &picture), KIN_OK);
    CHECK(same(&t, &picture, 0, t.n) == t.n && !picture.damaged);
out:
    damage_deinit(&t);
}

// Where restart marker n is, from 0; the end of the scan when there are fewer.
static size_t find_restart(const struct damage *t, unsigned n)
{
    for (size_t at = t->info.scan_offset; at + 1 < t->jpeg->len; at++)
        if (t->jpeg->data[at] == 0xff && (t->jpeg->data[at + 1] & 0xf8) == KIN_JPEG_RST0 && n-- == 0)
            return at;
    return t->info.scan_offset + t->info.scan.n;
}

TEST(missing_intervals_are_gray_and_doubled_ones_are_skipped)
{
    struct damage t;
    struct kin_jpeg_dc_picture picture;
    struct kin_buf *other = NULL;
    CHECK_INT(damage_init(&t, 20), KIN_OK);
    size_t third = find_restart(&t, 2), fourth = find_restart(&t, 3), fifth = find_restart(&t, 4);
    other = kin_buf_new(t.jpeg->len * 2);
    CHECK(other != NULL);
    memcpy(other->data, t.jpeg->data, third); // without lines 3 and 4
    memcpy(other->data + third, t.jpeg->data + fifth, t.jpeg->len - fifth);
    CHECK_INT(decode(t.d, kin_span_make(other->data, t.jpeg->len - (fifth - third)), &picture), KIN_OK);
    CHECK_INT(same(&t, &picture, 0, 3 * 20), 3 * 20);
    CHECK_INT(gray(&picture, 3 * 20, 5 * 20), 2 * 20);
    CHECK_INT(same(&t, &picture, 5 * 20, t.n), t.n - 5 * 20);
    CHECK(picture.damaged);
    memcpy(other->data, t.jpeg->data, fourth); // line 3 twice
    memcpy(other->data + fourth, t.jpeg->data + third, t.jpeg->len - third);
    CHECK_INT(decode(t.d, kin_span_make(other->data, t.jpeg->len + (fourth - third)), &picture), KIN_OK);
    CHECK_INT(same(&t, &picture, 0, t.n), t.n);
    CHECK(picture.damaged);
out:
    kin_buf_unref(other);
    damage_deinit(&t);
}
