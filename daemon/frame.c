// One frame of a reel, ready to be sent.
#include "frame.h"

#include <stdlib.h>

#include "base/err.h"
#include "jpeg/fit.h"
#include "jpeg/markers.h"

// Makes the plan of a JPEG in the form asked for. What RFC 2435 has no words for ends here with KIN_EUNSUPPORTED; a
// lossless rewrite of `jpeg` would go before the fit is judged.
static int frame_prepare(const struct frame_want *want, struct kin_buf *jpeg, struct frame *f)
{
    struct kin_jpeg_info info;
    struct kin_jpeg_rtp rtp;
    if (want->form == FRAME_LAB)
        return kin_rtp_plan_lab(jpeg, &f->plan);
    int err = kin_jpeg_walk(kin_buf_span(jpeg), &info, NULL);
    if (err != KIN_OK)
        return err;
    f->fit = kin_jpeg_fit(&info, &rtp);
    if (f->fit != KIN_JPEG_FIT_OK)
        return KIN_EUNSUPPORTED;
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
