// INI files of any content: never a crash, every refusal explained, and what was accepted prints and reads back.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "options/options.h"

static const char *const none[] = {"0", NULL};
static const char *const levels[] = {"error", "warning", "info", NULL};

struct set {
    bool loop;
    int64_t port, timeout, cache, level, budget, seconds;
    struct kin_opt_rate rate;
    char *root;
    struct kin_opt_list listen;
};

static bool check_listen(const char *text, char *why, size_t why_size)
{
    snprintf(why, why_size, "has no port");
    return strchr(text, ':') != NULL;
}

#define AT(field) offsetof(struct set, field)
static const struct kin_opt table[] = {
    {"", "budget", KIN_OPT_BANDWIDTH, AT(budget), "0", 1, INT64_MAX, none, NULL, NULL, 0, "", NULL},
    {"", "seconds", KIN_OPT_SECONDS, AT(seconds), "0", 0, INT64_MAX, NULL, NULL, NULL, 0, "", NULL},
    {"server", "listen", KIN_OPT_LIST, AT(listen), "[::]:8554", 0, 0, NULL, NULL, NULL, 0, "", check_listen},
    {"server", "session_timeout", KIN_OPT_DURATION, AT(timeout), "60s", 1, 3600000000, NULL, NULL, NULL, 0, "", NULL},
    {"rtp", "port", KIN_OPT_INT, AT(port), "0", -5, 65534, NULL, NULL, NULL, 0, "", NULL},
    {"media", "root", KIN_OPT_STRING, AT(root), "/srv", 0, 0, NULL, NULL, NULL, 0, "", NULL},
    {"media", "frame_rate", KIN_OPT_RATE, AT(rate), "24", 0, 0, NULL, NULL, NULL, 0, "", NULL},
    {"media", "loop", KIN_OPT_BOOL, AT(loop), "no", 0, 0, NULL, NULL, NULL, 0, "", NULL},
    {"media", "cache_size", KIN_OPT_SIZE, AT(cache), "64MiB", 0, INT64_MAX, NULL, NULL, NULL, 0, "", NULL},
    {"log", "level", KIN_OPT_ENUM, AT(level), "info", 0, 0, levels, NULL, NULL, 0, "", NULL},
};
#define COUNT (sizeof table / sizeof table[0])

static void need(bool condition)
{
    if (!condition)
        abort();
}

static int read_bytes(struct set *s, const void *p, size_t n, char *why)
{
    FILE *in = n > 0 ? fmemopen((void *)(uintptr_t)p, n, "r") : fopen("/dev/null", "r");
    need(in != NULL);
    int err = kin_opt_read_stream(table, COUNT, s, in, "f", why);
    fclose(in);
    return err;
}

// The file printed from the settings must be accepted and mean the same.
static void round_trip(const struct set *s)
{
    struct set again;
    char why[KIN_OPT_WHY_MAX];
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    need(out != NULL && kin_opt_print(table, COUNT, s, out) == KIN_OK);
    fclose(out);
    need(kin_opt_defaults(table, COUNT, &again) == KIN_OK);
    if (n < KIN_OPT_LINE_MAX) // the items of a list may come from several lines and print as one
        need(read_bytes(&again, text, n, why) == KIN_OK);
    for (size_t i = 0; n < KIN_OPT_LINE_MAX && i < COUNT; i++)
        need(!kin_opt_differs(&table[i], s, &again));
    kin_opt_free(table, COUNT, &again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct set s;
    char why[KIN_OPT_WHY_MAX] = "";
    need(kin_opt_defaults(table, COUNT, &s) == KIN_OK);
    int err = read_bytes(&s, data, size, why);
    if (err == KIN_OK)
        round_trip(&s);
    else
        need(err == KIN_EINVAL && kin_span_starts(kin_span_str(why), "f:") && strlen(why) < sizeof why);
    kin_opt_free(table, COUNT, &s);
    return 0;
}
