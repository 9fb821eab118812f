// The difference between two screens as terminal bytes.
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "terminal/encoder.h"
#include "unit.h"

#define OUT_MAX 32768

static bool same_text(const struct screen *s, int y, const char *text)
{
    for (int x = 0; text[x] != '\0'; x++)
        if (s->cells == NULL || screen_at(s, x, y)->glyph[0] != text[x])
            return false;
    return true;
}

struct fixture {
    struct screen screen;
    struct encoder encoder;
    struct encoder_cost cost;
    uint8_t bytes[OUT_MAX];
    struct kin_wr out;
};

static bool fixture_init(struct fixture *b, int cols, int rows, enum color_depth depth)
{
    *b = (struct fixture){.screen = {.utf8 = true, .depth = depth}};
    return screen_resize(&b->screen, cols, rows) == KIN_OK;
}

static void fixture_deinit(struct fixture *b)
{
    encoder_deinit(&b->encoder);
    screen_deinit(&b->screen);
}

static struct kin_span draw_within(struct fixture *b, unsigned threshold, size_t budget)
{
    struct encoder_quality quality = {threshold, budget};
    b->out = kin_wr_init(b->bytes, sizeof b->bytes);
    encoder_draw(&b->encoder, &b->screen, &quality, &b->out, &b->cost);
    return kin_wr_span(&b->out);
}

static struct kin_span draw(struct fixture *b, unsigned threshold)
{
    return draw_within(b, threshold, 0);
}

TEST(encoder_starts_with_everything_then_sends_nothing)
{
    struct fixture b;
    CHECK(fixture_init(&b, 3, 2, DEPTH_2));
    screen_put(&b.screen, 0, 0, -1, ROLE_TEXT, "abc");
    CHECK_SPAN(draw(&b, 0), "\033[0m\033[2J\033[1Habc\033[2H   ");
    CHECK_INT(b.cost.cells, 6);
    CHECK_INT(draw(&b, 0).n, 0);
out:
    fixture_deinit(&b);
}

TEST(encoder_moves_over_gaps_and_sets_only_what_differs)
{
    struct fixture b;
    CHECK(fixture_init(&b, 20, 2, DEPTH_256));
    draw(&b, 0);
    screen_put(&b.screen, 2, 1, -1, ROLE_ACCENT, "a");
    screen_put(&b.screen, 3, 1, -1, ROLE_ACCENT, "b");
    screen_put(&b.screen, 8, 1, -1, ROLE_ACCENT, "c");
    CHECK_SPAN(draw(&b, 0), "\033[2;3H\033[38;5;179mab\033[4Cc");
    screen_put(&b.screen, 2, 1, -1, ROLE_TEXT, "z"); // from column 9 back to 2
    CHECK_SPAN(draw(&b, 0), "\033[2;3H\033[38;5;252mz");
out:
    fixture_deinit(&b);
}

TEST(encoder_writes_every_kind_of_colour)
{
    struct fixture b;
    CHECK(fixture_init(&b, 1, 1, DEPTH_2));
    draw(&b, 0);
    struct cell *c = screen_at(&b.screen, 0, 0);
    c->glyph[0] = 'x';
    c->style = (struct style){COLOR_RGB(0x0102ff), COLOR_INDEX(12), 0};
    CHECK_SPAN(draw(&b, 0), "\033[1H\033[38;2;1;2;255;104mx");
    c->style = (struct style){COLOR_INDEX(3), COLOR_DEFAULT, ATTR_BOLD | ATTR_REVERSE | ATTR_UNDERLINE};
    CHECK_SPAN(draw(&b, 0), "\033[1H\033[0;1;4;7;33mx");
    c->style = (struct style){COLOR_INDEX(200), COLOR_INDEX(201), 0};
    CHECK_SPAN(draw(&b, 0), "\033[1H\033[0;38;5;200;48;5;201mx");
out:
    fixture_deinit(&b);
}

static void set_picture_cell(struct screen *s, uint8_t level)
{
    struct cell *c = screen_at(s, 0, 0);
    c->picture = true;
    c->style = (struct style){COLOR_RGB(level * 0x010101u), COLOR_RGB(0), 0};
    c->glyph[0] = '#';
    memset(&c->samples, level, sizeof c->samples);
}

TEST(encoder_keeps_picture_cells_that_are_near)
{
    struct fixture b;
    CHECK(fixture_init(&b, 1, 1, DEPTH_16M));
    set_picture_cell(&b.screen, 100);
    CHECK(draw(&b, 6).n > 0);
    for (uint8_t level = 101; level <= 104; level++) { // measured against what is shown, so small steps add up
        set_picture_cell(&b.screen, level);
        CHECK_INT(draw(&b, 6).n, 0); // a smooth cell counts half as much again
        CHECK_INT(b.cost.kept, 1);
    }
    set_picture_cell(&b.screen, 105);
    CHECK(draw(&b, 6).n > 0);
    set_picture_cell(&b.screen, 106);
    CHECK(draw(&b, 0).n > 0); // exact
    CHECK_INT(b.cost.kept, 0);
out:
    fixture_deinit(&b);
}

