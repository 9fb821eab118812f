// What lies over the picture, and when it goes by itself.
#include "model/model_internal.h"

#define CONTROLS_US (3 * KIN_US_PER_S)    // without input
#define POINTER_US (1500 * KIN_US_PER_MS) // since the bar was pressed or dragged

void controls_init(struct model *m)
{
    m->controls = (struct model_controls){.hide_at = KIN_US_NEVER, .pointer = -1, .pointer_until = KIN_US_NEVER};
}

void model_wake(struct model *m)
{
    if (!m->controls.shown)
        model_touch(m);
    m->controls.shown = true;
    m->controls.hide_at = kin_loop_now(m->loop) + CONTROLS_US;
}

static void hide(struct model *m)
{
    m->controls.shown = false;
    m->controls.hide_at = KIN_US_NEVER;
}

void controls_toggle_alone(struct model *m)
{
    m->controls.alone = !m->controls.alone;
    hide(m);
    model_render_again(m); // in the size that it has now
}

void controls_next_stats(struct model *m)
{
    if (model_page(m) != PAGE_PLAYER) {
        pages_toggle(m, PAGE_STATS);
        return;
    }
    m->controls.glance = !m->controls.glance;
    if (!m->controls.glance)
        pages_toggle(m, PAGE_STATS);
    model_render_again(m);
}

void controls_point(struct model *m, int along)
{
    m->controls.pointer = along;
    m->controls.pointer_until = kin_loop_now(m->loop) + POINTER_US;
}

kin_us controls_tick(struct model *m, kin_us now)
{
    struct model_controls *c = &m->controls;
    if (now >= c->hide_at) {
        hide(m);
        model_touch(m);
    }
    if (now >= c->pointer_until) {
        c->pointer = -1;
        c->pointer_until = KIN_US_NEVER;
        model_touch(m);
    }
    return kin_us_min(c->hide_at, c->pointer_until);
}
