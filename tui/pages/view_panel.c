// The panel of the player's page: where the film is, what the cache and the network are doing.
#include <stdio.h>

#include "model/format.h"
#include "pages/graph.h"
#include "pages/view.h"
#include "picture/picture.h"
#include "text/messages.h"

#define WITH_END 30     // from this width on the length of the reel stands behind the bar,
#define WITH_FRAME 60   // the number of the frame,
#define WITH_CHANNEL 96 // and how the media travel
#define WITH_METER 45   // the cache is a meter, not a number
#define WITH_LOSS 78    // the loss is in the first line

// --- the bar

// What stands behind the bar: as much as fits, by importance.
#define PIECES_MAX 6
struct pieces {
    struct {
        char text[64];
        enum role role;
    } of[PIECES_MAX];
    int count, width;
};

static void add_piece(struct pieces *p, int room, enum role role, const char *text)
{
    int width = 2 + screen_text_width(kin_span_str(text));
    if (text[0] == '\0' || p->count == PIECES_MAX || p->width + width > room)
        return;
    snprintf(p->of[p->count].text, sizeof p->of[0].text, "%s", text);
    p->of[p->count++].role = role;
    p->width += width;
}

// Counted from 1; 0: none yet. It is that of the position, whatever picture still stands.
static unsigned long long frame_number(const struct model *m)
{
    uint32_t rate = m->reel.session != NULL ? session_info(m->reel.session)->rate_milli : 0;
    if (m->frames.newest.jpeg == NULL)
        return 0;
    return 1 + (rate > 0 ? session_frame_number(m->reel.session, m->reel.position) : m->frames.newest.number);
}

static void frame_text(const struct model *m, char *dst, size_t size)
{
    uint64_t frames = m->reel.session != NULL ? session_info(m->reel.session)->frames : 0;
    unsigned long long number = frame_number(m);
    if (frames > 0)
        snprintf(dst, size, MSG_PANEL_FRAME_OF, number, (unsigned long long)frames);
    else
        snprintf(dst, size, MSG_PANEL_FRAME, number);
}

static void collect(const struct model *m, int width, struct pieces *p)
{
    char text[64];
    int room = width >= WITH_END ? width / 2 : 0;
    bool partial = m->frames.picture != NULL && m->frames.picture->partial;
    frame_text(m, text, sizeof text);
    add_piece(p, width >= WITH_FRAME ? room : 0, ROLE_STRONG, text);
    snprintf(text, sizeof text, "%gx", m->reel.rate);
    add_piece(p, room, ROLE_CAREFUL, m->reel.rate != 1 ? text : "");
    add_piece(p, room, ROLE_DIM, m->reel.loop_on ? "loop" : "");
    add_piece(p, room, ROLE_CAREFUL, partial ? MSG_PLAYER_PARTIAL : "");
    if (m->reel.session != NULL && width >= WITH_CHANNEL)
        add_piece(p, room, ROLE_DIM, session_info(m->reel.session)->transport);
}

static int put_pieces(struct screen *s, int right, int y, const struct pieces *p)
{
    int x = right - p->width;
    for (int i = 0; i < p->count; i++)
        x += 2 + screen_put(s, x + 2, y, -1, p->of[i].role, p->of[i].text);
    return right - p->width;
}

// The time under the mouse that holds the bar, beside it.
static void draw_pointer(const struct model *m, struct screen *s, struct rect bar)
{
    char at[FORMAT_MAX], text[FORMAT_MAX + 2];
    kin_us duration = model_duration(m);
    if (m->controls.pointer < 0 || duration <= 0)
        return;
    format_time(duration / ACTION_ALONG_MAX * m->controls.pointer, at);
    snprintf(text, sizeof text, " %s ", at);
    int width = screen_text_width(kin_span_str(text)), under = m->controls.pointer * (bar.w - 1) / ACTION_ALONG_MAX;
    int x = under + 2 + width <= bar.w ? under + 2 : under - 1 - width;
    if (x >= 0)
        screen_put(s, bar.x + x, bar.y, width, ROLE_BUTTON_ON, text);
}

static void add_mark(struct graph_progress *p, kin_us at, double whole, char letter)
{
    if (at < 0 || p->mark_count == GRAPH_MARKS_MAX)
        return;
    p->marks[p->mark_count].at = (double)at / whole;
    p->marks[p->mark_count++].letter = letter;
}

