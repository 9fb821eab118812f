// jpeg/rewrite: every shape becomes one that RFC 2435 can say; the same pixels where that is promised, close ones else.
#include "base/err.h"
#include "jpeg/half.h"
#include "jpeg/rewrite.h"
#include "jpeg_make.h"
#include "sample.h"
#include "unit.h"

#define CONVERTED_DB 40.0

struct outcome {
    struct kin_jpeg_info before, after;
    uint32_t incompatibilities;
    enum kin_jpeg_conversion conversion;
    struct kin_buf *jpeg;
    double psnr, plain_psnr, luma_psnr; // in RGB by smooth decoders and by those that repeat; of Y
    const char *why;
};

static double compare(struct kin_span a, struct kin_span b, J_COLOR_SPACE space, bool smooth)
{
    struct pixels x, y;
    bool decoded = pixels_decode_as(a, space, smooth, &x);
    bool both = pixels_decode_as(b, space, smooth, &y) && decoded;
    double psnr = both ? pixels_psnr(&x, &y) : -1;
    free(x.p);
    free(y.p);
    return psnr;
}

// Rewrites a guarded copy; what comes out must fit, without restart markers. KIN_OK or the error.
static int rewrite(struct kin_span jpeg, struct outcome *o)
{
    struct kin_jpeg_rtp rtp = {0};
    *o = (struct outcome){.why = NULL};
    struct kin_span in = unit_guarded(jpeg.p, jpeg.n);
    int err = kin_jpeg_walk(in, &o->before, NULL);
    if (err != KIN_OK)
        return err;
    o->incompatibilities = kin_jpeg_incompatibilities(&o->before);
    o->conversion = kin_jpeg_conversion(o->incompatibilities);
    err = kin_jpeg_rewrite(in, &o->before, NULL, &o->jpeg, &o->why);
    if (err != KIN_OK)
        return err;
    if (kin_jpeg_walk(kin_buf_span(o->jpeg), &o->after, NULL) != KIN_OK ||
        kin_jpeg_compat(&o->after, &rtp) != KIN_JPEG_COMPAT_OK || rtp.type > 1)
        return KIN_EBAD;
    return o->after.width == o->before.width && o->after.height == o->before.height ? KIN_OK : KIN_ERANGE;
}

static void measure(struct kin_span before, struct outcome *o)
{
    struct kin_span after = kin_buf_span(o->jpeg);
    o->psnr = compare(before, after, JCS_RGB, true);
    o->plain_psnr = compare(before, after, JCS_RGB, false);
    o->luma_psnr = o->before.component_count == 3 ? compare(before, after, JCS_GRAYSCALE, true) : 0;
}

static bool told; // the measurements were printed

struct shape {
    const char *name;
    struct make make;
    enum kin_jpeg_conversion conversion;
};

static void check_shape(const struct shape *s, uint16_t width, uint16_t height)
{
    struct make make = s->make;
    struct outcome o = {.jpeg = NULL};
    make.width = width;
    make.height = height;
    struct kin_buf *jpeg = make_jpeg(&make);
    CHECK(jpeg != NULL);
    CHECK_INT(rewrite(kin_buf_span(jpeg), &o), KIN_OK);
    CHECK_INT(o.conversion, s->conversion);
    measure(kin_buf_span(jpeg), &o);
    bool exact = kin_jpeg_conversion_loss(o.conversion) != KIN_JPEG_LOSS_CONVERTED;
    if (!unit_failed() && !told)
        printf("  %-22s %ux%u %s: %.1f dB, %.1f by plain decoders, luma %.1f dB, %zu -> %zu bytes\n", s->name, width,
               height, kin_jpeg_loss_str(kin_jpeg_conversion_loss(o.conversion)), o.psnr, o.plain_psnr, o.luma_psnr,
               jpeg->len, o.jpeg->len);
    CHECK(exact ? o.psnr == 99 : o.psnr >= CONVERTED_DB);
    CHECK(exact ? o.plain_psnr == 99 : o.plain_psnr >= CONVERTED_DB);
    CHECK(o.conversion != KIN_JPEG_CONVERSION_RESAMPLE || o.luma_psnr == 99);
out:
    kin_buf_unref(jpeg);
    kin_buf_unref(o.jpeg);
}

