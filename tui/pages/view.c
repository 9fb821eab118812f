// The frame around every page, and where input goes.
#include "pages/view.h"

#include <math.h>
#include <stdio.h>

#include "base/text.h"
#include "base/units.h"
#include "text/messages.h"
#include "text/sentences.h"

#define TITLE_WIDE 60 // from this width on there is room for reasons
#define TITLE_PART 4  // columns below which a part of a name says nothing

void hits_add(struct hits *h, struct rect area, enum action action, int arg, bool along)
{
    if (h->count < HITS_MAX)
        h->items[h->count++] = (struct hit){area, action, arg, along};
}

static int along(const struct rect *r, int x)
{
    int last = r->w > 1 ? r->w - 1 : 1, at = x - r->x;
    at = at < 0 ? 0 : at > last ? last : at;
    return at * ACTION_ALONG_MAX / last;
}

enum action hits_find(const struct hits *h, int x, int y, int *ret_arg)
{
    for (size_t i = h->count; i-- > 0;) { // the last one drawn is on top
        const struct hit *hit = &h->items[i];
        const struct rect *r = &hit->area;
        if (x < r->x || y < r->y || x >= r->x + r->w || y >= r->y + r->h)
            continue;
        *ret_arg = hit->along ? along(r, x) : hit->arg;
        return hit->action;
    }
    return ACTION_NONE;
}

static const struct view *view_of(enum page page)
{
    static const struct view *const views[PAGE_COUNT] = {[PAGE_LIBRARY] = &view_library,
                                                         [PAGE_PLAYER] = &view_player,
                                                         [PAGE_STATS] = &view_stats,
                                                         [PAGE_PROTOCOL] = &view_protocol,
                                                         [PAGE_HELP] = &view_help};
    return views[page];
}

const char *view_state_name(enum kin_player_state state)
{
    static const char *const names[KIN_PLAYER_STATE_COUNT] = {
        [KIN_PLAYER_CONNECTING] = "CONNECTING", [KIN_PLAYER_INIT] = "INIT",   [KIN_PLAYER_READY] = "READY",
        [KIN_PLAYER_PLAYING] = "PLAYING",       [KIN_PLAYER_ENDED] = "ENDED", [KIN_PLAYER_FAILED] = "FAILED"};
    return names[state];
}

static enum role view_state_role(enum kin_player_state state)
{
    if (state == KIN_PLAYER_FAILED)
        return ROLE_TITLE_BAD;
    return state == KIN_PLAYER_PLAYING ? ROLE_TITLE_GOOD : ROLE_TITLE_ACCENT;
}

enum role view_live(const struct model *m, enum role role)
{
    return model_state(m) == KIN_PLAYER_PLAYING ? role : ROLE_DIM;
}

void view_flow_put(struct view_flow *f, const char *label, enum role role, const char *value)
{
    int label_width = screen_text_width(kin_span_str(label));
    int width = label_width + (label_width > 0) + screen_text_width(kin_span_str(value));
    if (value[0] == '\0' || f->x + width > f->right)
        return;
    if (label_width > 0)
        f->x += screen_put(f->s, f->x, f->y, -1, ROLE_DIM, label) + 1;
    f->x += screen_put(f->s, f->x, f->y, -1, role, value) + 2;
}

int view_label_width(const struct view_lines *l)
{
    return l->area.w >= VIEW_NARROW ? VIEW_LABEL_WIDTH : l->area.w / 2 - 2;
}

bool view_lines_next(struct view_lines *l, int *ret_y)
{
    size_t n = l->line++;
    if (n < l->skip || n - l->skip >= (size_t)l->area.h)
        return false;
    *ret_y = l->area.y + (int)(n - l->skip);
    return true;
}

size_t view_first_part(struct kin_span text, int width)
{
    size_t at = 0, comma = 0, blank = 0;
    for (;;) {
        uint32_t c;
        size_t n = kin_text_utf8(kin_span_skip(text, at), &c);
        n = at + (n > 0 ? n : 1);
        if (n >= text.n || screen_text_width(kin_span_first(text, n)) > width)
            break;
        at = n;
        bool is_digit = text.p[at - 1] >= '0' && text.p[at - 1] <= '9';
        if (text.p[at] == ' ' && text.p[at - 1] == ',')
            comma = at;
        else if (text.p[at] == ' ' && !is_digit)
            blank = at;
    }
    return comma > 0 ? comma : blank > 0 ? blank : at > 0 ? at : 1;
}

