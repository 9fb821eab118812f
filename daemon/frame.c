// One frame of a reel, ready to be sent.
#include "frame.h"

#include <stdlib.h>

#include "base/err.h"
#include "jpeg/fit.h"
#include "jpeg/markers.h"
#include "jpeg/rewrite.h"

// What RFC 2435 has no words for is written again. The file's own bytes are not kept.
static int frame_repair(const struct frame_want *want, struct kin_span jpeg, const struct kin_jpeg_info *info,
                        struct frame *f)
{
    struct kin_jpeg_info after;
    struct kin_jpeg_rtp rtp;
    struct kin_buf *repaired = NULL;
    int err = kin_jpeg_rewrite(jpeg, info, &repaired, &f->why);
    if (err == KIN_OK)
        err = kin_jpeg_walk(kin_buf_span(repaired), &after, &f->why);
    if (err == KIN_OK) {
        enum kin_jpeg_fit fit = kin_jpeg_fit(&after, &rtp);
        f->why = kin_jpeg_fit_str(fit);
        err = fit == KIN_JPEG_FIT_OK ? kin_rtp_plan_jpeg(repaired, &rtp, want->packet_bytes, &f->plan) : KIN_ELIMIT;
    }
    kin_buf_unref(repaired);
    return err == KIN_ELIMIT ? KIN_EUNSUPPORTED : err;
}

// Makes the plan of a JPEG in the form asked for. The lab takes whole files, whatever they are.
static int frame_prepare(const struct frame_want *want, struct kin_buf *jpeg, struct frame *f)
{
    struct kin_jpeg_info info;
    struct kin_jpeg_rtp rtp;
    if (want->form == FRAME_LAB)
        return kin_rtp_plan_lab(jpeg, &f->plan);
    int err = kin_jpeg_walk(kin_buf_span(jpeg), &info, &f->why);
    if (err != KIN_OK)
        return err;
    f->fit = kin_jpeg_fit(&info, &rtp);
    if (f->fit != KIN_JPEG_FIT_OK)
        return frame_repair(want, kin_buf_span(jpeg), &info, f);
    return kin_rtp_plan_jpeg(jpeg, &rtp, want->packet_bytes, &f->plan);
}

struct frame *frame_read(const struct frame_want *want)
{
    struct frame *f = (struct frame *)malloc(sizeof *f);
    if (f == NULL)
        return NULL;
    *f = (struct frame){.fit = KIN_JPEG_FIT_OK};
    atomic_init(&f->refs, 1);
    struct kin_buf *jpeg = NULL;
    f->error = kin_reel_read(want->reel, want->index, &jpeg);
    if (f->error == KIN_OK)
        f->error = frame_prepare(want, jpeg, f);
    kin_buf_unref(jpeg);
    return f;
}

struct frame *frame_ref(struct frame *f)
{
    atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
    return f;
}

void frame_unref(struct frame *f)
{
    if (f == NULL || atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) != 1)
        return;
    kin_rtp_plan_unref(f->plan);
    free(f);
}

size_t frame_memory(const struct frame *f)
{
    return sizeof *f + (f->plan != NULL ? kin_rtp_plan_memory(f->plan) : 0);
}
