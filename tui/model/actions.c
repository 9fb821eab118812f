// What the actions of keys.def do.
#include <stdio.h>

#include "base/err.h"
#include "model/goal.h"
#include "model/model.h"

#define PAGE_LINES 10
#define ALL_LINES 1000000000 // more than any page has

static void seek_to(struct model *m, kin_us position)
{
    kin_us duration = model_duration(m);
    if (m->session == NULL)
        return;
    if (duration <= 0) {
        model_say(m, false, "The length of this stream is unknown, so seeking is not possible.");
        return;
    }
    position = kin_us_max(0, kin_us_min(position, duration));
    if (session_seek(m->session, position) == KIN_OK)
        m->position = position;
    m->dirty = true;
}

static void play(struct model *m)
{
    enum kin_player_state state = model_state(m);
    if (m->session == NULL) {
        model_play(m, m->url, m->from_library);
        return;
    }
    if (state == KIN_PLAYER_ENDED)
        seek_to(m, m->rate < 0 ? model_duration(m) : 0);
    if (state == KIN_PLAYER_INIT) {
        m->play_when_ready = true;
        session_setup(m->session);
    } else if (state == KIN_PLAYER_FAILED) {
        model_note_opening(m);
        session_play(m->session); // connects again, and goes on where it was
    } else if (state == KIN_PLAYER_READY || state == KIN_PLAYER_ENDED) {
        session_play(m->session);
    }
}

static void pause_playing(struct model *m)
{
    if (m->session != NULL)
        session_pause(m->session);
}

static void toggle_playing(struct model *m)
{
    if (model_state(m) == KIN_PLAYER_PLAYING)
        pause_playing(m);
    else
        play(m);
}

static void setup(struct model *m)
{
    if (model_state(m) == KIN_PLAYER_FAILED)
        model_note_opening(m);
    if (m->session == NULL)
        model_play(m, m->url, m->from_library);
    else
        session_setup(m->session);
}

static void teardown(struct model *m)
{
    m->play_when_ready = false;
    if (m->session != NULL)
        session_teardown(m->session);
}

static void seek_by(struct model *m, int seconds)
{
    seek_to(m, m->position + seconds * KIN_US_PER_S);
}

// To the share n / of.
static void seek_share(struct model *m, int n, int of)
{
    seek_to(m, model_duration(m) / of * n);
}

static void step(struct model *m, int frames)
{
    if (m->session == NULL)
        return;
    if (model_state(m) == KIN_PLAYER_PLAYING)
        session_pause(m->session);
    session_step(m->session, frames);
}

static void toggle_loop(struct model *m)
{
    m->loop_on = !m->loop_on;
    if (m->session != NULL)
        session_set_loop(m->session, m->loop_on);
    model_say(m, false, m->loop_on ? "Loop on: the reel starts over at its end." : "Loop off.");
}

static void change_render(struct model *m)
{
    static const char *const names[] = {"chosen by the time it takes", "symbols", "half blocks", "ASCII characters"};
    m->render = m->render < RENDER_ASCII ? m->render + 1 : RENDER_AUTO;
    model_say(m, false, "Picture: %s.", names[m->render]);
    model_render_again(m);
}

static void reset_counters(struct model *m)
{
    if (m->session != NULL)
        session_reset_counters(m->session);
    m->drops_base = m->drops;
    m->figures_due = 0;
    model_say(m, false, "The counters start again from zero.");
}

static void toggle_page(struct model *m, enum page page)
{
    if (model_page(m) == page)
        model_pop_page(m);
    else
        model_push_page(m, page);
}

void model_go_to(struct model *m, const char *text)
{
    kin_us position;
    if (m->session == NULL)
        return;
    if (goal_parse(text, session_info(m->session), &position))
        seek_to(m, position);
    else
        model_say(m, false, "Not a position in the reel: %.80s (try 1:23.4, 50%% or #120)", text);
}

static void redraw(struct model *m)
{
    m->redraw = m->dirty = true;
}

static bool back(struct model *m)
{
    if (m->page_count > 1)
        return model_pop_page(m);
    if (model_page(m) == PAGE_PLAYER && m->from_library) {
        model_leave_reel(m);
        return true;
    }
    return false;
}

static void leave(struct model *m)
{
    back(m);
}

static void quit(struct model *m)
{
    if (back(m))
        return;
    bool below = model_page(m) == PAGE_LIBRARY && m->library.listing != NULL && place_is_below_root(m->library.url) &&
                 strcmp(m->library.url, m->start_url) != 0;
    if (below)
        library_parent(m);
    else
        m->quit = true;
}

static void scroll(struct model *m, long by)
{
    if (model_page(m) == PAGE_LIBRARY) {
        library_move(m, by);
        return;
    }
    long at = (long)m->scroll + by, max = (long)m->scroll_max;
    at = at > max ? max : at;
    m->scroll = at > 0 ? (size_t)at : 0;
    m->scroll_at_end = model_page(m) == PAGE_PROTOCOL && at >= max;
}

// The wheel moves the selection of the library faster than a page.
static void scroll_line(struct model *m, int by)
{
    scroll(m, model_page(m) == PAGE_LIBRARY ? 3 * by : by);
}

static void act(struct model *m, enum action action, int arg)
{
    switch (action) {
#define ACTION(action, call)                                                                                           \
    case ACTION_##action:                                                                                              \
        call;                                                                                                          \
        break;
#include "model/keys.def"
    case ACTION_NONE:
    case ACTION_COUNT:
        break;
    }
}

void model_act(struct model *m, enum action action, int arg)
{
    if (action == ACTION_NONE)
        return;
    model_clear_notice(m);
    act(m, action, arg);
    m->dirty = true;
}

void model_press(struct model *m, enum action action, int arg)
{
    m->scrubbing = action == ACTION_SEEK;
    model_act(m, action, arg);
}

void model_drag(struct model *m, int along)
{
    if (m->scrubbing)
        model_act(m, ACTION_SEEK, along);
}