void view_lines_row(struct view_lines *l, const struct view_row *r)
{
    int y, x = l->area.x + r->x, width = l->area.w - r->x - r->labels - 1;
    struct kin_span rest = kin_span_str(r->text);
    for (const char *label = r->label; rest.n > 0; label = NULL) {
        size_t n = screen_text_width(rest) <= width ? rest.n : view_first_part(rest, width);
        if (view_lines_next(l, &y)) {
            screen_put(l->s, x, y, r->labels, r->label_role, label != NULL ? label : "");
            screen_put_span(l->s, x + r->labels, y, width, r->role, kin_span_first(rest, n));
        }
        rest = kin_span_trim(kin_span_skip(rest, n));
    }
}

// --- the frame

static void draw_facts(struct screen *s, const struct session_info *info, int x, int right)
{
    char size[32] = "", rate[40] = "", text[96], number[KIN_UNITS_MAX];
    if (info->width > 0)
        snprintf(size, sizeof size, "%ux%u", (unsigned)info->width, (unsigned)info->height);
    if (info->rate_milli > 0)
        snprintf(rate, sizeof rate, "%s fps", kin_units_decimal(info->rate_milli / 1000.0, number));
    int n = snprintf(text, sizeof text, "%s  %s", size, rate);
    if (n > 2 && x + n < right)
        screen_put(s, x, 0, -1, ROLE_TITLE_DIM, text);
}

static void put_url(struct screen *s, int x, int y, int width, enum role role, const char *url)
{
    char shown[URL_PATH_SHOWN_MAX];
    url_path_shown(url, shown);
    screen_put(s, x, y, width, role, shown);
}

// Why the cache fills before the picture goes on.
static const char *buffering_reason(const struct session_stats *s)
{
    switch (s->cache.reason) {
    case KIN_PLAYOUT_START:
        return MSG_TITLE_START;
    case KIN_PLAYOUT_JUMP:
        return MSG_TITLE_JUMP;
    case KIN_PLAYOUT_HOLE:
        return MSG_TITLE_HOLE;
    case KIN_PLAYOUT_DRY:
        break;
    }
    return s->loss.recent > 0 ? MSG_TITLE_LOSS : MSG_TITLE_RAN_DRY;
}

// Why the picture stands still, behind the state. False: it does not, or the state says it.
static bool standstill_text(const struct model *m, bool wide, char *dst, size_t size)
{
    const struct session_cache *c = &m->reel.stats.cache;
    enum kin_player_state now = model_state(m);
    dst[0] = '\0';
    if (m->reel.stats.retry_us > 0)
        snprintf(dst, size, MSG_TITLE_RETRY, ceil((double)m->reel.stats.retry_us / KIN_US_PER_S));
    if (now == KIN_PLAYER_READY && m->frames.newest.jpeg != NULL)
        snprintf(dst, size, MSG_TITLE_PAUSED);
    if (now != KIN_PLAYER_PLAYING || (m->reel.stats.hush_us == 0 && !c->buffering))
        return false;
    if (m->reel.stats.hush_us > 0) {
        snprintf(dst, size, MSG_TITLE_WAITING, (double)m->reel.stats.hush_us / KIN_US_PER_S);
        return true;
    }
    bool again = c->reason == KIN_PLAYOUT_DRY || c->reason == KIN_PLAYOUT_HOLE;
    int n = snprintf(dst, size, "%s", again ? MSG_TITLE_REBUFFERING : MSG_TITLE_PREBUFFERING);
    if (wide && n > 0 && (size_t)n < size)
        snprintf(dst + n, size - (size_t)n, MSG_TITLE_FRAMES, c->frames, c->start_frames,
                 buffering_reason(&m->reel.stats));
    return true;
}

enum role view_state_text(const struct model *m, bool wide, char *dst, size_t size)
{
    char why[64];
    enum kin_player_state now = model_state(m);
    bool buffering = standstill_text(m, wide, why, sizeof why);
    snprintf(dst, size, "%s%s", view_state_name(now), why);
    return buffering ? ROLE_TITLE_ACCENT : view_state_role(now);
}

