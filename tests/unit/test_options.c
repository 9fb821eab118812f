// The options table: values, files, assignments, the command line, and what is printed from it.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "options/options.h"
#include "options/suggest.h"
#include "options/value.h"
#include "unit.h"

static const char *const levels[] = {"error", "warning", "info", NULL};

struct fixture {
    bool loop;
    int64_t port, timeout, cache, level;
    struct kin_opt_rate rate;
    char *root;
    struct kin_opt_list listen;
    int64_t count; // command line only
};

static bool check_even(const char *text, char *why, size_t why_size)
{
    size_t n = strlen(text);
    if (n > 0 && (text[n - 1] - '0') % 2 == 0)
        return true;
    snprintf(why, why_size, "is odd (allowed: even ports)");
    return false;
}

static bool check_item(const char *text, char *why, size_t why_size)
{
    (void)why;
    (void)why_size;
    return strchr(text, '!') == NULL;
}

#define OFFSET(field) offsetof(struct fixture, field)
static const struct kin_opt table[] = {
    {"server", "listen", KIN_OPT_LIST, OFFSET(listen), "[::]:8554", 0, 0, NULL, "listen", "ADDR:PORT", true,
     "Where to listen.\nSecond line.", check_item},
    {"server", "session_timeout", KIN_OPT_DURATION, OFFSET(timeout), "60s", 1000000, 3600000000, NULL, NULL, NULL,
     false, "Silence that ends a session.", NULL},
    {"rtp", "port", KIN_OPT_INT, OFFSET(port), "0", 0, 65534, NULL, "port", "N", true, "An even port.", check_even},
    {"media", "root", KIN_OPT_STRING, OFFSET(root), "/srv/kinora", 0, 0, NULL, "media", "DIR", false, "What is served.",
     NULL},
    {"media", "frame_rate", KIN_OPT_RATE, OFFSET(rate), "24", 0, 0, NULL, NULL, NULL, false, "Frames per second.",
     NULL},
    {"media", "loop", KIN_OPT_BOOL, OFFSET(loop), "no", 0, 0, NULL, "loop", NULL, false, "Again and again.", NULL},
    {"media", "cache_size", KIN_OPT_SIZE, OFFSET(cache), "64MiB", 1048576, 1099511627776, NULL, NULL, NULL, false,
     "Memory for frames.", NULL},
    {"log", "level", KIN_OPT_ENUM, OFFSET(level), "info", 0, 0, levels, NULL, NULL, false, "How much.", NULL},
    {NULL, "count", KIN_OPT_INT, OFFSET(count), NULL, 0, 0, NULL, "count", "N", false, "How often.", NULL},
};
#define COUNT (sizeof table / sizeof table[0])

static const struct kin_opt *option(const char *key)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(table[i].key, key) == 0)
            return &table[i];
    return NULL;
}

static int set_key(struct fixture *s, const char *key, const char *text, char *why)
{
    return kin_opt_set(option(key), s, text, why);
}

// Reads a file's text given as a string.
static int read_text(struct fixture *s, const char *text, size_t n, char *why)
{
    FILE *in = fmemopen((void *)(uintptr_t)text, n, "r");
    if (in == NULL)
        return KIN_ENOMEM;
    int err = kin_opt_read_stream(table, COUNT, s, in, "a.conf", why);
    fclose(in);
    return err;
}

TEST(defaults_are_set_and_freed)
{
    struct fixture s;
    CHECK_INT(kin_opt_defaults(table, COUNT, &s), KIN_OK);
    CHECK_INT(s.port, 0);
    CHECK_INT(s.timeout, 60000000);
    CHECK_INT(s.cache, 64 << 20);
    CHECK_INT(s.level, 2);
    CHECK_INT(s.rate.num, 24);
    CHECK_INT(s.rate.den, 1);
    CHECK(!s.loop);
    CHECK_SPAN(kin_span_str(s.root), "/srv/kinora");
    CHECK_INT(s.listen.count, 1);
    CHECK_SPAN(kin_span_str(s.listen.items[0]), "[::]:8554");
out:
    kin_opt_free(table, COUNT, &s);
    kin_opt_free(table, COUNT, &s);
    kin_opt_free(table, COUNT, NULL);
}

