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
#define LEGEND_WIDTH 10

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
        if (!belongs(b, section) || m->settings->keys.of[b->action].count == 0)
            continue;
        keys_names(&m->settings->keys, b->action, width - 1, names);
        view_lines_row(t, &(struct view_row){4, width, ROLE_STRONG, names, ROLE_TEXT, b->help});
    }
    blank(t);
}

// Of the words on the player's page.
static const struct {
    const char *word, *meaning;
} legend[] = {
    {"lost", MSG_HELP_LOST},         {"late", MSG_HELP_LATE},       {"not shown", MSG_HELP_NOT_SHOWN},
    {"terminal", MSG_HELP_TERMINAL}, {"decoder", MSG_HELP_DECODER}, {"Cache", MSG_HELP_CACHE},
};

static void draw_notes(struct view_lines *t)
{
    view_lines_row(t, &(struct view_row){.x = 2, .role = ROLE_DIM, .text = MSG_HELP_MOUSE});
    view_lines_row(t, &(struct view_row){.x = 2, .role = ROLE_DIM, .text = MSG_HELP_PASTE});
    blank(t);
    for (size_t i = 0; i < sizeof legend / sizeof *legend; i++)
        view_lines_row(t, &(struct view_row){2, LEGEND_WIDTH, ROLE_DIM, legend[i].word, ROLE_DIM, legend[i].meaning});
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
