// Which characters the terminal gets, by what the environment says. Each case has a process of its own: setlocale() is
// for all.
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "terminal/charset.h"
#include "unit.h"

struct charset_case {
    const char *all, *ctype, *lang;
    bool utf8, lacking;
    const char *advice; // a part of it, "" = none at all
};

static void put(const char *name, const char *value)
{
    if (value != NULL)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

static bool holds(const struct charset_case *c)
{
    put("LC_ALL", c->all);
    put("LC_CTYPE", c->ctype);
    put("LANG", c->lang);
    const struct charset *got = charset_choose();
    bool said = c->advice[0] == '\0' ? got->advice[0] == '\0' : strstr(got->advice, c->advice) != NULL;
    return got->utf8 == c->utf8 && got->lacking == c->lacking && said && charset_choose() == got;
}

// Regression: a locale that this machine does not have meant ASCII, and nobody said so.
TEST(charset_goes_by_the_environment)
{
    static const struct charset_case cases[] = {
        {NULL, NULL, "C.UTF-8", true, false, ""},
        {NULL, NULL, "xx_XX.UTF-8", true, false, "locale xx_XX.UTF-8 is not installed: using C.UTF-8"},
        {NULL, "UTF-8", NULL, true, false, "locale UTF-8 is not installed"},
        {"xx_XX.utf8@euro", NULL, "C", true, false, "is not installed"},
        {NULL, NULL, NULL, false, true, "locale C: no Unicode; set LANG=C.UTF-8"},
        {"C", NULL, "C.UTF-8", false, true, "locale C: no Unicode; set LC_ALL=C.UTF-8"},
        {"", "POSIX", NULL, false, true, "set LC_CTYPE=C.UTF-8"},
        {NULL, NULL, "xx_XX", false, true, "locale xx_XX is not installed: no Unicode; set LANG=C.UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int status = -1;
        pid_t child = fork();
        if (child == 0)
            _exit(holds(&cases[i]) ? 0 : 1 + (int)i);
        CHECK(child > 0);
        CHECK_INT(waitpid(child, &status, 0), child);
        CHECK_INT(WEXITSTATUS(status), 0);
    }
out:;
}
