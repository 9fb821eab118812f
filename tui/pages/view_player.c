// The player: the picture, and below it what the reel, the cache and the network are doing.
#include <stdio.h>

#include "model/format.h"
#include "pages/graph.h"
#include "pages/view.h"
#include "picture/picture.h"
#include "text/messages.h"
#include "text/sentences.h"

#define WIDE 78 // from this width on two figures share a line

// --- the picture

static void blit(const struct picture *p, struct screen *s, struct rect area)
{
    int x0 = area.x + (area.w - p->cols) / 2, y0 = area.y + (area.h - p->rows) / 2;
    for (int y = 0; y < p->rows && y < area.h; y++)
        for (int x = 0; x < p->cols && x < area.w; x++) {
            struct cell *c = screen_at(s, x0 + x, y0 + y);
            if (c != NULL)
                *c = p->cells[(size_t)y * (size_t)p->cols + (size_t)x];
        }
}

static void waiting_text(const struct model *m, char *dst, size_t size)
{
    enum kin_player_state state = model_state(m);
    dst[0] = '\0';
    if (state == KIN_PLAYER_CONNECTING)
        snprintf(dst, size, m->reel.answered ? MSG_PLAYER_OPENING : MSG_PLAYER_CONNECTING);
    else if (state == KIN_PLAYER_INIT)
        snprintf(dst, size, MSG_PLAYER_NOT_SET_UP);
    else if (state == KIN_PLAYER_PLAYING && m->reel.stats.silent_us > 0)
        snprintf(dst, size, MSG_PLAYER_WAITING);
    else if (state == KIN_PLAYER_PLAYING)
        snprintf(dst, size, MSG_PLAYER_BUFFERING, m->reel.stats.cache.frames, m->reel.stats.cache.start_frames);
    else if (state == KIN_PLAYER_FAILED)
        snprintf(dst, size, MSG_PLAYER_FAILED);
}

static void draw_picture(const struct model *m, struct screen *s, struct rect area)
{
    screen_fill(s, area, ROLE_PICTURE);
    bool fits = m->frames.picture != NULL && m->frames.picture->cols <= area.w && m->frames.picture->rows <= area.h;
    if (fits) {
        blit(m->frames.picture, s, area);
        return;
    }
    char text[64];
    waiting_text(m, text, sizeof text);
    int width = screen_text_width(kin_span_str(text));
    screen_put(s, area.x + (area.w - width) / 2, area.y + area.h / 2, -1, ROLE_PICTURE, text);
}

// --- one function for each line of the panel

static void draw_progress(const struct model *m, struct screen *s, struct rect line, struct hits *hits)
{
    char at[FORMAT_MAX], all[FORMAT_MAX];
    kin_us duration = model_duration(m);
    format_time(m->reel.position, at);
    format_time(duration, all);
    int x = line.x + 1, right = line.x + line.w - 1;
    x += screen_put(s, x, line.y, -1, ROLE_STRONG, at) + 2;
    right -= screen_put_right(s, right, line.y, ROLE_DIM, all) + 2;
    if (right - x < 4)
        return;
    double whole = duration > 0 ? (double)duration : 1;
    struct graph_progress p = {duration > 0 ? (double)m->reel.position / whole : 0,
                               (double)m->reel.stats.cached_from_us / whole,
                               (double)m->reel.stats.cached_to_us / whole};
    graph_progress(s, x, line.y, right - x, &p);
    if (duration > 0)
        hits_add(hits, (struct rect){x, line.y, right - x, 1}, ACTION_SEEK, 0, true);
}

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

static int draw_buttons(const struct model *m, struct screen *s, int x, int y, struct hits *hits)
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

static void put_position(const struct model *m, struct view_flow *f)
{
    char text[64];
    uint64_t frames = m->reel.session != NULL ? session_info(m->reel.session)->frames : 0;
    unsigned long long number = m->frames.newest.jpeg != NULL ? m->frames.newest.number + 1 : 0;
    if (frames > 0)
        snprintf(text, sizeof text, "%llu/%llu", number, (unsigned long long)frames);
    else
        snprintf(text, sizeof text, "%llu", number);
    view_flow_put(f, "frame", ROLE_STRONG, text);
    snprintf(text, sizeof text, "%gx", m->reel.rate);
    view_flow_put(f, "", ROLE_CAREFUL, m->reel.rate != 1 ? text : "");
    view_flow_put(f, "", ROLE_DIM, m->reel.loop_on ? "loop" : "");
    if (m->reel.session != NULL)
        view_flow_put(f, "", ROLE_DIM, session_info(m->reel.session)->transport);
    bool partial = m->frames.picture != NULL && m->frames.picture->partial;
    view_flow_put(f, "", ROLE_CAREFUL, partial ? MSG_PLAYER_PARTIAL : "");
}