// What the server does not send, or sends coarser, since the network does not carry it; "" else. That is no loss.
static void adaptation_text(const struct model *m, char dst[SENTENCE_MAX])
{
    dst[0] = '\0';
    if (!m->reel.stats.receiving)
        return;
    sentence_of_left_out(&m->reel.stats.left_out, dst);
    if (dst[0] == '\0')
        sentence_of_quality(m->reel.stats.quality, dst);
}

// As much of a title as there is room for; nothing where that would say nothing. Returns where the next one begins.
static int put_title(struct screen *s, int x, int right, enum role role, const char *text)
{
    int room = right - x;
    bool says_something = room >= TITLE_PART || (text != NULL && screen_text_width(kin_span_str(text)) <= room);
    return text != NULL && says_something ? screen_put(s, x, 0, room, role, text) + 2 : 0;
}

static void draw_session_title(const struct model *m, struct screen *s, int x)
{
    char name[256], state[128], text[160], adaptation[SENTENCE_MAX];
    url_path_name(m->reel.url, name, sizeof name);
    adaptation_text(m, adaptation);
    enum role role = view_state_text(m, s->cols >= TITLE_WIDE, state, sizeof state);
    snprintf(text, sizeof text, " %s %s", screen_glyph(s, "\xe2\x97\x8f", "*"), state);
    int width = screen_text_width(kin_span_str(text));
    int right = s->cols - 1 - width > TITLE_PART ? s->cols - 1 - width : TITLE_PART;
    x += put_title(s, x, right, ROLE_TITLE, view_of(model_page(m))->title);
    x += put_title(s, x, right - 2, ROLE_TITLE, name);
    if (adaptation[0] != '\0')
        put_title(s, x, right - 2, ROLE_TITLE_ACCENT, adaptation);
    else if (m->reel.session != NULL)
        draw_facts(s, session_info(m->reel.session), x, right - 1);
    screen_put(s, right, 0, s->cols - 1 - right, role, text);
}

// What is listed, and in which order.
static void draw_library_title(const struct model *m, struct screen *s, int x)
{
    static const char *const sorts[LIBRARY_SORT_COUNT] = {MSG_LIBRARY_BY_NAME, MSG_LIBRARY_BY_DURATION,
                                                          MSG_LIBRARY_BY_SIZE, MSG_LIBRARY_BY_PICTURE};
    const struct model_library *l = &m->library;
    char text[MODEL_SEARCH_MAX + 40];
    int right = s->cols - 1;
    if (l->search[0] != '\0')
        snprintf(text, sizeof text, MSG_LIBRARY_SEARCHED, sorts[l->sort], l->search);
    else
        snprintf(text, sizeof text, "%s", sorts[l->sort]);
    if (l->listing != NULL && s->cols >= VIEW_NARROW) {
        screen_put_right(s, right, 0, ROLE_TITLE_ACCENT, text);
        right -= screen_text_width(kin_span_str(text)) + 2;
    }
    put_url(s, x, 0, right > x ? right - x : 0, ROLE_TITLE_DIM, l->url[0] != '\0' ? l->url : l->requested);
}

void view_title_draw(const struct model *m, struct screen *s)
{
    screen_fill(s, (struct rect){0, 0, s->cols, 1}, ROLE_TITLE);
    int x = 1;
    if (s->cols >= VIEW_NARROW)
        x += screen_put(s, x, 0, -1, ROLE_TITLE_ACCENT, "kinora") + 2;
    if (m->reel.session != NULL) {
        draw_session_title(m, s, x);
        return;
    }
    x += put_title(s, x, s->cols, ROLE_TITLE, view_of(model_page(m))->title);
    if (model_page(m) == PAGE_LIBRARY)
        draw_library_title(m, s, x);
}

bool view_has_message(const struct model *m)
{
    return m->message.text[0] != '\0' || (m->library.request != NULL && !m->library.background);
}

