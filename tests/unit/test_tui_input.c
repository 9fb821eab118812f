// The terminal's bytes as keys, presses, pastes and answers.
#include "terminal/input.h"
#include "unit.h"

#define PATIENCE 100000

static bool next(struct input *in, kin_us now, struct input_event *e)
{
    return input_next(in, now, PATIENCE, e);
}

static uint32_t key_of(const char *bytes)
{
    static struct input in;
    struct input_event e;
    input_init(&in);
    input_feed(&in, 0, unit_guarded_str(bytes));
    if (!next(&in, 0, &e) || e.type != INPUT_KEY)
        return INPUT_KEY_NONE;
    return next(&in, 0, &e) ? INPUT_KEY_NONE : e.key; // and nothing after it
}

TEST(input_reads_keys)
{
    CHECK_INT(key_of("a"), 'a');
    CHECK_INT(key_of("\r"), INPUT_ENTER);
    CHECK_INT(key_of("\x7f"), INPUT_BACKSPACE);
    CHECK_INT(key_of("\xc3\xa9"), 0xe9);
    CHECK_INT(key_of("\xf0\x9f\x90\xb0"), 0x1f430);
    CHECK_INT(key_of("\033[A"), INPUT_UP);
    CHECK_INT(key_of("\033OD"), INPUT_LEFT);
    CHECK_INT(key_of("\033[1;5C"), INPUT_RIGHT); // with Ctrl
    CHECK_INT(key_of("\033[5~"), INPUT_PAGE_UP);
    CHECK_INT(key_of("\033[3~"), INPUT_DELETE);
    CHECK_INT(key_of("\033OM"), INPUT_ENTER); // of the keypad
    CHECK_INT(key_of("\x15"), 0x15);
out:;
}

TEST(input_swallows_what_it_does_not_know)
{
    static const char *const noise[] = {"\033[?1;2c\033[>0;276;0c",
                                        "\033[99;99x",
                                        "\033]11;rgb:0/0/0\a",
                                        "\033P1+r544e\033\\",
                                        "\033_Gi=1;OK\033\\",
                                        "\033q",
                                        "\xff\xfe",
                                        "\033[24~",
                                        "\033[200"};
    for (size_t i = 0; i < sizeof noise / sizeof *noise; i++) {
        struct input in;
        struct input_event e;
        input_init(&in);
        input_feed(&in, 0, unit_guarded_str(noise[i]));
        while (next(&in, 0, &e))
            CHECK(e.type != INPUT_KEY);
        CHECK(!next(&in, 2 * PATIENCE, &e));
        input_feed(&in, 3 * PATIENCE, kin_span_str("x")); // and is ready for the next key
        CHECK(next(&in, 3 * PATIENCE, &e));
        CHECK_INT(e.key, 'x');
    }
out:;
}

TEST(input_tells_esc_from_a_sequence_by_time)
{
    struct input in;
    struct input_event e;
    input_init(&in);
    input_feed(&in, 1000, kin_span_str("\033"));
    CHECK(!next(&in, 1000, &e));
    CHECK_INT(input_deadline(&in, PATIENCE), 1000 + PATIENCE);
    CHECK(next(&in, 1000 + PATIENCE, &e));
    CHECK_INT(e.key, INPUT_ESC);
    CHECK_INT(input_deadline(&in, PATIENCE), KIN_US_NEVER);
    input_feed(&in, 0, kin_span_str("\033"));
    CHECK(!next(&in, 10, &e));
    input_feed(&in, 20, kin_span_str("[B"));
    CHECK(next(&in, 20, &e));
    CHECK_INT(e.key, INPUT_DOWN);
    input_feed(&in, 0, kin_span_str("\033\033[A"));
    CHECK(next(&in, 0, &e));
    CHECK_INT(e.key, INPUT_ESC);
    CHECK(next(&in, 0, &e));
    CHECK_INT(e.key, INPUT_UP);
out:;
}

