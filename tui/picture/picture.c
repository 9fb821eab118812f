// Decoding and rendering off the loop.
#include "picture/picture.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "io/priority.h"
#include "io/work.h"
#include "picture/decode.h"

struct picture_maker {
    struct kin_work *work;
    picture_fn *done;
    void *ctx;
    bool busy, orphaned;
    struct picture_tools tools;
    uint64_t made;
    struct picture_request request;
    struct picture *result;
};

static void maker_destroy(struct picture_maker *m)
{
    kin_work_free(m->work);
    decoder_free(m->tools.decoder);
    canvas_free(m->tools.canvas);
    imager_free(m->tools.imager);
    picture_free(m->result);
    kin_buf_unref(m->request.jpeg);
    free(m);
}

void picture_maker_free(struct picture_maker *m)
{
    if (m == NULL)
        return;
    m->orphaned = true;
    if (!m->busy)
        maker_destroy(m);
}

bool picture_maker_busy(const struct picture_maker *m)
{
    return m->busy;
}

void picture_free(struct picture *p)
{
    if (p == NULL)
        return;
    free(p->cells);
    image_bytes_deinit(&p->image);
    image_bytes_deinit(&p->base);
    image_bytes_deinit(&p->removal);
    free(p);
}

static struct image_request image_request(const struct picture_request *q, const struct picture *p)
{
    bool whole = q->gaps.count == 0; // else the missing parts are of the picture before
    return (struct image_request){.jpeg = whole ? kin_buf_span(q->jpeg) : kin_span_make(NULL, 0),
                                  .cols = p->cols,
                                  .rows = p->rows,
                                  .budget_bytes = q->budget,
                                  .still = q->canvas.still};
}

static void wanted_pixels(const struct picture_request *q, const struct picture *p, int *ret_width, int *ret_height)
{
    struct image_request image = image_request(q, p);
    if (renderer_is_image(q->canvas.kind))
        imager_wanted_pixels(&q->image, &image, ret_width, ret_height);
    else
        canvas_wanted_pixels(&q->canvas, p->cols, p->rows, ret_width, ret_height);
}

// Finds the size, and the pixels as far as they are wanted.
static int decode(struct decoder *d, const struct picture_request *q, struct picture *p, struct decode_result *ret)
{
    const char *why = NULL;
    int want_width = 0, want_height = 0;
    struct kin_span jpeg = kin_buf_span(q->jpeg);
    int err = decoder_open(d, jpeg, &p->width, &p->height, &why);
    if (err == KIN_OK) {
        canvas_fit(p->width, p->height, q->cell_aspect, q->max_cols, q->max_rows, &p->cols, &p->rows);
        wanted_pixels(q, p, &want_width, &want_height);
    }
    if (err == KIN_OK && want_width > 0) {
        bool luma = !renderer_is_image(q->canvas.kind) && q->canvas.depth == DEPTH_2;
        struct decode_frame frame = {jpeg, q->number, &q->gaps, luma};
        err = decoder_decode_frame(d, &frame, want_width, want_height, ret, &why);
    }
    if (err != KIN_OK)
        snprintf(p->why, sizeof p->why, "%s", why);
    return err;
}

static int render_cells(struct canvas *c, const struct picture_request *q, const struct canvas_pixels *pixels,
                        struct picture *p)
{
    p->cells = malloc((size_t)p->cols * (size_t)p->rows * sizeof *p->cells);
    if (p->cells == NULL)
        return KIN_ENOMEM;
    return canvas_render(c, &q->canvas, pixels, p->cols, p->rows, p->cells);
}

static int render(const struct picture_tools *t, const struct picture_request *q, const struct decode_result *r,
                  struct picture *p)
{
    struct canvas_pixels pixels = {r->rgb, r->width, r->height, r->stride};
    if (!renderer_is_image(q->canvas.kind))
        return render_cells(t->canvas, q, &pixels, p);
    struct image_request image = image_request(q, p);
    image.pixels = r->rgb != NULL ? &pixels : NULL;
    int err = imager_encode(t->imager, &q->image, &image, &p->image);
    return err == KIN_OK ? imager_surround(t->imager, &q->image, &image, &p->base, &p->removal) : err;
}

struct picture *picture_make(const struct picture_tools *t, const struct picture_request *q)
{
    struct picture *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    struct decode_result r = {.rgb = NULL};
    kin_us start = kin_clock_mono_us();
    p->number = q->number;
    p->made_with = q->canvas;
    p->budget = q->budget;
    p->spills = q->image.spills;
    int err = decode(t->decoder, q, p, &r);
    kin_us decoded = kin_clock_mono_us();
    p->decode_us = decoded - start;
    if (err != KIN_OK)
        return p;
    p->damaged = r.damaged;
    p->partial = q->gaps.count > 0;
    if (render(t, q, &r, p) != KIN_OK) {
        picture_free(p);
        return NULL;
    }
    p->render_us = kin_clock_mono_us() - decoded;
    return p;
}

static void on_work(void *ctx)
{
    struct picture_maker *m = ctx;
    kin_priority_batch();
    m->result = picture_make(&m->tools, &m->request);
    if (m->result != NULL)
        m->result->serial = ++m->made;
}

static void on_done(void *ctx)
{
    struct picture_maker *m = ctx;
    m->busy = false;
    kin_buf_unref(m->request.jpeg);
    m->request.jpeg = NULL;
    if (m->orphaned) {
        maker_destroy(m);
        return;
    }
    struct picture *p = m->result;
    m->result = NULL;
    m->done(m->ctx, p);
}

int picture_maker_new(uv_loop_t *loop, picture_fn *done, void *ctx, struct picture_maker **ret)
{
    struct picture_maker *m = calloc(1, sizeof *m);
    if (m == NULL)
        return KIN_ENOMEM;
    m->done = done;
    m->ctx = ctx;
    struct picture_tools *t = &m->tools;
    if (decoder_new(&t->decoder) != KIN_OK || canvas_new(&t->canvas) != KIN_OK || imager_new(&t->imager) != KIN_OK ||
        kin_work_new(loop, on_work, on_done, m, &m->work) != KIN_OK) {
        maker_destroy(m);
        return KIN_ENOMEM;
    }
    *ret = m;
    return KIN_OK;
}

int picture_maker_start(struct picture_maker *m, const struct picture_request *request)
{
    if (m->busy)
        return KIN_ESTATE;
    m->request = *request;
    kin_buf_ref(m->request.jpeg);
    m->busy = true;
    kin_work_start(m->work);
    return KIN_OK;
}
