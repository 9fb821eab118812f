// One frame of a reel, ready to be sent.
#include "frames/frame.h"

#include <stdlib.h>

#include "base/err.h"
#include "ground/shortage.h"
#include "jpeg/fit.h"
#include "jpeg/half.h"
#include "jpeg/markers.h"
#include "jpeg/rewrite.h"

struct material { // what the makers of plans work on
    const struct frame_want *want;
    const struct frame_tools *tools;
    bool may_convert;
    struct kin_buf *jpeg;
    struct kin_jpeg_info info;
    struct frame *f; // gets fit, why and plan
};

static int plan_words(struct material *m, struct kin_buf *jpeg, const struct kin_jpeg_rtp *rtp)
{
    if (m->want->form == FRAME_SIZED)
        return kin_rtp_plan_jpeg_sized(jpeg, rtp, m->want->packet_bytes, &m->f->plan);
    return kin_rtp_plan_jpeg(jpeg, rtp, m->want->packet_bytes, &m->f->plan);
}

// Of a JPEG that was written for RFC 2435.
static int plan_rewritten(struct material *m, struct kin_buf *jpeg)
{
    struct kin_jpeg_info info;
    struct kin_jpeg_rtp rtp;
    int err = kin_jpeg_walk(kin_buf_span(jpeg), &info, &m->f->why);
    if (err != KIN_OK)
        return err;
    enum kin_jpeg_fit fit = kin_jpeg_fit(&info, &rtp);
    m->f->why = kin_jpeg_fit_str(fit);
    return fit == KIN_JPEG_FIT_OK ? plan_words(m, jpeg, &rtp) : KIN_ELIMIT;
}

// Waits for a share of the memory for conversions.
static int take_memory(struct material *m, size_t bytes)
{
    int err = conversion_memory_take(m->tools->memory, bytes, m->tools->canceled);
    if (err == KIN_ELIMIT)
        m->f->why = FRAME_TOO_MUCH_MEMORY;
    return err;
}

static int rewrite(struct material *m, struct kin_buf **ret)
{
    size_t memory = kin_jpeg_rewrite_memory(&m->info);
    int err = take_memory(m, memory);
    if (err != KIN_OK)
        return err;
    err = kin_jpeg_rewrite_cancelable(kin_buf_span(m->jpeg), &m->info, m->tools->canceled, ret, &m->f->why);
    conversion_memory_give(m->tools->memory, memory);
    return err;
}

static int halve(struct material *m, struct kin_buf **ret)
{
    size_t memory = kin_jpeg_half_memory(&m->info);
    int err = take_memory(m, memory);
    if (err != KIN_OK)
        return err;
    err = kin_jpeg_half_cancelable(kin_buf_span(m->jpeg), &m->info, m->tools->canceled, ret, &m->f->why);
    conversion_memory_give(m->tools->memory, memory);
    return err;
}

// What RFC 2435 has no words for is written again. The file's own bytes are not kept.
static int in_repaired_words(struct material *m)
{
    struct kin_buf *repaired = NULL;
    if (!m->may_convert)
        return KIN_EAGAIN;
    int err = rewrite(m, &repaired);
    if (err == KIN_OK)
        err = plan_rewritten(m, repaired);
    m->f->is_new = err == KIN_OK;
    kin_buf_unref(repaired);
    return err == KIN_ELIMIT ? KIN_EUNSUPPORTED : err;
}

static int in_words(struct material *m)
{
    struct kin_jpeg_rtp rtp;
    m->f->fit = kin_jpeg_fit(&m->info, &rtp);
    return m->f->fit == KIN_JPEG_FIT_OK ? plan_words(m, m->jpeg, &rtp) : in_repaired_words(m);
}

static int in_extension(struct material *m)
{
    struct kin_jpeg_rtp rtp;
    m->f->fit = kin_jpeg_fit(&m->info, &rtp);
    m->f->why = "the ONVIF extension has no words for it";
    int err = kin_rtp_plan_onvif(m->jpeg, &m->info, m->want->packet_bytes, &m->f->plan);
    return err == KIN_ENOMEM || err == KIN_OK ? err : KIN_EUNSUPPORTED;
}

static int as_sample(struct material *m)
{
    return kin_rtp_plan_xqt(m->jpeg, m->info.width, m->info.height, m->want->packet_bytes, &m->f->plan);
}

static int at_half_size(struct material *m)
{
    struct material half = *m;
    if (!m->may_convert)
        return KIN_EAGAIN;
    int err = halve(m, &half.jpeg);
    if (err != KIN_OK)
        return err == KIN_ELIMIT ? KIN_EUNSUPPORTED : err;
    err = kin_jpeg_walk(kin_buf_span(half.jpeg), &half.info, NULL);
    if (err == KIN_OK)
        err = in_words(&half);
    m->f->is_new = err == KIN_OK;
    kin_buf_unref(half.jpeg);
    return err;
}

