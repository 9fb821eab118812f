// Frames in, terminal bytes out, never more than the terminal takes.
#include "commands/compositor.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "engine/play/stats.h"
#include "pages/report.h"
#include "terminal/clipboard.h"

#define THRESHOLD 7                     // the difference of cells that may stay while a film runs (encoder.h)
#define SETTLE_US (200 * KIN_US_PER_MS) // after the last picture, or what was drawn over it, differences go
#define REST_US (120 * KIN_US_PER_MS)   // a picture that has stood for so long is made again, as well as can be
#define QUERY_BYTES_MIN 256             // smaller frames cannot congest the line: no query follows
#define SYNC_BEGIN "\033[?2026h"
#define SYNC_END "\033[?2026l"
#define SYNC_BYTES 32

static bool settings_differ(const struct picture *a, const struct picture *b)
{
    return a == NULL || a->made_with.kind != b->made_with.kind || a->made_with.depth != b->made_with.depth ||
           b->made_with.still;
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
    if (picture != NULL && picture_is_drawn(picture)) {
        s->facts.decode_us = picture->decode_us;
        s->facts.render_us = picture->render_us;
        picture_choice_judge(&s->choice, kin_loop_now(s->model->loop), picture, frame_interval(s), &s->writer.drain);
        s->new_picture = true;
        s->exact |= settings_differ(s->model->frames.picture, picture);
    }
    model_show(s->model, picture);
}

// The theme that was chosen, or the one for the terminal's background as far as it is known.
static void set_theme(struct compositor *s)
{
    const struct settings *settings = s->model->settings;
    const struct terminal_facts *f = &s->probe->facts;
    bool is_light = f->background == FACT_ASKED && !facts_is_dark(f->background_rgb);
    s->theme.changes = &settings->looks;
    s->theme.kind = settings->theme != SETTINGS_THEME_AUTO ? (enum theme_kind)(settings->theme - 1)
                    : is_light                             ? THEME_LIGHT
                                                           : THEME_DARK;
    s->screen.theme = &s->theme;
}

