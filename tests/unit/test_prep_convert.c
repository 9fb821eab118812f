// Converting as a whole, with each of our allocations failing in turn: no crash, no leak, no half file.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "convert.h"
#include "drawing/pattern.h"
#include "open_reel.h"
#include "unit.h"

static char folder[] = "/tmp/kin-prep-XXXXXX";
static char input[sizeof folder + 16], text[sizeof folder + 16], output[sizeof folder + 16], part[sizeof folder + 16];

__attribute__((constructor)) static void make_folder(void)
{
    if (mkdtemp(folder) == NULL)
        abort();
    snprintf(input, sizeof input, "%s/in.mjpeg", folder);
    snprintf(text, sizeof text, "%s/in.txt", folder);
    snprintf(output, sizeof output, "%s/out.avi", folder);
    snprintf(part, sizeof part, "%s/out.avi.part", folder);
}

__attribute__((destructor)) static void remove_folder(void)
{
    unlink(input);
    unlink(text);
    unlink(output);
    unlink(part);
    rmdir(folder);
}

static int make_input(void)
{
    struct kin_pattern_options options = {66, 64, 24, 1, 75};
    struct kin_pattern *p = NULL;
    int err = kin_pattern_new(&options, &p);
    FILE *out = fopen(input, "wb");
    for (uint32_t n = 0; err == KIN_OK && out != NULL && n < 6; n++) {
        struct kin_buf *jpeg = NULL;
        err = kin_pattern_encode(p, n, &jpeg);
        if (err == KIN_OK && fwrite(jpeg->data, 1, jpeg->len, out) != jpeg->len)
            err = KIN_EIO;
        kin_buf_unref(jpeg);
    }
    if (out == NULL || fclose(out) != 0)
        err = err == KIN_OK ? KIN_EIO : err;
    kin_pattern_free(p);
    return err;
}

static void check_output(uint32_t frames, uint16_t width, uint16_t height, uint32_t rate)
{
    char why[KIN_MEDIA_WHY_MAX];
    struct kin_reel *reel = NULL;
    CHECK_INT(open_reel(output, NULL, &reel, why), KIN_OK);
    CHECK_INT(reel->frame_count, frames);
    CHECK(reel->width == width && reel->height == height);
    CHECK(reel->rate_num == rate && reel->rate_den == 1 && reel->rate_stated);
    CHECK_SPAN(kin_span_str(reel->format), "avi");
out:
    kin_reel_unref(reel);
}

static void check(const struct convert_options *options, uint32_t frames, uint16_t width, uint16_t height,
                  uint32_t rate)
{
    char why[CONVERT_WHY_MAX] = "";
    CHECK_INT(make_input(), KIN_OK);
    int err = convert(options, why);
    CHECK_SPAN(kin_span_str(why), "");
    CHECK_INT(err, KIN_OK);
    check_output(frames, width, height, rate);
out:
    if (access(part, F_OK) == 0)
        unit_fail(__FILE__, __LINE__, "a half file is left");
}

TEST(copied)
{
    struct convert_options options = {.input = input, .output = output, .format = WRITER_AUTO};
    check(&options, 6, 66, 64, 24);
}

TEST(coded_again_at_another_size_and_rate)
{
    struct convert_options options = {
        .input = input, .output = output, .size = {0, 32}, .rate_num = 48, .rate_den = 1, .quality = 50};
    check(&options, 12, 33, 32, 48);
}

TEST(a_piece)
{
    struct convert_options options = {
        .input = input, .output = output, .quality = 90, .start = 83334, .duration = 83334};
    check(&options, 2, 66, 64, 24);
}

TEST(what_is_no_film)
{
    struct convert_options options = {.input = text, .output = output};
    char why[CONVERT_WHY_MAX] = "";
    FILE *out = fopen(text, "w");
    CHECK(out != NULL);
    CHECK(fputs("no film\n", out) >= 0);
    CHECK_INT(fclose(out), 0);
    int err = convert(&options, why);
    CHECK(err != KIN_OK && why[0] != '\0');
    CHECK_INT(err, KIN_EBAD);
    CHECK(kin_span_starts(kin_span_str(why), text));
out:
    if (access(part, F_OK) == 0)
        unit_fail(__FILE__, __LINE__, "a half file is left");
}