static const struct shape lossless[] = {
    {"nothing to do", {0}, KIN_JPEG_CONVERSION_NOTHING},
    {"restart intervals", {.restart = 3}, KIN_JPEG_CONVERSION_NOTHING},
    {"optimized", {.optimize = true}, KIN_JPEG_CONVERSION_HUFFMAN},
    {"optimized 4:2:2", {.optimize = true, .factors = {2, 1, 1, 1, 1, 1}}, KIN_JPEG_CONVERSION_HUFFMAN},
    {"optimized, restarts", {.optimize = true, .restart = 5}, KIN_JPEG_CONVERSION_HUFFMAN},
    {"progressive", {.progressive = true}, KIN_JPEG_CONVERSION_BASELINE},
    {"progressive 4:2:2", {.progressive = true, .factors = {2, 1, 1, 1, 1, 1}}, KIN_JPEG_CONVERSION_BASELINE},
    {"multi-scan", {.separate_scans = true}, KIN_JPEG_CONVERSION_BASELINE},
    {"arithmetic", {.arithmetic = true}, KIN_JPEG_CONVERSION_BASELINE},
    {"2x2,1x2", {.factors = {2, 2, 1, 2, 1, 2}}, KIN_JPEG_CONVERSION_FACTORS},
    {"4x1,2x1", {.factors = {4, 1, 2, 1, 2, 1}}, KIN_JPEG_CONVERSION_FACTORS},
    {"4x2,2x1", {.separate_scans = true, .factors = {4, 2, 2, 1, 2, 1}}, KIN_JPEG_CONVERSION_FACTORS},
    {"2x4,1x2", {.separate_scans = true, .factors = {2, 4, 1, 2, 1, 2}}, KIN_JPEG_CONVERSION_FACTORS},
    {"gray", {.space = JCS_GRAYSCALE}, KIN_JPEG_CONVERSION_COLOURLESS},
    {"gray progressive", {.space = JCS_GRAYSCALE, .progressive = true}, KIN_JPEG_CONVERSION_COLOURLESS},
    {"gray 2x2", {.space = JCS_GRAYSCALE, .factors = {2, 2}}, KIN_JPEG_CONVERSION_COLOURLESS},
};

static const struct shape converted[] = {
    {"4:4:4", {.factors = {1, 1, 1, 1, 1, 1}}, KIN_JPEG_CONVERSION_RESAMPLE},
    {"4:4:4 as 2x2,2x2", {.separate_scans = true, .factors = {2, 2, 2, 2, 2, 2}}, KIN_JPEG_CONVERSION_RESAMPLE},
    {"4:4:4 progressive", {.progressive = true, .factors = {1, 1, 1, 1, 1, 1}}, KIN_JPEG_CONVERSION_RESAMPLE},
    {"4:4:4 q 100", {.quality = 100, .factors = {1, 1, 1, 1, 1, 1}}, KIN_JPEG_CONVERSION_RESAMPLE},
    {"4:4:0", {.factors = {1, 2, 1, 1, 1, 1}}, KIN_JPEG_CONVERSION_RESAMPLE},
    {"4:1:1", {.factors = {4, 1, 1, 1, 1, 1}}, KIN_JPEG_CONVERSION_RESAMPLE},
    {"4:1:0", {.factors = {4, 2, 1, 1, 1, 1}}, KIN_JPEG_CONVERSION_REENCODE},
    {"3x1,1x1", {.factors = {3, 1, 1, 1, 1, 1}}, KIN_JPEG_CONVERSION_REENCODE},
    {"2x2,2x1,1x2", {.factors = {2, 2, 2, 1, 1, 2}}, KIN_JPEG_CONVERSION_REENCODE},
    {"steps above 255", {.step_add = 250}, KIN_JPEG_CONVERSION_REQUANTIZE},
    {"Cr table", {.third_table = true}, KIN_JPEG_CONVERSION_REQUANTIZE},
    {"Cr table, 4:4:4", {.third_table = true, .factors = {1, 1, 1, 1, 1, 1}}, KIN_JPEG_CONVERSION_RESAMPLE},
    {"RGB", {.space = JCS_RGB, .quality = 95}, KIN_JPEG_CONVERSION_REENCODE},
};

static const uint16_t sizes[][2] = {{131, 67}, {64, 48}, {1, 1}, {17, 33}};

