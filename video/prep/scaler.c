// libswscale changes size, depth and range; the colour matrix and the orientation are ours (recolour.h, turn.h).
#include "scaler.h"

#include <stdlib.h>

#include <libavutil/frame.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

#include "base/err.h"
#include "recolour.h"

#define FLAGS (SWS_BICUBIC | SWS_ACCURATE_RND)
#define ALIGN_BYTES 64
#define BLEND_BLACK "uniform_color"
#define HD_WIDTH 1024 // from this size on, a film that states no matrix is taken for BT.709
#define HD_HEIGHT 577

// The input for which the context was made.
struct kind {
    int width, height, format;
    enum AVColorRange range;
};

struct scaler {
    struct turn turn;
    struct dimensions unturned; // before turning
    struct kind kind;
    struct SwsContext *context;
    AVFrame *scaled; // `unturned`, packed rows
    struct kin_picture picture;
};

int scaler_new(struct dimensions size, struct turn turn, struct scaler **ret)
{
    struct scaler *s = calloc(1, sizeof *s);
    if (s == NULL)
        return KIN_ENOMEM;
    s->turn = turn;
    s->unturned = turn.swap ? (struct dimensions){size.height, size.width} : size;
    int err = kin_picture_init(&s->picture, size.width, size.height);
    s->scaled = av_frame_alloc();
    if (err == KIN_OK && s->scaled != NULL) {
        s->scaled->format = AV_PIX_FMT_YUV420P;
        s->scaled->width = (int)s->unturned.width;
        s->scaled->height = (int)s->unturned.height;
    }
    if (err == KIN_OK && (s->scaled == NULL || av_frame_get_buffer(s->scaled, ALIGN_BYTES) < 0))
        err = KIN_ENOMEM;
    if (err != KIN_OK) {
        scaler_free(s);
        return err;
    }
    *ret = s;
    return KIN_OK;
}

void scaler_free(struct scaler *s)
{
    if (s == NULL)
        return;
    sws_freeContext(s->context);
    av_frame_free(&s->scaled);
    kin_picture_deinit(&s->picture);
    free(s);
}

// --- what the frame is

static bool is_full_range(const AVFrame *f)
{
    switch (f->format) {
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ444P:
    case AV_PIX_FMT_YUVJ440P:
    case AV_PIX_FMT_YUVJ411P:
        return true;
    default:
        return f->color_range == AVCOL_RANGE_JPEG;
    }
}

static bool is_yuv(const AVFrame *f)
{
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(f->format);
    return d != NULL && d->nb_components >= 3 && (d->flags & AV_PIX_FMT_FLAG_RGB) == 0;
}

static struct recolour_from colours_of(const AVFrame *f)
{
    if (!is_yuv(f))
        return RECOLOUR_BT601; // libswscale converts RGB to BT.601
    switch (f->colorspace) {
    case AVCOL_SPC_BT709:
        return RECOLOUR_BT709;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
        return RECOLOUR_BT2020;
    case AVCOL_SPC_SMPTE240M:
        return RECOLOUR_SMPTE240;
    case AVCOL_SPC_UNSPECIFIED:
        return f->width >= HD_WIDTH || f->height >= HD_HEIGHT ? RECOLOUR_BT709 : RECOLOUR_BT601;
    default:
        return RECOLOUR_BT601;
    }
}

// --- scaling

static int set_options(struct SwsContext *c, const struct scaler *s, const AVFrame *f)
{
    const struct {
        const char *name;
        int64_t value;
    } options[] = {
        {"srcw", f->width},
        {"srch", f->height},
        {"src_format", f->format},
        {"src_range", is_full_range(f)},
        {"dstw", s->unturned.width},
        {"dsth", s->unturned.height},
        {"dst_format", AV_PIX_FMT_YUV420P},
        {"dst_range", 1},
        {"sws_flags", FLAGS},
        {"threads", 0}, // as many as there are processors
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (av_opt_set_int(c, options[i].name, options[i].value, 0) < 0)
            return KIN_EUNSUPPORTED;
    return av_opt_set(c, "alphablend", BLEND_BLACK, 0) >= 0 ? KIN_OK : KIN_EUNSUPPORTED;
}

static int new_context(struct scaler *s, const AVFrame *f, struct kind kind)
{
    sws_freeContext(s->context);
    s->context = sws_alloc_context();
    if (s->context == NULL)
        return KIN_ENOMEM;
    int err = set_options(s->context, s, f);
    if (err == KIN_OK && sws_init_context(s->context, NULL, NULL) < 0)
        err = KIN_EUNSUPPORTED;
    if (err != KIN_OK) {
        sws_freeContext(s->context);
        s->context = NULL;
        return err;
    }
    s->kind = kind;
    return KIN_OK;
}

static int prepare(struct scaler *s, const AVFrame *f)
{
    struct kind kind = {f->width, f->height, f->format, f->color_range};
    const struct kind *k = &s->kind;
    bool same = s->context != NULL && k->width == kind.width && k->height == kind.height && k->format == kind.format &&
                k->range == kind.range;
    return same ? KIN_OK : new_context(s, f, kind);
}

static void turn_upright(struct scaler *s)
{
    struct kin_picture *p = &s->picture;
    uint8_t *to[3] = {p->y, p->cb, p->cr};
    for (size_t i = 0; i < 3; i++) {
        unsigned half = i > 0;
        struct plane src = {s->scaled->data[i], (size_t)s->scaled->linesize[i], (s->unturned.width + half) >> half,
                            (s->unturned.height + half) >> half};
        struct plane dst = {to[i], p->width >> half, p->width >> half, p->height >> half};
        turn_copy(s->turn, &src, &dst);
    }
}

int scaler_run(struct scaler *s, const AVFrame *frame, const struct kin_picture **ret)
{
    int err = prepare(s, frame);
    if (err != KIN_OK)
        return err;
    int done = sws_scale_frame(s->context, s->scaled, frame);
    if (done < 0)
        return done == AVERROR(ENOMEM) ? KIN_ENOMEM : KIN_EUNSUPPORTED;
    turn_upright(s);
    struct recolour recolour = recolour_init(colours_of(frame));
    recolour_picture(&recolour, &s->picture);
    *ret = &s->picture;
    return KIN_OK;
}
