// The table of keys.
#include "model/keys.h"
#include "unit.h"

TEST(keys_mean_one_thing_in_each_context)
{
    struct keys keys;
    int arg;
    keys_defaults(&keys);
    CHECK_INT(keys_find(&keys, IN_PLAYER, ' ', &arg), ACTION_TOGGLE);
    CHECK_INT(keys_find(&keys, IN_LIBRARY, ' ', &arg), ACTION_NONE);
    CHECK_INT(keys_find(&keys, IN_PLAYER, INPUT_UP, &arg), ACTION_FAR_FORWARD);
    CHECK_INT(keys_find(&keys, IN_LIBRARY, INPUT_UP, &arg), ACTION_SELECT_UP);
    CHECK_INT(keys_find(&keys, IN_HELP, INPUT_UP, &arg), ACTION_SCROLL_UP);
    CHECK_INT(keys_find(&keys, IN_PLAYER, '7', &arg), ACTION_TENTH);
    CHECK_INT(arg, 7);
    CHECK_INT(keys_find(&keys, IN_HELP, '?', &arg), ACTION_HELP); // what opens a page closes it
    CHECK_INT(keys_find(&keys, IN_STATS, 'i', &arg), ACTION_STATS);
    CHECK_INT(keys_find(&keys, IN_PROTOCOL, 'p', &arg), ACTION_PROTOCOL);
    CHECK_INT(keys_find(&keys, IN_STATS, 'q', &arg), ACTION_QUIT);
out:;
}

// The keys that the manual promises for the player.
TEST(keys_of_the_player_are_all_there)
{
    static const uint32_t promised[] = {' ', INPUT_LEFT, INPUT_RIGHT, INPUT_UP, INPUT_DOWN, ',', '.', INPUT_HOME, '0',
                                        '9', '<',        '>',         's',      't',        'l', 'r', 'i',        'p',
                                        'c', 'o',        '?',         'q',      INPUT_ESC,  '[', ']', '{',        '}',
                                        'b', 'f',        'I',         'S',      'y',        'a', 'm', '\'',       '"'};
    struct keys keys;
    int arg;
    keys_defaults(&keys);
    for (size_t i = 0; i < sizeof promised / sizeof *promised; i++)
        CHECK(keys_find(&keys, IN_PLAYER, promised[i], &arg) != ACTION_NONE);
    CHECK_INT(keys_find(&keys, IN_PLAYER, INPUT_BACKSPACE, &arg), ACTION_NORMAL);
    CHECK_INT(keys_find(&keys, IN_LIBRARY, INPUT_BACKSPACE, &arg), ACTION_PARENT);
out:;
}

TEST(keys_of_two_actions_on_a_page_are_noticed)
{
    struct keys keys;
    enum action both[2];
    const char *name;
    int arg;
    keys_defaults(&keys);
    CHECK(!keys_clash(&keys, both, &name));
    CHECK(keys_set(&keys, ACTION_RELOAD, kin_span_str("f"))); // in the library, where f is free
    CHECK(!keys_clash(&keys, both, &name));
    CHECK(keys_set(&keys, ACTION_STEP, kin_span_str("x 7")));
    CHECK(keys_clash(&keys, both, &name));
    CHECK(both[0] == ACTION_STEP && both[1] == ACTION_TENTH && strcmp(name, "7") == 0);
    CHECK(keys_set(&keys, ACTION_TENTH, kin_span_str(""))); // none
    CHECK(!keys_clash(&keys, both, &name));
    CHECK_INT(keys_find(&keys, IN_PLAYER, '7', &arg), ACTION_STEP);
    CHECK_INT(keys_find(&keys, IN_PLAYER, '8', &arg), ACTION_NONE);
    CHECK_INT(keys_find(&keys, IN_PLAYER, '.', &arg), ACTION_NONE);
out:;
}

TEST(keys_have_names)
{
    static const struct {
        const char *text;
        uint32_t first, last;
    } good[] = {{"q", 'q', 'q'},
                {"Q", 'Q', 'Q'},
                {",", ',', ','},
                {"-", '-', '-'},
                {"SPACE", ' ', ' '},
                {"^l", 12, 12},
                {"0-9", '0', '9'},
                {"pgup", INPUT_PAGE_UP, INPUT_PAGE_UP},
                {"\xc3\xa9", 0xe9, 0xe9},
                {"semicolon", ';', ';'},
                {"Esc", INPUT_ESC, INPUT_ESC}};
    static const char *const bad[] = {"",   "^C", "^z",  "^M",   "^1",       "9-0",  "0-",
                                      "qq", "f1", "0--", "\xff", "\xc2\x80", "0-9-", "\x07"};
    struct key key;
    struct keys keys;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        CHECK(key_parse(kin_span_str(good[i].text), &key));
        CHECK(key.first == good[i].first && key.last == good[i].last);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!key_parse(kin_span_str(bad[i]), &key));
    keys_defaults(&keys);
    CHECK(!keys_set(&keys, ACTION_QUIT, kin_span_str("x f1")));
    CHECK(!keys_set(&keys, ACTION_QUIT, kin_span_str("a b c d e f g h i j k l m n o p q")));
    CHECK_SPAN(kin_span_str(keys_name(&keys, ACTION_QUIT)), "q"); // kept
out:;
}

TEST(keys_are_named_as_far_as_there_is_room)
{
    struct keys keys;
    char text[KEYS_NAMES_MAX];
    keys_defaults(&keys);
    CHECK_SPAN(kin_span_str(keys_names(&keys, ACTION_PARENT, 14, text)), "Backspace left");
    CHECK_SPAN(kin_span_str(keys_names(&keys, ACTION_PARENT, 13, text)), "Backspace");
    CHECK_SPAN(kin_span_str(keys_names(&keys, ACTION_PARENT, 3, text)), "Backspace");
    CHECK(keys_set(&keys, ACTION_PARENT,
                   kin_span_str("Backspace Delete Insert space right semicolon Enter Esc down up left")));
    CHECK(strlen(keys_names(&keys, ACTION_PARENT, 1000, text)) < KEYS_NAMES_MAX);
    CHECK(keys_set(&keys, ACTION_PARENT, kin_span_str(" ")));
    CHECK_SPAN(kin_span_str(keys_names(&keys, ACTION_PARENT, 14, text)), "");
    CHECK_SPAN(kin_span_str(keys_name(&keys, ACTION_PARENT)), "(no key)");
out:;
}

// What the mouse alone can do are the buttons that a key toggles, the bar and the lines.
TEST(keys_lead_to_every_action)
{
    struct keys keys;
    keys_defaults(&keys);
    for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
        bool used = false, helped = false;
        for (size_t i = 0; i < key_use_count; i++) {
            used |= (int)key_uses[i].action == action;
            helped |= (int)key_uses[i].action == action && key_uses[i].help[0] != '\0';
        }
        bool mouse = action == ACTION_PLAY || action == ACTION_PAUSE || action == ACTION_SEEK ||
                     action == ACTION_SELECT;
        CHECK(used == !mouse && helped == !mouse);
        CHECK((keys.of[action].count > 0) == !mouse && (key_actions[action].name != NULL) == !mouse);
    }
out:;
}
