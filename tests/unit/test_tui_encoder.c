// The difference between two screens as terminal bytes.
#include "base/err.h"
#include "terminal/encoder.h"
#include "unit.h"

#define OUT_MAX 8192

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

static struct kin_span draw(struct fixture *b, unsigned threshold)
{
    b->out = kin_wr_init(b->bytes, sizeof b->bytes);
    encoder_draw(&b->encoder, &b->screen, threshold, &b->out, &b->cost);
    return kin_wr_span(&b->out);
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
    CHECK(draw(&b, 4).n > 0);
    for (uint8_t level = 101; level <= 104; level++) { // measured against what is shown, so small steps add up
        set_picture_cell(&b.screen, level);
        CHECK_INT(draw(&b, 4).n, 0);
        CHECK_INT(b.cost.kept, 1);
    }
    set_picture_cell(&b.screen, 105);
    CHECK(draw(&b, 4).n > 0);
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

TEST(encoder_starts_over_after_a_frame_that_did_not_fit)
{
    struct fixture b;
    CHECK(fixture_init(&b, 10, 2, DEPTH_16M));
    screen_put(&b.screen, 0, 0, -1, ROLE_BAD, "lost");
    b.out = kin_wr_init(b.bytes, 16);
    CHECK_INT(encoder_draw(&b.encoder, &b.screen, 0, &b.out, &b.cost), KIN_OK);
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