static void draw_controls(const struct model *m, struct screen *s, struct rect line, struct hits *hits)
{
    int x = draw_buttons(m, s, line.x + 1, line.y, hits);
    struct view_flow f = {s, x + 2, line.y, line.x + line.w - 1};
    if (line.w >= WIDE)
        put_position(m, &f);
}

static void draw_position(const struct model *m, struct screen *s, struct rect line, struct hits *hits)
{
    (void)hits;
    struct view_flow f = {s, line.x + 1, line.y, line.x + line.w - 1};
    put_position(m, &f);
}

static enum role fill_role(unsigned frames, unsigned low)
{
    return 2 * frames < low ? ROLE_BAD : frames < low ? ROLE_CAREFUL : ROLE_GOOD;
}

static void draw_cache(const struct model *m, struct screen *s, struct rect line, struct hits *hits)
{
    (void)hits;
    const struct session_cache *c = &m->reel.stats.cache;
    unsigned frames = c->frames, target = c->target_frames;
    char text[48], ms[FORMAT_MAX];
    if (target == 0)
        target = (unsigned)m->settings->cache;
    snprintf(text, sizeof text, MSG_CACHE_METER, frames, target, c->start_frames);
    format_span(c->buffered_us, ms);
    int x = line.x + 1 + screen_put(s, line.x + 1, line.y, -1, ROLE_DIM, "Cache") + 1;
    int room = line.x + line.w - 1 - x - 8;
    unsigned full = target + (target + 3) / 4;
    struct graph_meter meter = {.value = frames,
                                .full = frames > full ? frames : full,
                                .low = c->low_frames,
                                .high = target,
                                .text = text,
                                .role = view_live(m, fill_role(frames, c->low_frames))};
    graph_meter(s, x, line.y, room, &meter);
    screen_put(s, x + room + 1, line.y, 7, view_live(m, ROLE_STRONG), ms);
}