TEST(values_by_type)
{
    static const struct {
        const char *key, *text;
        int64_t want;
    } good[] = {
        {"session_timeout", "90s", 90000000},
        {"session_timeout", "2min", 120000000},
        {"session_timeout", "1h", 3600000000},
        {"session_timeout", "1500ms", 1500000},
        {"session_timeout", "1.5s", 1500000},
        {"session_timeout", " 2 s ", 2000000},
        {"session_timeout", "1000000us", 1000000},
        {"cache_size", "8MiB", 8 << 20},
        {"cache_size", "1024KiB", 1 << 20},
        {"cache_size", "1.5GiB", INT64_C(3) << 29},
        {"cache_size", "1048576", 1 << 20},
        {"cache_size", "1TiB", INT64_C(1) << 40},
        {"port", "65534", 65534},
        {"port", "007000", 7000},
        {"level", "ERROR", 0},
        {"count", "-9223372036854775807", -INT64_MAX},
    };
    struct fixture s;
    char why[KIN_OPT_WHY_MAX];
    CHECK_INT(kin_opt_defaults(table, COUNT, &s), KIN_OK);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK_INT(set_key(&s, good[i].key, good[i].text, why), KIN_OK);
        CHECK_INT(*(int64_t *)((char *)&s + option(good[i].key)->offset), good[i].want);
    }
out:
    kin_opt_free(table, COUNT, &s);
}

TEST(a_word_may_stand_for_0)
{
    static const char *const words[] = {"auto", NULL};
    const struct kin_opt o = {.key = "n", .type = KIN_OPT_INT, .choices = words, .min = 1, .max = 9};
    char why[KIN_OPT_WHY_MAX];
    int64_t n = 5;
    CHECK_INT(kin_opt_set(&o, &n, "auto", why), KIN_OK);
    CHECK_INT(n, 0);
    CHECK_INT(kin_opt_set(&o, &n, "9", why), KIN_OK);
    CHECK_INT(n, 9);
    CHECK_INT(kin_opt_set(&o, &n, "0", why), KIN_EINVAL);
    CHECK(strstr(why, "auto or 1 to 9") != NULL);
out:;
}

TEST(bandwidths_are_bytes_a_second)
{
    static const char *const none[] = {"0", NULL};
    const struct kin_opt o = {.key = "b", .type = KIN_OPT_BANDWIDTH, .choices = none, .min = 1000, .max = 10000000000};
    static const struct {
        const char *text;
        int64_t want;
        const char *printed;
    } good[] = {{"2Mbit", 250000, "2Mbit"},      {"500 kbit", 62500, "500kbit"}, {"200kB", 200000, "200kB"},
                {"1.5Mbit", 187500, "1500kbit"}, {"8Mbit", 1000000, "1MB"},      {"1001B", 1001, "1001B"},
                {"10GB", 10000000000, "10GB"},   {"1Gbit", 125000000, "1Gbit"},  {"0", 0, "0"}};
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"200", "\"200\" has no unit (0 or a bandwidth such as 2Mbit, 500kbit or 200kB, 1kB to 10GB)"},
        {"2mbit", "\"2mbit\" is not a bandwidth (0 or a bandwidth such as 2Mbit, 500kbit or 200kB, 1kB to 10GB)"},
        {"999B", "\"999B\" is out of range (0 or a bandwidth such as 2Mbit, 500kbit or 200kB, 1kB to 10GB)"},
        {"11GB", NULL},
        {"0kB", NULL},
        {"", NULL},
        {"kbit", NULL},
        {"0.3B", NULL},
        {"99999999999999999GB", NULL}};
    char why[KIN_OPT_WHY_MAX], *text = NULL;
    size_t n = 0;
    FILE *out = NULL;
    int64_t v = 1;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_INT(kin_opt_set(&o, &v, bad[i].text, why), KIN_EINVAL);
        CHECK(bad[i].why == NULL || strcmp(why, bad[i].why) == 0);
    }
    CHECK_INT(v, 1);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        CHECK_INT(kin_opt_set(&o, &v, good[i].text, why), KIN_OK);
        CHECK_INT(v, good[i].want);
        out = open_memstream(&text, &n);
        CHECK(out != NULL);
        kin_opt_value_print(&o, &v, out);
        fclose(out);
        out = NULL;
        CHECK_SPAN(kin_span_make(text, n), good[i].printed);
        free(text);
        text = NULL;
    }
out:
    if (out != NULL)
        fclose(out);
    free(text);
}

