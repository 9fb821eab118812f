// Help: every key with its meaning, from the one table.
#include "view.h"

static const struct {
    const char *heading;
    unsigned context;
} sections[] = {{"Player", IN_PLAYER}, {"Library", IN_LIBRARY}, {"Pages", IN_PAGES}};
#define SECTION_COUNT (sizeof sections / sizeof *sections)
#define KEY_WIDTH 12

struct page_text { // draws only the lines that are in the window
    struct screen *s;
    struct rect area;
    size_t skip, line;
};

static bool next_line(struct page_text *t, int *ret_y)
{
    size_t n = t->line++;
    if (n < t->skip || n - t->skip >= (size_t)t->area.h)
        return false;
    *ret_y = t->area.y + (int)(n - t->skip);
    return true;
}

static void blank(struct page_text *t)
{
    t->line++;
}

// A key stands in the first section it belongs to.
static bool belongs(const struct key_binding *b, size_t section)
{
    for (size_t i = 0; i < section; i++)
        if ((b->contexts & sections[i].context) != 0)
            return false;
    return (b->contexts & sections[section].context) != 0 && b->help[0] != '\0';
}

static void draw_section(struct page_text *t, size_t section)
{
    int y;
    if (next_line(t, &y))
        screen_put(t->s, t->area.x + 2, y, -1, ROLE_ACCENT, sections[section].heading);
    for (size_t i = 0; i < key_binding_count; i++) {
        const struct key_binding *b = &key_bindings[i];
        if (!belongs(b, section) || !next_line(t, &y))
            continue;
        screen_put(t->s, t->area.x + 4, y, KEY_WIDTH, ROLE_STRONG, b->name);
        screen_put(t->s, t->area.x + 4 + KEY_WIDTH, y, t->area.w - KEY_WIDTH - 5, ROLE_TEXT, b->help);
    }
    blank(t);
}

static void draw_notes(struct page_text *t)
{
    static const char *const notes[] = {
        "The mouse presses buttons, the progress bar, lines of the library and hints.",
        "Loss: network = packets that never came; late = frames that came too late to be shown;",
        "terminal = frames that this terminal could not take; decoder = frames this machine could not decode in time.",
        "Cache: frames waiting to be shown. The picture starts when it reaches the mark.",
    };
    int y;
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
        if (next_line(t, &y))
            screen_put(t->s, t->area.x + 2, y, t->area.w - 3, ROLE_DIM, notes[i]);
}

static void draw(struct model *m, struct screen *s, struct rect area, struct hits *hits)
{
    (void)hits;
    struct page_text t = {s, {area.x, area.y + 1, area.w, area.h - 1}, m->scroll, 0};
    for (size_t i = 0; i < SECTION_COUNT; i++)
        draw_section(&t, i);
    draw_notes(&t);
    m->scroll_max = t.line > (size_t)t.area.h ? t.line - (size_t)t.area.h : 0;
}

const struct view view_help = {IN_HELP, "help", draw};
