// Tries the rewrite on frames of a reel, so that the operator knows its cost before the reel is played.
#include "library/conversion_survey.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "ground/messages.h"
#include "jpeg/rewrite.h"

static int growth(size_t before, size_t after)
{
    return (int)(((int64_t)after - (int64_t)before) * 100 / (int64_t)before);
}

static void try_rewrite(struct kin_span jpeg, const struct kin_jpeg_info *info, const struct frame_tools *tools,
                        struct conversion_survey *r)
{
    struct kin_buf *rewritten = NULL;
    const char *why = MSG_FRAME_TOO_LARGE;
    size_t memory = kin_jpeg_rewrite_memory(info);
    int err = conversion_memory_acquire(tools->memory, memory, tools->canceled);
    kin_us begin = kin_clock_cpu_us();
    if (err == KIN_OK) {
        err = kin_jpeg_rewrite_cancelable(jpeg, info, tools->canceled, &rewritten, &why);
        conversion_memory_release(tools->memory, memory);
    }
    if (err == KIN_OK) {
        r->cost_us = (uint32_t)(kin_clock_cpu_us() - begin);
        r->growth_percent = growth(jpeg.n, rewritten->len);
    } else if (err != KIN_ENOMEM && err != KIN_ECANCELED) {
        r->refusal = why;
    }
    kin_buf_unref(rewritten);
}

static struct conversion_survey survey_frame(struct kin_reel *reel, uint32_t i, const struct frame_tools *tools)
{
    struct conversion_survey r = {.conversion = KIN_JPEG_CONVERSION_NOTHING};
    struct kin_jpeg_info info;
    struct kin_buf *jpeg = NULL;
    bool read = kin_reel_read(reel, i, &jpeg) == KIN_OK;
    if (read && kin_jpeg_walk(kin_buf_span(jpeg), &info, NULL) == KIN_OK) {
        r.incompatibilities = kin_jpeg_incompatibilities(&info);
        r.conversion = kin_jpeg_conversion(r.incompatibilities);
        if (r.incompatibilities != 0)
            try_rewrite(kin_buf_span(jpeg), &info, tools, &r);
    }
    kin_buf_unref(jpeg);
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