TEST(encoder_does_not_keep_a_cell_with_one_part_far_off)
{
    struct fixture b;
    CHECK(fixture_init(&b, 1, 1, DEPTH_16M));
    set_picture_cell(&b.screen, 100);
    draw(&b, 4);
    set_picture_cell(&b.screen, 100);
    screen_at(&b.screen, 0, 0)->style.fg = COLOR_RGB(1);
    memset(screen_at(&b.screen, 0, 0)->samples.rgb[5], 130, 3); // mean 4, but a light dot
    CHECK(draw(&b, 4).n > 0);
    screen_put(&b.screen, 0, 0, -1, ROLE_TEXT, "t"); // text is never "near"
    CHECK(draw(&b, 255).n > 0);
out:
    fixture_deinit(&b);
}

// --- a film within a budget

#define FILM_COLS 40
#define FILM_ROWS 10

static struct cell half_block(unsigned top, unsigned bottom)
{
    struct cell c = {.glyph = "\xe2\x96\x80", .len = 3, .picture = true, .mask = 0x0f};
    c.style = (struct style){COLOR_RGB(top * 0x010101u), COLOR_RGB(bottom * 0x010101u), 0};
    memset(c.samples.rgb[0], (int)top, 12);
    memset(c.samples.rgb[4], (int)bottom, 12);
    return c;
}

static unsigned texture(int x, int y)
{
    return (unsigned)(x * 37 + y * 59) % 97 + 60;
}

// Every cell but those of the last row, which is for text, is `by` lighter.
static void set_film(struct screen *s, unsigned by)
{
    for (int i = 0; i < FILM_COLS * (FILM_ROWS - 1); i++)
        s->cells[i] = half_block(texture(i % FILM_COLS, i / FILM_COLS) + by,
                                 texture(i / FILM_COLS, i % FILM_COLS) + by);
}

static bool film_init(struct fixture *b)
{
    return fixture_init(b, FILM_COLS, FILM_ROWS, DEPTH_16M);
}

static unsigned worst_error(const struct fixture *b)
{
    unsigned worst = 0;
    for (int i = 0; b->encoder.shown.cells != NULL && i < FILM_COLS * FILM_ROWS; i++)
        for (int k = 0; k < CELL_SAMPLES; k++) {
            const struct cell *want = &b->screen.cells[i], *shown = &b->encoder.shown.cells[i];
            unsigned d = want->picture ? (unsigned)abs(want->samples.rgb[k][1] - shown->samples.rgb[k][1]) : 0;
            worst = d > worst ? d : worst;
        }
    return worst;
}

TEST(encoder_keeps_to_its_budget_and_draws_text_first)
{
    struct fixture b;
    CHECK(film_init(&b));
    for (unsigned i = 0; i < 60; i++) {
        char text[8];
        snprintf(text, sizeof text, "%06u", i);
        set_film(&b.screen, i % 2 == 0 ? 0 : 60);
        screen_put(&b.screen, 0, FILM_ROWS - 1, -1, ROLE_TEXT, text);
        struct kin_span out = draw_within(&b, 6, 500);
        CHECK(b.cost.picture_bytes <= 500 * 5 / 4 + 72);
        CHECK(i == 0 || kin_span_find_str(out, ";") > 0);
        CHECK(same_text(&b.encoder.shown, FILM_ROWS - 1, text));
    }
    CHECK(b.cost.threshold > 6);
    CHECK(b.cost.kept > 0);
out:
    fixture_deinit(&b);
}

// A page of text that the film takes the place of: its words are gone with the first picture, however little that
// takes.
TEST(encoder_leaves_no_words_in_a_picture)
{
    struct fixture b;
    CHECK(film_init(&b));
    set_film(&b.screen, 0);
    draw_within(&b, 6, 500);
    for (int y = 0; y < FILM_ROWS - 1; y++) {
        screen_fill(&b.screen, (struct rect){0, y, FILM_COLS, 1}, ROLE_TEXT);
        screen_put(&b.screen, 2, y, -1, ROLE_TEXT, "words");
    }
    draw_within(&b, 6, 500);
    CHECK(same_text(&b.encoder.shown, 0, "  words"));
    set_film(&b.screen, 60);
    struct kin_span out = draw_within(&b, 6, 500);
    CHECK(out.n < 1500 && b.cost.kept > 0);
    for (int y = 0; y < FILM_ROWS - 1; y++)
        for (int x = 0; x < FILM_COLS; x++) {
            const struct cell *c = screen_at(&b.encoder.shown, x, y);
            CHECK(c->picture || c->glyph[0] == ' ');
        }
    for (int i = 0; i < 100 && (i == 0 || b.cost.kept > 0); i++)
        draw_within(&b, 0, 500);
    CHECK_INT(worst_error(&b), 0);
out:
    fixture_deinit(&b);
}

