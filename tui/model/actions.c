// What each action does: one short function for each, in one table.
#include <stdio.h>

#include "base/err.h"
#include "model/goal.h"
#include "model/model.h"

#define SHORT_SEEK (5 * KIN_US_PER_S)
#define LONG_SEEK (60 * KIN_US_PER_S)

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

static void do_play(struct model *m, int arg)
{
    (void)arg;
    play(m);
}

static void do_pause(struct model *m, int arg)
{
    (void)arg;
    if (m->session != NULL)
        session_pause(m->session);
}

static void do_toggle(struct model *m, int arg)
{
    if (model_state(m) == KIN_PLAYER_PLAYING)
        do_pause(m, arg);
    else
        play(m);
}

static void do_setup(struct model *m, int arg)
{
    (void)arg;
    if (model_state(m) == KIN_PLAYER_FAILED)
        model_note_opening(m);
    if (m->session == NULL)
        model_play(m, m->url, m->from_library);
    else
        session_setup(m->session);
}

static void do_teardown(struct model *m, int arg)
{
    (void)arg;
    m->play_when_ready = false;
    if (m->session != NULL)
        session_teardown(m->session);
}

static void do_back(struct model *m, int arg)
{
    (void)arg;
    seek_to(m, m->position - SHORT_SEEK);
}

static void do_forward(struct model *m, int arg)
{
    (void)arg;
    seek_to(m, m->position + SHORT_SEEK);
}

static void do_far_back(struct model *m, int arg)
{
    (void)arg;
    seek_to(m, m->position - LONG_SEEK);
}

static void do_far_forward(struct model *m, int arg)
{
    (void)arg;
    seek_to(m, m->position + LONG_SEEK);
}

static void do_start(struct model *m, int arg)
{
    (void)arg;
    seek_to(m, 0);
}

static void do_tenth(struct model *m, int arg)
{
    seek_to(m, model_duration(m) / 10 * arg);
}

static void do_seek(struct model *m, int arg)
{
    seek_to(m, model_duration(m) / ACTION_ALONG_MAX * arg);
}

static void step(struct model *m, int frames)
{
    if (m->session == NULL)
        return;
    if (model_state(m) == KIN_PLAYER_PLAYING)
        session_pause(m->session);
    session_step(m->session, frames);
}

static void do_step(struct model *m, int arg)
{
    (void)arg;
    step(m, 1);
}

static void do_step_back(struct model *m, int arg)
{
    (void)arg;
    step(m, -1);
}

static void do_previous(struct model *m, int arg)
{
    (void)arg;
    library_sibling(m, -1);
}

static void do_next(struct model *m, int arg)
{
    (void)arg;
    library_sibling(m, 1);
}

static void do_loop(struct model *m, int arg)
{
    (void)arg;
    m->loop_on = !m->loop_on;
    if (m->session != NULL)
        session_set_loop(m->session, m->loop_on);
    model_say(m, false, m->loop_on ? "Loop on: the reel starts over at its end." : "Loop off.");
}

static void do_render(struct model *m, int arg)
{
    static const char *const names[] = {"chosen by the time it takes", "symbols", "half blocks", "ASCII characters"};
    (void)arg;
    m->render = m->render < RENDER_ASCII ? m->render + 1 : RENDER_AUTO;
    model_say(m, false, "Picture: %s.", names[m->render]);
    model_render_again(m);
}

static void do_reset(struct model *m, int arg)
{
    (void)arg;
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

static void do_stats(struct model *m, int arg)
{
    (void)arg;
    toggle_page(m, PAGE_STATS);
}

static void do_protocol(struct model *m, int arg)
{
    (void)arg;
    toggle_page(m, PAGE_PROTOCOL);
}

static void do_help(struct model *m, int arg)
{
    (void)arg;
    toggle_page(m, PAGE_HELP);
}

static void do_open_url(struct model *m, int arg)
{
    (void)arg;
    model_prompt_url(m);
}

static void do_go_to(struct model *m, int arg)
{
    (void)arg;
    model_prompt_goal(m);
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

static void do_redraw(struct model *m, int arg)
{
    (void)arg;
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

static void do_leave(struct model *m, int arg)
{
    (void)arg;
    back(m);
}

static void do_quit(struct model *m, int arg)
{
    (void)arg;
    if (back(m))
        return;
    bool below = model_page(m) == PAGE_LIBRARY && m->library.listing != NULL && place_is_below_root(m->library.url) &&
                 strcmp(m->library.url, m->start_url) != 0;
    if (below)
        library_act(m, ACTION_PARENT, 0);
    else
        m->quit = true;
}

static void scroll(struct model *m, long by)
{
    long at = (long)m->scroll + by, max = (long)m->scroll_max;
    at = at > max ? max : at;
    m->scroll = at > 0 ? (size_t)at : 0;
    m->scroll_at_end = model_page(m) == PAGE_PROTOCOL && at >= max;
    m->dirty = true;
}

static bool scroll_page(struct model *m, enum action action)
{
    static const struct {
        enum action action;
        long by;
    } steps[] = {{ACTION_SCROLL_UP, -1}, {ACTION_SCROLL_DOWN, 1},     {ACTION_PAGE_UP, -10},
                 {ACTION_PAGE_DOWN, 10}, {ACTION_FIRST, -1000000000}, {ACTION_LAST, 1000000000}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (steps[i].action == action) {
            scroll(m, steps[i].by);
            return true;
        }
    }
    return false;
}

typedef void action_fn(struct model *m, int arg);

static action_fn *const functions[ACTION_COUNT] = {
    [ACTION_TOGGLE] = do_toggle,
    [ACTION_BACK] = do_back,
    [ACTION_FORWARD] = do_forward,
    [ACTION_FAR_BACK] = do_far_back,
    [ACTION_FAR_FORWARD] = do_far_forward,
    [ACTION_STEP_BACK] = do_step_back,
    [ACTION_STEP] = do_step,
    [ACTION_START] = do_start,
    [ACTION_TENTH] = do_tenth,
    [ACTION_SLOWER] = rate_slower,
    [ACTION_FASTER] = rate_faster,
    [ACTION_HALF] = rate_half,
    [ACTION_DOUBLE] = rate_double,
    [ACTION_NORMAL] = rate_normal,
    [ACTION_BACKWARD] = rate_backward,
    [ACTION_PREVIOUS] = do_previous,
    [ACTION_NEXT] = do_next,
    [ACTION_SETUP] = do_setup,
    [ACTION_PLAY] = do_play,
    [ACTION_PAUSE] = do_pause,
    [ACTION_TEARDOWN] = do_teardown,
    [ACTION_LOOP] = do_loop,
    [ACTION_RENDER] = do_render,
    [ACTION_RESET] = do_reset,
    [ACTION_STATS] = do_stats,
    [ACTION_PROTOCOL] = do_protocol,
    [ACTION_OPEN_URL] = do_open_url,
    [ACTION_GO_TO] = do_go_to,
    [ACTION_REDRAW] = do_redraw,
    [ACTION_HELP] = do_help,
    [ACTION_LEAVE] = do_leave,
    [ACTION_QUIT] = do_quit,
    [ACTION_SEEK] = do_seek,
};

void model_act(struct model *m, enum action action, int arg)
{
    if (action == ACTION_NONE)
        return;
    model_clear_notice(m);
    if (functions[action] != NULL)
        functions[action](m, arg);
    else if (model_page(m) == PAGE_LIBRARY)
        library_act(m, action, arg);
    else
        scroll_page(m, action);
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
