// The protocol log: requests and replies as they went over the wire.
#include <stdio.h>

#include "pages/view.h"
#include "text/messages.h"

static enum role line_role(const struct wire_line *l)
{
    if (l->heading)
        return l->message->sent ? ROLE_SENT : ROLE_RECEIVED;
    return ROLE_TEXT;
}

static void draw_line(const struct model *m, struct screen *s, struct rect area, int y, const struct wire_line *l)
{
    if (!l->heading) {
        screen_put_span(s, area.x + 4, y, area.w - 5, line_role(l), l->text);
        return;
    }
    const struct wire_message *first = KIN_CONTAINER(m->log.messages.next, struct wire_message, link);
    char text[64];
    double since = (double)(l->message->at - first->at) / 1e6;
    snprintf(text, sizeof text, "%s %8.3f s", l->message->sent ? "> sent    " : "< received", since);
    screen_put(s, area.x + 1, y, area.w - 2, line_role(l), text);
}

static void draw(const struct model *m, struct screen *s, struct rect area, struct layout *ret)
{
    ret->lines = m->log.lines;
    ret->height = (size_t)area.h;
    size_t first = model_first_line(m, ret->lines, ret->height);
    if (m->log.count == 0)
        screen_put(s, area.x + 2, area.y + 1, -1, ROLE_DIM, MSG_PROTOCOL_EMPTY);
    struct wire_line l;
    for (size_t i = 0; i < ret->height && wire_log_line(&m->log, first + i, &l); i++)
        draw_line(m, s, area, area.y + (int)i, &l);
}

const struct view view_protocol = {IN_PROTOCOL, "protocol", false, draw};