TEST(input_reads_sequences_byte_by_byte)
{
    static const char bytes[] = "\033[<0;12;7M\033[6;1R\033P1$r48:2::1:2:3m\033\\\033[?2026;2$y\xe2\x82\xac";
    static const enum input_type want[] = {INPUT_PRESS, INPUT_REPORT_CURSOR, INPUT_REPORT_TRUECOLOR, INPUT_REPORT_SYNC,
                                           INPUT_KEY};
    struct input in;
    struct input_event e;
    size_t got = 0;
    input_init(&in);
    for (size_t i = 0; i < sizeof bytes - 1; i++) {
        input_feed(&in, 0, kin_span_make(bytes + i, 1));
        while (next(&in, 0, &e)) {
            CHECK(got < 5);
            CHECK_INT(e.type, want[got]);
            if (e.type == INPUT_PRESS)
                CHECK(e.x == 11 && e.y == 6);
            if (e.type == INPUT_REPORT_TRUECOLOR || e.type == INPUT_REPORT_SYNC)
                CHECK_INT(e.key, 1);
            got++;
        }
    }
    CHECK_INT(got, 5);
    CHECK_INT(e.key, 0x20ac);
out:;
}

TEST(input_reads_the_wheel_and_drags_but_no_releases)
{
    struct input in;
    struct input_event e;
    input_init(&in);
    input_feed(&in, 0, kin_span_str("\033[<0;1;1m\033[<65;3;4M\033[<32;5;6M\033[<2;1;1M\033[<64;1;1M"));
    CHECK(next(&in, 0, &e));
    CHECK(e.type == INPUT_WHEEL && e.key == 1);
    CHECK(next(&in, 0, &e));
    CHECK(e.type == INPUT_DRAG && e.x == 4 && e.y == 5);
    CHECK(next(&in, 0, &e));
    CHECK(e.type == INPUT_WHEEL && (int32_t)e.key == -1);
    CHECK(!next(&in, 0, &e));
out:;
}

TEST(input_hands_out_pastes_as_text)
{
    static const char bytes[] = "\033[200~rtsp://q\n\033x\033[201~q";
    struct input in;
    struct input_event e;
    char text[64] = "";
    size_t len = 0;
    input_init(&in);
    for (size_t i = 0; i < sizeof bytes - 1; i++) {
        input_feed(&in, 0, kin_span_make(bytes + i, 1));
        while (next(&in, 0, &e) && e.type == INPUT_PASTE) {
            CHECK(len + e.text.n < sizeof text);
            memcpy(text + len, e.text.p, e.text.n);
            len += e.text.n;
        }
    }
    CHECK_SPAN(kin_span_make(text, len), "rtsp://q\n\033x");
    CHECK(e.type == INPUT_KEY && e.key == 'q');
out:;
}

TEST(input_takes_the_terminal_s_own_sequences_first)
{
    struct input in;
    struct input_event e;
    input_init(&in);
    input_add_sequence(&in, "\033[A", INPUT_HOME);
    input_add_sequence(&in, "\033Ozz", INPUT_END);
    input_add_sequence(&in, "", INPUT_END);
    input_add_sequence(&in, "\033[a sequence beyond reason", INPUT_END);
    CHECK_INT(in.sequence_count, 2);
    input_feed(&in, 0, kin_span_str("\033[A\033Ozz"));
    CHECK(next(&in, 0, &e));
    CHECK_INT(e.key, INPUT_HOME);
    CHECK(next(&in, 0, &e));
    CHECK_INT(e.key, INPUT_END);
out:;
}

TEST(input_survives_a_flood)
{
    static uint8_t flood[3 * INPUT_BYTES_MAX];
    struct input in;
    struct input_event e;
    input_init(&in);
    memset(flood, '1', sizeof flood);
    memcpy(flood, "\033[", 2); // a sequence that never ends
    CHECK_INT(input_feed(&in, 0, kin_span_make(flood, sizeof flood)), INPUT_BYTES_MAX);
    while (next(&in, 0, &e))
        continue;
    CHECK(input_feed(&in, 0, kin_span_str("k")) == 1);
    CHECK(next(&in, 0, &e));
    CHECK_INT(e.key, 'k');
    memcpy(flood, "\033]", 2); // a string that never ends
    for (int i = 0; i < 4; i++) {
        input_feed(&in, 0, kin_span_make(flood, sizeof flood));
        CHECK(!next(&in, 0, &e));
        flood[0] = flood[1] = '1';
    }
    CHECK(!next(&in, 2 * PATIENCE, &e));
    input_feed(&in, 3 * PATIENCE, kin_span_str("k"));
    CHECK(next(&in, 3 * PATIENCE, &e));
    CHECK_INT(e.key, 'k');
out:;
}
