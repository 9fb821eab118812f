// Directories: listing them, moving the selection, opening a reel and the previous or next one.
#include "model/model_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "text/messages.h"

#define REFRESH_US KIN_US_PER_S // between background requests while indexes are being made

static void free_listing(struct model *m)
{
    if (m->library.listing != NULL)
        listing_free(m->library.listing);
    m->library.listing = NULL;
    m->library.count = 0;
}

void library_cancel(struct model *m)
{
    listing_cancel(m->library.request);
    m->library.request = NULL;
}

void library_forget(struct model *m)
{
    library_cancel(m);
    free_listing(m);
}

const struct listing_entry *model_line(const struct model *m, size_t line)
{
    const struct model_library *l = &m->library;
    return l->listing != NULL && line < l->count ? &l->listing->entries[l->lines[line]] : NULL;
}

// The line of the entry that a URL names, or the count when there is none.
static size_t find_line(const struct model *m, const char *url)
{
    const struct model_library *l = &m->library;
    char child[URL_PATH_MAX];
    size_t i = 0;
    while (i < l->count && !(url_path_entry(l->url, model_line(m, i), child) && strcmp(child, url) == 0))
        i++;
    return i;
}

// Orders the lines, and selects the one of `entry`, else the first.
static void order(struct model *m, size_t entry)
{
    struct model_library *l = &m->library;
    l->selected = 0;
    l->count = l->listing != NULL ? library_order(l->listing, l->sort, l->search, l->lines) : 0;
    for (size_t i = 0; i < l->count; i++)
        if (l->lines[i] == entry)
            l->selected = i;
    if (l->top >= l->count)
        l->top = 0;
}

static size_t selected_entry(const struct model_library *l)
{
    return l->selected < l->count ? l->lines[l->selected] : LISTING_MAX;
}

void library_sort_next(struct model *m)
{
    struct model_library *l = &m->library;
    l->sort = (enum library_sort)((l->sort + 1) % LIBRARY_SORT_COUNT);
    order(m, selected_entry(l));
}

void library_search(struct model *m, const char *text)
{
    struct model_library *l = &m->library;
    kin_span_copy(kin_span_str(text), l->search, sizeof l->search);
    order(m, selected_entry(l));
    model_touch(m);
}

static void set_listing(struct model *m, struct listing *listing)
{
    struct model_library *l = &m->library;
    char previous[URL_PATH_MAX];
    size_t entry = selected_entry(l), came_from;
    memcpy(previous, l->url, sizeof previous);
    free_listing(m);
    l->listing = listing;
    memcpy(l->url, l->requested, sizeof l->url);
    if (l->by_user)
        memcpy(l->start, l->url, sizeof l->start);
    bool same = strcmp(previous, l->url) == 0;
    if (!same || l->sibling != 0)
        l->search[0] = '\0';
    if (!same)
        l->top = 0;
    order(m, same ? entry : LISTING_MAX);
    came_from = find_line(m, previous);
    if (came_from < l->count)
        l->selected = came_from;
    if (!l->background)
        thumbnails_retry(m);
    l->refresh_at = kin_loop_now(m->loop) + REFRESH_US;
}

static bool is_unfinished(const struct listing *l)
{
    for (size_t i = 0; l != NULL && i < l->count; i++)
        if (l->entries[i].indexing)
            return true;
    return false;
}

kin_us library_tick(struct model *m, kin_us now)
{
    struct model_library *l = &m->library;
    if (model_page(m) != PAGE_LIBRARY || l->request != NULL || !is_unfinished(l->listing))
        return KIN_US_NEVER;
    if (now < l->refresh_at)
        return l->refresh_at;
    l->refresh_at = now + REFRESH_US;
    memcpy(l->requested, l->url, sizeof l->requested);
    library_list(m, l->requested, 0);
    l->background = l->request != NULL;
    return KIN_US_NEVER;
}

static void go_to_sibling(struct model *m, int direction)
{
    struct model_library *l = &m->library;
    size_t at = find_line(m, m->reel.url);
    for (size_t i = at + (size_t)direction; at < l->count && i < l->count; i += (size_t)direction) {
        char url[URL_PATH_MAX];
        const struct listing_entry *e = model_line(m, i);
        if (e->is_directory || !url_path_entry(l->url, e, url))
            continue;
        l->selected = i;
        reel_open(m, url, m->reel.from_library);
        return;
    }
    model_say(m, false, direction < 0 ? MSG_FIRST_REEL : MSG_LAST_REEL);
}

// True when leaving a reel that was opened by URL returns to a library.
static bool came_from_library(const struct model *m)
{
    return m->library.listing != NULL && (m->reel.from_library || m->pages.stack[0] == PAGE_LIBRARY);
}

