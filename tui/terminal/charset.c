// The locale, and advice when it is not what the environment requests.
#include "terminal/charset.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/text.h"
#include "text/messages.h"

#define FALLBACK "C.UTF-8"
#define SHOWN_MAX 48

// The variable that determines the locale, in the order of setlocale(3), and its value. NULL: none is set.
static const char *deciding(const char **ret_value)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        *ret_value = getenv(names[i]);
        if (*ret_value != NULL && **ret_value != '\0')
            return names[i];
    }
    *ret_value = "C";
    return NULL;
}

// "en_US.UTF-8", "de_DE.utf8@euro", and "UTF-8" alone, which macOS sends.
static bool names_utf8(const char *locale)
{
    struct kin_span s = kin_span_str(locale);
    s = kin_span_first(s, kin_span_find(s, '@'));
    size_t dot = kin_span_find(s, '.');
    struct kin_span set = dot < s.n ? kin_span_skip(s, dot + 1) : s;
    return kin_span_case_is(set, "UTF-8") || kin_span_case_is(set, "utf8");
}

static struct charset choose(void)
{
    struct charset c = {.utf8 = false};
    char shown[SHOWN_MAX];
    const char *value;
    const char *name = deciding(&value);
    bool installed = setlocale(LC_CTYPE, "") != NULL;
    kin_text_clean(kin_span_str(value), true, shown, sizeof shown);
    if (!installed && names_utf8(value) && setlocale(LC_CTYPE, FALLBACK) != NULL)
        snprintf(c.advice, sizeof c.advice, MSG_LOCALE_REPLACED, shown, FALLBACK);
    c.utf8 = strcasecmp(nl_langinfo(CODESET), "UTF-8") == 0;
    c.lacking = !c.utf8;
    if (c.lacking)
        snprintf(c.advice, sizeof c.advice, MSG_LOCALE_NO_UNICODE, shown, installed ? "" : MSG_LOCALE_NOT_INSTALLED,
                 name != NULL ? name : "LANG", FALLBACK);
    return c;
}

const struct charset *charset_choose(void)
{
    static struct charset chosen;
    static bool is_chosen;
    if (!is_chosen)
        chosen = choose();
    is_chosen = true;
    return &chosen;
}
