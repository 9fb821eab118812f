// Any bytes as the keys of an action and as the look of a role: what is accepted can be shown.
#include "base/text.h"
#include "model/keys.h"
#include "must.h"
#include "terminal/theme.h"

static void check_keys(struct kin_span text)
{
    struct keys keys;
    char names[KEYS_NAMES_MAX];
    int arg;
    keys_defaults(&keys);
    if (!keys_set(&keys, ACTION_REDRAW, text))
        return;
    const struct key_set *set = &keys.of[ACTION_REDRAW];
    MUST(set->count <= KEYS_EACH_MAX);
    for (size_t i = 0; i < set->count; i++) {
        struct kin_span name = kin_span_str(set->keys[i].name);
        uint32_t c;
        MUST(set->keys[i].first <= set->keys[i].last && name.n > 0 && name.n < KEY_NAME_MAX);
        MUST(keys_find(&keys, IN_LIBRARY, set->keys[i].last, &arg) != ACTION_NONE && arg >= 0);
        for (size_t n; name.n > 0; name = kin_span_skip(name, n)) {
            n = kin_text_utf8(name, &c);
            MUST(n > 0 && !kin_text_is_control(c));
        }
    }
    MUST(strlen(keys_names(&keys, ACTION_REDRAW, 1000, names)) < KEYS_NAMES_MAX);
}

static void check_look(struct kin_span text)
{
    struct theme_changes changes = {.of = {{.has_fg = false}}};
    struct kin_span word;
    if (!theme_change_parse(text, &changes.of[ROLE_TEXT], &word)) {
        MUST(fuzz_inside(text, word) && word.n > 0);
        return;
    }
    for (int kind = THEME_DARK; kind <= THEME_TERMINAL; kind++) {
        const struct theme theme = {(enum theme_kind)kind, &changes};
        struct style few = theme_style(&theme, ROLE_TEXT, DEPTH_16), none = theme_style(&theme, ROLE_TEXT, DEPTH_2);
        MUST((few.fg & COLOR_RGB_BIT) == 0 && (few.fg & 0xffffff) < 16 && (few.bg & 0xffffff) < 16);
        MUST(none.fg == COLOR_DEFAULT && none.bg == COLOR_DEFAULT);
        MUST((theme_style(&theme, ROLE_TEXT, DEPTH_256).bg & COLOR_RGB_BIT) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_keys(kin_span_make(data, size));
    check_look(kin_span_make(data, size));
    return 0;
}
