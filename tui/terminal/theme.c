// Resolves the roles of theme.def.
#include "terminal/theme.h"

#include "base/lex.h"

struct look {
    int32_t rgb_fg, rgb_bg;
    int16_t fg256, bg256;
    int8_t fg16, bg16;
    uint8_t attrs, attrs_mono;
};

static const struct look dark[ROLE_COUNT] = {
#define X(role, name, f, b, f256, b256, f16, b16, attrs, mono)                                                         \
    [ROLE_##role] = {f, b, f256, b256, f16, b16, attrs, mono},
#include "terminal/theme.def"
};

static const struct look light[ROLE_COUNT] = {
#define LIGHT(role, f, b, f256, b256, f16, b16, attrs) [ROLE_##role] = {f, b, f256, b256, f16, b16, attrs, 0},
#include "terminal/theme.def"
};

static const struct look own[ROLE_COUNT] = {
#define OWN(role, f, b, attrs) [ROLE_##role] = {-1, -1, -1, -1, f, b, attrs, 0},
#include "terminal/theme.def"
};

const char *const theme_role_names[ROLE_COUNT] = {
#define X(role, name, ...) [ROLE_##role] = name,
#include "terminal/theme.def"
};

static color indexed(int n)
{
    return n < 0 ? COLOR_DEFAULT : COLOR_INDEX(n);
}

static color direct(int32_t rgb)
{
    return rgb < 0 ? COLOR_DEFAULT : COLOR_RGB(rgb);
}

static struct style style_of(const struct look *l, enum color_depth depth)
{
    if (depth == DEPTH_16M)
        return (struct style){direct(l->rgb_fg), direct(l->rgb_bg), l->attrs};
    if (depth == DEPTH_256)
        return (struct style){indexed(l->fg256), indexed(l->bg256), l->attrs};
    return (struct style){indexed(l->fg16), indexed(l->bg16), l->attrs};
}

static void apply(const struct theme_change *c, enum color_depth depth, struct style *style)
{
    if (c->has_fg)
        style->fg = color_for_depth(c->fg, depth == DEPTH_16M, depth >= DEPTH_256);
    if (c->has_bg)
        style->bg = color_for_depth(c->bg, depth == DEPTH_16M, depth >= DEPTH_256);
    if (c->has_attrs)
        style->attrs = c->attrs;
}

struct style theme_style(const struct theme *theme, enum role role, enum color_depth depth)
{
    enum theme_kind kind = theme != NULL ? theme->kind : THEME_DARK;
    bool colored = depth != DEPTH_2 && kind != THEME_MONO;
    struct style style = {COLOR_DEFAULT, COLOR_DEFAULT, dark[role].attrs_mono};
    if (colored && kind == THEME_TERMINAL)
        style = style_of(&own[role], DEPTH_16);
    else if (colored)
        style = style_of(kind == THEME_LIGHT ? &light[role] : &dark[role], depth);
    if (theme == NULL || theme->changes == NULL)
        return style;
    apply(&theme->changes->of[role], depth, &style);
    if (!colored)
        style.fg = style.bg = COLOR_DEFAULT;
    return style;
}

const char *theme_depth_name(enum color_depth depth)
{
    static const char *const names[] = {"no colours", "16 colours", "256 colours", "16 million colours"};
    return names[depth];
}

// --- changes

static bool parse_attribute(struct kin_span word, uint8_t *attrs)
{
    static const struct {
        const char *name;
        uint8_t bit;
    } names[] = {{"plain", 0}, {"bold", ATTR_BOLD}, {"underline", ATTR_UNDERLINE}, {"reverse", ATTR_REVERSE}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!kin_span_case_is(word, names[i].name))
            continue;
        *attrs |= names[i].bit;
        return true;
    }
    return false;
}

bool theme_change_parse(struct kin_span text, struct theme_change *ret, struct kin_span *ret_word)
{
    struct theme_change c = {.has_fg = false};
    struct kin_span word;
    while (kin_lex_word(&text, &word)) {
        bool is_color = !c.has_bg && !c.has_attrs && color_parse(word, c.has_fg ? &c.bg : &c.fg);
        if (is_color) {
            c.has_bg = c.has_fg;
            c.has_fg = true;
        } else if (parse_attribute(word, &c.attrs)) {
            c.has_attrs = true;
        } else {
            *ret_word = word;
            return false;
        }
    }
    *ret = c;
    return true;
}