static void leave_for_listing(struct model *m)
{
    reel_leave(m);
    if (m->library.listing->notice[0] != '\0')
        model_say(m, false, "%s", m->library.listing->notice);
}

static void on_listing(void *ctx, struct listing *listing, bool is_reel, const char *error)
{
    struct model *m = ctx;
    struct model_library *l = &m->library;
    int sibling = l->sibling;
    l->request = NULL;
    model_touch(m);
    if (listing != NULL) {
        l->opened = true;
        set_listing(m, listing);
        if (sibling != 0)
            go_to_sibling(m, sibling);
        else if (!l->background)
            leave_for_listing(m);
        else
            message_clear_error(m);
    } else if (is_reel && sibling == 0) {
        reel_open(m, l->requested, came_from_library(m));
    } else if (sibling != 0) {
        model_say(m, false, MSG_NO_SIBLINGS);
    } else if ((l->listing == NULL || l->by_user) && url_path_is_below_root(l->requested)) {
        reel_open(m, l->requested, came_from_library(m)); // not every server lists directories: it may be a stream
    } else {
        model_say(m, true, "%s", error != NULL ? error : MSG_NO_LISTING);
    }
}

void library_list(struct model *m, const char *url, int sibling)
{
    struct model_library *l = &m->library;
    library_cancel(m);
    if (url != l->requested)
        snprintf(l->requested, sizeof l->requested, "%s", url);
    l->sibling = sibling;
    l->by_user = l->background = false;
    int err = listing_start(m->loop, l->requested, on_listing, m, &l->request);
    if (err != KIN_OK) {
        l->request = NULL;
        message_cannot_open(m, url, err);
    }
    model_touch(m);
}

bool model_open(struct model *m, const char *url)
{
    char complete[URL_PATH_MAX], shown[URL_PATH_SHOWN_MAX];
    if (!url_path_complete(url, complete)) {
        url_path_shown(url, shown);
        model_say(m, true, MSG_NOT_A_URL, shown);
        return false;
    }
    if (!url_path_unmask(complete, m->prompt.original, complete)) {
        model_say(m, true, MSG_PASSWORD_OF_OTHER);
        return false;
    }
    message_clear_error(m); // of the place that is left
    if (m->library.start[0] == '\0')
        memcpy(m->library.start, complete, sizeof complete);
    library_list(m, complete, 0);
    m->library.by_user = true;
    return true;
}

void library_sibling(struct model *m, int direction)
{
    char parent[URL_PATH_MAX];
    if (m->library.listing != NULL && find_line(m, m->reel.url) < m->library.count)
        go_to_sibling(m, direction);
    else if (url_path_parent(m->reel.url, parent))
        library_list(m, parent, direction);
    else
        model_say(m, false, MSG_NO_DIRECTORY);
}

static bool is_on_screen(const struct model *m)
{
    return model_page(m) == PAGE_LIBRARY;
}

void library_enter(struct model *m)
{
    char url[URL_PATH_MAX];
    const struct listing_entry *e = model_line(m, m->library.selected);
    if (!is_on_screen(m) || e == NULL)
        return;
    if (!url_path_entry(m->library.url, e, url))
        model_say(m, true, MSG_ENTRY_TOO_LONG);
    else if (e->is_directory)
        library_list(m, url, 0);
    else
        reel_open(m, url, true);
    if (e->indexing)
        reel_say_indexing(m, e->indexed);
}

void library_parent(struct model *m)
{
    char parent[URL_PATH_MAX];
    const char *here = m->library.url[0] != '\0' ? m->library.url : m->library.requested;
    if (!is_on_screen(m))
        return;
    if (url_path_parent(here, parent))
        library_list(m, parent, 0);
    else
        model_say(m, false, MSG_TOP_DIRECTORY);
}

void library_move(struct model *m, long by)
{
    struct model_library *l = &m->library;
    long count = (long)l->count;
    long at = (long)l->selected + by;
    at = at >= count ? count - 1 : at;
    l->selected = at > 0 ? (size_t)at : 0;
}

size_t library_first_line(const struct model *m, size_t height)
{
    const struct model_library *l = &m->library;
    if (l->selected < l->top)
        return l->selected;
    return l->selected >= l->top + height ? l->selected - height + 1 : l->top;
}

void library_drawn(struct model *m, size_t height)
{
    m->library.top = library_first_line(m, height);
    m->library.height = height;
}

void library_press(struct model *m, int index)
{
    struct model_library *l = &m->library;
    bool again = l->listing != NULL && l->selected == (size_t)index;
    if (!is_on_screen(m))
        return;
    l->selected = (size_t)index;
    library_move(m, 0);
    if (again)
        library_enter(m);
}

void library_reload(struct model *m)
{
    if (is_on_screen(m))
        library_list(m, m->library.url[0] != '\0' ? m->library.url : m->library.requested, 0);
}
