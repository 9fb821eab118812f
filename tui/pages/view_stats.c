// The statistics page: every figure there is, in groups; a row without a value is left out.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/plural.h"
#include "base/text.h"
#include "model/format.h"
#include "pages/graph.h"
#include "pages/overlay.h"
#include "pages/view.h"
#include "text/messages.h"
#include "text/sentences.h"

#define ROW_MAX 320    // bytes
#define TWO_COLUMNS 96 // from this width on
#define FILM_MIN 40    // columns that are left from which on the film is beside the figures
#define FILM_WIDTH 32  // columns by so many rows: 16:9 in cells twice as high as wide
#define FILM_HEIGHT 9

static void heading(struct view_lines *t, const char *text)
{
    int y;
    if (t->line > 0)
        t->line++;
    if (view_lines_next(t, &y))
        screen_put(t->s, t->area.x + 2, y, t->area.w - 2, ROLE_ACCENT, text);
}

static void row(struct view_lines *t, const char *label, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void row(struct view_lines *t, const char *label, const char *format, ...)
{
    char text[ROW_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    view_lines_row(t, &(struct view_row){3, view_label_width(t), ROLE_DIM, label, ROLE_STRONG, text});
}

static void rows_reel(struct view_lines *t, const struct model *m)
{
    char text[FORMAT_MAX], name[256];
    heading(t, "Reel");
    url_path_name(m->reel.url, name, sizeof name);
    row(t, "name", "%s", name);
    if (m->reel.session == NULL)
        return;
    const struct session_info *i = session_info(m->reel.session);
    row(t, "title", "%s", i->name);
    if (i->width > 0)
        row(t, "picture", "%ux%u %s, %s", (unsigned)i->width, (unsigned)i->height, i->codec,
            format_rate(i->rate_milli, text));
    if (i->duration > 0)
        row(t, "duration", "%s", format_time(i->duration, text));
    if (i->frames > 0)
        row(t, "frames", "%llu", (unsigned long long)i->frames);
    row(t, "server", "%s", i->server);
    row(t, "transport", "%s", i->transport);
}

// Of those that are counted as lost.
static void rows_left_out(struct view_lines *t, const struct session_stats *s)
{
    char text[SENTENCE_MAX];
    sentence_of_left_out(&s->left_out, text);
    if (s->frames.left_out > 0)
        row(t, "left out", "%llu%s%s", (unsigned long long)s->frames.left_out, text[0] != '\0' ? ", " : "", text);
}

static void rows_coarser(struct view_lines *t, const struct session_stats *s)
{
    char text[SENTENCE_MAX];
    sentence_of_quality(s->quality, text);
    if (s->frames.coarser > 0)
        row(t, "coarser", "%llu%s%s", (unsigned long long)s->frames.coarser, text[0] != '\0' ? ", " : "", text);
}

static void rows_frames(struct view_lines *t, const struct model *m)
{
    const struct session_stats *s = &m->reel.stats;
    struct model_drops d = model_drops(m);
    char a[FORMAT_MAX], b[FORMAT_MAX];
    heading(t, "Frames");
    row(t, "complete", "%llu of %llu expected", (unsigned long long)s->frames.complete,
        (unsigned long long)s->frames.expected);
    row(t, "partial, lost", "%llu, %llu", (unsigned long long)s->frames.partial, (unsigned long long)s->frames.lost);
    rows_left_out(t, s);
    rows_coarser(t, s);
    row(t, "late", "%llu", (unsigned long long)s->frames.late);
    if (s->frames.skipped > 0)
        row(t, "player stopped", "%llu", (unsigned long long)s->frames.skipped);
    row(t, "terminal dropped", "%llu", (unsigned long long)d.terminal);
    row(t, "decoder dropped", "%llu", (unsigned long long)d.decoder);
    if (d.limit > 0)
        row(t, "over fps limit", "%llu", (unsigned long long)d.limit);
    if (s->unusable.frames > 0)
        row(t, "unusable", "%llu: %s", (unsigned long long)s->unusable.frames, s->unusable.why);
    if (d.broken > 0)
        row(t, "broken pictures", "%llu", (unsigned long long)d.broken);
    if (model_state(m) == KIN_PLAYER_PLAYING)
        row(t, "rate", "%s fps, %s shown", s->receiving ? format_fps(s->fps, a) : "-",
            format_fps(m->terminal.shown_fps, b));
    else
        row(t, "rate", "-");
    if (s->frame_interval_ms.max > 0)
        row(t, "interval", "%.1f, p99 %.1f, max %.1f ms", s->frame_interval_ms.p50, s->frame_interval_ms.p99,
            s->frame_interval_ms.max);
}

// Of the bytes on the wire.
static double parity_share(const struct session_stats *s)
{
    return s->wire_bytes > 0 ? (double)s->packets.parity_bytes / (double)s->wire_bytes : 0;
}

static void rows_network(struct view_lines *t, const struct model *m)
{
    const struct session_stats *s = &m->reel.stats;
    char a[FORMAT_MAX], b[FORMAT_MAX];
    heading(t, "Network");
    row(t, "packets", "%llu", (unsigned long long)s->packets.received);
    row(t, "lost", "%llu (%s)", (unsigned long long)s->packets.lost, format_loss(s->loss.all, a));
    if (s->receiving)
        row(t, "  last 5 s", "%s", s->loss.recent >= 0 ? format_loss(s->loss.recent, a) : "-");
    row(t, "  worst second", "%s", format_loss(s->loss.worst_second, a));
    row(t, "late", "%llu", (unsigned long long)s->packets.late);
    row(t, "recovered", "%llu", (unsigned long long)s->packets.recovered);
    row(t, "reordered", "%llu", (unsigned long long)s->packets.reordered);
    row(t, "duplicate", "%llu", (unsigned long long)s->packets.duplicate);
    row(t, "requested", "%llu, %llu spurious", (unsigned long long)s->packets.requested,
        (unsigned long long)s->packets.spurious);
    if (s->packets.retransmitted > 0)
        row(t, "retransmitted", "%llu, %s", (unsigned long long)s->packets.retransmitted,
            format_bytes((double)s->packets.retransmitted_bytes, a));
    if (s->packets.parity > 0)
        row(t, "rebuilt", "%llu, parity %s (%.0f %%)", (unsigned long long)s->packets.rebuilt,
            format_bytes((double)s->packets.parity_bytes, a), 100 * parity_share(s));
    if (s->unusable.stray_bytes > 0)
        row(t, "stray bytes", "%llu skipped", (unsigned long long)s->unusable.stray_bytes);
    row(t, "kernel dropped", "%llu", (unsigned long long)s->packets.kernel_dropped);
    if (s->receiving)
        row(t, "jitter", "%s, of frames %s", format_ms(s->jitter_ms, a), format_ms(s->frame_jitter_ms, b));
    row(t, "round trip", "%s", format_ms(s->rtt_ms, a));
    if (s->clock_known)
        row(t, "sender's clock", "%d ppm %s", abs(s->clock_drift_ppm),
            s->clock_drift_ppm < 0 ? MSG_CLOCK_SLOWER : MSG_CLOCK_FASTER);
    row(t, "throughput", "%s", s->receiving ? format_bits(s->throughput_bps, a) : "-");
    row(t, "  average", "%s", format_bits(s->throughput_avg_bps, a));
    row(t, "  min, max", "%s, %s", format_bits(s->throughput_min_bps, a), format_bits(s->throughput_max_bps, b));
    row(t, "payload, wire", "%s, %s", format_bytes((double)s->payload_bytes, a),
        format_bytes((double)s->wire_bytes, b));
    if (s->max_burst_packets_1ms > 0)
        row(t, "largest burst", "%u packet%s in 1 ms", s->max_burst_packets_1ms, kin_plural(s->max_burst_packets_1ms));
    if (s->times.setup_ms >= 0)
        row(t, "set up after", "%s", format_ms(s->times.setup_ms, a));
    row(t, "first frame after", "%s", format_ms(s->times.first_frame_ms, a));
}

static void rows_cache(struct view_lines *t, const struct model *m)
{
    const struct session_stats *s = &m->reel.stats;
    char a[FORMAT_MAX], b[FORMAT_MAX];
    heading(t, "Cache");
    snprintf(b, sizeof b, MSG_CACHE_FILLING, s->cache.fill_speed);
    row(t, "frames", "%u of %u%s", s->cache.frames, s->cache.target_frames,
        s->cache.buffering        ? MSG_CACHE_BUFFERING
        : s->cache.fill_speed > 1 ? b
                                  : "");
    row(t, "start", "%u frame%s", s->cache.start_frames, kin_plural(s->cache.start_frames));
    row(t, "low, high mark", "%u, %u", s->cache.low_frames, s->cache.target_frames);
    if (s->cache.deepest_frames > s->cache.asked_frames)
        row(t, "grown", "from %u to %u at most", s->cache.asked_frames, s->cache.deepest_frames);
    row(t, "time", "%s", format_span(s->cache.buffered_us, a));
    row(t, "look back", "%u frame%s", s->cache.look_back_frames, kin_plural(s->cache.look_back_frames));
    row(t, "memory", "%s of %s", format_bytes((double)s->cache.bytes, a), format_bytes((double)s->cache.bytes_max, b));
    row(t, "least", "%u frame%s", s->cache.min_frames, kin_plural(s->cache.min_frames));
    row(t, "underruns", "%llu", (unsigned long long)s->cache.underruns);
    if (s->cache.holes > 0)
        row(t, "holes", "%llu, %s in all", (unsigned long long)s->cache.holes, format_span(s->cache.hole_us, a));
    if (s->cache.standstill_us > 0)
        row(t, "stood still", "%s", format_span(s->cache.standstill_us, a));
    if (s->cache.behind_us > 0)
        row(t, "catching up", "%s", format_span(s->cache.behind_us, a));
}

// One row for each part between semicolons.
static void rows_advice(struct view_lines *t, const char *label, const char *advice)
{
    struct kin_span rest = kin_span_str(advice != NULL ? advice : ""), part;
    for (; kin_span_split(&rest, ';', &part); label = "") {
        part = kin_span_trim(part);
        row(t, label, "%.*s", KIN_SPAN_ARG(part));
    }
}

// What the terminal is, and what else it could show.
static void rows_found(struct view_lines *t, const struct terminal_facts *f)
{
    if (f->name[0] != '\0')
        row(t, "terminal", "%s %s (%s)", f->name, f->version, facts_source_name(f->named));
    if (f->multiplexer == MULTIPLEXER_SCREEN)
        row(t, "inside", MSG_FACT_IN_SCREEN);
    if (f->multiplexer == MULTIPLEXER_TMUX)
        row(t, "inside", MSG_FACT_IN_TMUX, f->multiplexer_version, f->passthrough.yes ? "yes" : "no",
            facts_source_name(f->passthrough.source));
    if (f->remote.yes)
        row(t, "line", f->mosh.yes ? MSG_FACT_MOSH : MSG_FACT_SSH);
    if (f->sixel.source != FACT_NOT_ASKED)
        row(t, "takes pictures", "%s%s%s%s", f->sixel.yes ? "sixel " : "", f->kitty.yes ? "kitty " : "",
            f->iterm.yes ? "iTerm2" : "", f->sixel.yes || f->kitty.yes || f->iterm.yes ? "" : "no");
    if (f->cell_width > 0)
        row(t, "cell", MSG_FACT_CELL_PIXELS " (%s)", f->cell_width, f->cell_height, facts_source_name(f->cell));
}

static void rows_terminal(struct view_lines *t, const struct model *m)
{
    static const char *const because[] = {
        [GOVERNOR_BEST] = "", [GOVERNOR_PROCESSOR] = MSG_RENDER_PROCESSOR, [GOVERNOR_TERMINAL] = MSG_RENDER_TERMINAL};
    const struct model_terminal *k = &m->terminal;
    char a[FORMAT_MAX], b[FORMAT_MAX];
    heading(t, "Terminal");
    row(t, "size", "%dx%d, %s, %s", k->cols, k->rows, theme_depth_name(k->depth), k->utf8 ? "UTF-8" : "ASCII");
    rows_advice(t, "characters", k->charset_advice);
    rows_advice(t, "colours", k->color_advice);
    if (k->picture_cols > 0)
        row(t, "picture", "%dx%d cells, %s%s", k->picture_cols, k->picture_rows, renderer_name(k->kind),
            because[k->because]);
    row(t, "output", "%s, %s/s", format_bytes((double)k->bytes, a), format_bytes(k->bytes_per_s, b));
    if (k->takes_bytes_per_s > 0)
        row(t, "takes", MSG_TERMINAL_TAKES, format_bytes(k->takes_bytes_per_s, a), format_bytes((double)k->budget, b));
    row(t, "newest frame", "%s, threshold %u", format_bytes((double)k->frame_bytes, a), k->threshold);
    if (k->rtt_us > 0)
        row(t, "answers after", "%s", format_ms((double)k->rtt_us / 1000, a));
    else
        row(t, "answers", "%s", k->answers ? "yes" : "none so far");
    row(t, "synchronized", "%s", k->sync ? "yes" : "no");
    if (k->found != NULL)
        rows_found(t, k->found);
    if (k->render_us > 0)
        row(t, "decode, draw", "%s, %s", format_ms((double)k->decode_us / 1000, a),
            format_ms((double)k->render_us / 1000, b));
}

size_t view_stats_rows(const struct model *m, struct screen *s)
{
    struct view_lines t = {s, {0, 0, s->cols, s->rows}, 0, 0};
    rows_reel(&t, m);
    rows_frames(&t, m);
    rows_cache(&t, m);
    rows_network(&t, m);
    rows_terminal(&t, m);
    return t.line < (size_t)s->rows ? t.line : (size_t)s->rows;
}

// In a wide window the film runs on at the right, where it takes nothing from the figures. Returns its area.
static struct rect draw_film(const struct model *m, struct screen *s, struct rect area)
{
    static const struct overlays nothing = {.count = 0};
    int w = area.w - TWO_COLUMNS, h = w * FILM_HEIGHT / FILM_WIDTH;
    if (w < FILM_MIN || m->reel.session == NULL)
        return (struct rect){.w = 0};
    struct rect film = {area.x + TWO_COLUMNS, area.y + 1, w - 2, h < area.h - 1 ? h : area.h - 1};
    screen_fill(s, film, ROLE_PICTURE);
    if (m->frames.picture != NULL)
        overlay_picture(s, film, m->frames.picture, &nothing);
    return film;
}

static void draw(const struct model *m, struct screen *s, struct rect area, struct layout *ret)
{
    ret->picture = draw_film(m, s, area);
    if (ret->picture.w > 0)
        area.w = TWO_COLUMNS;
    bool two = area.w >= TWO_COLUMNS;
    struct rect window = {area.x, area.y + 1, area.w, area.h - 1};
    struct view_lines t = {s, window, m->pages.scroll, 0};
    view_history_draw(m, &t);
    size_t above = t.line;
    t.area.w = two ? area.w / 2 : area.w;
    rows_reel(&t, m);
    rows_frames(&t, m);
    rows_cache(&t, m);
    size_t lines = t.line;
    if (two) {
        t.area = (struct rect){area.x + area.w / 2, window.y, area.w - area.w / 2, window.h};
        t.line = above;
    }
    rows_network(&t, m);
    rows_terminal(&t, m);
    ret->lines = t.line > lines ? t.line : lines;
    ret->height = (size_t)window.h;
}

const struct view view_stats = {IN_STATS, "statistics", false, draw};
