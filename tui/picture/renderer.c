// Names of renderers, and which of them a terminal can show.
#include "picture/renderer.h"

#include "text/messages.h"

const char *renderer_name(enum renderer r)
{
    static const char *const names[RENDERER_COUNT] = {
        [RENDERER_SYMBOLS] = MSG_RENDER_SYMBOLS,     [RENDERER_HALF] = MSG_RENDER_HALF,
        [RENDERER_QUADRANTS] = MSG_RENDER_QUADRANTS, [RENDERER_SEXTANTS] = MSG_RENDER_SEXTANTS,
        [RENDERER_ASCII] = MSG_RENDER_ASCII,         [RENDERER_SIXEL] = MSG_RENDER_SIXEL,
        [RENDERER_KITTY] = MSG_RENDER_KITTY,         [RENDERER_ITERM] = MSG_RENDER_ITERM,
    };
    return names[r];
}

const struct fact *renderer_fact(enum renderer r, const struct terminal_facts *f)
{
    switch (r) {
    case RENDERER_SIXEL:
        return &f->sixel;
    case RENDERER_KITTY:
        return &f->kitty;
    case RENDERER_ITERM:
        return &f->iterm;
    default:
        return NULL;
    }
}

bool renderer_works(enum renderer r, const struct terminal_facts *f)
{
    const struct fact *fact = renderer_fact(r, f);
    bool through_tmux = r == RENDERER_KITTY && f->multiplexer == MULTIPLEXER_TMUX && f->passthrough.yes &&
                        f->placeholders.yes;
    return fact == NULL || (fact->yes && (f->multiplexer == MULTIPLEXER_NONE || through_tmux));
}

// A JPEG takes the fewest bytes and no time. kitty itself knows none.
unsigned renderer_choices(const struct terminal_facts *f, bool utf8, enum renderer ret[RENDERER_CHOICES_MAX])
{
    static const enum renderer images[] = {RENDERER_ITERM, RENDERER_KITTY, RENDERER_SIXEL};
    static const enum renderer cells[] = {RENDERER_SYMBOLS, RENDERER_QUADRANTS, RENDERER_HALF};
    int first = f->console ? 2 : 0;
    // tmux answers in place of the terminal around it: what a line to that takes cannot be measured.
    bool unmeasured = f->multiplexer != MULTIPLEXER_NONE && f->remote.yes;
    unsigned n = 0;
    for (int i = 0; i < 3 && n == 0 && !unmeasured; i++)
        if (renderer_works(images[i], f))
            ret[n++] = images[i];
    if (!utf8)
        ret[n++] = RENDERER_ASCII;
    for (int i = first; i < 3 && utf8; i++)
        ret[n++] = cells[i];
    return n;
}
