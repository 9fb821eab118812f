// The picture behind what lies over it.
#include "pages/overlay.h"

#define SHINE 4      // sixteenths of the picture's light that come through
#define BRIGHT 0xa0  // text with a channel as bright as this can be read on it
#define TEXT_STEP 16 // behind text colours change in such steps: a cell is not sent again for less

void overlay_add(struct overlays *o, struct rect area)
{
    if (o->count < OVERLAYS_MAX && area.w > 0 && area.h > 0)
        o->areas[o->count++] = area;
}

static bool is_inside(const struct rect *r, int x, int y)
{
    return x >= r->x && y >= r->y && x < r->x + r->w && y < r->y + r->h;
}

static bool is_covered(const struct overlays *o, int x, int y)
{
    for (size_t i = 0; i < o->count; i++)
        if (is_inside(&o->areas[i], x, y))
            return true;
    return false;
}

static int channel(color c, int shift)
{
    return (int)(c >> shift & 255);
}

static uint8_t mixed(int panel, int picture)
{
    return (uint8_t)(panel + (picture - panel) * SHINE / 16);
}

static color mixed_color(color panel, color picture)
{
    return COLOR_RGB((uint32_t)mixed(channel(panel, 16), channel(picture, 16)) << 16 |
                     (uint32_t)mixed(channel(panel, 8), channel(picture, 8)) << 8 |
                     (uint32_t)mixed(channel(panel, 0), channel(picture, 0)));
}

// The picture in place of a blank cell, darkened. So are its samples: what the encoder compares is what is seen.
static void shine_through(struct cell *over, const struct cell *under)
{
    color panel = over->style.bg;
    *over = *under;
    over->style.fg = mixed_color(panel, under->style.fg);
    over->style.bg = mixed_color(panel, under->style.bg);
    for (int i = 0; i < CELL_SAMPLES; i++)
        for (int c = 0; c < 3; c++)
            over->samples.rgb[i][c] = mixed(channel(panel, 16 - 8 * c), under->samples.rgb[i][c]);
}

static color mean(const struct cell *c)
{
    uint32_t sum[3] = {0};
    for (int i = 0; i < CELL_SAMPLES; i++)
        for (int k = 0; k < 3; k++)
            sum[k] += c->samples.rgb[i][k];
    for (int k = 0; k < 3; k++)
        sum[k] = sum[k] / CELL_SAMPLES / TEXT_STEP * TEXT_STEP;
    return COLOR_RGB(sum[0] << 16 | sum[1] << 8 | sum[2]);
}

static bool is_bright(color c)
{
    return channel(c, 16) >= BRIGHT || channel(c, 8) >= BRIGHT || channel(c, 0) >= BRIGHT;
}

// What is dim on the page could not be read on film: halfway to white, or on a light page to black.
static color readable(color text, color page)
{
    int end = is_bright(page) ? 0 : 255;
    color clearer = COLOR_RGB(0);
    for (int shift = 0; shift < 24; shift += 8)
        clearer |= (uint32_t)(channel(text, shift) + end) / 2 << shift;
    return is_bright(text) && !is_bright(page) ? text : clearer;
}

static bool is_blank(const struct cell *c)
{
    return c->len == 1 && c->glyph[0] == ' ';
}

static bool is_text(const struct screen *s, int x, int y)
{
    const struct cell *c = screen_at(s, x, y);
    return c != NULL && !c->picture && !is_blank(c);
}

// A blank beside text is one of its own: words stay apart, for whoever reads, searches or copies them.
static void lay_over(struct screen *s, int x, int y, const struct cell *under, color page)
{
    struct cell *over = screen_at(s, x, y);
    bool direct = (under->style.fg & under->style.bg & over->style.bg & COLOR_RGB_BIT) != 0;
    if (!direct || !under->picture || over->style.bg != page)
        return;
    if (is_blank(over) && !is_text(s, x - 1, y) && !is_text(s, x + 1, y)) {
        shine_through(over, under);
        return;
    }
    over->style.bg = mixed_color(page, mean(under));
    over->style.fg = readable(over->style.fg, page);
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

// The terminal draws it; it cannot be cut, nor darkened.
static void overlay_image(struct screen *s, struct rect area, const struct picture *p, const struct overlays *o)
{
    struct rect r = {area.x + (area.w - p->cols) / 2, area.y + (area.h - p->rows) / 2, p->cols, p->rows};
    if (p->cols > area.w || p->rows > area.h)
        return;
    s->image = (struct screen_image){r,
                                     p->serial,
                                     image_bytes_span(&p->image),
                                     image_bytes_span(&p->base),
                                     p->spills,
                                     image_bytes_span(&p->removal)};
    for (int y = r.y; y < r.y + r.h; y++)
        for (int x = r.x; x < r.x + r.w; x++)
            if (!is_covered(o, x, y))
                *screen_at(s, x, y) = (struct cell){.glyph = " ", .len = 1, .covered = true};
}

void overlay_picture(struct screen *s, struct rect area, const struct picture *p, const struct overlays *o)
{
    if (p->cells == NULL) {
        overlay_image(s, area, p, o);
        return;
    }
    color page = theme_style(s->theme, ROLE_TEXT, s->depth).bg;
    int skip_x = larger(p->cols - area.w, 0) / 2, skip_y = larger(p->rows - area.h, 0) / 2;
    int x0 = area.x + larger(area.w - p->cols, 0) / 2, y0 = area.y + larger(area.h - p->rows, 0) / 2;
    for (int y = 0; y < p->rows && y < area.h; y++)
        for (int x = 0; x < p->cols && x < area.w; x++) {
            const struct cell *under = &p->cells[(size_t)(y + skip_y) * (size_t)p->cols + (size_t)(x + skip_x)];
            struct cell *c = screen_at(s, x0 + x, y0 + y);
            if (c != NULL && is_covered(o, x0 + x, y0 + y))
                lay_over(s, x0 + x, y0 + y, under, page);
            else if (c != NULL)
                *c = *under;
        }
}