TEST(lossless_shapes_keep_their_pixels)
{
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++)
        for (size_t i = 0; i < sizeof lossless / sizeof lossless[0]; i++)
            check_shape(&lossless[i], sizes[k][0], sizes[k][1]);
    told = true;
}

TEST(converted_shapes_come_close)
{
    static bool done; // the large ones once
    told = done;
    for (size_t i = 0; i < sizeof converted / sizeof converted[0]; i++)
        check_shape(&converted[i], 131, 67);
    for (size_t i = 0; !done && i < sizeof converted / sizeof converted[0]; i++) {
        check_shape(&converted[i], 64, 48);
        check_shape(&converted[i], 641, 479);
    }
    done = true;
}

// Rounding new samples as coarsely as the file does would cost another 2 to 3 dB.
TEST(a_second_rounding_adds_little)
{
    static const struct {
        struct make make;
        double least;
    } table[] = {
        {{.width = 64, .height = 48, .factors = {1, 1, 1, 1, 1, 1}}, 47},     // 45.2 with the file's steps
        {{.width = 64, .height = 48, .space = JCS_RGB, .quality = 75}, 45.2}, // 42.9
    };
    struct outcome o = {.jpeg = NULL};
    struct kin_buf *jpeg = NULL;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        jpeg = make_jpeg(&table[i].make);
        CHECK(jpeg != NULL);
        CHECK_INT(rewrite(kin_buf_span(jpeg), &o), KIN_OK);
        measure(kin_buf_span(jpeg), &o);
        CHECK(o.psnr > table[i].least);
        kin_buf_unref(jpeg);
        kin_buf_unref(o.jpeg);
        jpeg = o.jpeg = NULL;
    }
out:
    kin_buf_unref(jpeg);
    kin_buf_unref(o.jpeg);
}

static uint8_t *place(struct kin_buf *jpeg, const char *bytes, size_t n);

// What lies in the last blocks beyond an odd edge is no part of the picture: here it is another colour.
TEST(nothing_comes_in_from_beyond_the_edge)
{
    struct make make = {.width = 64, .height = 16, .factors = {1, 1, 1, 1, 1, 1}, .quality = 95};
    struct outcome o = {.jpeg = NULL};
    struct pixels want = {0}, got = {0};
    struct kin_buf *jpeg = make_jpeg(&make);
    uint8_t *sof = place(jpeg, "\xff\xc0\x00\x11", 4);
    CHECK(jpeg != NULL && sof != NULL);
    sof[8] = 57; // one column of the last block, whose colours change quickly
    CHECK_INT(rewrite(kin_buf_span(jpeg), &o), KIN_OK);
    CHECK(pixels_decode_as(kin_buf_span(jpeg), JCS_YCbCr, false, &want));
    CHECK(pixels_decode_as(kin_buf_span(o.jpeg), JCS_YCbCr, false, &got));
    for (size_t y = 0; y < 16; y++)
        for (size_t i = 0; i < 3; i++)
            CHECK(abs(want.p[(y * 57 + 56) * 3 + i] - got.p[(y * 57 + 56) * 3 + i]) <= 2);
out:
    free(want.p);
    free(got.p);
    kin_buf_unref(jpeg);
    kin_buf_unref(o.jpeg);
}

TEST(the_sample_files_are_rewritten)
{
    static const char *const names[] = {"420.jpg", "422.jpg",    "422_2x2_1x2.jpg",   "444.jpg",   "440.jpg",
                                        "411.jpg", "gray.jpg",   "progressive.jpg",   "nodht.jpg", "optimized.jpg",
                                        "dri.jpg", "onedqt.jpg", "exif_thumbnail.jpg"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct outcome o = {.jpeg = NULL};
        struct kin_buf *jpeg = sample_load(names[i]);
        int err = jpeg != NULL ? rewrite(kin_buf_span(jpeg), &o) : KIN_ENOMEM;
        if (err == KIN_OK)
            measure(kin_buf_span(jpeg), &o);
        bool exact = kin_jpeg_conversion_loss(o.conversion) != KIN_JPEG_LOSS_CONVERTED;
        bool good = exact ? o.psnr == 99 : o.luma_psnr == 99 && o.psnr > 25; // coloured stripes one pixel wide
        kin_buf_unref(jpeg);
        kin_buf_unref(o.jpeg);
        CHECK_INT(err, KIN_OK);
        CHECK(good);
    }
out:;
}

