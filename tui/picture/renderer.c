// Names of renderers.
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
