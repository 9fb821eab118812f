// The state of the player as a whole: its parts are in model_*.c.
#include "model/model_internal.h"
#include "text/messages.h"

#define PAGE_LINES 10
#define ALL_LINES 1000000000 // more than any page has

void model_init(struct model *m, struct kin_loop *loop, const struct settings *settings)
{
    *m = (struct model){.loop = loop,
                        .settings = settings,
                        .reel.rate = 1,
                        .frames.render = (int)settings->render,
                        .pages = {.stack = {PAGE_LIBRARY}, .count = 1},
                        .dirty = true};
    wire_log_init(&m->log);
    controls_init(m);
    marks_clear(m);
}

void model_deinit(struct model *m)
{
    thumbnails_forget(m);
    library_forget(m);
    still_forget(m);
    reel_close(m);
    wire_log_deinit(&m->log);
}

void model_touch(struct model *m)
{
    m->dirty = true;
}

void model_drawn(struct model *m, size_t lines, size_t height)
{
    m->dirty = m->redraw = false;
    if (height == 0)
        return;
    if (model_page(m) == PAGE_LIBRARY)
        library_drawn(m, height);
    else
        pages_drawn(m, lines, height);
}

void model_set_terminal(struct model *m, const struct model_terminal *t)
{
    m->terminal = *t;
}

kin_us model_tick(struct model *m, kin_us now)
{
    kin_us next = kin_us_min(reel_tick(m, now), library_tick(m, now));
    next = kin_us_min(next, controls_tick(m, now));
    next = kin_us_min(next, thumbnails_tick(m, now));
    return kin_us_min(next, message_tick(m, now));
}

static void redraw(struct model *m)
{
    m->redraw = true;
}

static void copy_report(struct model *m)
{
    m->copying = true;
}

void model_copied(struct model *m)
{
    m->copying = false;
    model_say(m, false, MSG_COPIED); // not before: the report has the message that stands there
}

static void act(struct model *m, enum action action, int arg)
{
    switch (action) {
#define ACTION(action, name, keys, call)                                                                               \
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
    message_clear_notice(m);
    act(m, action, arg);
    m->dirty = true;
}

void model_press(struct model *m, enum action action, int arg)
{
    m->scrubbing = action == ACTION_SEEK;
    if (m->scrubbing)
        controls_point(m, arg);
    model_act(m, action, arg);
}

void model_drag(struct model *m, int along)
{
    if (!m->scrubbing)
        return;
    controls_point(m, along);
    model_act(m, ACTION_SEEK, along);
}
