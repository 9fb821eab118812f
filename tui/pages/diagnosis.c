// What holds the film back, in one sentence.
#include "pages/diagnosis.h"

#include <stdio.h>

#include "model/format.h"
#include "text/messages.h"

static double least_round_trip(const struct model *m)
{
    struct kin_receive_second seconds[KIN_RECEIVE_HISTORY_SECONDS];
    size_t count = kin_receive_history_copy(&m->reel.history, false, seconds, KIN_RECEIVE_HISTORY_SECONDS);
    double least = -1;
    for (size_t i = 0; i < count; i++) {
        double rtt = seconds[i].state.rtt_ms;
        if (seconds[i].known && rtt >= 0 && (least < 0 || rtt < least))
            least = rtt;
    }
    return least;
}

static void add_second(const struct model *m, const struct kin_receive_second *s, struct bottleneck_figures *f)
{
    struct terminal_totals here = terminal_history_at(&m->reel.terminal, s->number);
    double missing = (double)(s->counts[KIN_RECEIVE_F_PARTIAL] + s->counts[KIN_RECEIVE_F_LOST]);
    double left_out = (double)s->counts[KIN_RECEIVE_F_LEFT_OUT];
    f->arrived += (double)s->counts[KIN_RECEIVE_F_COMPLETE];
    f->left_out += left_out;
    f->incomplete += missing > left_out ? missing - left_out : 0;
    f->late += (double)here.late;
    f->decoder += (double)here.decoder;
    f->terminal += (double)here.dropped;
}

// Frames a second that are played, 0 when that is not known or not all of them are sent.
static double frames_due(const struct model *m)
{
    bool usual = m->reel.session != NULL && m->reel.rate == 1;
    return usual ? session_info(m->reel.session)->rate_milli / 1000.0 : 0;
}

void diagnosis_figures(const struct model *m, struct bottleneck_figures *f)
{
    const struct session_stats *t = &m->reel.stats;
    struct kin_receive_second seconds[BOTTLENECK_SECONDS];
    size_t count = kin_receive_history_copy(&m->reel.history, false, seconds, BOTTLENECK_SECONDS);
    bool fills = t->cache.buffering && (t->cache.reason == KIN_PLAYOUT_START || t->cache.reason == KIN_PLAYOUT_JUMP);
    *f = (struct bottleneck_figures){.playing = model_state(m) == KIN_PLAYER_PLAYING,
                                     .silent_us = t->hush_us,
                                     .limited = t->left_out.percent > 0 || t->quality > 0,
                                     .draining = !fills && t->cache.frames < t->cache.low_frames,
                                     .rtt_ms = t->rtt_ms,
                                     .least_rtt_ms = least_round_trip(m)};
    for (size_t i = 0; i < count; i++) {
        if (!seconds[i].known)
            continue;
        add_second(m, &seconds[i], f);
        f->due += frames_due(m);
    }
}

static void say_network(const struct model *m, const struct bottleneck_figures *f, const char *share, char *dst)
{
    char loss[FORMAT_MAX];
    double recent = m->reel.stats.loss.recent;
    if (f->silent_us >= KIN_US_PER_S)
        snprintf(dst, DIAGNOSIS_MAX, MSG_BOTTLENECK_SILENT, (double)f->silent_us / KIN_US_PER_S);
    else if (f->limited)
        snprintf(dst, DIAGNOSIS_MAX, MSG_BOTTLENECK_LIMITED);
    else
        snprintf(dst, DIAGNOSIS_MAX, MSG_BOTTLENECK_NETWORK, share, format_share(recent > 0 ? recent : 0, loss));
}

static void say_own(const struct model *m, enum bottleneck cause, const char *share, char *dst)
{
    char bytes[FORMAT_MAX];
    if (cause == BOTTLENECK_CACHE)
        snprintf(dst, DIAGNOSIS_MAX, MSG_BOTTLENECK_CACHE, share);
    else if (cause == BOTTLENECK_DECODER)
        snprintf(dst, DIAGNOSIS_MAX, MSG_BOTTLENECK_DECODER, share, keys_name(&m->settings->keys, ACTION_RENDER));
    else
        snprintf(dst, DIAGNOSIS_MAX, MSG_BOTTLENECK_TERMINAL, format_bytes(m->terminal.bytes_per_s, bytes), share);
}

char *diagnosis_sentence(const struct model *m, char dst[DIAGNOSIS_MAX])
{
    struct bottleneck_figures f;
    double share;
    char percent[FORMAT_MAX];
    diagnosis_figures(m, &f);
    enum bottleneck cause = bottleneck_find(&f, &share);
    format_share(share, percent);
    if (!f.playing)
        snprintf(dst, DIAGNOSIS_MAX, MSG_BOTTLENECK_NOT_PLAYING);
    else if (cause == BOTTLENECK_NONE)
        snprintf(dst, DIAGNOSIS_MAX, MSG_BOTTLENECK_NONE);
    else if (cause == BOTTLENECK_NETWORK)
        say_network(m, &f, percent, dst);
    else if (cause == BOTTLENECK_SERVER)
        snprintf(dst, DIAGNOSIS_MAX, MSG_BOTTLENECK_SERVER, percent);
    else
        say_own(m, cause, percent, dst);
    return dst;
}
