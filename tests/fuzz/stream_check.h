// Feeds one byte stream to the RTSP framer in pieces: at once, byte by byte, by sevens. The results must agree.
#ifndef FUZZ_STREAM_CHECK_H
#define FUZZ_STREAM_CHECK_H

#include "must.h"
#include "proto/rtsp_frame.h"

#define STREAM_FRAMES_MAX 512

struct stream_frames {
    struct kin_rtsp_frame list[STREAM_FRAMES_MAX];
    size_t count;
    ptrdiff_t last; // 0 or the error that ended it
};

struct stream_feed {
    struct kin_rtsp_framer f;
    struct kin_span in;
    size_t from;
    struct stream_frames *out;
};

typedef ptrdiff_t stream_fn(struct kin_rtsp_framer *f, struct kin_span in, struct kin_rtsp_frame *ret);

// Takes all frames that the bytes before `to` hold.
static inline ptrdiff_t stream_take(struct stream_feed *x, size_t to, stream_fn *fn)
{
    for (;;) {
        struct kin_span in = kin_span_make(x->in.p + x->from, to - x->from);
        struct kin_rtsp_frame frame;
        ptrdiff_t n = fn(&x->f, in, &frame);
        if (n <= 0) {
            MUST(n == 0 || kin_rtsp_framer_status(&x->f) >= 400);
            return n;
        }
        MUST((size_t)n <= in.n && frame.bytes.p != NULL && fuzz_inside(in, frame.bytes));
        MUST(frame.bytes.p + frame.bytes.n <= in.p + n);
        MUST(frame.kind != KIN_RTSP_FRAME_MESSAGE || (frame.head_len > 0 && frame.head_len <= frame.bytes.n));
        if (x->out->count < STREAM_FRAMES_MAX)
            x->out->list[x->out->count++] = frame;
        x->from += (size_t)n;
    }
}

static inline void stream_cut(struct kin_span in, bool is_server, bool lab, size_t step, struct stream_frames *out)
{
    struct stream_feed x = {.in = in, .out = out};
    kin_rtsp_framer_init(&x.f, is_server, NULL);
    x.f.lab = lab;
    out->count = 0;
    out->last = 0;
    for (size_t to = step; to < in.n && out->last == 0; to += step)
        out->last = stream_take(&x, to, kin_rtsp_framer_next);
    if (out->last == 0)
        out->last = stream_take(&x, in.n, kin_rtsp_framer_next);
    if (out->last == 0)
        out->last = stream_take(&x, in.n, kin_rtsp_framer_flush);
    if (out->last < 0)
        MUST(stream_take(&x, in.n, kin_rtsp_framer_next) == out->last); // for good
    MUST(out->last < 0 || !kin_rtsp_framer_wants_flush(&x.f, kin_span_skip(in, x.from)));
}

// Header lines after the third of a lab request belong to it only if they arrive in time.
static inline void stream_same(const struct kin_rtsp_frame *whole, const struct kin_rtsp_frame *cut)
{
    bool lab = whole->kind == KIN_RTSP_FRAME_LAB;
    MUST(whole->kind == cut->kind && whole->channel == cut->channel && whole->head_len == cut->head_len);
    MUST(whole->bytes.p == cut->bytes.p);
    MUST(lab ? cut->bytes.n <= whole->bytes.n : cut->bytes.n == whole->bytes.n);
}

// The frames of the whole stream, which must be the same for all pieces.
static inline void stream_check(struct kin_span in, bool is_server, bool lab, struct stream_frames *out)
{
    static const size_t steps[] = {1, 7};
    static struct stream_frames cut;
    stream_cut(in, is_server, lab, in.n + 1, out);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        stream_cut(in, is_server, lab, steps[i], &cut);
        MUST(cut.count == out->count && cut.last == out->last);
        for (size_t k = 0; k < cut.count; k++)
            stream_same(&out->list[k], &cut.list[k]);
    }
}

#endif
