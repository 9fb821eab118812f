// The library: what a directory of the server holds.
#include <stdio.h>

#include "base/plural.h"
#include "model/format.h"
#include "pages/view.h"
#include "text/messages.h"

// Columns from the right edge. One is left out when the page is too narrow to leave room for the name.
static const struct column {
    const char *heading;
    int width;
    int needs; // shown from this width of the page on
} columns[] = {{"picture", 12, 40}, {"rate", 12, 68}, {"duration", 11, 54}, {"size", 9, 76}};
#define INDEXING_WIDTH 15 // of the first column when it shows the progress of an index
enum { COLUMN_PICTURE, COLUMN_RATE, COLUMN_DURATION, COLUMN_SIZE, COLUMN_COUNT };

static void cell_text(const struct listing_entry *e, int column, char dst[FORMAT_MAX])
{
    dst[0] = '\0';
    char percent[FORMAT_MAX];
    if (e->is_directory)
        return;
    if (column == COLUMN_PICTURE && e->indexing)
        snprintf(dst, FORMAT_MAX, MSG_INDEXING, format_percent(e->indexed, percent));
    else if (column == COLUMN_PICTURE && e->width > 0)
        snprintf(dst, FORMAT_MAX, "%ux%u", (unsigned)e->width, (unsigned)e->height);
    else if (column == COLUMN_RATE)
        format_rate(e->fps > 0 && e->fps < 1e6 ? (uint32_t)(e->fps * 1000 + 0.5) : 0, dst);
    else if (column == COLUMN_DURATION && e->duration > 0 && e->duration < 1e9)
        format_time((kin_us)(e->duration * 1e6), dst);
    else if (column == COLUMN_SIZE && e->bytes > 0)
        format_bytes((double)e->bytes, dst);
}

// What the list is sorted by is shown before all others: it takes the place of the picture's size in this respect.
static int width_needed(const struct model *m, int column)
{
    static const int of_sort[LIBRARY_SORT_COUNT] = {COLUMN_PICTURE, COLUMN_DURATION, COLUMN_SIZE, COLUMN_PICTURE};
    int first = of_sort[m->library.sort];
    return columns[column == first ? COLUMN_PICTURE : column == COLUMN_PICTURE ? first : column].needs;
}

// Draws the columns right to left, or their headings, and returns where the name must end.
static int draw_columns(const struct model *m, struct screen *s, struct rect area, int y, enum role role,
                        const struct listing_entry *e)
{
    int right = area.x + area.w - 2;
    for (int i = COLUMN_COUNT - 1; i >= 0; i--) {
        char text[FORMAT_MAX];
        if (area.w < width_needed(m, i))
            continue;
        if (e != NULL)
            cell_text(e, i, text);
        screen_put_right(s, right, y, role, e != NULL ? text : columns[i].heading);
        bool wider = i == COLUMN_PICTURE && e != NULL && e->indexing;
        right -= wider ? INDEXING_WIDTH : columns[i].width;
    }
    return right;
}

static void draw_entry(const struct model *m, struct screen *s, struct rect area, int y, size_t line)
{
    const struct listing_entry *e = model_line(m, line);
    bool selected = line == m->library.selected;
    enum role base = selected ? ROLE_SELECTED : ROLE_TEXT;
    screen_fill(s, (struct rect){area.x, y, area.w, 1}, base);
    int end = draw_columns(m, s, area, y, selected ? ROLE_SELECTED : ROLE_DIM, e);
    int x = area.x + 2;
    enum role role = selected ? ROLE_SELECTED : e->is_directory ? ROLE_ACCENT : ROLE_STRONG;
    int used = screen_put(s, x, y, end - x - 1, role, e->name);
    if (e->is_directory)
        screen_put(s, x + used, y, 1, role, "/");
}

#define ROOMY 8 // lines from which on the columns have headings, and the directory a summary

// Why other players cannot play the selected reel.
static void draw_problem(const struct listing_entry *e, struct screen *s, struct rect area, int y)
{
    char text[256];
    snprintf(text, sizeof text, MSG_LIBRARY_PROBLEM, e->problem);
    screen_put(s, area.x + 2, y, area.w - 4, ROLE_CAREFUL, text);
}

