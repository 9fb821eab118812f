// Looks of roles: every theme at every depth, whether it can be read, and what the settings change.
#include <math.h>
#include <stdio.h>

#include "terminal/theme.h"
#include "unit.h"

TEST(theme_has_a_look_for_every_depth)
{
    for (int kind = THEME_DARK; kind <= THEME_LIGHT; kind++)
        for (int role = 0; role < ROLE_COUNT; role++) {
            const struct theme theme = {.kind = (enum theme_kind)kind};
            struct style direct = theme_style(&theme, (enum role)role, DEPTH_16M),
                         indexed = theme_style(&theme, (enum role)role, DEPTH_256);
            struct style mono = theme_style(&theme, (enum role)role, DEPTH_2);
            CHECK((direct.fg & COLOR_RGB_BIT) != 0 && (direct.bg & COLOR_RGB_BIT) != 0);
            CHECK((indexed.fg & COLOR_INDEX_BIT) != 0 && (indexed.fg & 0xffffff) > 15);
            CHECK(mono.fg == COLOR_DEFAULT && mono.bg == COLOR_DEFAULT);
        }
    CHECK(theme_style(NULL, ROLE_BAD, DEPTH_16M).fg ==
          theme_style(&(struct theme){THEME_DARK, NULL}, ROLE_BAD, DEPTH_16M).fg);
out:;
}

TEST(theme_mono_has_no_colours_and_terminal_only_the_first_16)
{
    const struct theme mono = {.kind = THEME_MONO}, terminal = {.kind = THEME_TERMINAL};
    for (int depth = DEPTH_2; depth <= DEPTH_16M; depth++)
        for (int role = 0; role < ROLE_COUNT; role++) {
            struct style a = theme_style(&mono, (enum role)role, (enum color_depth)depth);
            struct style b = theme_style(&terminal, (enum role)role, (enum color_depth)depth);
            CHECK(a.fg == COLOR_DEFAULT && a.bg == COLOR_DEFAULT);
            CHECK((b.fg & COLOR_RGB_BIT) == 0 && (b.fg & 0xffffff) < 16 && b.bg == COLOR_DEFAULT);
        }
    CHECK((theme_style(&mono, ROLE_SELECTED, DEPTH_16M).attrs & ATTR_REVERSE) != 0); // still stands out
    CHECK((theme_style(&terminal, ROLE_SELECTED, DEPTH_16M).attrs & ATTR_REVERSE) != 0);
out:;
}

// --- contrast (WCAG 2.1, section 1.4.3)