TEST(seconds_need_no_unit_where_the_option_says_so)
{
    const struct kin_opt o = {.key = "d", .type = KIN_OPT_SECONDS, .max = 10000000};
    char why[KIN_OPT_WHY_MAX];
    int64_t v = 0;
    CHECK_INT(kin_opt_set(&o, &v, "2.5", why), KIN_OK);
    CHECK_INT(v, 2500000);
    CHECK_INT(kin_opt_set(&o, &v, "3s", why), KIN_OK);
    CHECK_INT(v, 3000000);
    CHECK_INT(kin_opt_set(&o, &v, "11", why), KIN_EINVAL);
    CHECK_INT(kin_opt_set(&o, &v, "99999999999999999999", why), KIN_EINVAL);
    CHECK_INT(kin_opt_set(&o, &v, "soon", why), KIN_EINVAL);
    CHECK_SPAN(kin_span_str(why),
               "\"soon\" is not a duration (seconds, or a duration such as 500ms, 90s or 2min, 0 to 10s)");
out:;
}

// What stands above the first section of a file.
TEST(options_may_have_no_section)
{
    struct settings {
        int64_t cache, key;
    } s = {0, 0};
    const struct kin_opt plain[] = {
        {.section = "", .key = "cache", .type = KIN_OPT_INT, .offset = 0, .value = "3", .help = "How many."},
        {.section = "keys",
         .key = "quit",
         .type = KIN_OPT_INT,
         .offset = sizeof(int64_t),
         .value = "7",
         .help = "Which."}};
    static const struct {
        const char *text, *why;
    } bad[] = {{"cash = 3\n", "a.conf:1: cash: unknown key (did you mean cache?)"},
               {"cache = x\n", "a.conf:1: cache: \"x\" is not a whole number (a whole number)"},
               {"[keys]\ncache = 3\n", "a.conf:2: [keys] cache: unknown key (cache belongs above the first [section])"},
               {"[kinora]\nzzzzz = 3\n", "a.conf:2: [kinora] zzzzz: unknown section (known: keys)"},
               {"quit = 3\n", "a.conf:1: quit: unknown key (quit belongs in [keys])"}};
    char why[KIN_OPT_WHY_MAX], *text = NULL;
    size_t n = 0;
    FILE *out = NULL, *in = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        in = fmemopen((void *)(uintptr_t)bad[i].text, strlen(bad[i].text), "r");
        CHECK(in != NULL);
        CHECK_INT(kin_opt_read_stream(plain, 2, &s, in, "a.conf", why), KIN_EINVAL);
        CHECK_SPAN(kin_span_str(why), bad[i].why);
        fclose(in);
        in = NULL;
    }
    CHECK_INT(kin_opt_defaults(plain, 2, &s), KIN_OK);
    out = open_memstream(&text, &n);
    CHECK(out != NULL);
    CHECK_INT(kin_opt_print(plain, 2, &s, out), KIN_OK);
    CHECK_SPAN(kin_span_make(text, n), "cache = 3\n\n[keys]\nquit = 7\n");
out:
    if (in != NULL)
        fclose(in);
    if (out != NULL)
        fclose(out);
    free(text);
}

TEST(bools_in_every_spelling)
{
    static const char *const words[] = {"no", "yes", "FALSE", "True", "off", "on", "0", "1"};
    struct fixture s;
    char why[KIN_OPT_WHY_MAX];
    CHECK_INT(kin_opt_defaults(table, COUNT, &s), KIN_OK);
    for (size_t i = 0; i < 8; i++) {
        CHECK_INT(set_key(&s, "loop", words[i], why), KIN_OK);
        CHECK_INT(s.loop, i % 2);
    }
out:
    kin_opt_free(table, COUNT, &s);
}

TEST(rates_are_exact)
{
    static const struct {
        const char *text;
        uint32_t num, den;
    } good[] = {{"24", 24, 1},   {"23.976", 24000, 1001},     {"29.97", 30000, 1001},
                {"12.5", 25, 2}, {"30000/1001", 30000, 1001}, {"50/2", 25, 1},
                {"0.1", 1, 10},  {"1/3600", 1, 3600},         {"1000", 1000, 1}};
    static const char *const bad[] = {"0",
                                      "-1",
                                      "24/0",
                                      "0/5",
                                      "1001",
                                      "x",
                                      "",
                                      "24/",
                                      "/1",
                                      "1e3",
                                      "4294967296/1",
                                      "1/3601",
                                      "1999999999/1999999997"};
    struct fixture s;
    char why[KIN_OPT_WHY_MAX];
    CHECK_INT(kin_opt_defaults(table, COUNT, &s), KIN_OK);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK_INT(set_key(&s, "frame_rate", good[i].text, why), KIN_OK);
        CHECK_INT(s.rate.num, good[i].num);
        CHECK_INT(s.rate.den, good[i].den);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_INT(set_key(&s, "frame_rate", bad[i], why), KIN_EINVAL);
    CHECK_INT(s.rate.num, 1000);
out:
    kin_opt_free(table, COUNT, &s);
}

