// Frames in, terminal bytes out, never more than the terminal takes.
#include "commands/compositor.h"

#include <stdio.h>

#include "base/err.h"
#include "engine/play/stats.h"

#define SETTLE_US (300 * KIN_US_PER_MS)
#define QUERY_BYTES_MIN 256 // smaller frames cannot congest the line: no query follows
#define SYNC_BEGIN "\033[?2026h"
#define SYNC_END "\033[?2026l"
#define SYNC_BYTES 32

static bool settings_differ(const struct picture *a, const struct picture *b)
{
    return a == NULL || a->made_with.kind != b->made_with.kind || a->made_with.depth != b->made_with.depth;
}

// The reel's frame interval; 0 when it is not known.
static kin_us frame_interval(const struct compositor *s)
{
    uint32_t rate = s->model->reel.session != NULL ? session_info(s->model->reel.session)->rate_milli : 0;
    return rate > 0 ? 1000 * KIN_US_PER_S / (kin_us)rate : 0;
}

static void on_picture(void *ctx, struct picture *picture)
{
    struct compositor *s = ctx;
    if (picture != NULL && picture->cells != NULL) {
        s->facts.decode_us = picture->decode_us;
        s->facts.render_us = picture->render_us;
        if (s->facts.kind == CANVAS_SYMBOLS)
            governor_rendered(&s->governor, picture->decode_us + picture->render_us, frame_interval(s));
        s->new_picture = true;
        s->exact |= settings_differ(s->model->frames.picture, picture);
    }
    model_show(s->model, picture);
}

int compositor_init(struct compositor *s, struct model *m, struct terminal *t, struct probe *p)
{
    *s = (struct compositor){.model = m, .term = t, .probe = p, .resized = true, .settle_due = KIN_US_NEVER};
    s->screen.utf8 = t->utf8;
    s->screen.depth = t->depth;
    writer_init(&s->writer);
    return picture_maker_new(&m->loop->uv, on_picture, s, &s->maker);
}

void compositor_deinit(struct compositor *s)
{
    picture_maker_free(s->maker);
    writer_deinit(&s->writer);
    encoder_deinit(&s->encoder);
    screen_deinit(&s->screen);
}

void compositor_resize(struct compositor *s)
{
    s->resized = true;
    model_touch(s->model);
}

int compositor_attach(struct compositor *s, struct kin_span queries)
{
    char prologue[TERM_SEQUENCE_MAX + PROBE_BATCH_MAX];
    int n = snprintf(prologue, sizeof prologue, "%s%.*s", s->term->enter, KIN_SPAN_ARG(queries));
    int err = writer_attach(&s->writer, s->term->fd, kin_span_make(prologue, (size_t)n));
    encoder_forget(&s->encoder);
    compositor_resize(s);
    return err;
}

void compositor_detach(struct compositor *s)
{
    writer_detach(&s->writer);
}

static void update_size(struct compositor *s)
{
    int cols, rows;
    term_size(s->term, &cols, &rows, &s->cell_aspect);
    cols = cols < SCREEN_COLS_MAX ? cols : SCREEN_COLS_MAX;
    rows = rows < SCREEN_ROWS_MAX ? rows : SCREEN_ROWS_MAX;
    if (writer_reserve(&s->writer, encoder_bytes_max(cols, rows) + SYNC_BYTES) != KIN_OK ||
        screen_resize(&s->screen, cols, rows) != KIN_OK)
        return; // tried again with the next draw
    s->resized = false;
    encoder_forget(&s->encoder);
    model_render_again(s->model);
}

static void set_depth(struct compositor *s, enum color_depth depth)
{
    if (!term_set_depth(s->term, depth) || s->screen.depth == depth)
        return;
    s->screen.depth = depth;
    encoder_forget(&s->encoder);
    model_render_again(s->model);
}

bool compositor_report(struct compositor *s, kin_us now, const struct input_event *e)
{
    if (e->type == INPUT_REPORT_CURSOR) {
        writer_answered(&s->writer, now);
        return true;
    }
    if (!probe_report(s->probe, now, e))
        return false;
    if (e->type == INPUT_REPORT_DA1)
        writer_note_answers(&s->writer);
    s->sync = s->probe->facts.sync.yes;
    if (s->probe->facts.truecolor.yes)
        set_depth(s, DEPTH_16M);
    model_touch(s->model);
    return true;
}

bool compositor_send(struct compositor *s, kin_us now, struct kin_span bytes)
{
    if (!writer_ready(&s->writer, now))
        return false;
    struct kin_wr out = writer_begin(&s->writer);
    kin_wr_put(&out, bytes);
    if (!out.bad)
        writer_commit(&s->writer, now, &out, false);
    return !out.bad;
}

// --- drawing

static void count_shown(struct compositor *s, kin_us now)
{
    s->shown_times[s->shown_count++ % COMPOSITOR_SHOWN_MAX] = now;
}

static double shown_fps(const struct compositor *s, kin_us now)
{
    unsigned n = 0;
    kin_us window = kin_fps_window(frame_interval(s));
    for (size_t i = 0; i < COMPOSITOR_SHOWN_MAX && i < s->shown_count; i++)
        n += s->shown_times[i] > now - window;
    return (double)n * KIN_US_PER_S / (double)window;
}

// True while the statistics page covers the picture. Pictures are still made, and count as shown at the pace at which
// the terminal took the last one: otherwise opening the page would lower the rate that it reports.
static bool is_hidden(const struct compositor *s)
{
    return model_page(s->model) == PAGE_STATS && s->layout.picture.w < 1 && s->picture_area.w > 0;
}

// Measures how long the terminal takes to accept a picture.
static void measure_drain(struct compositor *s, kin_us now)
{
    if (!s->draining || !writer_ready(&s->writer, now))
        return;
    s->draining = false;
    s->drain_us = now - s->sent_at;
}

