// Tries the rewrite on frames of a reel, so that the operator knows its cost before the reel is played.
#include "library/conversion_survey.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "ground/messages.h"

static int growth(size_t before, size_t after)
{
    return (int)(((int64_t)after - (int64_t)before) * 100 / (int64_t)before);
}

static void try_conversion(struct frame *original, const struct frame_want *want, const struct frame_tools *tools,
                           struct conversion_survey *r)
{
    kin_us begin = kin_clock_cpu_us();
    struct frame *f = frame_convert(want, tools, original);
    if (f != NULL && f->error == KIN_OK) {
        r->cost_us = (uint32_t)(kin_clock_cpu_us() - begin);
        r->growth_percent = growth(original->jpeg->len, f->jpeg->len);
    } else if (f != NULL && f->error != KIN_ENOMEM && f->error != KIN_ECANCELED) {
        r->refusal = f->why;
    }
    frame_unref(f);
}

static struct conversion_survey survey_frame(struct kin_reel *reel, uint32_t i, const struct frame_tools *tools)
{
    struct conversion_survey r = {.conversion = KIN_JPEG_CONVERSION_NOTHING};
    struct frame_want want = {.reel = reel, .index = i, .content = FRAME_ORIGINAL};
    struct frame *original = frame_read(&want, tools);
    want.content = FRAME_COMPATIBLE;
    if (original != NULL && frame_can_be_converted(original, want.content)) {
        r.incompatibilities = kin_jpeg_incompatibilities(&original->info);
        r.conversion = kin_jpeg_conversion(r.incompatibilities);
        try_conversion(original, &want, tools, &r);
    }
    frame_unref(original);
    return r;
}

void conversion_survey_make(struct kin_reel *reel, const struct frame_tools *tools, struct conversion_survey *ret)
{
    *ret = (struct conversion_survey){.conversion = KIN_JPEG_CONVERSION_NOTHING};
    if (reel->compat == KIN_JPEG_COMPAT_OK)
        return;
    *ret = survey_frame(reel, 0, tools);
    struct conversion_survey middle = survey_frame(reel, reel->frame_count / 2, tools);
    if (ret->refusal == NULL && middle.cost_us > 0) {
        ret->cost_us = middle.cost_us;
        ret->growth_percent = middle.growth_percent;
    }
}

const char *conversion_survey_text(const struct conversion_survey *r, char dst[CONVERSION_SURVEY_TEXT_MAX])
{
    char problem[KIN_JPEG_INCOMPATIBILITIES_MAX];
    snprintf(dst, CONVERSION_SURVEY_TEXT_MAX, MSG_SURVEY,
             kin_jpeg_incompatibilities_str(r->incompatibilities, problem, sizeof problem),
             kin_jpeg_conversion_str(r->conversion), kin_jpeg_loss_str(kin_jpeg_conversion_loss(r->conversion)),
             r->cost_us / 1000.0, r->growth_percent);
    return dst;
}

const char *conversion_survey_refusal(const struct conversion_survey *r, char dst[CONVERSION_SURVEY_TEXT_MAX])
{
    char problem[KIN_JPEG_INCOMPATIBILITIES_MAX];
    kin_jpeg_incompatibilities_str(r->incompatibilities, problem, sizeof problem);
    snprintf(dst, CONVERSION_SURVEY_TEXT_MAX, MSG_SURVEY_REFUSAL, problem, r->refusal);
    return dst;
}
