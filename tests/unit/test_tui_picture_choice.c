// What a film and a still picture are made of.
#include "commands/picture_choice.h"
#include "unit.h"

#define INTERVAL_US (40 * KIN_US_PER_MS)

static enum renderer choose(struct picture_choice *c, const struct terminal_facts *f, bool still, struct drain *line)
{
    return picture_choice_make(c, KIN_US_PER_S, f, true, still, RENDERER_COUNT, line);
}

// Pictures that took twice the time they last.
static void overload(struct picture_choice *c, const struct drain *line)
{
    struct picture p = {.render_us = 2 * INTERVAL_US};
    for (int i = 0; i < 20; i++)
        picture_choice_judge(c, KIN_US_PER_S, &p, INTERVAL_US, line);
}

TEST(a_still_is_the_best_whatever_films_take)
{
    struct picture_choice c = {.near = false};
    struct drain line = {.least_rtt = 100};
    struct terminal_facts f = {.sixel = {true, FACT_ASKED}};
    CHECK_INT(choose(&c, &f, false, &line), RENDERER_SIXEL);
    overload(&c, &line);
    CHECK(!renderer_is_image(choose(&c, &f, false, &line))); // the processor is too slow for a film of them
    CHECK_INT(choose(&c, &f, true, &line), RENDERER_SIXEL);
    overload(&c, &line);
    CHECK_INT(choose(&c, &f, true, &line), RENDERER_SIXEL);
out:;
}

TEST(a_console_gets_what_its_font_has)
{
    struct picture_choice c = {.near = false};
    struct drain line = {.least_rtt = 100};
    struct facts_environment env;
    struct terminal_facts f;
    for (size_t i = 0; i < VARIABLE_COUNT; i++)
        env.values[i] = "";
    env.values[VARIABLE_TERM] = "linux";
    facts_init(&f, &env, false);
    CHECK_INT(choose(&c, &f, false, &line), RENDERER_HALF);
    env.values[VARIABLE_TERM] = "xterm";
    facts_init(&f, &env, false);
    CHECK_INT(choose(&c, &f, false, &line), RENDERER_SYMBOLS);
out:;
}

TEST(a_still_over_a_far_line_waits_for_nothing_large)
{
    struct picture_choice c = {.near = false};
    struct drain line = {.least_rtt = 100 * KIN_US_PER_MS};
    struct terminal_facts f = {.sixel = {true, FACT_ASKED}};
    CHECK(!renderer_is_image(choose(&c, &f, false, &line)));
    overload(&c, &line);
    CHECK_INT(choose(&c, &f, true, &line), RENDERER_SYMBOLS); // the best of the cells
out:;
}