static void draw_bar(const struct model *m, struct screen *s, struct rect bar, struct hits *hits)
{
    kin_us duration = model_duration(m);
    double whole = duration > 0 ? (double)duration : 1;
    struct graph_progress p = {.at = duration > 0 ? (double)m->reel.position / whole : 0,
                               .cached_from = (double)m->reel.stats.cached_from_us / whole,
                               .cached_to = (double)m->reel.stats.cached_to_us / whole};
    for (size_t i = 0; i < m->marks.count; i++)
        add_mark(&p, m->marks.bookmarks[i], whole, 0);
    add_mark(&p, m->marks.loop_from, whole, 'A');
    add_mark(&p, m->marks.loop_to, whole, 'B');
    graph_progress(s, bar.x, bar.y, bar.w, &p);
    draw_pointer(m, s, bar);
    if (duration > 0)
        hits_add(hits, bar, ACTION_SEEK, 0, true);
}

void view_panel_progress(const struct model *m, struct screen *s, struct rect line, struct hits *hits)
{
    char at[FORMAT_MAX], all[FORMAT_MAX];
    struct pieces pieces = {.count = 0};
    int x = line.x + 1, right = line.x + line.w - 1;
    x += screen_put(s, x, line.y, -1, ROLE_STRONG, format_time(m->reel.position, at)) + 2;
    collect(m, line.w, &pieces);
    right = put_pieces(s, right, line.y, &pieces);
    if (line.w >= WITH_END)
        right -= screen_put_right(s, right, line.y, ROLE_DIM, format_time(model_duration(m), all)) + 2;
    if (right - x >= 4)
        draw_bar(m, s, (struct rect){x, line.y, right - x, 1}, hits);
}

// --- the buttons

static const struct button {
    const char *label;
    enum action action;
    unsigned states; // in which it does something
} buttons[] = {
    {" SETUP ", ACTION_SETUP, 1u << KIN_PLAYER_INIT | 1u << KIN_PLAYER_FAILED},
    {" PLAY ", ACTION_PLAY,
     1u << KIN_PLAYER_INIT | 1u << KIN_PLAYER_READY | 1u << KIN_PLAYER_ENDED | 1u << KIN_PLAYER_FAILED},
    {" PAUSE ", ACTION_PAUSE, 1u << KIN_PLAYER_PLAYING},
    {" TEARDOWN ", ACTION_TEARDOWN, 1u << KIN_PLAYER_READY | 1u << KIN_PLAYER_PLAYING | 1u << KIN_PLAYER_ENDED},
};

int view_panel_buttons(const struct model *m, struct screen *s, int x, int y, struct hits *hits)
{
    unsigned state = 1u << model_state(m);
    for (size_t i = 0; i < sizeof buttons / sizeof *buttons; i++) {
        const struct button *b = &buttons[i];
        int width = screen_put(s, x, y, -1, (b->states & state) != 0 ? ROLE_BUTTON : ROLE_BUTTON_OFF, b->label);
        hits_add(hits, (struct rect){x, y, width, 1}, b->action, 0, false);
        x += width + 1;
    }
    return x;
}

// --- figures

static enum role fill_role(unsigned frames, unsigned low)
{
    return 2 * frames < low ? ROLE_BAD : frames < low ? ROLE_CAREFUL : ROLE_GOOD;
}

// The meter and the time that is in it; returns the end of both.
static int draw_cache(const struct model *m, struct screen *s, struct rect line)
{
    const struct session_cache *c = &m->reel.stats.cache;
    unsigned target = c->target_frames > 0 ? c->target_frames : (unsigned)m->settings->cache;
    char text[48], ms[FORMAT_MAX];
    snprintf(text, sizeof text, MSG_CACHE_METER, c->frames, target, c->start_frames);
    int x = line.x + 1 + screen_put(s, line.x + 1, line.y, -1, ROLE_DIM, "Cache") + 1;
    int room = line.x + line.w - 1 - x - 8;
    unsigned full = target + (target + 3) / 4;
    struct graph_meter meter = {.value = c->frames,
                                .full = c->frames > full ? c->frames : full,
                                .low = c->low_frames,
                                .high = target,
                                .text = text,
                                .role = view_live(m, fill_role(c->frames, c->low_frames))};
    graph_meter(s, x, line.y, room, &meter);
    screen_put(s, x + room + 1, line.y, 7, view_live(m, ROLE_STRONG), format_span(c->buffered_us, ms));
    return line.x + line.w;
}