// libjpeg decodes four components to CMYK only; the light that Adobe's ink lets through is the colour.
TEST(ink_becomes_light)
{
    static const J_COLOR_SPACE spaces[] = {JCS_CMYK, JCS_YCCK};
    struct kin_buf *jpeg = NULL;
    struct pixels ink = {0}, light = {0};
    struct outcome o = {.jpeg = NULL};
    for (size_t i = 0; i < 2; i++) {
        struct make make = {.width = 131, .height = 67, .space = spaces[i], .quality = 95};
        jpeg = make_jpeg(&make);
        CHECK(jpeg != NULL);
        CHECK_INT(rewrite(kin_buf_span(jpeg), &o), KIN_OK);
        CHECK_INT(o.conversion, KIN_JPEG_CONVERSION_REENCODE);
        CHECK(pixels_decode(kin_buf_span(jpeg), JCS_CMYK, &ink));
        CHECK(pixels_decode(kin_buf_span(o.jpeg), JCS_RGB, &light));
        for (size_t k = 0; k < ink.n / 4; k++)
            for (size_t c = 0; c < 3; c++)
                ink.p[3 * k + c] = (uint8_t)(ink.p[4 * k + c] * ink.p[4 * k + 3] / 255);
        ink.n = light.n;
        CHECK(pixels_psnr(&ink, &light) >= CONVERTED_DB);
        free(ink.p);
        free(light.p);
        kin_buf_unref(jpeg);
        kin_buf_unref(o.jpeg);
        ink.p = light.p = NULL;
        jpeg = o.jpeg = NULL;
    }
out:
    free(ink.p);
    free(light.p);
    kin_buf_unref(jpeg);
    kin_buf_unref(o.jpeg);
}

// --- refused

// The first place where `bytes` stand; NULL when there is none or no JPEG.
static uint8_t *place(struct kin_buf *jpeg, const char *bytes, size_t n)
{
    for (size_t i = 0; jpeg != NULL && i + n <= jpeg->len; i++)
        if (memcmp(jpeg->data + i, bytes, n) == 0)
            return jpeg->data + i;
    return NULL;
}

static struct kin_buf *film_of(struct make make)
{
    make.width = 64;
    make.height = 48;
    return make_jpeg(&make);
}

TEST(what_no_conversion_helps_is_refused)
{
    struct outcome o = {.jpeg = NULL};
    struct kin_buf *jpeg = film_of((struct make){.optimize = true});
    uint8_t *sof = place(jpeg, "\xff\xc0\x00\x11", 4);
    CHECK(jpeg != NULL && sof != NULL);
    sof[4] = 12;
    CHECK_INT(rewrite(kin_buf_span(jpeg), &o), KIN_EUNSUPPORTED);
    CHECK_INT(o.conversion, KIN_JPEG_CONVERSION_IMPOSSIBLE);
    sof[4] = 8;
    sof[1] = 0xc3; // lossless coding
    CHECK_INT(rewrite(kin_buf_span(jpeg), &o), KIN_EUNSUPPORTED);
    CHECK(o.incompatibilities == 1u << KIN_JPEG_COMPAT_PROCESS);
    sof[1] = 0xc0;
    sof[5] = sof[6] = sof[7] = sof[8] = 0xff; // 65535x65535
    CHECK_INT(rewrite(kin_buf_span(jpeg), &o), KIN_ELIMIT);
    CHECK_SPAN(kin_span_str(o.why), "the picture is too large to be rewritten");
out:
    kin_buf_unref(jpeg);
    kin_buf_unref(o.jpeg);
}

// Coefficients that no encoder makes out of pixels: Cr is to share Cb's steps of 1, which multiplies it by 255.
TEST(coefficients_without_codes_are_refused)
{
    struct outcome o = {.jpeg = NULL};
    struct kin_buf *jpeg = film_of((struct make){.third_table = true});
    uint8_t *cb = place(jpeg, "\xff\xdb\x00\x43\x01", 5), *cr = place(jpeg, "\xff\xdb\x00\x43\x02", 5);
    CHECK(jpeg != NULL && cb != NULL && cr != NULL);
    memset(cb + 5, 1, 64);
    memset(cr + 5, 255, 64);
    CHECK_INT(rewrite(kin_buf_span(jpeg), &o), KIN_EUNSUPPORTED);
    CHECK_SPAN(kin_span_str(o.why), "a coefficient is too large for the standard Huffman tables");
out:
    kin_buf_unref(jpeg);
    kin_buf_unref(o.jpeg);
}

