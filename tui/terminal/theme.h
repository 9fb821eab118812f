// What things look like: roles resolved to colours and attributes for a theme and the number of colours that the
// terminal has.
#ifndef TUI_THEME_H
#define TUI_THEME_H

#include "base/span.h"
#include "terminal/color.h"

enum { ATTR_BOLD = 1, ATTR_UNDERLINE = 2, ATTR_REVERSE = 4 };

struct style {
    color fg, bg;
    uint8_t attrs;
};

enum color_depth { DEPTH_2, DEPTH_16, DEPTH_256, DEPTH_16M };

enum role {
#define X(role, ...) ROLE_##role,
#include "terminal/theme.def"
    ROLE_COUNT
};

enum theme_kind {
    THEME_DARK,
    THEME_LIGHT,
    THEME_MONO,    // no colours, but attributes
    THEME_TERMINAL // the terminal's own colours, and its first 16
};

// What the user has changed of one role.
struct theme_change {
    bool has_fg, has_bg, has_attrs;
    color fg, bg;
    uint8_t attrs;
};

struct theme_changes {
    struct theme_change of[ROLE_COUNT];
};

struct theme {
    enum theme_kind kind;
    const struct theme_changes *changes; // borrowed; NULL: none
};

// The look of a role. theme NULL: THEME_DARK without changes.
struct style theme_style(const struct theme *theme, enum role role, enum color_depth depth);

// "16 million colours", "no colours"
const char *theme_depth_name(enum color_depth depth);

extern const char *const theme_role_names[ROLE_COUNT]; // in the settings

// Reads "FOREGROUND [BACKGROUND] [ATTRIBUTES]", each of which may be left out: colours are "#RRGGBB", a number of 0 to
// 255, "default" or a name such as "red" or "bright-red"; attributes are bold, underline, reverse, or plain for none.
// False, with the first word that is neither in *ret_word, on anything else.
bool theme_change_parse(struct kin_span text, struct theme_change *ret, struct kin_span *ret_word);

#endif