TEST(encoder_draws_the_largest_differences_first)
{
    struct fixture b;
    CHECK(film_init(&b));
    set_film(&b.screen, 0);
    draw(&b, 0);
    set_film(&b.screen, 20);
    b.screen.cells[5 * FILM_COLS + 7] = half_block(255, 0);
    draw_within(&b, 6, 30);
    CHECK(b.encoder.shown.cells != NULL);
    CHECK_INT(b.cost.cells, 1);
    CHECK_INT(b.encoder.shown.cells[5 * FILM_COLS + 7].style.fg, COLOR_INDEX(231));
out:
    fixture_deinit(&b);
}

TEST(encoder_leaves_no_error_in_a_picture_that_rests)
{
    struct fixture b;
    CHECK(film_init(&b));
    for (unsigned i = 0; i < 20; i++) {
        set_film(&b.screen, i);
        draw_within(&b, 8, 600);
    }
    CHECK(worst_error(&b) > 4);
    for (int i = 0; i < 400; i++) // a difference weighs more the longer it stays
        draw_within(&b, 8, 600);
    CHECK(worst_error(&b) <= 4);
    for (int i = 0; i < 40 && (i == 0 || b.cost.kept > 0); i++) // slices of the exact picture
        draw_within(&b, 0, 600);
    CHECK_INT(worst_error(&b), 0);
    CHECK_INT(draw(&b, 0).n, 0);
out:
    fixture_deinit(&b);
}

// Whoever asks whether the picture is as it should be must not be told so of colours that are nearly right.
TEST(encoder_counts_cells_that_it_drew_nearly_right)
{
    struct fixture b;
    CHECK(film_init(&b));
    set_film(&b.screen, 0);
    draw(&b, 8); // from nothing
    CHECK(b.encoder.shown.cells != NULL);
    CHECK_INT(b.cost.cells, FILM_COLS * FILM_ROWS);
    CHECK(worst_error(&b) > 0);
    CHECK(b.cost.kept > 0);
    draw(&b, 0);
    CHECK_INT(worst_error(&b), 0);
    CHECK_INT(b.cost.kept, 0);
out:
    fixture_deinit(&b);
}

// Most of a film stands still, and differs by about as much everywhere: all of that never fits beside what moves, but
// what the budget leaves each time brings it closer.
TEST(encoder_leaves_no_standing_difference_beside_what_moves)
{
    struct fixture b;
    CHECK(film_init(&b));
    set_film(&b.screen, 0);
    draw(&b, 0);
    for (unsigned i = 0; i < 24; i++) {
        set_film(&b.screen, 12);
        for (int x = 0; x < FILM_COLS / 2; x++)
            b.screen.cells[x] = half_block(i % 2 == 0 ? 20 : 220, 120);
        draw_within(&b, 6, 1200);
        CHECK(b.cost.picture_bytes <= 1200 * 5 / 4 + 72);
    }
    CHECK(b.encoder.shown.cells != NULL);
    CHECK(worst_error(&b) <= 8); // over both halves it is less
out:
    fixture_deinit(&b);
}

TEST(encoder_saves_bytes_by_colours_that_are_nearly_right)
{
    struct fixture b;
    CHECK(fixture_init(&b, 6, 1, DEPTH_16M));
    draw(&b, 0);
    b.screen.cells[0] = half_block(100, 200);
    b.screen.cells[1] = half_block(102, 198); // both colours are in force
    b.screen.cells[2] = half_block(199, 101); // the other way round
    b.screen.cells[3] = half_block(150, 152); // one colour, and one of the 256
    b.screen.cells[4] = half_block(0, 255);   // exact in the 256
    b.screen.cells[5] = half_block(40, 90);
    b.screen.cells[5].style.fg = COLOR_DEFAULT; // nobody knows what it looks like
    CHECK_SPAN(draw(&b, 9), "\033[1H\033[38;5;241;48;5;251m\xe2\x96\x80\xe2\x96\x80\xe2\x96\x84"
                            "\033[48;5;246m \033[38;5;16;48;5;231m\xe2\x96\x80\033[39;48;2;90;90;90m\xe2\x96\x80");
    CHECK_INT(b.encoder.shown.cells[2].mask, 0xf0);
    CHECK_INT(b.encoder.shown.cells[3].samples.rgb[0][0], 148); // as far off as its colours are
out:
    fixture_deinit(&b);
}