// Each scan costs a pass over the picture, however short it is.
TEST(a_flood_of_scans_is_refused)
{
    struct outcome o = {.jpeg = NULL};
    struct kin_buf *jpeg = film_of((struct make){.progressive = true}), *flood = NULL;
    uint8_t *sos = place(jpeg, "\xff\xda", 2);
    CHECK(jpeg != NULL && sos != NULL);
    size_t head = (size_t)(sos - jpeg->data), scan = 0;
    while (sos[2 + scan] != 0xff || sos[3 + scan] == 0 || scan < 14)
        scan++;
    scan += 2;
    flood = kin_buf_new(jpeg->len + 80 * scan);
    CHECK(flood != NULL);
    memcpy(flood->data, jpeg->data, head);
    for (size_t i = 0; i < 80; i++)
        memcpy(flood->data + head + i * scan, sos, scan);
    memcpy(flood->data + head + 80 * scan, sos, jpeg->len - head);
    CHECK_INT(rewrite(kin_buf_span(flood), &o), KIN_ELIMIT);
    CHECK_SPAN(kin_span_str(o.why), "more than 64 scans");
out:
    kin_buf_unref(jpeg);
    kin_buf_unref(flood);
    kin_buf_unref(o.jpeg);
}

// A file cut off anywhere gives a picture or an error, never a crash.
TEST(truncation_is_survived)
{
    static const char *const names[] = {"optimized.jpg", "progressive.jpg", "444.jpg", "gray.jpg"};
    static bool done; // once is enough
    for (size_t i = 0; !done && i < sizeof names / sizeof names[0]; i++) {
        struct kin_buf *jpeg = sample_load(names[i]);
        for (size_t n = 0; jpeg != NULL && n < jpeg->len; n++) {
            struct outcome o = {.jpeg = NULL};
            uint8_t *cut = malloc(n + 1);
            if (cut == NULL)
                break;
            memcpy(cut, jpeg->data, n);
            if (kin_jpeg_walk(kin_span_make(cut, n), &o.before, NULL) == KIN_OK)
                (void)kin_jpeg_rewrite(kin_span_make(cut, n), &o.before, NULL, &o.jpeg, NULL);
            kin_buf_unref(o.jpeg);
            free(cut);
        }
        kin_buf_unref(jpeg);
    }
    done = true;
}

TEST(a_canceled_rewrite_ends_early)
{
    struct kin_jpeg_info info;
    struct kin_buf *file = sample_load("progressive.jpg"), *out = NULL;
    atomic_bool canceled = true;
    CHECK(file != NULL);
    CHECK_INT(kin_jpeg_walk(kin_buf_span(file), &info, NULL), KIN_OK);
    CHECK_INT(kin_jpeg_rewrite(kin_buf_span(file), &info, &canceled, &out, NULL), KIN_ECANCELED);
    CHECK(out == NULL);
out:
    kin_buf_unref(file);
}

// 4:2:0 keeps one and a half coefficients of two bytes for each pixel of whole MCUs.
TEST(the_memory_of_a_rewrite_is_known_beforehand)
{
    struct kin_jpeg_info info = {.sof = KIN_JPEG_SOF2, .bits = 8, .width = 33, .height = 16, .component_count = 3};
    info.components[0] = (struct kin_jpeg_component){.id = 1, .h = 2, .v = 2};
    info.components[1] = info.components[2] = (struct kin_jpeg_component){.id = 2, .h = 1, .v = 1};
    size_t rows = 128 * 33 * 3;
    CHECK_INT(kin_jpeg_rewrite_memory(&info), rows + 48 * 16 * 3);
    CHECK_INT(kin_jpeg_half_memory(&info), rows + 48 * 16 * 3);
    info.sof = KIN_JPEG_SOF0;
    info.scan_count = 1;
    info.first_scan_components = 3;
    CHECK_INT(kin_jpeg_half_memory(&info), rows);
out:;
}