void view_message_draw(const struct model *m, struct screen *s, int y)
{
    if (m->message.text[0] != '\0') {
        screen_put(s, 1, y, s->cols - 2, m->message.is_error ? ROLE_BAD : ROLE_ACCENT, m->message.text);
    } else if (view_has_message(m)) {
        int x = 1 + screen_put(s, 1, y, s->cols - 2, ROLE_DIM, MSG_REQUESTING);
        put_url(s, x, y, s->cols - 1 - x, ROLE_DIM, m->library.requested);
    }
}

// What the key for playing would do now.
static const char *toggle_hint(const struct model *m)
{
    static const char *const hints[KIN_PLAYER_STATE_COUNT] = {
        [KIN_PLAYER_CONNECTING] = "",        [KIN_PLAYER_INIT] = MSG_HINT_PLAY,
        [KIN_PLAYER_READY] = MSG_HINT_PLAY,  [KIN_PLAYER_PLAYING] = MSG_HINT_PAUSE,
        [KIN_PLAYER_ENDED] = MSG_HINT_AGAIN, [KIN_PLAYER_FAILED] = MSG_HINT_AGAIN};
    return hints[model_state(m)];
}

static bool does_something(const struct model *m, enum action action, const struct layout *page)
{
    size_t first = model_first_line(m, page->lines, page->height);
    switch (action) {
    case ACTION_SCROLL_UP:
        return first > 0;
    case ACTION_SCROLL_DOWN:
        return first + page->height < page->lines;
    case ACTION_BACK:
    case ACTION_FORWARD:
        return model_duration(m) > 0;
    case ACTION_ENTER:
        return page->lines > 0;
    case ACTION_PARENT:
        return url_path_is_below_root(m->library.url);
    default:
        return true;
    }
}

// "" for what would do nothing.
static const char *hint_of(const struct model *m, const struct key_use *use, const struct layout *page)
{
    if (use->action == ACTION_TOGGLE)
        return toggle_hint(m);
    return does_something(m, use->action, page) ? use->hint : "";
}

void view_hints_draw(const struct model *m, struct screen *s, enum key_context context, int x, int y,
                     struct layout *ret)
{
    const struct keys *keys = &m->settings->keys;
    int reserve = screen_text_width(kin_span_str(keys_name(keys, ACTION_HELP))) +
                  screen_text_width(kin_span_str(keys_name(keys, ACTION_QUIT))) +
                  screen_text_width(kin_span_str("  help   back "));
    for (size_t i = 0; i < key_use_count; i++) {
        const struct key_use *b = &key_uses[i];
        const char *name = keys_name(keys, b->action), *hint = hint_of(m, b, ret);
        if ((b->contexts & (unsigned)context) == 0 || hint[0] == '\0' || keys->of[b->action].count == 0)
            continue;
        bool last = b->action == ACTION_HELP || b->action == ACTION_QUIT;
        int width = screen_text_width(kin_span_str(name)) + 1 + screen_text_width(kin_span_str(hint));
        if (x + width + 1 > s->cols - (last ? 0 : reserve))
            continue;
        hits_add(&ret->hits, (struct rect){x, y, width, 1}, b->action, 0, false);
        x += screen_put(s, x, y, -1, ROLE_KEY, name) + 1;
        x += screen_put(s, x, y, -1, ROLE_HINT, hint) + 2;
    }
}

// Below the prompt: what its keys do, or why what was entered cannot be used.
static void draw_prompt_hints(const struct model *m, struct screen *s, int y)
{
    if (m->prompt.why[0] != '\0') {
        screen_fill(s, (struct rect){0, y, s->cols, 1}, ROLE_TEXT);
        screen_put(s, 1, y, s->cols - 2, ROLE_BAD, m->prompt.why);
        return;
    }
    screen_fill(s, (struct rect){0, y, s->cols, 1}, ROLE_HINT);
    struct view_flow f = {s, 1, y, s->cols};
    bool searches = m->prompt.kind == PROMPT_SEARCH;
    const char *const hints[][2] = {
        {"Enter", m->prompt.kind == PROMPT_POSITION ? "go there" : "open"},
        {"Esc", searches ? "all" : "cancel"},
        {m->prompt.line.selected ? "arrows" : "^U", m->prompt.line.selected ? "edit" : "clear"}};
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
        f.x += screen_put(s, f.x, y, -1, ROLE_KEY, hints[i][0]) + 1;
        f.x += screen_put(s, f.x, y, -1, ROLE_HINT, hints[i][1]) + 2;
    }
}