static void draw_rate(const struct model *m, struct screen *s, struct rect line, struct hits *hits)
{
    (void)hits;
    char rate[FORMAT_MAX], top[FORMAT_MAX], scale_text[48];
    double max = 0;
    for (unsigned i = 0; i < m->reel.stats.history_count && i < SESSION_HISTORY; i++)
        max = m->reel.stats.history_bps[i] > max ? m->reel.stats.history_bps[i] : max;
    double scale = format_nice_ceiling(max);
    snprintf(scale_text, sizeof scale_text, "0-%s", format_bits(scale, top));
    int x = line.x + 1 + screen_put(s, line.x + 1, line.y, -1, ROLE_DIM, "Rate") + 1;
    screen_put(s, x, line.y, 11, m->reel.stats.receiving ? ROLE_STRONG : ROLE_DIM,
               m->reel.stats.receiving ? format_bits(m->reel.stats.throughput_bps, rate) : "-");
    x += 12;
    int right = line.x + line.w - 1;
    int room = right - x - 14;
    if (room < 4)
        return;
    graph_sparkline(s, x, line.y, room, m->reel.stats.history_bps, m->reel.stats.history_count, scale);
    if (max > 0)
        screen_put(s, x + room + 1, line.y, 13, ROLE_DIM, scale_text);
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

// What the server does not send, or sends coarser, since the network does not carry it: that is no loss.
static void put_left_out(const struct model *m, struct view_flow *f)
{
    char text[SENTENCE_MAX];
    if (!m->reel.stats.receiving)
        return;
    sentence_of_left_out(&m->reel.stats.left_out, text);
    view_flow_put(f, "", ROLE_CAREFUL, text);
    sentence_of_quality(m->reel.stats.quality, text);
    view_flow_put(f, "", ROLE_CAREFUL, text);
}

// Counts of frames: lost in the network, too late, not shown and why.
static void draw_frames(const struct model *m, struct screen *s, struct rect line, struct hits *hits)
{
    (void)hits;
    struct view_flow f = {s, line.x + 1, line.y, line.x + line.w - 1};
    struct model_drops drops = model_drops(m);
    f.x += screen_put(s, f.x, f.y, -1, ROLE_DIM, "Frames") + 1;
    put_count(&f, "lost", m->reel.stats.frames.lost - m->reel.stats.frames.left_out);
    if (m->reel.stats.frames.partial > 0)
        put_count(&f, "partial", m->reel.stats.frames.partial);
    put_count(&f, "late", m->reel.stats.frames.late);
    put_count(&f, "not shown",
              m->reel.stats.frames.skipped + drops.terminal + drops.decoder + drops.limit + drops.broken);
    if (drops.terminal > 0)
        put_count(&f, "terminal", drops.terminal);
    if (drops.decoder > 0)
        put_count(&f, "decoder", drops.decoder);
    put_left_out(m, &f);
    put_fps(&f, "fps", m->reel.stats.fps, m->reel.stats.receiving);
    put_fps(&f, "shown", m->terminal.shown_fps, model_state(m) == KIN_PLAYER_PLAYING);
}

static void put_timing(const struct model *m, struct view_flow *f)
{
    char text[FORMAT_MAX];
    put_count(f, "packets lost", m->reel.stats.packets.lost);
    view_flow_put(f, "jitter", view_live(m, ROLE_STRONG), format_ms(m->reel.stats.jitter_ms, text));
    view_flow_put(f, "rtt", view_live(m, ROLE_STRONG), format_ms(m->reel.stats.rtt_ms, text));
}

// Loss of packets: now, in all, and in the worst second.
static void draw_network(const struct model *m, struct screen *s, struct rect line, struct hits *hits)
{
    (void)hits;
    struct view_flow f = {s, line.x + 1, line.y, line.x + line.w - 1};
    f.x += screen_put(s, f.x, f.y, -1, ROLE_DIM, "Loss") + 1;
    put_share(&f, "5 s", m->reel.stats.loss.recent, m->reel.stats.receiving && m->reel.stats.loss.recent >= 0);
    put_share(&f, "all", m->reel.stats.loss.all, true);
    put_share(&f, line.w < WIDE ? "worst" : "worst second", m->reel.stats.loss.worst_second, true);
    if (line.w >= WIDE)
        put_timing(m, &f);
}

static void draw_timing(const struct model *m, struct screen *s, struct rect line, struct hits *hits)
{
    (void)hits;
    struct view_flow f = {s, line.x + 1, line.y, line.x + line.w - 1};
    put_timing(m, &f);
}

static void draw_cache_and_rate(const struct model *m, struct screen *s, struct rect line, struct hits *hits)
{
    int half = line.w / 2;
    draw_cache(m, s, (struct rect){line.x, line.y, half, 1}, hits);
    draw_rate(m, s, (struct rect){line.x + half + 1, line.y, line.w - half - 1, 1}, hits);
}

// --- the panel: lines by importance, as many as there is room for

struct panel_line {
    void (*draw)(const struct model *m, struct screen *s, struct rect line, struct hits *hits);
    int from_height; // of the page
};

static const struct panel_line wide_lines[] = {{draw_progress, 0}, {draw_controls, 0}, {draw_cache_and_rate, 0},
                                               {draw_frames, 0},   {draw_network, 10}, {NULL, 0}};
static const struct panel_line narrow_lines[] = {{draw_progress, 0}, {draw_controls, 0}, {draw_position, 9},
                                                 {draw_cache, 0},    {draw_rate, 10},    {draw_frames, 0},
                                                 {draw_network, 9},  {draw_timing, 14},  {NULL, 0}};

static void draw(const struct model *m, struct screen *s, struct rect area, struct layout *ret)
{
    const struct panel_line *lines = area.w >= WIDE ? wide_lines : narrow_lines;
    int height = 0;
    for (const struct panel_line *l = lines; l->draw != NULL; l++)
        height += area.h >= l->from_height;
    struct rect picture = {area.x, area.y, area.w, area.h - height};
    ret->picture = picture;
    draw_picture(m, s, picture);
    int y = picture.y + picture.h;
    for (const struct panel_line *l = lines; l->draw != NULL; l++)
        if (area.h >= l->from_height)
            l->draw(m, s, (struct rect){area.x, y++, area.w, 1}, &ret->hits);
}

const struct view view_player = {IN_PLAYER, NULL, draw};