TEST(bad_values_say_what_is_allowed)
{
    static const struct {
        const char *key, *text, *why;
    } bad[] = {
        {"port", "65536", "\"65536\" is out of range (0 to 65534)"},
        {"port", "99999999999999999999", "\"99999999999999999999\" is out of range (0 to 65534)"},
        {"port", "8x", "\"8x\" is not a whole number (0 to 65534)"},
        {"port", "", "\"\" is not a whole number (0 to 65534)"},
        {"port", "-", "\"-\" is not a whole number (0 to 65534)"},
        {"port", "5", "\"5\" is odd (allowed: even ports)"},
        {"session_timeout", "90", "\"90\" has no unit (a duration such as 500ms, 90s or 2min, 1s to 1h)"},
        {"session_timeout", "0", "\"0\" is out of range (a duration such as 500ms, 90s or 2min, 1s to 1h)"},
        {"session_timeout", "9d", "\"9d\" is not a duration (a duration such as 500ms, 90s or 2min, 1s to 1h)"},
        {"session_timeout", "1.0000001s", NULL},
        {"session_timeout", "0.0000005s", NULL},
        {"session_timeout", "1.s.5", NULL},
        {"session_timeout", "99999999999999h", NULL},
        {"session_timeout", "9999999999.5h", NULL},
        {"cache_size", "1MB", "\"1MB\" is not a size (a size such as 64KiB, 8MiB or plain bytes, 1MiB to 1TiB)"},
        {"cache_size", "0.3KiB", NULL},
        {"level", "inf", "\"inf\" is unknown, did you mean info? (error, warning, info)"},
        {"level", "zzzzzz", "\"zzzzzz\" is unknown (error, warning, info)"},
        {"loop", "maybe", "\"maybe\" is neither yes nor no (yes or no)"},
        {"loop", "an answer that is far longer than any boolean has ever been in any file of settings", NULL},
        {"root", "a\tb", "\"a\\x09b\" contains a control character or a semicolon after a space (a line of text)"},
        {"root", "a ;b", NULL},
        {"listen", "a b! c", "\"b!\" is not allowed"},
        {"listen", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17",
         "\"17\" is one too many (up to 16, separated by commas or blanks)"},
    };
    struct fixture s;
    char why[KIN_OPT_WHY_MAX];
    CHECK_INT(kin_opt_defaults(table, COUNT, &s), KIN_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_INT(set_key(&s, bad[i].key, bad[i].text, why), KIN_EINVAL);
        if (bad[i].why != NULL)
            CHECK_SPAN(kin_span_str(why), bad[i].why);
    }
    CHECK_SPAN(kin_span_str(s.root), "/srv/kinora"); // kept
    CHECK_INT(s.listen.count, 1);
out:
    kin_opt_free(table, COUNT, &s);
}

TEST(lists_split_and_append)
{
    struct fixture s;
    char why[KIN_OPT_WHY_MAX];
    CHECK_INT(kin_opt_defaults(table, COUNT, &s), KIN_OK);
    CHECK_INT(set_key(&s, "listen", " a, b\tc,,d ", why), KIN_OK);
    CHECK_INT(s.listen.count, 4);
    CHECK_SPAN(kin_span_str(s.listen.items[3]), "d");
    CHECK_INT(kin_opt_append(option("listen"), &s, "e f", why), KIN_OK);
    CHECK_INT(s.listen.count, 6);
    CHECK_INT(kin_opt_append(option("listen"), &s, "1 2 3 4 5 6 7 8 9 10 11", why), KIN_EINVAL);
    CHECK_INT(s.listen.count, 6);
    CHECK_INT(kin_opt_append(option("root"), &s, "/x", why), KIN_OK);
    CHECK_SPAN(kin_span_str(s.root), "/x");
    CHECK_INT(set_key(&s, "listen", "", why), KIN_OK);
    CHECK_INT(s.listen.count, 0);
out:
    kin_opt_free(table, COUNT, &s);
}

