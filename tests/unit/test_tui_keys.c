// The table of keys.
#include "model/keys.h"
#include "unit.h"

TEST(keys_mean_one_thing_in_each_context)
{
    int arg;
    CHECK_INT(keys_find(IN_PLAYER, ' ', &arg), ACTION_TOGGLE);
    CHECK_INT(keys_find(IN_LIBRARY, ' ', &arg), ACTION_NONE);
    CHECK_INT(keys_find(IN_PLAYER, INPUT_UP, &arg), ACTION_FAR_FORWARD);
    CHECK_INT(keys_find(IN_LIBRARY, INPUT_UP, &arg), ACTION_SELECT_UP);
    CHECK_INT(keys_find(IN_HELP, INPUT_UP, &arg), ACTION_SCROLL_UP);
    CHECK_INT(keys_find(IN_PLAYER, '7', &arg), ACTION_TENTH);
    CHECK_INT(arg, 7);
    CHECK_INT(keys_find(IN_HELP, '?', &arg), ACTION_LEAVE); // what opened a page closes it
    CHECK_INT(keys_find(IN_STATS, 'i', &arg), ACTION_LEAVE);
    CHECK_INT(keys_find(IN_PROTOCOL, 'p', &arg), ACTION_LEAVE);
    CHECK_INT(keys_find(IN_STATS, 'q', &arg), ACTION_QUIT);
out:;
}

// The keys that the manual promises for the player.
TEST(keys_of_the_player_are_all_there)
{
    static const uint32_t keys[] = {' ', INPUT_LEFT, INPUT_RIGHT, INPUT_UP, INPUT_DOWN, ',', '.', INPUT_HOME, '0',
                                    '9', '<',        '>',         's',      't',        'l', 'r', 'i',        'p',
                                    'c', 'o',        '?',         'q',      INPUT_ESC,  '[', ']', '{',        '}',
                                    'b', 'f',        'I',         'S',      'y',        'a', 'm', '\'',       '"'};
    int arg;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        CHECK(keys_find(IN_PLAYER, keys[i], &arg) != ACTION_NONE);
    CHECK_INT(keys_find(IN_PLAYER, INPUT_BACKSPACE, &arg), ACTION_NORMAL);
    CHECK_INT(keys_find(IN_LIBRARY, INPUT_BACKSPACE, &arg), ACTION_PARENT);
out:;
}

TEST(keys_are_written_down_once)
{
    for (size_t i = 0; i < key_binding_count; i++)
        for (size_t k = i + 1; k < key_binding_count; k++) {
            const struct key_binding *a = &key_bindings[i], *b = &key_bindings[k];
            bool both = (a->contexts & b->contexts) != 0 && a->first <= b->last && b->first <= a->last;
            CHECK(!both);
        }
out:;
}

// What the mouse alone can do are the buttons that a key toggles, the bar and the lines.
TEST(keys_lead_to_every_action)
{
    for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
        size_t i = 0;
        while (i < key_binding_count && (int)key_bindings[i].action != action)
            i++;
        bool mouse = action == ACTION_PLAY || action == ACTION_PAUSE || action == ACTION_SEEK ||
                     action == ACTION_SELECT;
        CHECK_INT(i < key_binding_count, !mouse);
    }
out:;
}