// Makes the plan of a JPEG in the form asked for. The lab takes whole files, whatever they are.
static int prepare(struct material *m)
{
    static int (*const makers[])(struct material *) = {[FRAME_RFC2435] = in_words,
                                                       [FRAME_SIZED] = in_words,
                                                       [FRAME_ONVIF] = in_extension,
                                                       [FRAME_XQT] = as_sample,
                                                       [FRAME_HALF] = at_half_size};
    if (m->want->form == FRAME_LAB)
        return kin_rtp_plan_lab(m->jpeg, m->want->packet_bytes, &m->f->plan);
    int err = kin_jpeg_walk(kin_buf_span(m->jpeg), &m->info, &m->f->why);
    return err == KIN_OK ? makers[m->want->form](m) : err;
}

static struct repair_key key_of(const struct frame_want *want)
{
    return (struct repair_key){.reel = want->reel->id, .frame = want->index, .half = want->form == FRAME_HALF};
}

static bool may_be_rewritten(enum frame_form form)
{
    return form == FRAME_RFC2435 || form == FRAME_SIZED || form == FRAME_HALF;
}

// What was rewritten before. False when it is not there.
static bool take_kept(const struct frame_want *want, struct repair_store *store, struct frame *f)
{
    struct material m = {.want = want, .f = f};
    struct repair_key key = key_of(want);
    struct kin_buf *jpeg = may_be_rewritten(want->form) ? repair_store_get(store, &key, &f->fit) : NULL;
    bool good = jpeg != NULL && plan_rewritten(&m, jpeg) == KIN_OK;
    kin_buf_unref(jpeg);
    return good;
}

static void read_and_prepare(struct material *m)
{
    const struct frame_want *want = m->want;
    struct frame *f = m->f;
    f->error = kin_reel_read(want->reel, want->index, &m->jpeg);
    if (f->error == KIN_OK)
        f->error = prepare(m);
    else if (f->error == KIN_EBAD)
        f->why = "its bytes are no JPEG";
    if (f->error == KIN_ECHANGED && want->reel->apart) { // one still of many
        f->error = KIN_EBAD;
        f->why = "its file has changed";
    }
    shortage_note_err(f->error);
    kin_buf_unref(m->jpeg);
}

static struct frame *new_frame(void)
{
    struct frame *f = malloc(sizeof *f);
    if (f == NULL)
        return NULL;
    *f = (struct frame){.fit = KIN_JPEG_FIT_OK};
    kin_ref_init(&f->refs);
    return f;
}

// Where nearly every frame has to be rewritten, it is not read for nothing before that.
static bool is_surely_rewritten(const struct frame_want *want)
{
    bool unfit = may_be_rewritten(want->form) && want->reel->fit != KIN_JPEG_FIT_OK;
    return want->form == FRAME_HALF || unfit;
}

struct frame *frame_read(const struct frame_want *want, const struct frame_tools *tools)
{
    struct frame *f = new_frame();
    if (f == NULL || take_kept(want, tools->store, f))
        return f;
    if (is_surely_rewritten(want))
        f->error = KIN_EAGAIN;
    else
        read_and_prepare(&(struct material){.want = want, .tools = tools, .f = f});
    return f;
}

struct frame *frame_convert(const struct frame_want *want, const struct frame_tools *tools)
{
    struct frame *f = new_frame();
    if (f != NULL)
        read_and_prepare(&(struct material){.want = want, .tools = tools, .may_convert = true, .f = f});
    return f;
}

void frame_keep(const struct frame *f, const struct frame_want *want, struct repair_store *store)
{
    if (f == NULL || !f->is_new)
        return;
    struct repair_key key = key_of(want);
    repair_store_put(store, &key, f->fit, kin_buf_span(kin_rtp_plan_jpeg_buf(f->plan)));
}

const char *frame_form_name(enum frame_form form)
{
    static const char *const names[] = {
#define X(form, name) name,
        FRAME_FORM_LIST(X)
#undef X
    };
    return names[form];
}

struct frame *frame_ref(struct frame *f)
{
    kin_ref_add(&f->refs);
    return f;
}

void frame_unref(struct frame *f)
{
    if (f == NULL || !kin_ref_drop(&f->refs))
        return;
    kin_rtp_plan_free(f->plan);
    free(f);
}

size_t frame_memory(const struct frame *f)
{
    return sizeof *f + (f->plan != NULL ? kin_rtp_plan_memory(f->plan) : 0);
}
