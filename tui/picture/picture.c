// Decoding and rendering off the loop.
#include "picture/picture.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "io/priority.h"
#include "picture/decode.h"

struct picture_maker {
    uv_work_t work;
    uv_loop_t *loop;
    picture_fn *done;
    void *ctx;
    bool busy, orphaned;
    struct decoder *decoder;
    struct canvas *canvas;
    struct picture_request request;
    struct picture *result;
};

static void maker_destroy(struct picture_maker *m)
{
    decoder_free(m->decoder);
    canvas_free(m->canvas);
    picture_free(m->result);
    kin_buf_unref(m->request.jpeg);
    free(m);
}

int picture_maker_new(uv_loop_t *loop, picture_fn *done, void *ctx, struct picture_maker **ret)
{
    struct picture_maker *m = calloc(1, sizeof *m);
    if (m == NULL)
        return KIN_ENOMEM;
    m->loop = loop;
    m->done = done;
    m->ctx = ctx;
    m->work.data = m;
    if (decoder_new(&m->decoder) != KIN_OK || canvas_new(&m->canvas) != KIN_OK) {
        maker_destroy(m);
        return KIN_ENOMEM;
    }
    *ret = m;
    return KIN_OK;
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
    if (p != NULL)
        free(p->cells);
    free(p);
}

static int decode(struct decoder *d, const struct picture_request *q, struct picture *p, struct decode_result *ret)
{
    const char *why = NULL;
    int want_width, want_height;
    struct kin_span jpeg = kin_buf_span(q->jpeg);
    int err = decoder_open(d, jpeg, &p->width, &p->height, &why);
    if (err == KIN_OK) {
        canvas_fit(p->width, p->height, q->cell_aspect, q->max_cols, q->max_rows, &p->cols, &p->rows);
        canvas_wanted_pixels(q->canvas.kind, p->cols, p->rows, &want_width, &want_height);
        struct decode_frame frame = {jpeg, q->number, &q->gaps};
        err = decoder_decode_frame(d, &frame, want_width, want_height, ret, &why);
    }
    if (err != KIN_OK)
        snprintf(p->why, sizeof p->why, "%s", why);
    return err;
}

static int render(struct canvas *c, const struct picture_request *q, const struct decode_result *r, struct picture *p)
{
    p->cells = calloc((size_t)p->cols * (size_t)p->rows, sizeof *p->cells);
    if (p->cells == NULL)
        return KIN_ENOMEM;
    struct canvas_pixels pixels = {r->rgb, r->width, r->height, r->stride};
    return canvas_render(c, &q->canvas, &pixels, p->cols, p->rows, p->cells);
}

struct picture *picture_make(struct decoder *d, struct canvas *c, const struct picture_request *q)
{
    struct picture *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    struct decode_result r;
    kin_us start = kin_clock_mono_us();
    p->number = q->number;
    p->made_with = q->canvas;
    int err = decode(d, q, p, &r);
    kin_us decoded = kin_clock_mono_us();
    p->decode_us = decoded - start;
    if (err != KIN_OK)
        return p;
    p->damaged = r.damaged;
    p->partial = q->gaps.count > 0;
    if (render(c, q, &r, p) != KIN_OK) {
        picture_free(p);
        return NULL;
    }
    p->render_us = kin_clock_mono_us() - decoded;
    return p;
}

static void on_work(uv_work_t *work)
{
    struct picture_maker *m = (struct picture_maker *)work->data;
    kin_priority_batch();
    m->result = picture_make(m->decoder, m->canvas, &m->request);
}

static void on_done(uv_work_t *work, int status)
{
    struct picture_maker *m = (struct picture_maker *)work->data;
    (void)status;
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

int picture_maker_start(struct picture_maker *m, const struct picture_request *request)
{
    if (m->busy)
        return KIN_ESTATE;
    m->request = *request;
    if (uv_queue_work(m->loop, &m->work, on_work, on_done) != 0) {
        m->request.jpeg = NULL;
        return KIN_EIO;
    }
    kin_buf_ref(m->request.jpeg);
    m->busy = true;
    return KIN_OK;
}
