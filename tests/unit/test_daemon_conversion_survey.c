// daemon/repair: what is said of a reel before anybody plays it.
#include "base/err.h"
#include "library/conversion_survey.h"
#include "sample.h"
#include "unit.h"

// What the survey says of a reel of `count` copies of a picture.
static int survey(struct kin_span jpeg, unsigned count, struct conversion_survey *ret)
{
    struct kin_source *source = NULL;
    struct kin_reel *reel = NULL;
    struct kin_buf *bytes = kin_buf_new(jpeg.n * count);
    int err = bytes != NULL ? KIN_OK : KIN_ENOMEM;
    for (unsigned i = 0; bytes != NULL && i < count; i++)
        memcpy(bytes->data + i * jpeg.n, jpeg.p, jpeg.n);
    if (err == KIN_OK)
        err = kin_source_from_span(kin_buf_span(bytes), &source);
    if (err == KIN_OK)
        err = kin_reel_open(source, NULL, &reel, NULL);
    if (err == KIN_OK)
        conversion_survey_make(reel, &(struct frame_tools){.store = NULL}, ret);
    kin_reel_unref(reel);
    kin_source_unref(source);
    kin_buf_unref(bytes);
    return err;
}

TEST(a_repair_is_measured_and_told)
{
    struct conversion_survey r = {.growth_percent = -1};
    char text[CONVERSION_SURVEY_TEXT_MAX];
    struct kin_buf *jpeg = sample_load("optimized.jpg");
    CHECK(jpeg != NULL);
    CHECK_INT(survey(kin_buf_span(jpeg), 3, &r), KIN_OK);
    CHECK_INT(r.conversion, KIN_JPEG_CONVERSION_HUFFMAN);
    CHECK(r.refusal == NULL && r.cost_us > 0 && r.growth_percent > 0);
    conversion_survey_text(&r, text);
    CHECK(kin_span_starts(kin_span_str(text), "problem=\"optimized Huffman tables\" action=\"coded again with"));
    CHECK(kin_span_find_str(kin_span_str(text), "loss=lossless cost_ms=") < strlen(text));
out:
    kin_buf_unref(jpeg);
}

TEST(what_fits_needs_nothing)
{
    struct conversion_survey r = {.refusal = "x"};
    struct kin_buf *jpeg = sample_load("420.jpg");
    CHECK(jpeg != NULL);
    CHECK_INT(survey(kin_buf_span(jpeg), 1, &r), KIN_OK);
    CHECK(r.incompatibilities == 0 && r.conversion == KIN_JPEG_CONVERSION_NOTHING && r.refusal == NULL);
out:
    kin_buf_unref(jpeg);
}

TEST(a_refusal_names_the_frame)
{
    struct conversion_survey r = {.growth_percent = 0};
    char text[CONVERSION_SURVEY_TEXT_MAX];
    struct kin_buf *jpeg = sample_load("444.jpg");
    CHECK(jpeg != NULL);
    size_t sof = kin_span_find_str(kin_buf_span(jpeg), "\xff\xc0");
    CHECK(sof < jpeg->len);
    jpeg->data[sof + 4] = 12; // bits a sample: this byte follows marker and length
    CHECK_INT(survey(kin_buf_span(jpeg), 1, &r), KIN_OK);
    CHECK_INT(r.conversion, KIN_JPEG_CONVERSION_IMPOSSIBLE);
    CHECK_SPAN(kin_span_str(conversion_survey_refusal(&r, text)),
               "frame 1: samples are not 8 bits, 4:4:4 sampling; not convertible");
out:
    kin_buf_unref(jpeg);
}
