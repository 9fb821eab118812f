// Help: every key with its meaning, from the one table.
#include "pages/view.h"
#include "text/messages.h"

static const struct {
    const char *heading;
    unsigned context;
} sections[] = {{MSG_HELP_PLAYER, IN_PLAYER},
                {MSG_HELP_LIBRARY, IN_LIBRARY},
                {MSG_HELP_PAGES, IN_PAGES},
                {MSG_HELP_EVERYWHERE, IN_ALL}};
#define SECTION_COUNT (sizeof sections / sizeof *sections)
#define KEY_WIDTH 12
#define KEY_NARROW 6

static void blank(struct view_lines *t)
{
    t->line++;
}

// Keys that work nearly everywhere are listed once, not in each section.
static bool is_everywhere(const struct key_use *b)
{
    const unsigned most = IN_LIBRARY | IN_PLAYER | IN_STATS;
    return (b->contexts & most) == most;
}

static bool belongs(const struct key_use *b, size_t section)
{
    bool everywhere = sections[section].context == IN_ALL;
    return b->help[0] != '\0' && (b->contexts & sections[section].context) != 0 && is_everywhere(b) == everywhere;
}

static void draw_section(const struct model *m, struct view_lines *t, size_t section)
{
    char names[KEYS_NAMES_MAX];
    int y, width = t->area.w >= VIEW_NARROW ? KEY_WIDTH : KEY_NARROW;
    if (view_lines_next(t, &y))
        screen_put(t->s, t->area.x + 2, y, -1, ROLE_ACCENT, sections[section].heading);
    for (size_t i = 0; i < key_use_count; i++) {
        const struct key_use *b = &key_uses[i];
        if (!belongs(b, section) || m->settings->keys.of[b->action].count == 0 || !view_lines_next(t, &y))
            continue;
        keys_names(&m->settings->keys, b->action, width - 1, names);
        screen_put(t->s, t->area.x + 4, y, width, ROLE_STRONG, names);
        screen_put(t->s, t->area.x + 4 + width, y, t->area.w - width - 5, ROLE_TEXT, b->help);
    }
    blank(t);
}

static void draw_notes(struct view_lines *t)
{
    static const char *const notes[] = {
        MSG_HELP_MOUSE, MSG_HELP_PASTE, "", MSG_HELP_NETWORK, MSG_HELP_LATE, MSG_HELP_TERMINAL, MSG_HELP_DECODER,
        MSG_HELP_CACHE, MSG_HELP_MARKS,
    };
    int y;
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
        if (view_lines_next(t, &y))
            screen_put(t->s, t->area.x + 2, y, t->area.w - 3, ROLE_DIM, notes[i]);
}

static void draw(const struct model *m, struct screen *s, struct rect area, struct layout *ret)
{
    struct view_lines t = {s, {area.x, area.y + 1, area.w, area.h - 1}, m->pages.scroll, 0};
    for (size_t i = 0; i < SECTION_COUNT; i++)
        draw_section(m, &t, i);
    draw_notes(&t);
    ret->lines = t.line;
    ret->height = (size_t)t.area.h;
}

const struct view view_help = {IN_HELP, "help", false, draw};
