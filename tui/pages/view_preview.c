// Beside the list of the library: one frame of the selected reel, and what the list has no columns for.
#include <stdio.h>

#include "model/format.h"
#include "pages/overlay.h"
#include "pages/view.h"
#include "text/messages.h"

#define LIST_MIN 44   // columns that are left for the list
#define WIDE 110      // from here on the preview has half of the columns, else two fifths
#define WIDTH_MIN 34  // of the preview
#define WIDTH_MAX 72  // likewise
#define HEIGHT_MIN 18 // rows from which on there is one
#define DETAILS 8     // rows below the picture

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

struct rect view_preview_area(struct rect area)
{
    int width = area.w >= WIDE ? area.w / 2 : area.w * 2 / 5;
    width = width < WIDTH_MIN ? WIDTH_MIN : smaller(width, WIDTH_MAX);
    if (area.w < LIST_MIN + WIDTH_MIN || area.h < HEIGHT_MIN)
        return (struct rect){area.x + area.w, area.y, 0, 0};
    return (struct rect){area.x + area.w - width, area.y + 1, width - 2, area.h - 3};
}

// --- details

struct lines {
    struct screen *s;
    int x, y, width, end;
};

// As many rows as the text takes.
static void put(struct lines *l, enum role role, const char *text)
{
    struct kin_span rest = kin_span_str(text);
    while (rest.n > 0 && l->y < l->end) {
        size_t n = screen_text_width(rest) <= l->width ? rest.n : view_first_part(rest, l->width);
        screen_put_span(l->s, l->x, l->y++, l->width, role, kin_span_first(rest, n));
        rest = kin_span_trim(kin_span_skip(rest, n));
    }
}

static void put_picture(struct lines *l, const struct listing_entry *e)
{
    char rate[FORMAT_MAX], text[80];
    double milli = e->fps > 0 && e->fps < 1e6 ? e->fps * 1000 + 0.5 : 0;
    snprintf(text, sizeof text, MSG_PREVIEW_PICTURE, (unsigned)e->width, (unsigned)e->height,
             format_rate((uint32_t)milli, rate));
    put(l, ROLE_TEXT, text);
}

static void put_length(struct lines *l, const struct listing_entry *e)
{
    char time[FORMAT_MAX], text[80];
    double us = e->duration < 1e9 ? e->duration * KIN_US_PER_S : 0;
    snprintf(text, sizeof text, MSG_PREVIEW_LENGTH, format_time((kin_us)us, time), (unsigned long long)e->frames,
             e->frames == 1 ? "" : "s");
    put(l, ROLE_TEXT, text);
}

static void put_bytes(struct lines *l, const struct listing_entry *e)
{
    char size[FORMAT_MAX], each[FORMAT_MAX], rate[FORMAT_MAX], text[120];
    double bytes = (double)e->bytes;
    format_bytes(bytes, size);
    format_bytes(e->frames > 0 ? bytes / (double)e->frames : 0, each);
    format_bits(e->duration > 0 ? bytes * 8 / e->duration : 0, rate);
    snprintf(text, sizeof text, MSG_PREVIEW_BYTES, size, rate, each);
    put(l, ROLE_TEXT, text);
}

static void put_repair(struct lines *l, const struct listing_entry *e)
{
    const char *text = MSG_PREVIEW_AS_IT_IS;
    if (strcmp(e->repair, "lossless") == 0)
        text = MSG_PREVIEW_LOSSLESS;
    else if (e->repair[0] != '\0')
        text = MSG_PREVIEW_CONVERTED;
    put(l, ROLE_DIM, e->problem[0] != '\0' ? MSG_PREVIEW_REFUSED : text); // why: below the list
}

static void put_unfinished(struct lines *l, const struct listing_entry *e)
{
    char percent[FORMAT_MAX], size[FORMAT_MAX], text[80];
    snprintf(text, sizeof text, MSG_INDEXING, format_percent(e->indexed, percent));
    put(l, ROLE_TEXT, text);
    put(l, ROLE_TEXT, format_bytes((double)e->bytes, size));
}

static void draw_details(struct lines *l, const struct listing_entry *e)
{
    put(l, ROLE_STRONG, e->name);
    if (e->is_directory) {
        put(l, ROLE_DIM, MSG_PREVIEW_DIRECTORY);
    } else if (e->indexing) {
        put_unfinished(l, e);
    } else {
        put_picture(l, e);
        put_length(l, e);
        put_bytes(l, e);
        put_repair(l, e);
    }
}

// --- the picture

static void draw_picture(const struct model *m, struct screen *s, struct rect area)
{
    static const struct overlays none = {.count = 0};
    const struct picture *picture;
    enum thumbnail_state state = model_thumbnail(m, m->library.selected, &picture);
    const char *text = state == THUMBNAIL_FAILED ? MSG_PREVIEW_NONE : MSG_PREVIEW_COMES;
    screen_fill(s, area, ROLE_PICTURE);
    if (picture != NULL)
        overlay_picture(s, area, picture, &none);
    else
        screen_put(s, area.x + (area.w - screen_text_width(kin_span_str(text))) / 2, area.y + area.h / 2, -1,
                   ROLE_PICTURE, text);
}

void view_preview_draw(const struct model *m, struct screen *s, struct rect area, struct layout *ret)
{
    const struct listing_entry *e = model_line(m, m->library.selected);
    struct rect room = {area.x, area.y, area.w, smaller(area.w * 9 / 32, area.h - DETAILS)}; // 16:9 in cells of 1:2
    if (area.w < 1)
        return;
    ret->thumbnail = room;
    if (e == NULL)
        return;
    struct lines l = {s, area.x, area.y, area.w, area.y + area.h};
    if (!e->is_directory && !e->indexing) {
        draw_picture(m, s, room);
        l.y += room.h + 1;
    }
    draw_details(&l, e);
    hits_add(&ret->hits, room, ACTION_ENTER, 0, false);
}
