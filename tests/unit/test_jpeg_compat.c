// jpeg/fit: which pictures RFC 2435 can say, and what is in the way of the others.
#include "base/err.h"
#include "jpeg/compat.h"
#include "jpeg/conversion.h"
#include "sample.h"
#include "unit.h"

TEST(samples_fit_or_say_why)
{
    static const struct {
        const char *name, *sampling;
        enum kin_jpeg_compat compat;
        uint8_t type;
    } want[] = {
        {"420.jpg", "4:2:0", KIN_JPEG_COMPAT_OK, 1},
        {"422.jpg", "4:2:2", KIN_JPEG_COMPAT_OK, 0},
        {"dri.jpg", "4:2:0", KIN_JPEG_COMPAT_OK, 65},
        {"nodht.jpg", "4:2:0", KIN_JPEG_COMPAT_OK, 1},
        {"onedqt.jpg", "4:2:0", KIN_JPEG_COMPAT_OK, 1},
        {"exif_thumbnail.jpg", "4:2:0", KIN_JPEG_COMPAT_OK, 1},
        {"422_2x2_1x2.jpg", "4:2:2", KIN_JPEG_COMPAT_SAMPLING_FACTORS, 0},
        {"444.jpg", "4:4:4", KIN_JPEG_COMPAT_SAMPLING_444, 0},
        {"440.jpg", "4:4:0", KIN_JPEG_COMPAT_SAMPLING_440, 0},
        {"411.jpg", "4:1:1", KIN_JPEG_COMPAT_SAMPLING_411, 0},
        {"gray.jpg", "gray", KIN_JPEG_COMPAT_GRAY, 0},
        {"progressive.jpg", "4:2:0", KIN_JPEG_COMPAT_PROGRESSIVE, 0},
        {"optimized.jpg", "4:2:0", KIN_JPEG_COMPAT_HUFFMAN, 0},
    };
    struct kin_buf *file = NULL;
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        struct kin_jpeg_info info;
        struct kin_jpeg_rtp rtp = {.type = 99};
        file = sample_load(want[i].name);
        CHECK(file != NULL);
        CHECK_INT(kin_jpeg_walk(kin_buf_span(file), &info, NULL), KIN_OK);
        CHECK_SPAN(kin_span_str(kin_jpeg_sampling_str(&info)), want[i].sampling);
        CHECK_INT(kin_jpeg_compat(&info, &rtp), want[i].compat);
        CHECK_INT(rtp.type, want[i].compat == KIN_JPEG_COMPAT_OK ? want[i].type : 99);
        kin_buf_unref(file);
        file = NULL;
    }
out:
    kin_buf_unref(file);
}

TEST(a_fit_says_what_to_send)
{
    struct kin_jpeg_info info;
    struct kin_jpeg_rtp rtp;
    struct kin_buf *file = sample_load("dri.jpg");
    CHECK(file != NULL);
    CHECK_INT(kin_jpeg_walk(kin_buf_span(file), &info, NULL), KIN_OK);
    CHECK_INT(kin_jpeg_compat(&info, &rtp), KIN_JPEG_COMPAT_OK);
    CHECK_INT(rtp.width, 64);
    CHECK_INT(rtp.height, 48);
    CHECK_INT(rtp.restart_interval, 3);
    CHECK(kin_span_eq(rtp.quant[0], info.dqt[0].data));
    CHECK(kin_span_eq(rtp.quant[1], info.dqt[1].data));
    CHECK(kin_span_eq(rtp.scan, info.scan));
out:
    kin_buf_unref(file);
}

TEST(one_table_serves_both)
{
    struct kin_jpeg_info info;
    struct kin_jpeg_rtp rtp;
    struct kin_buf *file = sample_load("onedqt.jpg");
    CHECK(file != NULL);
    CHECK_INT(kin_jpeg_walk(kin_buf_span(file), &info, NULL), KIN_OK);
    CHECK_INT(kin_jpeg_compat(&info, &rtp), KIN_JPEG_COMPAT_OK);
    CHECK_INT(rtp.quant[0].n, 64);
    CHECK(rtp.quant[0].p == rtp.quant[1].p);
out:
    kin_buf_unref(file);
}

static const uint8_t table_a[128], table_b[128] = {1};

// A 4:2:0 picture that fits; the cases change one thing each.
static struct kin_jpeg_info fitting(void)
{
    struct kin_jpeg_info info = {
        .sof = KIN_JPEG_SOF0,
        .bits = 8,
        .width = 16,
        .height = 16,
        .component_count = 3,
        .components = {{1, 2, 2, 0, 0, 0}, {2, 1, 1, 1, 1, 1}, {3, 1, 1, 1, 1, 1}},
        .dqt = {{true, 0, {table_a, 64}}, {true, 0, {table_a, 64}}},
        .standard_huffman = true,
        .scan_count = 1,
        .first_scan_components = 3,
        .scan = {table_a, 64},
    };
    return info;
}

static enum kin_jpeg_compat fit_of(const struct kin_jpeg_info *info)
{
    struct kin_jpeg_rtp rtp;
    return kin_jpeg_compat(info, &rtp);
}

