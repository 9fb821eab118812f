// The prompt, drawn over the line above the status line: a URL, a position in the reel or a part of a name.
#include "base/text.h"
#include "pages/view.h"
#include "text/messages.h"

void view_prompt_draw(const struct model *m, struct screen *s, struct rect area)
{
    static const char *const labels[] = {
        [PROMPT_URL] = MSG_PROMPT_URL, [PROMPT_POSITION] = MSG_PROMPT_POSITION, [PROMPT_SEARCH] = MSG_PROMPT_SEARCH};
    const struct prompt *p = &m->prompt.line;
    enum role role = p->selected ? ROLE_SELECTED : ROLE_INPUT;
    screen_fill(s, area, ROLE_INPUT);
    int x = area.x + 1 + screen_put(s, area.x + 1, area.y, -1, ROLE_INPUT, labels[m->prompt.kind]);
    struct kin_span text = kin_span_make(p->text, p->len), head = kin_span_first(text, p->cursor);
    int room = area.x + area.w - 2 - x;
    while (screen_text_width(head) >= room && head.n > 0) { // of a long line, the part before the cursor is shown
        uint8_t b;
        do {
            head = kin_span_skip(head, 1);
            b = head.n > 0 ? head.p[0] : 0;
        } while ((b & 0xc0) == 0x80);
    }
    x += screen_put_span(s, x, area.y, room, role, head);
    struct kin_span tail = kin_span_skip(text, p->cursor);
    screen_put_span(s, x, area.y, area.x + area.w - 1 - x, ROLE_INPUT, tail);
    uint32_t c;
    struct kin_span under = tail.n > 0 ? kin_span_first(tail, kin_text_utf8(tail, &c)) : kin_span_str(" ");
    int one = screen_text_width(under) > 0 ? 1 : 0;
    if (screen_put_span(s, x, area.y, one, ROLE_CURSOR, under) == 0) // a wide character
        screen_put_span(s, x, area.y, 2, ROLE_CURSOR, under);
}
