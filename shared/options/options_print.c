// What the table looks like to people: the effective settings, the sample file, the option rows of --help.
#include "base/err.h"
#include "base/wr.h"
#include "options/help.h"
#include "options/value.h"

static bool bounded(const struct kin_opt *opt)
{
    return opt->min != 0 || opt->max != 0;
}

static void put_bounds(const struct kin_opt *opt, const char *lead, struct kin_wr *w)
{
    char least[KIN_OPT_NUMBER_MAX];
    char most[KIN_OPT_NUMBER_MAX];
    if (!bounded(opt))
        return;
    kin_opt_number_format(opt->type, opt->min, least);
    kin_opt_number_format(opt->type, opt->max, most);
    kin_wr_fmt(w, "%s%s to %s", lead, least, most);
}

static void put_choices(const struct kin_opt *opt, struct kin_wr *w)
{
    for (size_t i = 0; opt->choices[i] != NULL; i++)
        kin_wr_fmt(w, "%s%s", i > 0 ? ", " : "", opt->choices[i]);
}

void kin_opt_allowed(const struct kin_opt *opt, char *dst, size_t size)
{
    static const char *const plain[] = {
        [KIN_OPT_BOOL] = "yes or no",
        [KIN_OPT_DURATION] = "a duration such as 500ms, 90s or 2min",
        [KIN_OPT_SECONDS] = "seconds, or a duration such as 500ms, 90s or 2min",
        [KIN_OPT_SIZE] = "a size such as 64KiB, 8MiB or plain bytes",
        [KIN_OPT_BANDWIDTH] = "a bandwidth such as 2Mbit, 500kbit or 200kB",
        [KIN_OPT_RATE] = "frames per second such as 24, 23.976 or 30000/1001, from 1/3600 to 1000",
        [KIN_OPT_STRING] = "a line of text",
    };
    struct kin_wr w = kin_wr_init(dst, size);
    if (opt->choices != NULL && opt->type != KIN_OPT_ENUM)
        kin_wr_fmt(&w, "%s or ", opt->choices[0]);
    if (opt->type == KIN_OPT_ENUM)
        put_choices(opt, &w);
    else if (opt->type == KIN_OPT_LIST)
        kin_wr_fmt(&w, "up to %d, separated by commas or blanks", KIN_OPT_LIST_MAX);
    else if (opt->type == KIN_OPT_INT && bounded(opt))
        put_bounds(opt, "", &w);
    else
        kin_wr_str(&w, opt->type == KIN_OPT_INT ? "a whole number" : plain[opt->type]);
    if (opt->type != KIN_OPT_INT)
        put_bounds(opt, ", ", &w);
    if (size > 0)
        dst[w.len < size ? w.len : size - 1] = '\0';
}

// Begins a new section of the file when the option is the first of one.
static void put_section(const struct kin_opt *opt, const char **last, FILE *out)
{
    bool is_new = *last == NULL || strcmp(*last, opt->section) != 0;
    if (is_new && opt->section[0] != '\0')
        fprintf(out, "%s[%s]\n", *last != NULL ? "\n" : "", opt->section);
    *last = opt->section;
}

int kin_opt_print(const struct kin_opt *table, size_t count, const void *settings, FILE *out)
{
    const char *section = NULL;
    for (size_t i = 0; i < count; i++) {
        if (table[i].section == NULL)
            continue;
        put_section(&table[i], &section, out);
        fprintf(out, "%s = ", table[i].key);
        kin_opt_value_print(&table[i], (const char *)settings + table[i].offset, out);
        fputc('\n', out);
    }
    return fflush(out) != 0 || ferror(out) ? KIN_EIO : KIN_OK;
}

static void put_comment(const char *text, FILE *out)
{
    struct kin_span rest = kin_span_str(text);
    struct kin_span line;
    while (kin_span_split(&rest, '\n', &line))
        fprintf(out, line.n > 0 ? "# %.*s\n" : "#%.*s\n", KIN_SPAN_ARG(line));
}

static void put_sample(const struct kin_opt *opt, FILE *out)
{
    char allowed[KIN_OPT_WHY_MAX];
    kin_opt_allowed(opt, allowed, sizeof allowed);
    put_comment(opt->help, out);
    if (opt->type != KIN_OPT_STRING)
        fprintf(out, "# Allowed: %s.\n", allowed);
    if (opt->restart)
        fputs("# A change needs a restart.\n", out);
    fprintf(out, "#%s = %s\n", opt->key, opt->value != NULL ? opt->value : "");
}

int kin_opt_print_sample(const struct kin_opt *table, size_t count, const char *title, FILE *out)
{
    static const char syntax[] = "\nEvery setting is listed with its default, commented out; remove the # to change it."
                                 "\nDurations take us, ms, s, min and h; sizes take KiB, MiB, GiB and TiB.";
    const char *section = NULL;
    put_comment(title, out);
    put_comment(syntax, out);
    fputc('\n', out);
    for (size_t i = 0; i < count; i++) {
        if (table[i].section == NULL)
            continue;
        bool is_first = section == NULL && table[i].section[0] == '\0';
        put_section(&table[i], &section, out);
        fputs(is_first ? "" : "\n", out);
        put_sample(&table[i], out);
    }
    return fflush(out) != 0 || ferror(out) ? KIN_EIO : KIN_OK;
}

int kin_opt_print_help(const struct kin_opt *table, size_t count, FILE *out)
{
    for (size_t i = 0; i < count; i++) {
        bool quiet = table[i].type == KIN_OPT_BOOL;
        if (table[i].cli != NULL)
            kin_help_row(0, table[i].cli, quiet ? NULL : table[i].metavar, table[i].help, quiet ? NULL : table[i].value,
                         out);
    }
    return ferror(out) ? KIN_EIO : KIN_OK;
}
