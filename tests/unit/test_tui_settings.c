// The file of settings: what it sets, what it refuses, and that the command line has the last word.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "model/settings_internal.h"
#include "unit.h"

struct fixture {
    char folder[32], path[64];
    struct settings_draft draft;
    char why[KIN_OPT_WHY_MAX];
};

static bool fixture_init(struct fixture *f, const char *text)
{
    memset(f, 0, sizeof *f);
    snprintf(f->folder, sizeof f->folder, "/tmp/kin-settings-XXXXXX");
    if (mkdtemp(f->folder) == NULL)
        return false;
    snprintf(f->path, sizeof f->path, "%s/kinora.conf", f->folder);
    FILE *out = fopen(f->path, "w");
    if (out == NULL)
        return false;
    fputs(text, out);
    return fclose(out) == 0 && settings_draft_init(&f->draft) == KIN_OK;
}

static void fixture_deinit(struct fixture *f)
{
    settings_draft_deinit(&f->draft);
    unlink(f->path);
    rmdir(f->folder);
}

TEST(settings_come_from_a_file)
{
    static const char text[] =
        "# mine\ncache = 60\nfec = yes\nbudget = 2Mbit\nduration = 5\ntheme = light\ntransport: tcp\n"
        "[keys]\nquit = Q ^X\ntenth =\nstep = 7\n[colors]\ntitle = #102030 red bold\n";
    struct fixture f;
    int arg;
    CHECK(fixture_init(&f, text));
    CHECK_INT(settings_draft_read(&f.draft, f.path, f.why), KIN_OK);
    const struct settings *s = &f.draft.settings;
    CHECK(s->cache == 60 && s->fec && s->budget == 250000 && s->duration == 5000000 && s->transport == 2);
    CHECK_INT(s->theme, THEME_LIGHT + 1);
    CHECK_INT(keys_find(&s->keys, IN_PLAYER, 'Q', &arg), ACTION_QUIT);
    CHECK_INT(keys_find(&s->keys, IN_LIBRARY, 'X' & 31, &arg), ACTION_QUIT);
    CHECK_INT(keys_find(&s->keys, IN_PLAYER, 'q', &arg), ACTION_NONE);
    CHECK_INT(keys_find(&s->keys, IN_PLAYER, '7', &arg), ACTION_STEP);
    CHECK_INT(keys_find(&s->keys, IN_PLAYER, 's', &arg), ACTION_SETUP); // as before
    const struct theme theme = {THEME_DARK, &s->looks};
    struct style style = theme_style(&theme, ROLE_TITLE, DEPTH_16M);
    CHECK(style.fg == COLOR_RGB(0x102030) && style.bg == COLOR_INDEX(1) && style.attrs == ATTR_BOLD);
out:
    fixture_deinit(&f);
}

TEST(settings_say_where_the_file_is_wrong)
{
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"cach = 3\n", ":1: cach: unknown key (did you mean cache?)"},
        {"cache = 0\n", ":1: cache: \"0\" is out of range (1 to 1000)"},
        {"[kinora]\ncache = 3\n", ":2: [kinora] cache: unknown section (cache belongs above the first [section])"},
        {"[keys]\nstats = f\n", ":2: [keys] stats: the key f is also that of alone (on a page a key has one action)"},
        {"[keys]\nstats = v\nalone = 3\n",
         ":3: [keys] alone: the key 3 is also that of tenth (on a page a key has one action)"},
        {"[keys]\nsave = x\nreset = x\n",
         ":3: [keys] reset: the key x is also that of save (on a page a key has one action)"},
        {"[keys]\nquit = f1\n", ":2: [keys] quit: \"f1\" is not up to 16 keys"},
        {"[keys]\nplay = x\n", ":2: [keys] play: unknown key"}, // what only the mouse does
        {"[colors]\ntext = reddish\n", ":2: [colors] text: \"reddish\" has the unknown word \"reddish\" (allowed: "},
        {"[colors]\ntxt = red\n", ":2: [colors] txt: unknown key (did you mean text?)"},
    };
    struct fixture f;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char want[KIN_OPT_WHY_MAX];
        CHECK(fixture_init(&f, bad[i].text));
        CHECK_INT(settings_draft_read(&f.draft, f.path, f.why), KIN_EINVAL);
        snprintf(want, sizeof want, "%s%s", f.path, bad[i].why);
        bool found = kin_span_starts(kin_span_str(f.why), want);
        if (!found && unit_plain())
            fprintf(stderr, "got  %s\nwant %s\n", f.why, want);
        CHECK(found);
        fixture_deinit(&f);
        memset(&f, 0, sizeof f);
    }
out:
    fixture_deinit(&f);
}

TEST(settings_are_the_users_own_where_none_are_named)
{
    struct fixture f;
    char folder[64];
    CHECK(fixture_init(&f, ""));
    snprintf(folder, sizeof folder, "%s/kinora", f.folder);
    setenv("XDG_CONFIG_HOME", f.folder, 1);
    CHECK_INT(settings_draft_read(&f.draft, NULL, f.why), KIN_OK); // there are none
    CHECK_INT(f.draft.settings.cache, 30);
    setenv("XDG_CONFIG_HOME", "relative", 1); // is not looked at
    setenv("HOME", "", 1);
    CHECK_INT(settings_draft_read(&f.draft, NULL, f.why), KIN_OK);
    CHECK_INT(settings_draft_read(&f.draft, "/nonexistent/kinora.conf", f.why), KIN_EINVAL); // this one was named
    CHECK_SPAN(kin_span_str(f.why), "/nonexistent/kinora.conf: cannot be opened: No such file or directory");
    CHECK_INT(settings_draft_read(&f.draft, "/", f.why), KIN_EINVAL);
out:
    fixture_deinit(&f);
}

TEST(settings_of_the_command_line_come_last)
{
    struct fixture f;
    struct settings s;
    int operand = 0;
    char text[128];
    struct kin_wr w = kin_wr_init(text, sizeof text);
    CHECK(fixture_init(&f, "cache = 60\nrender = half\nsessions = 3\nbudget = 1MB\n"));
    char *line[] = {"kinora", "--cache", "7", "--config", f.path, "rtsp://x/", NULL};
    CHECK_INT(settings_parse(SETTINGS_PLAY, 6, line, &s, &operand), -1);
    CHECK(s.cache == 7 && s.render == 2 && s.sessions == 3 && s.budget == 1000000);
    CHECK_SPAN(kin_span_str(line[operand]), "rtsp://x/");
    settings_describe(SETTINGS_PLAY, &s, &w);
    CHECK_SPAN(kin_wr_span(&w), "--cache 7 --render half --budget 1000000B");
    char *without[] = {"kinora", "--config", f.path, "--no-config", "rtsp://x/", NULL};
    CHECK_INT(settings_parse(SETTINGS_PLAY, 5, without, &s, &operand), -1);
    CHECK_INT(s.cache, 30);
out:
    fixture_deinit(&f);
}