int compositor_init(struct compositor *s, struct model *m, struct terminal *t, struct probe *p)
{
    *s = (struct compositor){.model = m, .term = t, .probe = p, .resized = true, .settle_due = KIN_US_NEVER};
    s->screen.utf8 = t->utf8;
    s->screen.depth = t->depth;
    set_theme(s);
    writer_init(&s->writer);
    s->writer.drain.most = (double)m->settings->budget;
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

void compositor_image_removal(const struct compositor *s, char *dst, size_t size)
{
    struct image_bytes bytes = {.n = 0};
    struct imager_settings settings = picture_choice_imager(&s->probe->facts, s->facts.kind);
    if (settings.renderer == RENDERER_KITTY && kitty_delete(&settings.kitty, &bytes) == KIN_OK)
        kin_span_copy(image_bytes_span(&bytes), dst, size);
    image_bytes_deinit(&bytes);
}

static void update_size(struct compositor *s)
{
    int cols, rows;
    term_size(s->term, &cols, &rows, &s->cell_aspect);
    s->cell_aspect = facts_cell_aspect(&s->probe->facts, s->cell_aspect);
    cols = cols < SCREEN_COLS_MAX ? cols : SCREEN_COLS_MAX;
    rows = rows < SCREEN_ROWS_MAX ? rows : SCREEN_ROWS_MAX;
    size_t bytes = encoder_bytes_max(cols, rows) + SYNC_BYTES;
    bytes = bytes > CLIPBOARD_BYTES_MAX ? bytes : CLIPBOARD_BYTES_MAX;
    if (writer_reserve(&s->writer, bytes) != KIN_OK || screen_resize(&s->screen, cols, rows) != KIN_OK)
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
    const struct terminal_facts *f = &s->probe->facts;
    int width = f->cell_width, height = f->cell_height;
    if (!probe_report(s->probe, now, e))
        return false;
    if (f->cell_width != width || f->cell_height != height)
        compositor_resize(s);
    if (e->type == INPUT_REPORT_DA1)
        writer_note_answers(&s->writer, s->probe->rtt_us);
    if (f->truecolor.yes)
        set_depth(s, DEPTH_16M);
    set_theme(s);
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
        writer_commit(&s->writer, now, &out, false, false);
    return !out.bad;
}

// --- drawing

// A picture that is made again is no other frame.
static void count_shown(struct compositor *s, kin_us now)
{
    if (s->model->frames.shown == s->shown_before)
        return;
    s->shown_before = s->model->frames.shown;
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
    t->sync = s->probe->facts.sync.yes;
    t->rtt_us = s->writer.drain.rtt;
    t->found = &s->probe->facts;
    t->bytes = s->writer.stats.bytes;
    t->bytes_per_s = s->writer.stats.bytes_per_s;
    t->takes_bytes_per_s = s->writer.drain.ceiling;
    t->budget = drain_budget(&s->writer.drain);
    t->because = s->choice.governor.reason;
    t->shown_fps = shown_fps(s, now);
    if (s->model->frames.picture != NULL) {
        t->picture_cols = s->model->frames.picture->cols;
        t->picture_rows = s->model->frames.picture->rows;
    }
    model_set_terminal(s->model, t);
}

// The terminal reads the pixels from memory that it shares with us: how long that takes says nothing about the line.
static bool is_beside_the_line(const struct compositor *s, const struct encoder_cost *cost)
{
    return cost->image_bytes > 0 && s->facts.kind == RENDERER_KITTY && picture_choice_kitty_is_near(&s->probe->facts);
}

static bool make_room(struct compositor *s)
{
    const struct screen_image *image = &s->screen.image;
    size_t bytes = encoder_bytes_max(s->screen.cols, s->screen.rows) + SYNC_BYTES;
    return writer_reserve(&s->writer, bytes + image->bytes.n + image->base.n + image->removal.n) == KIN_OK;
}

// What is not as it should be, whatever drew it, is drawn exactly once the picture rests.
static void plan_settling(struct compositor *s, kin_us now, bool exact, size_t kept)
{
    if (kept == 0)
        s->settle_due = KIN_US_NEVER;
    else if (exact) // the budget did not suffice
        s->settle_due = now;
    else if (s->new_picture || s->settle_due == KIN_US_NEVER)
        s->settle_due = now + SETTLE_US;
}

// While a film plays, the line may be busy still.
static bool may_settle(const struct compositor *s, kin_us now)
{
    bool busy = s->writer.drain.count > 0 && now < writer_deadline(&s->writer);
    return !s->new_picture && !(busy && model_state(s->model) == KIN_PLAYER_PLAYING);
}

static void send_frame(struct compositor *s, kin_us now, bool exact)
{
    struct encoder_cost cost;
    if (!make_room(s))
        return;
    struct kin_wr out = writer_begin(&s->writer);
    bool sync = s->probe->facts.sync.yes;
    if (sync)
        kin_wr_str(&out, SYNC_BEGIN);
    size_t start = out.len;
    struct encoder_quality quality = {exact ? 0 : THRESHOLD, drain_budget(&s->writer.drain)};
    if (encoder_draw(&s->encoder, &s->screen, &quality, &out, &cost) != KIN_OK)
        return;
    plan_settling(s, now, exact, cost.kept);
    if (out.len == start)
        return;
    if (sync)
        kin_wr_str(&out, SYNC_END);
    if (s->new_picture) {
        s->facts.frame_bytes = out.len;
        s->facts.threshold = cost.threshold;
    }
    writer_commit(&s->writer, now, &out, out.len >= QUERY_BYTES_MIN || cost.image_bytes > 0,
                  is_beside_the_line(s, &cost));
}

// In place of a frame: what the user has asked to be copied.
static void send_report(struct compositor *s, kin_us now)
{
    char text[CLIPBOARD_TEXT_MAX];
    struct kin_wr out = writer_begin(&s->writer);
    size_t n = report_write(s->model, text, sizeof text);
    clipboard_write(&out, kin_span_make(text, n), getenv("TMUX") != NULL);
    if (!out.bad)
        writer_commit(&s->writer, now, &out, true, false);
    model_copied(s->model);
}

// A picture that stands is made again for an area of another size.
static void set_picture_area(struct compositor *s, const struct rect *area)
{
    if (area->w != s->picture_area.w || area->h != s->picture_area.h)
        model_render_again(s->model);
    s->picture_area = *area;
}

static void draw(struct compositor *s, kin_us now)
{
    struct model *m = s->model;
    bool settle = now >= s->settle_due && may_settle(s, now);
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
        set_picture_area(s, &s->layout.picture);
    s->new_picture = s->exact = false;
}

// --- frames

static bool start_picture(struct compositor *s, const struct model_frame *f)
{
    const struct terminal_facts *facts = &s->probe->facts;
    enum renderer fixed = model_renderer(s->model, RENDERER_COUNT);
    enum renderer kind = s->facts.kind = picture_choice_make(&s->choice, kin_loop_now(s->model->loop), facts,
                                                             s->screen.utf8, s->want_still, fixed, &s->writer.drain);
    struct picture_request q = {.jpeg = f->jpeg,
                                .number = f->number,
                                .cell_aspect = s->cell_aspect,
                                .canvas = {kind, s->screen.depth, s->screen.utf8, s->want_still, !facts->blocks.yes},
                                .image = picture_choice_imager(facts, kind),
                                .budget = drain_budget(&s->writer.drain),
                                .gaps = f->gaps};
    picture_choice_limit(facts, s->picture_area, s->screen.rows, &q);
    s->want_still = false;
    return picture_maker_start(s->maker, &q) == KIN_OK;
}

// A picture that stays is made again, as well as can be.
static void perfect(struct compositor *s, kin_us now)
{
    const struct model_frames *f = &s->model->frames;
    bool playing = model_state(s->model) == KIN_PLAYER_PLAYING;
    if (playing || f->picture == NULL || f->picture->made_with.still || f->newest.fresh ||
        picture_maker_busy(s->maker)) {
        s->rests_since = 0;
        s->want_still = s->want_still && !playing && f->newest.fresh;
        return;
    }
    s->rests_since = s->rests_since == 0 ? now : s->rests_since;
    if (now < s->rests_since + REST_US)
        return;
    s->want_still = true;
    model_render_again(s->model);
}

static kin_us perfect_due(const struct compositor *s)
{
    return s->rests_since == 0 ? KIN_US_NEVER : s->rests_since + REST_US;
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
    drain_set_interval(&s->writer.drain, frame_interval(s));
    measure_drain(s, now);
    if (s->model->copying && writer_ready(&s->writer, now))
        send_report(s, now);
    if (writer_ready(&s->writer, now))
        draw(s, now);
    *ret_gone = writer_flush(&s->writer, now) == KIN_EIO;
    perfect(s, now);
    start_newest(s, now);
    // While the terminal is busy, its answer wakes the loop: settle_due may have passed already.
    bool rests = writer_ready(&s->writer, now) && may_settle(s, now);
    kin_us next = rests ? s->settle_due : writer_deadline(&s->writer);
    next = kin_us_min(next, perfect_due(s));
    if (is_hidden(s) && s->model->frames.newest.fresh && now < s->hidden_due)
        next = kin_us_min(next, s->hidden_due);
    return s->model->frames.hold == HOLD_LIMIT && s->model->frames.newest.fresh ? kin_us_min(next, s->next_picture)
                                                                                : next;
}
