// The best quality for a length: neither too long nor lower than it must be.
#include "base/err.h"
#include "encoder.h"
#include "unit.h"

#define WIDTH 200
#define HEIGHT 120

static int make_picture(struct kin_picture *p)
{
    int err = kin_picture_init(p, WIDTH, HEIGHT);
    if (err == KIN_OK)
        kin_picture_gradient(p, 100);
    for (uint32_t i = 0; err == KIN_OK && i < p->width * p->height; i++)
        p->y[i] = (uint8_t)(p->y[i] + i * i * 31 % 64);
    return err;
}

static int length_at(const struct kin_picture *p, unsigned quality, struct kin_span comment, size_t *ret)
{
    struct encoder e;
    struct kin_span jpeg;
    int err = encoder_init(&e, WIDTH, HEIGHT, quality);
    if (err == KIN_OK)
        err = encoder_run(&e, p, comment, &jpeg);
    if (err == KIN_OK)
        *ret = jpeg.n;
    encoder_deinit(&e);
    return err;
}

TEST(the_best_quality_that_fits)
{
    struct encoder e = {.quality = 0};
    struct kin_picture p = {.width = 0};
    struct kin_span jpeg, comment = kin_span_str("kinora:fps=24");
    CHECK_INT(make_picture(&p), KIN_OK);
    CHECK_INT(encoder_init(&e, WIDTH, HEIGHT, 90), KIN_OK);
    CHECK_INT(encoder_run(&e, &p, comment, &jpeg), KIN_OK);
    for (unsigned want = 12; want < 90; want += 11) {
        unsigned got = 0;
        size_t at = 0, above = 0;
        CHECK_INT(length_at(&p, want, comment, &at), KIN_OK);
        CHECK_INT(length_at(&p, want + 1, comment, &above), KIN_OK);
        CHECK(above > at);
        CHECK_INT(encoder_fit(&e, &p, comment, above - 1, &got, &jpeg), KIN_OK);
        CHECK_INT(got, want);
        CHECK_INT(jpeg.n, at);
    }
out:
    encoder_deinit(&e);
    kin_picture_deinit(&p);
}

TEST(what_fits_at_no_quality)
{
    struct encoder e = {.quality = 0};
    struct kin_picture p = {.width = 0};
    struct kin_span jpeg;
    unsigned quality = 7;
    CHECK_INT(make_picture(&p), KIN_OK);
    CHECK_INT(encoder_init(&e, WIDTH, HEIGHT, 90), KIN_OK);
    CHECK_INT(encoder_fit(&e, &p, kin_span_str(""), 300, &quality, &jpeg), KIN_ELIMIT);
    CHECK_INT(quality, 7);
out:
    encoder_deinit(&e);
    kin_picture_deinit(&p);
}