TEST(each_incompatibility_is_named)
{
    struct kin_jpeg_info info = fitting();
    CHECK_INT(fit_of(&info), KIN_JPEG_COMPAT_OK);
    info.sof = 0xc9; // arithmetic
    CHECK_INT(fit_of(&info), KIN_JPEG_COMPAT_CODING);
    info.sof = 0xc3; // lossless
    CHECK_INT(fit_of(&info), KIN_JPEG_COMPAT_PROCESS);
    info.sof = KIN_JPEG_SOF1;
    CHECK_INT(fit_of(&info), KIN_JPEG_COMPAT_OK);
    info.bits = 12;
    CHECK_INT(fit_of(&info), KIN_JPEG_COMPAT_BITS);
    info = fitting();
    info.scan_count = 3;
    CHECK_INT(fit_of(&info), KIN_JPEG_COMPAT_PROGRESSIVE);
    info = fitting();
    info.component_count = info.first_scan_components = 4;
    CHECK_INT(fit_of(&info), KIN_JPEG_COMPAT_CMYK);
    info.component_count = info.first_scan_components = 2;
    CHECK_INT(fit_of(&info), KIN_JPEG_COMPAT_COMPONENTS);
    info = fitting();
    info.has_adobe = true;
    CHECK_INT(fit_of(&info), KIN_JPEG_COMPAT_RGB);
    info.adobe_transform = 1;
    CHECK_INT(fit_of(&info), KIN_JPEG_COMPAT_OK);
    info = fitting();
    info.components[0].id = 'R', info.components[1].id = 'G', info.components[2].id = 'B';
    CHECK_INT(fit_of(&info), KIN_JPEG_COMPAT_RGB);
    info.has_jfif = true; // the file says YCbCr
    CHECK_INT(fit_of(&info), KIN_JPEG_COMPAT_OK);
    info.has_adobe = true;
    CHECK_INT(fit_of(&info), KIN_JPEG_COMPAT_OK);
    info = fitting();
    info.scan.n = (1u << 24) - 1;
    CHECK_INT(fit_of(&info), KIN_JPEG_COMPAT_TOO_LONG);
out:;
}

TEST(quantization_incompatibilities_are_named)
{
    struct kin_jpeg_info info = fitting();
    info.dqt[1].present = false;
    CHECK_INT(fit_of(&info), KIN_JPEG_COMPAT_QUANT_MISSING);
    info = fitting();
    static uint8_t wide[128];
    info.dqt[0] = (struct kin_jpeg_table){true, 1, {wide, 128}};
    CHECK_INT(fit_of(&info), KIN_JPEG_COMPAT_QUANT_FORM);
    wide[126] = 1; // the high byte of the last step
    CHECK_INT(fit_of(&info), KIN_JPEG_COMPAT_QUANT_BITS);
    wide[126] = 0;
    info = fitting();
    info.components[2].tq = 2;
    info.dqt[2] = (struct kin_jpeg_table){true, 0, {table_b, 64}};
    CHECK_INT(fit_of(&info), KIN_JPEG_COMPAT_QUANT_CHROMA);
    info.dqt[2].data.p = table_a + 1; // another place, the same bytes
    CHECK_INT(fit_of(&info), KIN_JPEG_COMPAT_OK);
out:;
}

TEST(odd_samplings_are_named)
{
    struct kin_jpeg_info info = fitting();
    info.components[2].h = 2; // Cb and Cr differ
    CHECK_INT(fit_of(&info), KIN_JPEG_COMPAT_SAMPLING);
    CHECK_SPAN(kin_span_str(kin_jpeg_sampling_str(&info)), "unusual");
    info = fitting();
    info.components[0].h = 3;
    CHECK_INT(fit_of(&info), KIN_JPEG_COMPAT_SAMPLING);
    info = fitting();
    info.components[0].h = 4; // 4:1:0
    CHECK_INT(fit_of(&info), KIN_JPEG_COMPAT_SAMPLING);
    CHECK_SPAN(kin_span_str(kin_jpeg_sampling_str(&info)), "4:1:0");
    CHECK_SPAN(kin_span_str(kin_jpeg_compat_str(KIN_JPEG_COMPAT_GRAY)), "grayscale");
    CHECK_SPAN(kin_span_str(kin_jpeg_compat_str(KIN_JPEG_COMPAT_COUNT)), "unknown");
out:;
}

TEST(incompatibilities_add_up_to_one_conversion)
{
    char text[KIN_JPEG_INCOMPATIBILITIES_MAX], cut[12];
    struct kin_jpeg_info info = fitting();
    CHECK_INT(kin_jpeg_incompatibilities(&info), 0);
    CHECK_INT(kin_jpeg_conversion(0), KIN_JPEG_CONVERSION_NOTHING);
    CHECK_SPAN(kin_span_str(kin_jpeg_incompatibilities_str(0, text, sizeof text)), "can be sent as it is");
    info.standard_huffman = false;
    CHECK_INT(kin_jpeg_conversion(kin_jpeg_incompatibilities(&info)), KIN_JPEG_CONVERSION_HUFFMAN);
    info.components[0].h = info.components[0].v = 1;
    CHECK_INT(kin_jpeg_conversion(kin_jpeg_incompatibilities(&info)), KIN_JPEG_CONVERSION_RESAMPLE);
    CHECK_SPAN(kin_span_str(kin_jpeg_incompatibilities_str(kin_jpeg_incompatibilities(&info), text, sizeof text)),
               "optimized Huffman tables, 4:4:4 sampling");
    CHECK_SPAN(kin_span_str(kin_jpeg_incompatibilities_str(kin_jpeg_incompatibilities(&info), cut, sizeof cut)),
               "optimized H");
    info.bits = 12;
    CHECK_INT(kin_jpeg_conversion(kin_jpeg_incompatibilities(&info)), KIN_JPEG_CONVERSION_IMPOSSIBLE);
    for (unsigned i = 0; i < KIN_JPEG_CONVERSION_COUNT; i++)
        CHECK(strlen(kin_jpeg_conversion_str((enum kin_jpeg_conversion)i)) > 6);
    CHECK_SPAN(kin_span_str(kin_jpeg_loss_str(kin_jpeg_conversion_loss(KIN_JPEG_CONVERSION_RESAMPLE))), "converted");
out:;
}
