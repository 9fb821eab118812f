// The player: the picture in as many cells as there are, and what stands below it or lies over it.
#include <stdio.h>

#include "pages/overlay.h"
#include "pages/view.h"
#include "text/messages.h"

#define FRAMED_COLS 60 // in a smaller window the picture is alone
#define FRAMED_ROWS 20
#define WIDE 78 // from this width on one line of figures tells the most important ones
#define TALL 28 // rows from which on there is room for all lines
#define GLANCE_COLS 52
#define GLANCE_ROWS 20

static void waiting_text(const struct model *m, char *dst, size_t size)
{
    enum kin_player_state state = model_state(m);
    const struct keys *keys = &m->settings->keys;
    dst[0] = '\0';
    if (state == KIN_PLAYER_CONNECTING)
        snprintf(dst, size, m->reel.answered ? MSG_PLAYER_OPENING : MSG_PLAYER_CONNECTING);
    else if (state == KIN_PLAYER_INIT)
        snprintf(dst, size, MSG_PLAYER_NOT_SET_UP, keys_name(keys, ACTION_SETUP), keys_name(keys, ACTION_TOGGLE));
    else if (state == KIN_PLAYER_PLAYING && m->reel.stats.silent_us > 0)
        snprintf(dst, size, MSG_PLAYER_WAITING);
    else if (state == KIN_PLAYER_PLAYING)
        snprintf(dst, size, MSG_PLAYER_BUFFERING, m->reel.stats.cache.frames, m->reel.stats.cache.start_frames);
    else if (state == KIN_PLAYER_FAILED)
        snprintf(dst, size, MSG_PLAYER_FAILED, keys_name(keys, ACTION_TOGGLE), keys_name(keys, ACTION_OPEN_URL));
}

// The picture and what covers it.
struct stage {
    struct rect area; // for the picture and the panels over it
    struct overlays over;
};

static void cover(struct stage *t, struct screen *s, struct rect area)
{
    overlay_add(&t->over, area);
    screen_fill(s, area, ROLE_TEXT);
}

// --- the statistics: over the right of the picture, or beside it where they take nothing from it

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

// How many columns the picture leaves free, by the shape of the last one.
static int free_columns(const struct model *m, struct rect area)
{
    const struct picture *p = m->frames.picture;
    return p != NULL && p->rows > 0 ? area.w - (p->cols * area.h + p->rows - 1) / p->rows : 0;
}

// Returns what is left for the picture.
static struct rect draw_glance(const struct model *m, struct screen *s, struct stage *t)
{
    struct rect picture = t->area;
    int w = smaller(GLANCE_COLS, t->area.w), h = smaller(GLANCE_ROWS, t->area.h);
    struct rect panel = {t->area.x + t->area.w - w, t->area.y, w, h};
    if (!m->controls.glance)
        return picture;
    if (free_columns(m, t->area) >= w) {
        picture.w -= w;
        panel.h = t->area.h;
    }
    cover(t, s, panel);
    view_glance_draw(m, s, panel);
    return picture;
}

// --- the controls over a picture that is alone

// Lines by importance, as many as half of the window has.
enum line { LINE_PROGRESS, LINE_STATE, LINE_FIGURES, LINE_HINTS, LINE_COUNT };

static void draw_state(const struct model *m, struct screen *s, struct rect line)
{
    char text[128], name[256];
    view_state_text(m, line.w >= WIDE, text, sizeof text);
    url_path_name(m->reel.url, name, sizeof name);
    struct view_flow f = {s, line.x + 1, line.y, line.x + line.w - 1};
    view_flow_put(&f, screen_glyph(s, "\xe2\x97\x8f", "*"), ROLE_ACCENT, text);
    if (f.right - f.x > 4)
        screen_put(s, f.x, f.y, f.right - f.x, ROLE_STRONG, name);
}

static void draw_hints(const struct model *m, struct screen *s, int y, struct layout *ret)
{
    int x = 1;
    screen_fill(s, (struct rect){0, y, s->cols, 1}, ROLE_HINT);
    if (s->cols >= FRAMED_COLS)
        x = view_panel_buttons(m, s, x, y, &ret->hits);
    view_hints_draw(m, s, IN_PLAYER, x, y, ret);
}

static void draw_control(const struct model *m, struct screen *s, enum line which, struct rect line, struct layout *ret)
{
    if (which == LINE_PROGRESS)
        view_panel_progress(m, s, line, &ret->hits);
    else if (which == LINE_STATE)
        draw_state(m, s, line);
    else if (which == LINE_FIGURES)
        view_panel_figures(m, s, line);
    else
        draw_hints(m, s, line.y, ret);
}

