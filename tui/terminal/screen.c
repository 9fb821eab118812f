// A grid of cells and the few ways to draw on it.
#include "terminal/screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "base/err.h"
#include "base/text.h"

#define REPLACEMENT 0xfffdu

int screen_resize(struct screen *s, int cols, int rows)
{
    if (cols < 0 || rows < 0 || cols > SCREEN_COLS_MAX || rows > SCREEN_ROWS_MAX)
        return KIN_ERANGE;
    struct cell *cells = calloc((size_t)cols * (size_t)rows + 1, sizeof *cells);
    if (cells == NULL)
        return KIN_ENOMEM;
    free(s->cells);
    s->cells = cells;
    s->cols = cols;
    s->rows = rows;
    screen_clear(s);
    return KIN_OK;
}

void screen_deinit(struct screen *s)
{
    free(s->cells);
    s->cells = NULL;
    s->cols = s->rows = 0;
}

struct cell *screen_at(const struct screen *s, int x, int y)
{
    if (x < 0 || y < 0 || x >= s->cols || y >= s->rows)
        return NULL;
    return &s->cells[(size_t)y * (size_t)s->cols + (size_t)x];
}

static void set_blank(struct cell *c, struct style style)
{
    c->glyph[0] = ' ';
    c->len = 1;
    c->covered = c->picture = false;
    c->style = style;
}

static int within(int v, int max)
{
    return v < 0 ? 0 : v > max ? max : v;
}

void screen_fill(struct screen *s, struct rect r, enum role role)
{
    int x0 = within(r.x, s->cols), x1 = within(r.x + r.w, s->cols), y1 = within(r.y + r.h, s->rows);
    struct style style = theme_style(s->theme, role, s->depth);
    for (int y = within(r.y, s->rows); y < y1; y++) {
        struct cell *line = &s->cells[(size_t)y * (size_t)s->cols];
        for (int x = x0; x < x1; x++)
            set_blank(&line[x], style);
    }
}

void screen_clear(struct screen *s)
{
    s->image = (struct screen_image){.serial = 0};
    screen_fill(s, (struct rect){0, 0, s->cols, s->rows}, ROLE_TEXT);
}

// Removes one character from the text. Controls and invalid bytes become the replacement character.
static uint32_t next_char(const struct screen *s, struct kin_span *text)
{
    uint32_t c = 0;
    size_t n = kin_text_utf8(*text, &c);
    *text = kin_span_skip(*text, n > 0 ? n : 1);
    bool utf8 = s == NULL || s->utf8;
    if (n == 0 || kin_text_is_control(c) || (!utf8 && c > 0x7e))
        return utf8 ? REPLACEMENT : '?';
    return c;
}

static int char_width(uint32_t c)
{
    if (c < 0x7f || c == REPLACEMENT)
        return 1;
    int w = wcwidth((wchar_t)c);
    return w < 0 ? 1 : w;
}

static void add_combining(struct cell *c, uint32_t code)
{
    char bytes[4];
    size_t n = kin_text_put_utf8(code, bytes);
    if (c == NULL || c->len == 0 || c->len + n > CELL_GLYPH_MAX)
        return;
    memcpy(c->glyph + c->len, bytes, n);
    c->len = (uint8_t)(c->len + n);
}

// A wide character that loses one half loses the other too.
static void split_wide(struct screen *s, int x, int y)
{
    struct cell *c = screen_at(s, x, y);
    struct cell *right = screen_at(s, x + 1, y);
    if (c->len == 0 && x > 0)
        set_blank(c - 1, c->style);
    if (right != NULL && right->len == 0)
        set_blank(right, right->style);
}

static void put_char(struct screen *s, int x, int y, struct style style, uint32_t code, int width)
{
    struct cell *c = screen_at(s, x, y);
    if (c == NULL || (width == 2 && x + 1 >= s->cols))
        return;
    split_wide(s, x, y);
    if (width == 2)
        split_wide(s, x + 1, y);
    set_blank(c, style);
    c->len = (uint8_t)kin_text_put_utf8(code, c->glyph);
    if (width == 2) {
        set_blank(c + 1, style);
        c[1].len = 0;
    }
}

// As much of the text as `room` columns hold.
static int put_part(struct screen *s, int x, int y, int room, enum role role, struct kin_span text)
{
    struct style style = theme_style(s->theme, role, s->depth);
    int used = 0;
    while (text.n > 0) {
        uint32_t c = next_char(s, &text);
        int w = char_width(c);
        if (used + w > room)
            break;
        if (w == 0)
            add_combining(used > 0 ? screen_at(s, x + used - 1, y) : NULL, c);
        else
            put_char(s, x + used, y, style, c, w);
        used += w;
    }
    return used;
}

int screen_put_span(struct screen *s, int x, int y, int width, enum role role, struct kin_span text)
{
    const struct kin_span dots = kin_span_str(screen_glyph(s, "\xe2\x80\xa6", "..."));
    int room = width < 0 ? s->cols - x : width, end = screen_text_width(dots);
    if (screen_text_width(text) <= room || room < end)
        return put_part(s, x, y, room, role, text);
    int used = put_part(s, x, y, room - end, role, text);
    return used + put_part(s, x + used, y, end, role, dots);
}

int screen_put(struct screen *s, int x, int y, int width, enum role role, const char *text)
{
    return screen_put_span(s, x, y, width, role, kin_span_str(text));
}

int screen_put_right(struct screen *s, int right, int y, enum role role, const char *text)
{
    int width = screen_text_width(kin_span_str(text));
    return screen_put(s, right - width, y, width, role, text);
}

int screen_text_width(struct kin_span text)
{
    int width = 0;
    while (text.n > 0)
        width += char_width(next_char(NULL, &text));
    return width;
}

static size_t row_length(const struct screen *s, int y)
{
    int end = s->cols;
    while (end > 0) {
        const struct cell *c = screen_at(s, end - 1, y);
        if (c->len != 1 || c->glyph[0] != ' ')
            break;
        end--;
    }
    return (size_t)end;
}

size_t screen_text(const struct screen *s, char *dst, size_t size)
{
    size_t len = 0;
    for (int y = 0; y < s->rows; y++) {
        size_t end = row_length(s, y);
        for (size_t x = 0; x < end; x++) {
            const struct cell *c = screen_at(s, (int)x, y);
            if (len + c->len + 2 > size)
                break;
            memcpy(dst + len, c->glyph, c->len);
            len += c->len;
        }
        if (len + 2 <= size)
            dst[len++] = '\n';
    }
    if (size > 0)
        dst[len] = '\0';
    return len;
}