TEST(a_file_sets_values)
{
    static const char text[] = "\xef\xbb\xbf# comment\n; another\n[server]\nlisten = a:1, b:2\n  c:3\nlisten = d:4\n"
                               "session_timeout: 5s ; inline\r\n\n[media]\nroot = /a b/c\n[log]\nlevel=error";
    struct fixture s;
    char why[KIN_OPT_WHY_MAX] = "";
    CHECK_INT(kin_opt_defaults(table, COUNT, &s), KIN_OK);
    CHECK_INT(read_text(&s, text, sizeof text - 1, why), KIN_OK);
    CHECK_INT(s.listen.count, 4);
    CHECK_SPAN(kin_span_str(s.listen.items[0]), "a:1");
    CHECK_SPAN(kin_span_str(s.listen.items[2]), "c:3");
    CHECK_INT(s.timeout, 5000000);
    CHECK_SPAN(kin_span_str(s.root), "/a b/c");
    CHECK_INT(s.level, 0);
out:
    kin_opt_free(table, COUNT, &s);
}

TEST(a_bad_file_is_named_with_line_and_key)
{
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"[server]\n\nlisen = x\n", "a.conf:3: [server] lisen: unknown key (did you mean listen?)"},
        {"[server]\nxyzzy = x\n", "a.conf:2: [server] xyzzy: unknown key (known: listen, session_timeout)"},
        {"[sevrer]\nlisten = x\n", "a.conf:2: [sevrer] listen: unknown section (listen belongs in [server])"},
        {"[sevrer]\nfoo = x\n", "a.conf:2: [sevrer] foo: unknown section (did you mean server?)"},
        {"[server]\nroot = x\n", "a.conf:2: [server] root: unknown key (root belongs in [media])"},
        {"foo = x\n", "a.conf:1: foo: is outside any [section] (known: server, rtp, media, log)"},
        {"[rtp]\nport = 1x\n", "a.conf:2: [rtp] port: \"1x\" is not a whole number (0 to 65534)"},
        {"[rtp]\nport = 2\nport = 4\n", "a.conf:3: [rtp] port: is set twice (first on line 2)"},
        {"[rtp]\nport = 2\n 4\n", "a.conf:3: [rtp] port: an indented line continues the one above (only lists may)"},
        {"[rtp]\nnonsense\nport = 1x\n",
         "a.conf:2: this line is neither a [section] nor \"key = value\" (# or ; starts a comment)"},
        {"[rtp\n", "a.conf:1: this line is neither a [section] nor \"key = value\" (# or ; starts a comment)"},
        {"[rtp]\nport = 1x\nnonsense\n", "a.conf:2: [rtp] port: \"1x\" is not a whole number (0 to 65534)"},
        {"[count]\ncount = 2\n", "a.conf:2: [count] count: unknown section (known: server, rtp, media, log)"},
    };
    struct fixture s;
    char why[KIN_OPT_WHY_MAX];
    CHECK_INT(kin_opt_defaults(table, COUNT, &s), KIN_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int err = read_text(&s, bad[i].text, strlen(bad[i].text), why);
        CHECK_INT(err, KIN_EINVAL);
        CHECK_SPAN(kin_span_str(why), bad[i].why);
    }
    CHECK_INT(read_text(&s, "[rtp]\npo\0rt = 1\n", 16, why), KIN_EINVAL);
    CHECK_SPAN(kin_span_str(why), "a.conf:2: contains a NUL byte (the file must be text)");
out:
    kin_opt_free(table, COUNT, &s);
}

TEST(an_overlong_line_is_refused)
{
    struct fixture s;
    char why[KIN_OPT_WHY_MAX];
    static char text[2 * KIN_OPT_LINE_MAX];
    memset(text, 'x', sizeof text);
    memcpy(text, "[media]\nroot = ", 15);
    CHECK_INT(kin_opt_defaults(table, COUNT, &s), KIN_OK);
    CHECK_INT(read_text(&s, text, sizeof text, why), KIN_EINVAL);
    CHECK_SPAN(kin_span_str(why), "a.conf:2: the line is too long");
    CHECK_INT(read_text(&s, text, 150, why), KIN_OK);
    CHECK_INT(strlen(s.root), 135);
out:
    kin_opt_free(table, COUNT, &s);
}

TEST(files_that_cannot_be_read)
{
    struct fixture s;
    char why[KIN_OPT_WHY_MAX] = "";
    CHECK_INT(kin_opt_defaults(table, COUNT, &s), KIN_OK);
    CHECK_INT(kin_opt_read_file(table, COUNT, &s, "/nonexistent/kinorad.conf", why), KIN_ENOENT);
    CHECK(kin_span_starts(kin_span_str(why), "/nonexistent/kinorad.conf: cannot be opened: "));
    CHECK_INT(kin_opt_read_file(table, COUNT, &s, "/", why), KIN_EIO);
    CHECK_INT(kin_opt_read_file(table, COUNT, &s, "/dev/null", why), KIN_OK);
out:
    kin_opt_free(table, COUNT, &s);
}