// Returns the first row that they take.
static int draw_controls(const struct model *m, struct screen *s, struct stage *t, struct layout *ret)
{
    static const enum line order[] = {LINE_STATE, LINE_PROGRESS, LINE_FIGURES, LINE_HINTS};
    int count = smaller(LINE_COUNT, t->area.h / 2), top = t->area.y + t->area.h - count;
    cover(t, s, (struct rect){t->area.x, top, t->area.w, count});
    for (int i = 0, y = top; i < LINE_COUNT; i++)
        if ((int)order[i] < count)
            draw_control(m, s, order[i], (struct rect){t->area.x, y++, t->area.w, 1}, ret);
    return top;
}

// While the film plays and nobody touches anything, nothing is over it; where it stands, the bar says where.
static int draw_controls_if_wanted(const struct model *m, struct screen *s, struct stage *t, struct layout *ret)
{
    struct rect line = {t->area.x, t->area.y + t->area.h - 1, t->area.w, 1};
    if (m->controls.shown)
        return draw_controls(m, s, t, ret);
    if (model_state(m) == KIN_PLAYER_PLAYING)
        return line.y + 1;
    cover(t, s, line);
    view_panel_progress(m, s, line, &ret->hits);
    return line.y;
}

// --- the page

static void draw_message(const struct model *m, struct screen *s, struct stage *t, int below)
{
    if (!view_has_message(m))
        return;
    cover(t, s, (struct rect){t->area.x, below - 1, t->area.w, 1});
    view_message_draw(m, s, below - 1);
}

static void draw_picture(const struct model *m, struct screen *s, struct rect area, const struct overlays *over)
{
    if (m->frames.picture != NULL)
        overlay_picture(s, area, m->frames.picture, over);
}

// The largest part of the area on one side of what lies over it.
static struct rect beside(struct rect area, const struct rect *over)
{
    struct rect sides[] = {{area.x, area.y, over->x - area.x, area.h},
                           {area.x, area.y, area.w, over->y - area.y},
                           {over->x + over->w, area.y, area.x + area.w - over->x - over->w, area.h},
                           {area.x, over->y + over->h, area.w, area.y + area.h - over->y - over->h}};
    struct rect best = {area.x, area.y, 0, 0};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
        if (sides[i].w > 0 && sides[i].h > 0 && sides[i].w * sides[i].h > best.w * best.h)
            best = sides[i];
    return best;
}

// kitty draws its images over all text: the picture makes room.
static struct rect make_way(const struct model *m, struct rect area, const struct overlays *over)
{
    for (size_t i = 0; i < over->count && m->terminal.kind == RENDERER_KITTY; i++)
        area = beside(area, &over->areas[i]);
    return area;
}

static void draw_waiting(const struct model *m, struct screen *s, struct rect area)
{
    char text[64];
    screen_fill(s, area, ROLE_PICTURE);
    if (m->frames.picture != NULL)
        return;
    waiting_text(m, text, sizeof text);
    int width = smaller(screen_text_width(kin_span_str(text)), area.w);
    screen_put(s, area.x + (area.w - width) / 2, area.y + area.h / 2, width, ROLE_PICTURE, text);
}

// Title, panel and hints around the picture. Returns what they leave.
static struct rect draw_frame(const struct model *m, struct screen *s, struct rect area, struct layout *ret)
{
    bool details = area.w < WIDE || area.h >= TALL;
    int top = area.y + area.h - 3 - details;
    view_title_draw(m, s);
    view_panel_progress(m, s, (struct rect){area.x, top, area.w, 1}, &ret->hits);
    view_panel_figures(m, s, (struct rect){area.x, top + 1, area.w, 1});
    if (details)
        view_panel_details(m, s, (struct rect){area.x, top + 2, area.w, 1});
    draw_hints(m, s, area.y + area.h - 1, ret);
    return (struct rect){area.x, area.y + 1, area.w, top - area.y - 1};
}

static void draw(const struct model *m, struct screen *s, struct rect area, struct layout *ret)
{
    bool alone = m->controls.alone || area.w < FRAMED_COLS || area.h < FRAMED_ROWS;
    struct stage t = {.area = area};
    hits_add(&ret->hits, area, ACTION_TOGGLE, 0, false); // below all others
    if (!alone)
        t.area = draw_frame(m, s, area, ret);
    ret->hits.items[0].area = t.area;
    draw_waiting(m, s, t.area);
    ret->picture = draw_glance(m, s, &t);
    int free_to = alone ? draw_controls_if_wanted(m, s, &t, ret) : t.area.y + t.area.h;
    draw_message(m, s, &t, free_to);
    ret->picture = make_way(m, ret->picture, &t.over);
    draw_picture(m, s, ret->picture, &t.over);
}

const struct view view_player = {IN_PLAYER, NULL, true, draw};