static double linear(unsigned v)
{
    double c = v / 255.0;
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(struct rgb c)
{
    return 0.2126 * linear(c.r) + 0.7152 * linear(c.g) + 0.0722 * linear(c.b);
}

static double contrast(struct rgb a, struct rgb b)
{
    double la = luminance(a), lb = luminance(b);
    return la > lb ? (la + 0.05) / (lb + 0.05) : (lb + 0.05) / (la + 0.05);
}

// Buttons that cannot be pressed and the parts of the progress bar are no text.
static bool is_text(enum role role)
{
    return role != ROLE_BUTTON_OFF && role != ROLE_BAR_PLAYED && role != ROLE_BAR_CACHED && role != ROLE_BAR_EMPTY;
}

// The first 16 colours of xterm and of the console (VGA), and white ground.
static struct rgb shown(color c, bool is_fg, bool is_vga)
{
    static const uint32_t palettes[2][16] = {
        {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00,
         0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff},
        {0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa, 0x00aaaa, 0xaaaaaa, 0x555555, 0xff5555, 0x55ff55,
         0xffff55, 0x5555ff, 0xff55ff, 0x55ffff, 0xffffff}};
    struct rgb rgb;
    if (color_rgb(c, &rgb))
        return rgb;
    uint32_t v = c == COLOR_DEFAULT ? (is_fg ? 0 : 0xffffff) : palettes[is_vga][c & 15];
    return (struct rgb){(uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
}

TEST(theme_for_light_ground_can_be_read)
{
    const struct theme light = {.kind = THEME_LIGHT};
    for (int depth = DEPTH_16; depth <= DEPTH_16M; depth++)
        for (int role = 0; role < ROLE_COUNT; role++)
            for (int vga = 0; vga < 2; vga++) {
                struct style s = theme_style(&light, (enum role)role, (enum color_depth)depth);
                double ratio = contrast(shown(s.fg, true, vga), shown(s.bg, false, vga));
                bool readable = ratio >= 4.5 || !is_text((enum role)role);
                if (!readable)
                    fprintf(stderr, "%s at depth %d, palette %d: %.2f\n", theme_role_names[role], depth, vga, ratio);
                CHECK(readable);
            }
    CHECK(contrast((struct rgb){0, 0, 0}, (struct rgb){255, 255, 255}) > 20.9);
out:;
}

// --- changes

static bool change(struct theme_changes *c, enum role role, const char *text)
{
    struct kin_span word;
    return theme_change_parse(kin_span_str(text), &c->of[role], &word);
}

TEST(theme_takes_changes)
{
    struct theme_changes changes = {.of = {{.has_fg = false}}};
    const struct theme theme = {THEME_DARK, &changes}, mono = {THEME_MONO, &changes};
    struct style before = theme_style(NULL, ROLE_TEXT, DEPTH_16M), s;
    CHECK(change(&changes, ROLE_TEXT, " #ff8000 "));
    s = theme_style(&theme, ROLE_TEXT, DEPTH_16M);
    CHECK(s.fg == COLOR_RGB(0xff8000) && s.bg == before.bg && s.attrs == before.attrs);
    CHECK(theme_style(&theme, ROLE_TEXT, DEPTH_256).fg == COLOR_INDEX(color_nearest((struct rgb){255, 128, 0})));
    CHECK((theme_style(&theme, ROLE_TEXT, DEPTH_16).fg & 0xffffff) < 16);
    CHECK(theme_style(&theme, ROLE_TEXT, DEPTH_2).fg == COLOR_DEFAULT);
    CHECK(theme_style(&mono, ROLE_TEXT, DEPTH_16M).fg == COLOR_DEFAULT);
    CHECK(change(&changes, ROLE_TITLE, "Bright-Red default plain underline"));
    s = theme_style(&theme, ROLE_TITLE, DEPTH_256);
    CHECK(s.fg == COLOR_INDEX(9) && s.bg == COLOR_DEFAULT && s.attrs == ATTR_UNDERLINE);
    CHECK(change(&changes, ROLE_BAD, "reverse"));
    s = theme_style(&mono, ROLE_BAD, DEPTH_16M);
    CHECK(s.attrs == ATTR_REVERSE);
    CHECK(change(&changes, ROLE_KEY, "17 230"));
    s = theme_style(&theme, ROLE_KEY, DEPTH_16);
    CHECK((s.fg & 0xffffff) < 16 && (s.bg & 0xffffff) < 16);
    CHECK(theme_style(&theme, ROLE_KEY, DEPTH_16M).fg == COLOR_INDEX(17));
out:;
}

TEST(theme_refuses_what_is_no_colour)
{
    static const struct {
        const char *text, *word;
    } bad[] = {{"256", "256"},      {"#fff", "#fff"},           {"#12345g", "#12345g"}, {"red blue green", "green"},
               {"bold red", "red"}, {"brightred", "brightred"}, {"-1", "-1"},           {"default bright-", "bright-"}};
    struct theme_change c = {.has_fg = true, .fg = COLOR_INDEX(3)};
    struct kin_span word;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(!theme_change_parse(kin_span_str(bad[i].text), &c, &word));
        CHECK_SPAN(word, bad[i].word);
        CHECK(c.fg == COLOR_INDEX(3));
    }
    CHECK(theme_change_parse(kin_span_str(""), &c, &word));
    CHECK(!c.has_fg && !c.has_bg && !c.has_attrs);
out:;
}