TEST(assignments)
{
    struct fixture s;
    char why[KIN_OPT_WHY_MAX];
    CHECK_INT(kin_opt_defaults(table, COUNT, &s), KIN_OK);
    CHECK_INT(kin_opt_assign(table, COUNT, &s, "rtp.port=9000", why), KIN_OK);
    CHECK_INT(s.port, 9000);
    CHECK_INT(kin_opt_assign(table, COUNT, &s, "media.root=/a=b", why), KIN_OK);
    CHECK_SPAN(kin_span_str(s.root), "/a=b");
    CHECK_INT(kin_opt_assign(table, COUNT, &s, "rtp.prt=9000", why), KIN_EINVAL);
    CHECK_SPAN(kin_span_str(why), "[rtp] prt: unknown key (did you mean port?)");
    CHECK_INT(kin_opt_assign(table, COUNT, &s, "rtp.port=x", why), KIN_EINVAL);
    CHECK_SPAN(kin_span_str(why), "[rtp] port: \"x\" is not a whole number (0 to 65534)");
    CHECK_INT(kin_opt_assign(table, COUNT, &s, "port=1", why), KIN_EINVAL);
    CHECK_SPAN(kin_span_str(why), "\"port=1\" is not an assignment (section.key=value)");
    CHECK_INT(kin_opt_assign(table, COUNT, &s, "rtp.port", why), KIN_EINVAL);
out:
    kin_opt_free(table, COUNT, &s);
}

TEST(what_is_printed_reads_back)
{
    struct fixture s, t;
    char *text = NULL;
    size_t n = 0;
    char why[KIN_OPT_WHY_MAX];
    FILE *out = NULL;
    memset(&t, 0, sizeof t);
    CHECK_INT(kin_opt_defaults(table, COUNT, &s), KIN_OK);
    CHECK_INT(kin_opt_defaults(table, COUNT, &t), KIN_OK);
    CHECK_INT(set_key(&s, "session_timeout", "90s", why), KIN_OK);
    CHECK_INT(set_key(&s, "cache_size", "1536KiB", why), KIN_OK);
    CHECK_INT(set_key(&s, "frame_rate", "29.97", why), KIN_OK);
    CHECK_INT(set_key(&s, "listen", "a b", why), KIN_OK);
    out = open_memstream(&text, &n);
    CHECK(out != NULL);
    CHECK_INT(kin_opt_print(table, COUNT, &s, out), KIN_OK);
    CHECK_SPAN(kin_span_make(text, n), "[server]\nlisten = a, b\nsession_timeout = 90s\n\n[rtp]\nport = 0\n\n"
                                       "[media]\nroot = /srv/kinora\nframe_rate = 30000/1001\nloop = no\n"
                                       "cache_size = 1536KiB\n\n[log]\nlevel = info\n");
    CHECK_INT(read_text(&t, text, n, why), KIN_OK);
    for (size_t i = 0; i < COUNT; i++)
        CHECK(!kin_opt_differs(&table[i], &s, &t));
out:
    if (out != NULL)
        fclose(out);
    free(text);
    kin_opt_free(table, COUNT, &s);
    kin_opt_free(table, COUNT, &t);
}

TEST(the_sample_shows_defaults_and_reads_as_nothing)
{
    struct fixture s, t;
    char *text = NULL;
    size_t n = 0;
    char why[KIN_OPT_WHY_MAX];
    memset(&t, 0, sizeof t);
    FILE *out = NULL;
    CHECK_INT(kin_opt_defaults(table, COUNT, &s), KIN_OK);
    CHECK_INT(kin_opt_defaults(table, COUNT, &t), KIN_OK);
    out = open_memstream(&text, &n);
    CHECK(out != NULL);
    CHECK_INT(kin_opt_print_sample(table, COUNT, "The sample.", out), KIN_OK);
    struct kin_span all = kin_span_make(text, n);
    CHECK(kin_span_starts(all, "# The sample.\n#\n# Every"));
    CHECK(kin_span_find_str(all, "\n[server]\n\n# Where to listen.\n# Second line.\n# Allowed: up to 16, separated by "
                                 "commas or blanks.\n# A change needs a restart.\n#listen = [::]:8554\n") < n);
    CHECK(kin_span_find_str(all, "# Allowed: error, warning, info.\n#level = info\n") < n);
    CHECK(kin_span_find_str(all, "count") == n); // command line only
    CHECK_INT(read_text(&t, text, n, why), KIN_OK);
    for (size_t i = 0; i < COUNT; i++)
        CHECK(!kin_opt_differs(&table[i], &s, &t));
out:
    if (out != NULL)
        fclose(out);
    free(text);
    kin_opt_free(table, COUNT, &s);
    kin_opt_free(table, COUNT, &t);
}

