// Two colours and a glyph for eight samples.
#include "base/text.h"
#include "picture/blocks.h"
#include "unit.h"

static struct cell cell_of(const char *pattern, uint8_t dark, uint8_t light)
{
    struct cell c = {.len = 0};
    for (int i = 0; i < CELL_SAMPLES; i++)
        memset(c.samples.rgb[i], pattern[i] == '#' ? light : dark, 3);
    return c;
}

static uint32_t code_of(const struct cell *c)
{
    uint32_t code = 0;
    kin_text_utf8(kin_span_make(c->glyph, c->len), &code);
    return code;
}

TEST(blocks_find_every_quadrant)
{
    static const struct {
        const char *pattern;
        uint32_t glyph;
        uint8_t mask;
    } cases[] = {
        {"#.#.....", 0x2598, 0x05}, {".#.#....", 0x259d, 0x0a}, {"####....", 0x2580, 0x0f}, {"#.#.#.#.", 0x258c, 0x55},
        {".#.##.#.", 0x259e, 0x5a}, {"#####.#.", 0x259b, 0x5f}, {"#.#..#.#", 0x259a, 0xa5}, {".#.#####", 0x259f, 0xfa},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cell c = cell_of(cases[i].pattern, 10, 200);
        blocks_set(&c, BLOCKS_QUADRANTS, DEPTH_16M);
        CHECK_INT(code_of(&c), cases[i].glyph);
        CHECK_INT(c.mask, cases[i].mask);
        CHECK(c.style.fg == COLOR_RGB(0xc8c8c8) && c.style.bg == COLOR_RGB(0x0a0a0a));
    }
out:;
}

TEST(blocks_find_sextants)
{
    struct cell c = cell_of("#.#.....", 0, 255); // the upper left quarter: all of one sextant, half of the next
    blocks_set(&c, BLOCKS_SEXTANTS, DEPTH_16M);
    CHECK(code_of(&c) == 0x1fb00 || code_of(&c) == 0x1fb04);
    c = cell_of("#.#.#.#.", 0, 255);
    blocks_set(&c, BLOCKS_SEXTANTS, DEPTH_16M);
    CHECK_INT(code_of(&c), 0x258c);
    CHECK_INT(c.mask, 0x55);
    c = cell_of(".#.#.#.#", 0, 255);
    blocks_set(&c, BLOCKS_SEXTANTS, DEPTH_256);
    CHECK_INT(code_of(&c), 0x2590);
    CHECK(c.style.fg == COLOR_INDEX(231) && c.style.bg == COLOR_INDEX(16));
    c = cell_of(".......#", 0, 255);
    blocks_set(&c, BLOCKS_SEXTANTS, DEPTH_16M);
    CHECK_INT(code_of(&c), 0x1fb1e);
out:;
}

TEST(blocks_of_one_colour_are_blank)
{
    for (int kind = BLOCKS_HALF; kind <= BLOCKS_SEXTANTS; kind++) {
        struct cell c = cell_of("########", 0, 77);
        blocks_set(&c, (enum blocks)kind, DEPTH_16M);
        CHECK_INT(code_of(&c), ' ');
        CHECK_INT(c.mask, 0);
        CHECK(c.style.bg == COLOR_RGB(0x4d4d4d));
    }
out:;
}

// Better than half blocks wherever a cell has a vertical edge, and never worse than the mean.
TEST(blocks_keep_edges_that_are_not_level)
{
    struct cell c = cell_of("#.#.#.#.", 20, 220), half = c;
    blocks_set(&c, BLOCKS_QUADRANTS, DEPTH_16M);
    blocks_set(&half, BLOCKS_HALF, DEPTH_16M);
    CHECK(half.style.bg == COLOR_RGB(0x787878));
    CHECK(c.style.fg == COLOR_RGB(0xdcdcdc) && c.style.bg == COLOR_RGB(0x141414));
out:;
}
