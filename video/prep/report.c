// Gathers the facts about a reel.
#include "report.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "jpeg/rewrite.h"
#include "media/rate.h"
#include "messages.h"
#include "open_reel.h"

#define TRIALS 8 // about this many frames are converted to measure the cost

static void set_refusal(struct report *r, uint32_t i, const char *why)
{
    if (r->refusal != NULL)
        return;
    r->first_refused = i;
    r->refusal = why;
}

// Measures what the conversion of a frame costs.
static void try_conversion(struct report *r, uint32_t i, struct kin_span jpeg, const struct kin_jpeg_info *info)
{
    struct kin_buf *converted = NULL;
    const char *why = NULL;
    kin_us begin = kin_clock_cpu_us();
    int err = kin_jpeg_rewrite(jpeg, info, NULL, &converted, &why);
    if (err == KIN_OK) {
        r->measured++;
        r->conversion_ms += (double)(kin_clock_cpu_us() - begin) / KIN_US_PER_MS;
        r->bytes_before += jpeg.n;
        r->bytes_after += converted->len;
    } else if (err != KIN_ENOMEM) {
        set_refusal(r, i, why);
    }
    kin_buf_unref(converted);
}

static void count_incompatible(struct report *r, uint32_t i, struct kin_span jpeg, const struct kin_jpeg_info *info,
                               uint32_t incompatibilities)
{
    enum kin_jpeg_conversion conversion = kin_jpeg_conversion(incompatibilities);
    if (r->incompatible++ == 0)
        r->first_incompatible = i;
    r->incompatibilities |= incompatibilities;
    r->conversion = conversion > r->conversion ? conversion : r->conversion;
    if (conversion == KIN_JPEG_CONVERSION_IMPOSSIBLE)
        set_refusal(r, i, MSG_NOT_CONVERTIBLE);
    else if (i % (r->reel->frame_count / TRIALS + 1) == 0 || r->incompatible == 1)
        try_conversion(r, i, jpeg, info);
}

static void count_frame(struct report *r, uint32_t i, struct kin_span jpeg, const struct kin_jpeg_info *info)
{
    uint32_t incompatibilities = kin_jpeg_incompatibilities(info);
    if (incompatibilities != 0)
        count_incompatible(r, i, jpeg, info, incompatibilities);
    r->resized += info->width != r->reel->width || info->height != r->reel->height;
    r->huffman[!info->has_dht ? HUFFMAN_NONE : info->standard_huffman ? HUFFMAN_STANDARD : HUFFMAN_OPTIMIZED]++;
}

static int inspect_frame(struct report *r, uint32_t i)
{
    struct kin_buf *buf = NULL;
    struct kin_jpeg_info info;
    int err = kin_reel_read(r->reel, i, &buf);
    if (err != KIN_OK && err != KIN_EBAD)
        return err;
    if (err == KIN_OK && kin_jpeg_walk(kin_buf_span(buf), &info, NULL) == KIN_OK)
        count_frame(r, i, kin_buf_span(buf), &info);
    else if (r->broken++ == 0)
        r->first_broken = i;
    kin_buf_unref(buf);
    return KIN_OK;
}

static int inspect_frames(struct report *r, bool (*progress)(void *ctx, uint64_t done, uint64_t total), void *ctx)
{
    for (uint32_t i = 0; i < r->reel->frame_count; i++) {
        int err = inspect_frame(r, i);
        if (err != KIN_OK)
            return err;
        if (progress != NULL && !progress(ctx, r->reel->frames[i].offset, r->bytes))
            return KIN_ECANCELED;
    }
    r->sampling = kin_jpeg_sampling_str(&r->reel->first);
    r->progressive = r->reel->first.sof == KIN_JPEG_SOF2;
    return KIN_OK;
}

int report_make(const char *path, bool (*progress)(void *ctx, uint64_t done, uint64_t total), void *ctx,
                struct report *ret, char why[REPORT_WHY_MAX])
{
    struct kin_reel_options options = {.progress = progress, .ctx = ctx};
    struct report r = {.path = path};
    char reason[KIN_MEDIA_WHY_MAX] = "";
    int err = open_reel(path, &options, &r.reel, reason);
    if (err == KIN_OK) {
        r.bytes = kin_source_size(r.reel->source);
        err = inspect_frames(&r, progress, ctx);
    }
    if (err != KIN_OK) {
        snprintf(why, REPORT_WHY_MAX, "%s", reason[0] != '\0' ? reason : kin_err_str(err));
        report_free(&r);
        return err;
    }
    *ret = r;
    return KIN_OK;
}

void report_free(struct report *r)
{
    kin_reel_unref(r->reel);
    r->reel = NULL;
}

const char *report_huffman_str(const struct report *r)
{
    static const char *const names[HUFFMAN_COUNT] = {"standard", "optimized", "none"};
    uint32_t sound = r->reel->frame_count - r->broken;
    for (size_t i = 0; i < HUFFMAN_COUNT; i++)
        if (r->huffman[i] == sound)
            return names[i];
    return "mixed";
}

double report_conversion_ms(const struct report *r)
{
    return r->conversion_ms / r->measured;
}

double report_core_percent(const struct report *r)
{
    return report_conversion_ms(r) * report_fps(r) / 10;
}

double report_growth_percent(const struct report *r)
{
    return ((double)r->bytes_after / (double)r->bytes_before - 1) * 100;
}

double report_fps(const struct report *r)
{
    uint32_t milli = kin_rate_milli(r->reel->rate_num, r->reel->rate_den); // rounded as the daemon does
    return milli > 0 ? milli / 1000.0 : (double)r->reel->rate_num / r->reel->rate_den;
}

double report_seconds(const struct report *r)
{
    return (double)r->reel->duration_ts / KIN_RTP_CLOCK_HZ;
}

double report_bits_per_second(const struct report *r)
{
    double seconds = report_seconds(r);
    return seconds > 0 ? (double)r->reel->frame_bytes * 8 / seconds : 0;
}
