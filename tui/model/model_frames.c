// The newest frame on its way to the screen, and counters of frames that never got there.
#include "model/model_internal.h"

#include "picture/picture.h"
#include "text/messages.h"

// Takes over a reference in place of the one that is there.
static void keep(struct kin_buf **place, struct kin_buf *jpeg)
{
    kin_buf_unref(*place);
    *place = jpeg;
}

void frames_drop(struct model *m)
{
    kin_buf_unref(m->frames.newest.jpeg);
    m->frames.newest = (struct model_frame){.jpeg = NULL};
    m->frames.picture_pending = false;
    picture_free(m->frames.picture);
    m->frames.picture = NULL;
    keep(&m->frames.taken, NULL);
    keep(&m->frames.shown_jpeg, NULL);
}

static void count_replaced(struct model *m)
{
    if (!m->frames.newest.fresh || m->frames.newest.again)
        return;
    m->frames.drops.terminal += m->frames.hold == HOLD_TERMINAL;
    m->frames.drops.decoder += m->frames.hold == HOLD_DECODER;
    m->frames.drops.limit += m->frames.hold == HOLD_LIMIT;
}

void frames_put(struct model *m, const struct session_frame *f)
{
    count_replaced(m);
    kin_buf_ref(f->jpeg);
    kin_buf_unref(m->frames.newest.jpeg);
    m->frames.newest = (struct model_frame){.jpeg = f->jpeg, .number = f->number, .gaps = f->gaps, .fresh = true};
}

void frames_reset_drops(struct model *m)
{
    m->frames.drops_base = m->frames.drops;
}

void model_set_hold(struct model *m, enum model_hold hold)
{
    m->frames.hold = hold;
}

struct model_drops model_drops(const struct model *m)
{
    return (struct model_drops){m->frames.drops.terminal - m->frames.drops_base.terminal,
                                m->frames.drops.decoder - m->frames.drops_base.decoder,
                                m->frames.drops.limit - m->frames.drops_base.limit,
                                m->frames.drops.broken - m->frames.drops_base.broken};
}

enum renderer model_renderer(const struct model *m, enum renderer for_auto)
{
    return m->frames.render == RENDER_AUTO ? for_auto : (enum renderer)(m->frames.render - 1);
}

// Images only where the terminal is known to draw them, and blocks only where there is Unicode.
static bool is_offered(const struct model *m, int render)
{
    enum renderer r = (enum renderer)(render - 1);
    if (render == RENDER_AUTO || r == RENDERER_ASCII)
        return true;
    if (!renderer_is_image(r))
        return m->terminal.utf8;
    return m->terminal.found != NULL && renderer_works(r, m->terminal.found);
}

void frames_change_render(struct model *m)
{
    do
        m->frames.render = (m->frames.render + 1) % RENDER_COUNT;
    while (!is_offered(m, m->frames.render));
    const char *name = m->frames.render == RENDER_AUTO ? MSG_RENDER_AUTO
                                                       : renderer_name((enum renderer)(m->frames.render - 1));
    model_say(m, false, MSG_RENDER, name);
    model_render_again(m);
}

bool model_take_frame(struct model *m, struct model_frame *ret)
{
    if (!m->frames.newest.fresh || m->frames.newest.jpeg == NULL)
        return false;
    *ret = m->frames.newest;
    kin_buf_ref(ret->jpeg);
    keep(&m->frames.taken, kin_buf_ref(ret->jpeg));
    m->frames.newest.fresh = false;
    m->frames.picture_pending = true;
    m->frames.hold = HOLD_DECODER;
    return true;
}

void model_show(struct model *m, struct picture *picture)
{
    if (!m->frames.picture_pending) {
        picture_free(picture);
        return;
    }
    m->frames.picture_pending = false;
    if (picture == NULL || !picture_is_drawn(picture)) {
        m->frames.drops.broken++;
        if (picture != NULL)
            model_say(m, true, "%s", picture->why);
        picture_free(picture);
        return;
    }
    m->frames.drops.broken += picture->damaged;
    m->frames.shown += m->frames.picture == NULL || m->frames.picture->number != picture->number;
    picture_free(m->frames.picture);
    m->frames.picture = picture;
    keep(&m->frames.shown_jpeg, m->frames.taken);
    m->frames.taken = NULL;
    model_touch(m);
}

void model_render_again(struct model *m)
{
    struct model_frame *f = &m->frames.newest;
    f->again = f->again || !f->fresh;
    f->fresh = f->jpeg != NULL;
    model_touch(m);
}