// --- images

static void set_image(struct fixture *b, struct rect r, uint64_t serial, const char *bytes)
{
    screen_clear(&b->screen);
    b->screen.image = (struct screen_image){.area = r,
                                            .serial = serial,
                                            .bytes = kin_span_str(bytes),
                                            .base = kin_span_str("<base>"),
                                            .spills = true,
                                            .removal = kin_span_str("<gone>")};
    for (int y = r.y; y < r.y + r.h; y++)
        for (int x = r.x; x < r.x + r.w; x++)
            *screen_at(&b->screen, x, y) = (struct cell){.glyph = " ", .len = 1, .covered = true};
}

TEST(encoder_draws_an_image_once_and_what_stands_on_it_after_it)
{
    struct fixture b;
    const struct rect area = {1, 0, 3, 2};
    CHECK(fixture_init(&b, 5, 2, DEPTH_2));
    set_image(&b, area, 1, "<1>");
    screen_put(&b.screen, 1, 1, -1, ROLE_TEXT, "on");
    struct kin_span first = draw(&b, 0);
    CHECK(kin_span_starts(first, "\033[0m\033[2J\033[1;2H<base>\033[1;2H<1>"));
    CHECK(kin_span_find_str(first, "on") < first.n);
    CHECK_INT(b.cost.image_bytes, kin_span_find_str(first, "<1>") + 3);
    CHECK_INT(draw(&b, 0).n, 0);
    set_image(&b, area, 2, "<2>"); // the text has gone: its cells are erased before
    CHECK_SPAN(draw(&b, 0), "\033[2;2H  \033[1;2H<2>\033[1;5H \033[2;5H "); // and what is beside it
    set_image(&b, area, 2, "<2>");
    screen_put(&b.screen, 2, 1, -1, ROLE_TEXT, "x"); // on the same image
    CHECK_SPAN(draw(&b, 0), "\033[2;3Hx");
    set_image(&b, area, 3, "<3>");
    screen_put(&b.screen, 2, 1, -1, ROLE_TEXT, "x"); // and again on the next
    CHECK_SPAN(draw(&b, 0), "\033[1;2H<3>\033[1;5H \033[2;3Hx\033[C ");
out:
    fixture_deinit(&b);
}

TEST(encoder_removes_an_image_that_goes_or_moves)
{
    struct fixture b;
    CHECK(fixture_init(&b, 5, 2, DEPTH_2));
    set_image(&b, (struct rect){0, 0, 2, 2}, 1, "<1>");
    draw(&b, 0);
    set_image(&b, (struct rect){0, 0, 3, 2}, 2, "<2>");
    CHECK(kin_span_starts(draw(&b, 0), "<gone>\033[0m\033[2J\033[1H<base>\033[1H<2>"));
    screen_clear(&b.screen);
    CHECK(kin_span_starts(draw(&b, 0), "<gone>\033[0m\033[2J"));
    screen_put(&b.screen, 0, 0, -1, ROLE_TEXT, "x");
    CHECK_SPAN(draw(&b, 0), "\033[1Hx");
out:
    fixture_deinit(&b);
}

TEST(encoder_starts_over_after_a_frame_that_did_not_fit)
{
    struct fixture b;
    CHECK(fixture_init(&b, 10, 2, DEPTH_16M));
    screen_put(&b.screen, 0, 0, -1, ROLE_BAD, "lost");
    b.out = kin_wr_init(b.bytes, 16);
    CHECK_INT(encoder_draw(&b.encoder, &b.screen, &(struct encoder_quality){0, 0}, &b.out, &b.cost), KIN_OK);
    CHECK(b.cost.truncated);
    CHECK(kin_span_starts(draw(&b, 0), "\033[0m\033[2J"));
    CHECK(!b.cost.truncated);
out:
    fixture_deinit(&b);
}

TEST(encoder_fits_the_costliest_frame)
{
    struct fixture b;
    CHECK(fixture_init(&b, 8, 4, DEPTH_16M));
    for (unsigned i = 0; i < 32; i++) {
        struct cell *c = screen_at(&b.screen, (int)i % 8, (int)i / 8);
        uint8_t attrs = i % 2 == 0 ? ATTR_BOLD | ATTR_UNDERLINE | ATTR_REVERSE : 0;
        c->len = CELL_GLYPH_MAX;
        memset(c->glyph, 'g', CELL_GLYPH_MAX);
        c->style = (struct style){COLOR_RGB(0xfefefe - i), COLOR_RGB(0xdededeu + i), attrs};
    }
    CHECK(draw(&b, 0).n <= encoder_bytes_max(8, 4));
out:
    fixture_deinit(&b);
}
