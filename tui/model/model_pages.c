// The stack of pages: which one is on the screen, how far it is scrolled, and the way back and out.
#include "model/model_internal.h"

enum page model_page(const struct model *m)
{
    return m->pages.stack[m->pages.count - 1];
}

// Another page is on top: it starts at its first line, the protocol log at its last.
static void begin_page(struct model *m)
{
    m->pages.scroll = 0;
    m->pages.at_end = model_page(m) == PAGE_PROTOCOL;
    model_touch(m);
}

static void push(struct model *m, enum page page)
{
    for (size_t i = 0; i < m->pages.count; i++)
        if (m->pages.stack[i] == page)
            m->pages.count = i; // back down to it
    if (m->pages.count < MODEL_PAGES_MAX)
        m->pages.stack[m->pages.count++] = page;
    begin_page(m);
}

static bool pop(struct model *m)
{
    if (m->pages.count <= 1)
        return false;
    m->pages.count--;
    begin_page(m);
    return true;
}

void pages_show_only(struct model *m, enum page page)
{
    m->pages.count = 0;
    push(m, page);
}

void pages_toggle(struct model *m, enum page page)
{
    if (model_page(m) == page)
        pop(m);
    else
        push(m, page);
}

static bool back(struct model *m)
{
    if (m->pages.count > 1)
        return pop(m);
    if (model_page(m) == PAGE_PLAYER && m->reel.from_library) {
        reel_leave(m);
        return true;
    }
    return false;
}

void pages_leave(struct model *m)
{
    if (model_page(m) == PAGE_LIBRARY && m->library.search[0] != '\0')
        library_search(m, "");
    else
        back(m);
}

void pages_quit(struct model *m)
{
    if (back(m))
        return;
    bool below = model_page(m) == PAGE_LIBRARY && m->library.listing != NULL &&
                 url_path_is_below_root(m->library.url) && strcmp(m->library.url, m->library.start) != 0;
    if (below)
        library_parent(m);
    else
        m->pages.quit = true;
}

size_t model_first_line(const struct model *m, size_t lines, size_t height)
{
    if (model_page(m) == PAGE_LIBRARY)
        return library_first_line(m, height);
    size_t max = lines > height ? lines - height : 0;
    return m->pages.at_end || m->pages.scroll > max ? max : m->pages.scroll;
}

void pages_drawn(struct model *m, size_t lines, size_t height)
{
    m->pages.scroll = model_first_line(m, lines, height);
    m->pages.scroll_max = lines > height ? lines - height : 0;
}

void pages_scroll(struct model *m, long by)
{
    if (model_page(m) == PAGE_LIBRARY) {
        library_move(m, by);
        return;
    }
    long at = (long)m->pages.scroll + by, max = (long)m->pages.scroll_max;
    at = at > max ? max : at;
    m->pages.scroll = at > 0 ? (size_t)at : 0;
    m->pages.at_end = model_page(m) == PAGE_PROTOCOL && at >= max;
}

// The wheel moves the selection of the library faster than a page.
void pages_scroll_line(struct model *m, int by)
{
    pages_scroll(m, model_page(m) == PAGE_LIBRARY ? 3 * by : by);
}
