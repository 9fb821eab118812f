// A picture behind panels: what is sent to the terminal is what is seen.
#include "pages/overlay.h"

#include "unit.h"

enum { COLS = 5, ROWS = 2 };

static struct cell film[COLS * ROWS];

static struct picture make_film(enum color_depth depth)
{
    for (size_t i = 0; i < COLS * ROWS; i++) {
        film[i] = (struct cell){.glyph = "#", .len = 1, .picture = true};
        film[i].style.fg = depth == DEPTH_16M ? COLOR_RGB(0xffffff) : COLOR_INDEX(15);
        film[i].style.bg = depth == DEPTH_16M ? COLOR_RGB(0x000000) : COLOR_INDEX(0);
        memset(&film[i].samples, 0x80, sizeof film[i].samples);
    }
    return (struct picture){.cols = COLS, .rows = ROWS, .cells = film};
}

static struct screen make_screen(enum color_depth depth)
{
    struct screen s = {.utf8 = true, .depth = depth};
    screen_resize(&s, COLS, ROWS);
    return s;
}

TEST(overlay_darkens_the_picture_behind_it)
{
    struct screen s = make_screen(DEPTH_16M);
    struct picture p = make_film(DEPTH_16M);
    struct overlays o = {.count = 0};
    CHECK(s.cells != NULL);
    screen_put(&s, 2, 0, -1, ROLE_STRONG, "x");
    screen_put(&s, 0, 1, -1, ROLE_DIM, "y");
    screen_put(&s, 3, 0, -1, ROLE_BUTTON, " ");
    overlay_add(&o, (struct rect){0, 0, 4, 1});
    overlay_add(&o, (struct rect){0, 1, 1, 1});
    overlay_picture(&s, (struct rect){0, 0, COLS, ROWS}, &p, &o);
    const struct cell *blank = screen_at(&s, 0, 0), *text = screen_at(&s, 2, 0), *button = screen_at(&s, 3, 0);
    CHECK(blank->picture && blank->glyph[0] == '#');
    CHECK(blank->style.fg == COLOR_RGB(0x4c4e53) && blank->style.bg == COLOR_RGB(0x0d0f14));
    CHECK(blank->samples.rgb[0][0] == 0x2c); // as dark as it looks
    CHECK(!text->picture && text->glyph[0] == 'x' && text->style.bg == COLOR_RGB(0x2c2f33));
    CHECK(text->style.fg == theme_style(NULL, ROLE_STRONG, DEPTH_16M).fg);
    blank = screen_at(&s, 1, 0); // beside text it stays one: words stay apart
    CHECK(!blank->picture && blank->glyph[0] == ' ' && blank->style.bg == text->style.bg);
    CHECK(!button->picture && button->style.bg == theme_style(NULL, ROLE_BUTTON, DEPTH_16M).bg);
    CHECK(memcmp(screen_at(&s, 4, 0), &film[4], sizeof film[4]) == 0);
    CHECK(screen_at(&s, 0, 1)->style.fg == COLOR_RGB(0xb5b8bf)); // dim text is not dim on film
    CHECK(memcmp(screen_at(&s, 1, 1), &film[COLS + 1], sizeof film[0]) == 0);
out:
    screen_deinit(&s);
}

TEST(overlay_covers_the_picture_where_colours_are_few)
{
    struct screen s = make_screen(DEPTH_256);
    struct picture p = make_film(DEPTH_256);
    struct overlays o = {.count = 0};
    CHECK(s.cells != NULL);
    for (int i = 0; i < OVERLAYS_MAX + 1; i++)
        overlay_add(&o, (struct rect){0, i % ROWS, 1, 1});
    CHECK_INT(o.count, OVERLAYS_MAX);
    overlay_picture(&s, (struct rect){0, 0, COLS, ROWS}, &p, &o);
    CHECK(!screen_at(&s, 0, 0)->picture && screen_at(&s, 0, 0)->glyph[0] == ' ');
    CHECK(screen_at(&s, 1, 0)->picture);
out:
    screen_deinit(&s);
}

// A picture that was made for another size: a larger one is cut, a smaller one stands in the middle.
TEST(overlay_centres_pictures_of_any_size)
{
    struct screen s = make_screen(DEPTH_16M);
    struct picture p = make_film(DEPTH_16M);
    const struct overlays none = {.count = 0};
    CHECK(s.cells != NULL);
    film[1].glyph[0] = '1';
    film[2].glyph[0] = '2';
    overlay_picture(&s, (struct rect){0, 1, 2, 1}, &p, &none);
    CHECK(screen_at(&s, 0, 1)->glyph[0] == '1' && screen_at(&s, 1, 1)->glyph[0] == '2');
    CHECK(!screen_at(&s, 2, 1)->picture && !screen_at(&s, 0, 0)->picture);
    p.cols = p.rows = 1;
    overlay_picture(&s, (struct rect){0, 0, COLS, 1}, &p, &none);
    CHECK(screen_at(&s, 2, 0)->picture && !screen_at(&s, 1, 0)->picture);
out:
    screen_deinit(&s);
}