static void update_facts(struct compositor *s, kin_us now)
{
    struct model_terminal *t = &s->facts;
    t->cols = s->screen.cols;
    t->rows = s->screen.rows;
    t->utf8 = s->screen.utf8;
    t->depth = s->screen.depth;
    t->charset_advice = s->term->charset_advice;
    t->color_advice = t->depth <= DEPTH_16 ? s->term->color_advice : NULL;
    t->answers = s->writer.answers;
    t->sync = s->sync;
    t->found = &s->probe->facts;
    t->rtt_us = s->writer.stats.rtt_us;
    t->bytes = s->writer.stats.bytes;
    t->bytes_per_s = s->writer.stats.bytes_per_s;
    t->threshold = governor_threshold(&s->governor);
    t->shown_fps = shown_fps(s, now);
    if (s->model->frames.picture != NULL) {
        t->picture_cols = s->model->frames.picture->cols;
        t->picture_rows = s->model->frames.picture->rows;
    }
    model_set_terminal(s->model, t);
}

static void send_frame(struct compositor *s, kin_us now, bool exact)
{
    struct encoder_cost cost;
    struct kin_wr out = writer_begin(&s->writer);
    if (s->sync)
        kin_wr_str(&out, SYNC_BEGIN);
    size_t start = out.len;
    unsigned threshold = exact ? 0 : governor_threshold(&s->governor);
    if (encoder_draw(&s->encoder, &s->screen, threshold, &out, &cost) != KIN_OK || out.len == start)
        return;
    if (s->sync)
        kin_wr_str(&out, SYNC_END);
    if (cost.kept == 0)
        s->settle_due = KIN_US_NEVER;
    else if (s->new_picture || s->settle_due == KIN_US_NEVER)
        s->settle_due = now + SETTLE_US;
    s->facts.frame_bytes = s->new_picture ? out.len : s->facts.frame_bytes;
    writer_commit(&s->writer, now, &out, out.len >= QUERY_BYTES_MIN);
}

static void draw(struct compositor *s, kin_us now)
{
    struct model *m = s->model;
    bool settle = now >= s->settle_due && !s->new_picture;
    if (!m->dirty && !settle)
        return;
    if (s->resized)
        update_size(s);
    if (m->redraw)
        encoder_forget(&s->encoder);
    if (s->new_picture)
        count_shown(s, now);
    bool hidden = is_hidden(s);
    update_facts(s, now);
    view_draw(m, &s->screen, &s->layout);
    model_drawn(m, s->layout.lines, s->layout.height);
    send_frame(s, now, settle || s->exact);
    if (s->new_picture && !hidden) {
        s->draining = true;
        s->sent_at = now;
    }
    if (s->layout.picture.w > 0)
        s->picture_area = s->layout.picture;
    s->new_picture = s->exact = false;
}

// --- frames

static bool start_picture(struct compositor *s, const struct model_frame *f)
{
    const struct rect *area = &s->picture_area;
    s->facts.kind = s->screen.utf8 ? model_kind(s->model, governor_kind(&s->governor)) : CANVAS_ASCII;
    struct picture_request q = {.jpeg = f->jpeg,
                                .number = f->number,
                                .max_cols = area->w,
                                .max_rows = area->h,
                                .cell_aspect = s->cell_aspect,
                                .canvas = {s->facts.kind, s->screen.depth, s->screen.utf8},
                                .gaps = f->gaps};
    return picture_maker_start(s->maker, &q) == KIN_OK;
}

static enum model_hold reason_to_wait(const struct compositor *s, kin_us now)
{
    if (picture_maker_busy(s->maker))
        return HOLD_DECODER;
    if (!writer_ready(&s->writer, now) || (is_hidden(s) && now < s->hidden_due))
        return HOLD_TERMINAL;
    return now < s->next_picture ? HOLD_LIMIT : HOLD_NOTHING;
}

static void set_next_picture(struct compositor *s, kin_us now)
{
    int64_t limit = s->model->settings->fps_limit;
    if (limit <= 0)
        return;
    kin_us interval = KIN_US_PER_S / limit;
    bool behind = now > s->next_picture + interval;
    s->next_picture = (behind ? now : s->next_picture) + interval;
}

static void start_newest(struct compositor *s, kin_us now)
{
    struct model *m = s->model;
    struct model_frame f;
    enum model_hold hold = reason_to_wait(s, now);
    model_set_hold(m, hold);
    bool hidden = is_hidden(s);
    bool room = hidden || (s->layout.picture.w > 0 && s->layout.picture.h > 0);
    if (hold != HOLD_NOTHING || !room || !model_take_frame(m, &f))
        return;
    if (start_picture(s, &f))
        set_next_picture(s, now);
    s->hidden_due = now + s->drain_us;
    kin_buf_unref(f.jpeg);
}

kin_us compositor_turn(struct compositor *s, kin_us now, bool *ret_gone)
{
    governor_terminal(&s->governor, now, s->model->frames.drops.terminal);
    measure_drain(s, now);
    if (writer_ready(&s->writer, now))
        draw(s, now);
    *ret_gone = writer_flush(&s->writer) == KIN_EIO;
    start_newest(s, now);
    // While the terminal is busy, its answer wakes the loop: settle_due may have passed already.
    kin_us next = writer_ready(&s->writer, now) ? s->settle_due : writer_deadline(&s->writer);
    if (is_hidden(s) && s->model->frames.newest.fresh && now < s->hidden_due)
        next = kin_us_min(next, s->hidden_due);
    return s->model->frames.hold == HOLD_LIMIT && s->model->frames.newest.fresh ? kin_us_min(next, s->next_picture)
                                                                                : next;
}