static int draw_cache_number(const struct model *m, struct screen *s, struct rect line)
{
    const struct session_cache *c = &m->reel.stats.cache;
    char text[32];
    struct view_flow f = {s, line.x + 1, line.y, line.x + line.w - 1};
    snprintf(text, sizeof text, "%u/%u", c->frames, c->target_frames);
    view_flow_put(&f, line.w >= WITH_END ? "cache" : "", view_live(m, fill_role(c->frames, c->low_frames)), text);
    return f.x;
}

static void put_count(struct view_flow *f, const char *label, uint64_t n)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)n);
    view_flow_put(f, label, n > 0 ? ROLE_CAREFUL : ROLE_GOOD, text);
}

// Without live media there is no rate.
static void put_fps(struct view_flow *f, const char *label, double fps, bool live)
{
    char text[FORMAT_MAX];
    view_flow_put(f, label, live ? ROLE_STRONG : ROLE_DIM, live ? format_fps(fps, text) : "-");
}

static void put_share(struct view_flow *f, const char *label, double share, bool live)
{
    char text[FORMAT_MAX];
    enum role role = !live ? ROLE_DIM : share > 0 ? ROLE_CAREFUL : ROLE_GOOD;
    view_flow_put(f, label, role, live ? format_share(share, text) : "-");
}

static void put_recent_loss(const struct model *m, struct view_flow *f)
{
    double recent = m->reel.stats.loss.recent;
    put_share(f, MSG_PANEL_LOSS_RECENT, recent, m->reel.stats.receiving && recent >= 0);
}

// Counts of frames: lost in the network, too late, not shown and why.
static void put_frames(const struct model *m, struct view_flow *f)
{
    struct model_drops drops = model_drops(m);
    const struct session_frames *n = &m->reel.stats.frames;
    f->x += screen_put(f->s, f->x, f->y, -1, ROLE_DIM, "Frames") + 1;
    put_count(f, "lost", n->lost - n->left_out);
    if (n->partial > 0)
        put_count(f, "partial", n->partial);
    put_count(f, "late", n->late);
    put_count(f, "not shown", n->skipped + drops.terminal + drops.decoder + drops.limit + drops.broken);
    if (drops.terminal > 0)
        put_count(f, "terminal", drops.terminal);
    if (drops.decoder > 0)
        put_count(f, "decoder", drops.decoder);
}

void view_panel_figures(const struct model *m, struct screen *s, struct rect line)
{
    const struct session_stats *t = &m->reel.stats;
    char rate[FORMAT_MAX];
    struct view_flow f = {s, 0, line.y, line.x + line.w - 1};
    int meter = line.w * 2 / 5 > 34 ? line.w * 2 / 5 : 34;
    f.x = line.w >= WITH_METER ? draw_cache(m, s, (struct rect){line.x, line.y, meter, 1}) + 1
                               : draw_cache_number(m, s, line);
    put_fps(&f, line.w >= WITH_END ? "fps" : "", t->fps, t->receiving);
    view_flow_put(&f, "", t->receiving ? ROLE_STRONG : ROLE_DIM,
                  t->receiving ? format_bits(t->throughput_bps, rate) : "-");
    if (line.w < WITH_LOSS)
        return;
    put_recent_loss(m, &f);
    put_fps(&f, "shown", m->terminal.shown_fps, model_state(m) == KIN_PLAYER_PLAYING);
}

void view_panel_details(const struct model *m, struct screen *s, struct rect line)
{
    const struct session_stats *t = &m->reel.stats;
    char text[FORMAT_MAX];
    struct view_flow f = {s, line.x + 1, line.y, line.x + line.w - 1};
    if (line.w < WITH_LOSS)
        put_recent_loss(m, &f);
    put_frames(m, &f);
    put_share(&f, MSG_PANEL_LOSS_ALL, t->loss.all, true);
    put_share(&f, line.w < WITH_CHANNEL ? "worst" : "worst second", t->loss.worst_second, true);
    view_flow_put(&f, "jitter", view_live(m, ROLE_STRONG), format_ms(t->jitter_ms, text));
    view_flow_put(&f, "rtt", view_live(m, ROLE_STRONG), format_ms(t->rtt_ms, text));
    put_count(&f, "packets lost", t->packets.lost);
}