TEST(differences_are_seen)
{
    static const struct {
        const char *key, *text;
    } changes[] = {{"listen", "x"},        {"listen", "[::]:8554 y"}, {"session_timeout", "2s"},
                   {"port", "2"},          {"root", "/tmp"},          {"frame_rate", "25"},
                   {"frame_rate", "24/7"}, {"loop", "yes"},           {"level", "error"}};
    struct fixture a, b;
    char why[KIN_OPT_WHY_MAX];
    memset(&b, 0, sizeof b);
    CHECK_INT(kin_opt_defaults(table, COUNT, &a), KIN_OK);
    CHECK_INT(kin_opt_defaults(table, COUNT, &b), KIN_OK);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        const struct kin_opt *opt = option(changes[i].key);
        CHECK_INT(kin_opt_set(opt, &b, changes[i].text, why), KIN_OK);
        CHECK(kin_opt_differs(opt, &a, &b));
        CHECK_INT(kin_opt_set(opt, &b, opt->value, why), KIN_OK);
        CHECK(!kin_opt_differs(opt, &a, &b));
    }
out:
    kin_opt_free(table, COUNT, &a);
    kin_opt_free(table, COUNT, &b);
}

TEST(names_are_suggested)
{
    static const char *const names[] = {"listen", "workers", "max_sessions"};
    CHECK_INT(kin_suggest_distance(kin_span_str("kitten"), kin_span_str("sitting")), 3);
    CHECK_INT(kin_suggest_distance(kin_span_str("ab"), kin_span_str("ba")), 1);
    CHECK_INT(kin_suggest_distance(kin_span_str(""), kin_span_str("abc")), 3);
    CHECK(kin_suggest(kin_span_str("lisetn"), names, 3) == names[0]);
    CHECK(kin_suggest(kin_span_str("worker"), names, 3) == names[1]);
    CHECK(kin_suggest(kin_span_str("maxsessions"), names, 3) == names[2]);
    CHECK(kin_suggest(kin_span_str("qqqqqq"), names, 3) == NULL);
    CHECK(kin_suggest(kin_span_str(""), names, 3) == NULL);
out:;
}

// --- the command line

static const struct kin_cli_flag flags[] = {
    {'c', "config", "FILE", "Read FILE."}, {'t', "check-config", NULL, "Check it."}, {0, NULL, NULL, NULL}};

struct seen {
    char config[64];
    int checks;
};

static int on_flag(void *ctx, const struct kin_cli_flag *flag, const char *value, char why[KIN_OPT_WHY_MAX])
{
    struct seen *seen = ctx;
    if (flag->letter == 't') {
        seen->checks++;
    } else if (strcmp(value, "bad") == 0) {
        snprintf(why, KIN_OPT_WHY_MAX, "\"bad\" is bad");
        return KIN_EINVAL;
    } else {
        snprintf(seen->config, sizeof seen->config, "%s", value);
    }
    return KIN_OK;
}

#define MAX_WORDS 12

// Runs the words with stderr (or stdout) caught in `said`. Returns kin_cli_parse()'s result.
static int parse(struct fixture *s, struct seen *seen, FILE **stream, char *said, size_t size, const char *const *words,
                 int *first)
{
    char copies[MAX_WORDS][64];
    char *argv[MAX_WORDS + 1] = {NULL};
    int argc = 0;
    for (; words[argc] != NULL && argc < MAX_WORDS; argc++) {
        snprintf(copies[argc], sizeof copies[argc], "%s", words[argc]);
        argv[argc] = copies[argc];
    }
    const struct kin_cli cli = {"kinorad", "[-c FILE]", "Serves reels.", table, COUNT, flags, on_flag, seen};
    FILE *real = *stream;
    FILE *caught = tmpfile();
    *stream = caught != NULL ? caught : real;
    int status = kin_cli_parse(&cli, argc, argv, s, first);
    *stream = real;
    said[0] = '\0';
    if (caught != NULL) {
        rewind(caught);
        said[fread(said, 1, size - 1, caught)] = '\0';
        fclose(caught);
    }
    return status;
}