static void put_unservable(const struct listing *l, char *dst, size_t size)
{
    int n = snprintf(dst, size, MSG_LIBRARY_UNSERVABLE, (unsigned long long)l->unservable, kin_plural(l->unservable));
    if (l->example_count > 0 && n > 0 && (size_t)n < size)
        snprintf(dst + n, size - (size_t)n, " (%.100s: %s%s)", l->examples[0].name, l->examples[0].problem,
                 l->unservable > 1 ? ", ..." : "");
}

static void draw_summary(const struct model *m, struct screen *s, struct rect area, int y)
{
    const struct listing *l = m->library.listing;
    size_t reels = 0;
    double bytes = 0;
    for (size_t i = 0; i < l->count; i++) {
        reels += !l->entries[i].is_directory;
        bytes += (double)l->entries[i].bytes;
    }
    char size[FORMAT_MAX], text[512];
    int n = snprintf(text, sizeof text, MSG_LIBRARY_SUMMARY, reels, kin_plural(reels), l->count - reels,
                     l->count - reels == 1 ? "y" : "ies", format_bytes(bytes, size));
    if (l->unservable > 0)
        put_unservable(l, text + n, sizeof text - (size_t)n);
    screen_put(s, area.x + 2, y, area.w - 4, ROLE_DIM, text);
}

static void draw_headings(const struct model *m, struct screen *s, struct rect area)
{
    int end = draw_columns(m, s, area, area.y + 1, ROLE_DIM, NULL);
    screen_put(s, area.x + 2, area.y + 1, end - area.x - 3, ROLE_DIM, "name");
}

static void draw_last_line(const struct model *m, struct screen *s, struct rect area)
{
    const struct listing_entry *e = model_line(m, m->library.selected);
    if (e != NULL && e->problem[0] != '\0')
        draw_problem(e, s, area, area.y + area.h - 1);
    else
        draw_summary(m, s, area, area.y + area.h - 1);
}

static void draw_nothing(const struct model *m, struct screen *s, struct rect area)
{
    char text[64] = MSG_PLAYER_CONNECTING;
    if (m->library.request == NULL)
        snprintf(text, sizeof text, MSG_LIBRARY_NONE, keys_name(&m->settings->keys, ACTION_OPEN_URL));
    int width = screen_text_width(kin_span_str(text));
    screen_put(s, area.x + (area.w - width) / 2, area.y + area.h / 2, -1, ROLE_DIM, text);
}

// Why there are no lines.
static void draw_empty(const struct model *m, struct screen *s, struct rect area, int y)
{
    char text[MODEL_SEARCH_MAX + 40];
    snprintf(text, sizeof text, MSG_LIBRARY_NO_MATCH, m->library.search, keys_name(&m->settings->keys, ACTION_LEAVE));
    screen_put(s, area.x + 2, y, area.w - 2, ROLE_DIM, m->library.search[0] != '\0' ? text : MSG_LIBRARY_EMPTY);
}

static void draw_list(const struct model *m, struct screen *s, struct rect area, struct layout *ret)
{
    ret->lines = m->library.count;
    bool roomy = area.h >= ROOMY;
    ret->height = (size_t)(roomy ? area.h - 4 : area.h);
    if (roomy)
        draw_headings(m, s, area);
    size_t first = model_first_line(m, ret->lines, ret->height);
    for (size_t i = first; i < ret->lines && i - first < ret->height; i++) {
        int y = area.y + (roomy ? 2 : 0) + (int)(i - first);
        draw_entry(m, s, area, y, i);
        hits_add(&ret->hits, (struct rect){area.x, y, area.w, 1}, ACTION_SELECT, (int)i, false);
    }
    if (ret->lines == 0)
        draw_empty(m, s, area, area.y + (roomy ? 2 : 0));
}

static void draw(const struct model *m, struct screen *s, struct rect area, struct layout *ret)
{
    struct rect preview = view_preview_area(area);
    if (m->library.listing == NULL) {
        draw_nothing(m, s, area);
        return;
    }
    draw_list(m, s, (struct rect){area.x, area.y, preview.x - area.x, area.h}, ret);
    view_preview_draw(m, s, preview, ret);
    if (area.h >= ROOMY)
        draw_last_line(m, s, area);
}

const struct view view_library = {IN_LIBRARY, "library", false, draw};