static void draw_centred(struct screen *s, int y, const char *text)
{
    int width = screen_text_width(kin_span_str(text));
    screen_put(s, width < s->cols ? (s->cols - width) / 2 : 0, y, -1, ROLE_CAREFUL, text);
}

static void draw_too_small(struct screen *s)
{
    char needed[32], text[64];
    snprintf(needed, sizeof needed, MSG_WINDOW_NEEDED, VIEW_MIN_COLS, VIEW_MIN_ROWS);
    snprintf(text, sizeof text, MSG_WINDOW_TOO_SMALL " (%s)", needed);
    if (screen_text_width(kin_span_str(text)) <= s->cols) {
        draw_centred(s, s->rows / 2, text);
        return;
    }
    draw_centred(s, s->rows > 1 ? s->rows / 2 - 1 : 0, MSG_WINDOW_TOO_SMALL);
    draw_centred(s, s->rows > 1 ? s->rows / 2 : 1, needed);
}

static void draw_framed(const struct model *m, struct screen *s, const struct view *v, struct layout *ret)
{
    view_title_draw(m, s);
    v->draw(m, s, (struct rect){0, 1, s->cols, s->rows - 3}, ret);
    view_message_draw(m, s, s->rows - 2);
    screen_fill(s, (struct rect){0, s->rows - 1, s->cols, 1}, ROLE_HINT);
    view_hints_draw(m, s, v->context, 1, s->rows - 1, ret);
}

void view_draw(const struct model *m, struct screen *s, struct layout *ret)
{
    *ret = (struct layout){.lines = 0};
    screen_clear(s);
    if (s->cols < VIEW_MIN_COLS || s->rows < VIEW_MIN_ROWS) {
        draw_too_small(s);
        return;
    }
    const struct view *v = view_of(model_page(m));
    if (v->whole)
        v->draw(m, s, (struct rect){0, 0, s->cols, s->rows}, ret);
    else
        draw_framed(m, s, v, ret);
    if (!m->prompt.open)
        return;
    ret->hits.count = 0;
    view_prompt_draw(m, s, (struct rect){0, s->rows - 2, s->cols, 1});
    draw_prompt_hints(m, s, s->rows - 1);
}

// --- input

static void on_key(struct model *m, uint32_t key)
{
    int arg = 0;
    enum action action = keys_find(&m->settings->keys, view_of(model_page(m))->context, key, &arg);
    model_act(m, action, arg);
}

static void on_press(struct model *m, const struct hits *hits, const struct input_event *e)
{
    int arg = 0;
    enum action action = hits_find(hits, e->x, e->y, &arg);
    model_press(m, action, arg);
}

// A drag of the progress bar may leave its line and pass its ends.
static void on_drag(struct model *m, const struct hits *hits, const struct input_event *e)
{
    for (size_t i = 0; i < hits->count; i++)
        if (hits->items[i].action == ACTION_SEEK)
            model_drag(m, along(&hits->items[i].area, e->x));
}

// Over the player it seeks, as the keys for five seconds do.
static void on_wheel(struct model *m, bool down)
{
    if (model_page(m) != PAGE_PLAYER)
        model_act(m, down ? ACTION_SCROLL_DOWN : ACTION_SCROLL_UP, 0);
    else if (!m->prompt.open)
        model_act(m, down ? ACTION_BACK : ACTION_FORWARD, 0);
}

void view_input(struct model *m, const struct layout *layout, const struct input_event *event)
{
    if (model_page(m) == PAGE_PLAYER)
        model_wake(m);
    if (event->type == INPUT_PASTE)
        model_paste(m, event->text);
    else if (event->type == INPUT_WHEEL)
        on_wheel(m, event->key == 1);
    else if (m->prompt.open && event->type == INPUT_KEY)
        model_type(m, event->key);
    else if (m->prompt.open)
        return; // the mouse has nothing to press
    else if (event->type == INPUT_KEY)
        on_key(m, event->key);
    else if (event->type == INPUT_PRESS)
        on_press(m, &layout->hits, event);
    else if (event->type == INPUT_DRAG)
        on_drag(m, &layout->hits, event);
}