TEST(the_command_line_sets_and_leaves_operands)
{
    static const char *const words[] = {"kinorad",    "--port", "8000",     "one", "-c",  "f", "--loop",
                                        "--listen=a", "-t",     "--listen", "b,c", "two", NULL};
    struct fixture s;
    struct seen seen = {.checks = 0};
    char said[512];
    int first = 0;
    CHECK_INT(kin_opt_defaults(table, COUNT, &s), KIN_OK);
    CHECK_INT(parse(&s, &seen, &stderr, said, sizeof said, words, &first), -1);
    CHECK_INT(first, 10);
    CHECK_INT(s.port, 8000);
    CHECK(s.loop);
    CHECK_INT(seen.checks, 1);
    CHECK_SPAN(kin_span_str(seen.config), "f");
    CHECK_INT(s.listen.count, 3); // the default went, both words count
    CHECK_SPAN(kin_span_str(s.listen.items[2]), "c");
out:
    kin_opt_free(table, COUNT, &s);
}

TEST(a_wrong_command_line_is_one_sentence)
{
    static const struct {
        const char *words[4], *said;
    } bad[] = {
        {{"kinorad", "--lisen", "x"}, "kinorad: unknown option --lisen (did you mean --listen?)\n"},
        {{"kinorad", "--xyzzy=1"}, "kinorad: unknown option --xyzzy=1 (see kinorad --help)\n"},
        {{"kinorad", "-tz"}, "kinorad: unknown option -z (see kinorad --help)\n"},
        {{"kinorad", "--port"}, "kinorad: missing argument for --port (see kinorad --help)\n"},
        {{"kinorad", "-c"}, "kinorad: missing argument for -c (see kinorad --help)\n"},
        {{"kinorad", "--help=x"}, "kinorad: no argument is allowed for --help (see kinorad --help)\n"},
        {{"kinorad", "--port", "1x"}, "kinorad: --port: \"1x\" is not a whole number (0 to 65534)\n"},
        {{"kinorad", "--loop=perhaps"}, "kinorad: --loop: \"perhaps\" is neither yes nor no (yes or no)\n"},
        {{"kinorad", "-c", "bad"}, "kinorad: --config: \"bad\" is bad\n"},
    };
    struct fixture s;
    struct seen seen = {.checks = 0};
    char said[512];
    int first = 0;
    CHECK_INT(kin_opt_defaults(table, COUNT, &s), KIN_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_INT(parse(&s, &seen, &stderr, said, sizeof said, bad[i].words, &first), 2);
        CHECK_SPAN(kin_span_str(said), bad[i].said);
    }
out:
    kin_opt_free(table, COUNT, &s);
}

TEST(help_and_version_go_to_stdout)
{
    static const char *const help[] = {"kinorad", "--help", NULL};
    static const char *const version[] = {"kinorad", "-V", NULL};
    struct fixture s;
    struct seen seen = {.checks = 0};
    char said[2048];
    int first = 0;
    CHECK_INT(kin_opt_defaults(table, COUNT, &s), KIN_OK);
    CHECK_INT(parse(&s, &seen, &stdout, said, sizeof said, help, &first), 0);
    CHECK(kin_span_starts(kin_span_str(said), "usage: kinorad [-c FILE]\nServes reels.\n\n  -c, --config FILE"));
    CHECK(strstr(said, "      --listen ADDR:PORT    Where to listen. Second line. (default: [::]:8554)\n") != NULL);
    CHECK(strstr(said, "      --loop                Again and again.\n") != NULL);
    CHECK_INT(parse(&s, &seen, &stdout, said, sizeof said, version, &first), 0);
    CHECK_SPAN(kin_span_str(said), "kinorad " KIN_VERSION "\n");
out:
    kin_opt_free(table, COUNT, &s);
}

TEST(the_line_that_sets_an_option_is_found)
{
    static const char text[] = "# a comment\n[media]\nroot = /a\n[server]\nlisten = 127.0.0.1:1\n\t127.0.0.1:2\n"
                               "[other]\nport = 1\n";
    char path[] = "/tmp/kin-options-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK_INT(write(fd, text, sizeof text - 1), sizeof text - 1);
    CHECK_INT(kin_opt_line_in_file(kin_opt_find(table, COUNT, "media", "root"), path), 3);
    CHECK_INT(kin_opt_line_in_file(kin_opt_find(table, COUNT, "server", "listen"), path), 5);
    CHECK_INT(kin_opt_line_in_file(kin_opt_find(table, COUNT, "rtp", "port"), path), 0);
    CHECK_INT(kin_opt_line_in_file(kin_opt_find(table, COUNT, "rtp", "port"), "/nonexistent/file"), 0);
out:
    if (fd >= 0) {
        close(fd);
        unlink(path);
    }
}
