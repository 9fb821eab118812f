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
    static const enum input_type want[] = {INPUT_PRESS, INPUT_REPORT_CURSOR, INPUT_REPORT_TRUECOLOR, INPUT_REPORT_MODE,
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
            if (e.type == INPUT_REPORT_TRUECOLOR)
                CHECK_INT(e.key, 1);
            if (e.type == INPUT_REPORT_MODE)
                CHECK(e.params[0] == 2026 && e.params[1] == 2);
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

// Regression: the three bytes behind CSI M were keys: a press in column 81 was q.
TEST(input_reads_the_mouse_of_a_terminal_without_sgr_reports)
{
    static const char bytes[] = "\033[M q!\033[M#q!\033[M@\xff\x21\033[Maqq\033[M!q\x10x";
    static const struct {
        enum input_type type;
        int x, y;
        uint32_t key;
    } want[] = {{INPUT_PRESS, 80, 0, 0}, {INPUT_DRAG, 222, 0, 0}, {INPUT_WHEEL, 80, 80, 1}, {INPUT_KEY, 0, 0, 'x'}};
    struct input in;
    struct input_event e;
    size_t got = 0;
    input_init(&in);
    for (size_t i = 0; i < sizeof bytes - 1; i++) {
        input_feed(&in, 0, kin_span_make(bytes + i, 1));
        for (; next(&in, 0, &e); got++)
            CHECK(got < 4 && e.type == want[got].type && e.x == want[got].x && e.y == want[got].y &&
                  e.key == want[got].key);
    }
    CHECK_INT(got, 4);
out:;
}

// Regression: it counted as an answer, and let the player write more than the line takes.
TEST(input_tells_f3_from_an_answer)
{
    struct input in;
    struct input_event e;
    input_init(&in);
    input_feed(&in, 0, kin_span_str("\033[1;2R\033[2;1R"));
    CHECK(next(&in, 0, &e));
    CHECK_INT(e.type, INPUT_REPORT_CURSOR);
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
    CHECK(!next(&in, INPUT_ANSWER_US, &e));
    input_feed(&in, INPUT_ANSWER_US, kin_span_str("k"));
    CHECK(next(&in, INPUT_ANSWER_US, &e));
    CHECK_INT(e.key, 'k');
out:;
}

// --- answers

#define TMUX_VERSION "\033P>|tmux 3.3a\033\\"

static struct input_event report_of(const char *bytes)
{
    static struct input in;
    struct input_event e = {.type = INPUT_KEY};
    input_init(&in);
    input_feed(&in, 0, unit_guarded_str(bytes));
    if (next(&in, 0, &e))
        return e;
    return (struct input_event){.type = INPUT_KEY, .key = INPUT_KEY_NONE};
}

TEST(input_reads_answers)
{
    struct input_event e = report_of("\033[?64;1;2;4;6;9;15;16;17;18;21;22;28;29;42;52;99c");
    CHECK(e.type == INPUT_REPORT_DA1 && e.param_count == INPUT_PARAMS_MAX);
    CHECK(e.params[0] == 64 && e.params[3] == 4 && e.params[15] == 52);
    e = report_of("\033[>84;0;0c");
    CHECK(e.type == INPUT_REPORT_DA2 && e.param_count == 3 && e.params[0] == 84);
    e = report_of(TMUX_VERSION);
    CHECK_INT(e.type, INPUT_REPORT_VERSION);
    CHECK_SPAN(e.text, "tmux 3.3a");
    e = report_of("\033[?2027;0$y");
    CHECK(e.type == INPUT_REPORT_MODE && e.params[0] == 2027 && e.params[1] == 0);
    e = report_of("\033[6;20;9t");
    CHECK(e.type == INPUT_REPORT_WINDOW && e.params[0] == 6 && e.params[1] == 20 && e.params[2] == 9);
    e = report_of("\033_Gi=31;OK\033\\");
    CHECK_INT(e.type, INPUT_REPORT_GRAPHICS);
    CHECK_SPAN(e.text, "i=31;OK");
    e = report_of("\033P1$r0m\033\\");
    CHECK(e.type == INPUT_REPORT_TRUECOLOR && e.key == 0);
out:;
}

TEST(input_reads_colours)
{
    static const struct {
        const char *bytes;
        uint32_t rgb;
    } colours[] = {{"\033]11;rgb:1111/2222/ffff\033\\", 0x1122ff},
                   {"\033]11;rgb:12/34/56\a", 0x123456},
                   {"\033]11;rgb:f/0/8\a", 0xff0088},
                   {"\033]11;rgba:123/456/789/fff\a", 0x124578}};
    for (size_t i = 0; i < sizeof colours / sizeof *colours; i++) {
        struct input_event e = report_of(colours[i].bytes);
        CHECK_INT(e.type, INPUT_REPORT_BACKGROUND);
        CHECK_INT(e.key, colours[i].rgb);
    }
    static const char *const bad[] = {
        "\033]11;rgb:\a",      "\033]11;rgb:1/2\a",   "\033]11;#123456\a", "\033]11;rgb:12345/1/1\a",
        "\033]11;rgb:g/1/1\a", "\033]10;rgb:1/1/1\a", "\033[5;1;1t",       "\033[4;1t"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_INT(report_of(bad[i]).key, INPUT_KEY_NONE);
out:;
}

// All that a terminal says to the queries, and keys between the answers.
static const char answers[] =
    "a" TMUX_VERSION "b\033[>41;379;0cc\033[?2026;2$yd\033[?2027;0$ye\033[4;480;640tf\033[6;20;8tg"
    "\033[8;24;80th\033]11;rgb:1111/1414/1a1a\033\\i\033P1$r0;48:2::1:2:3m\033\\j\033_Gi=31;OK\033\\k"
    "\033[?64;4;22cl\033[12;40Rm";

// Feeds the answers in two pieces, `gap` apart, and collects the keys.
static void keys_between(size_t cut, kin_us begin, kin_us gap, kin_us patience, char keys[64])
{
    struct input in;
    struct input_event e;
    size_t n = 0;
    input_init(&in);
    input_feed(&in, begin, kin_span_make(answers, cut));
    for (kin_us t = begin; t < begin + gap; t += gap / 4)
        while (input_next(&in, t, patience, &e))
            keys[n++] = e.type != INPUT_KEY ? '.' : e.key == INPUT_ESC ? '!' : (char)e.key;
    input_feed(&in, begin + gap, kin_span_make(answers + cut, sizeof answers - 1 - cut));
    while (input_next(&in, begin + gap, patience, &e))
        keys[n++] = e.type != INPUT_KEY ? '.' : e.key == INPUT_ESC ? '!' : (char)e.key;
    keys[n] = '\0';
}

TEST(input_never_takes_an_answer_that_is_cut_for_keys)
{
    char keys[64];
    for (size_t cut = 1; cut < sizeof answers - 1; cut++) {
        keys_between(cut, 3 * KIN_US_PER_S, 900 * KIN_US_PER_MS, KIN_US_PER_S, keys);
        CHECK_SPAN(kin_span_str(keys), "a.b.c.d.e.f.g.h.i.j.k.l.m");
    }
out:;
}

// Also where nobody waits for answers any more; but ESC is a key there, and what begins like one is dropped.
TEST(input_waits_for_the_rest_of_what_can_only_be_an_answer)
{
    static const char *const heads[] = {"\033[?6", "\033[>", "\033P>|x", "\033P1$", "\033]11;r", "\033_G"};
    static const char *const tails[] = {"2c", "1;2;3c", "y\033\\", "r0m\033\\", "gb:1/1/1\a", "i=31;OK\033\\"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct input in;
        struct input_event e;
        input_init(&in);
        input_feed(&in, 0, kin_span_str(heads[i]));
        CHECK(!next(&in, 0, &e));
        CHECK_INT(input_deadline(&in, PATIENCE), INPUT_ANSWER_US);
        CHECK(!next(&in, INPUT_ANSWER_US - 1, &e));
        input_feed(&in, INPUT_ANSWER_US - 1, kin_span_str(tails[i]));
        CHECK(next(&in, INPUT_ANSWER_US - 1, &e));
        CHECK(e.type != INPUT_KEY);
        CHECK(!next(&in, INPUT_ANSWER_US - 1, &e));
        input_feed(&in, 0, kin_span_str(heads[i])); // and not for ever
        CHECK(!next(&in, 0, &e));
        CHECK(!next(&in, INPUT_ANSWER_US, &e));
        input_feed(&in, INPUT_ANSWER_US, kin_span_str("q"));
        CHECK(next(&in, INPUT_ANSWER_US, &e));
        CHECK(e.type == INPUT_KEY && e.key == 'q');
    }
out:;
}

// Regression: ESC and a NUL byte began a string that swallowed the keys behind it.
TEST(input_reads_on_behind_a_nul)
{
    struct input in;
    struct input_event e;
    input_init(&in);
    input_feed(&in, 0, kin_span_make("\033\0q", 3));
    CHECK(next(&in, 0, &e));
    CHECK_INT(e.key, 'q');
out:;
}
