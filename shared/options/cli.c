// The command line: getopt_long over the program's table and its further flags.
#include <getopt.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/text.h"
#include "options/help.h"
#include "options/options.h"
#include "options/suggest.h"

#define FIRST_VALUE 256 // getopt values from here on are indexes into the long options
#define EXIT_USAGE 2

enum kind { KIND_HELP, KIND_VERSION, KIND_FLAG, KIND_OPTION };

// What the command line knows, in getopt's form; entry i of `longs` is described by entry i of the others.
struct words {
    const struct kin_cli *cli;
    void *settings;
    size_t count;
    struct option longs[KIN_OPT_TABLE_MAX + 1];
    enum kind kinds[KIN_OPT_TABLE_MAX];
    const void *what[KIN_OPT_TABLE_MAX]; // struct kin_cli_flag, struct kin_opt
    bool seen[KIN_OPT_TABLE_MAX];
    char shorts[2 * 64 + 3];
};

static void add(struct words *w, enum kind kind, const char *name, int has_arg, const void *what)
{
    size_t i = w->count;
    if (i == KIN_OPT_TABLE_MAX)
        return;
    w->longs[i] = (struct option){name, has_arg, NULL, FIRST_VALUE + (int)i};
    w->kinds[i] = kind;
    w->what[i] = what;
    w->count++;
}

static void add_letter(struct words *w, char letter, bool argument)
{
    size_t n = strlen(w->shorts);
    if (n + 3 > sizeof w->shorts || strchr(w->shorts, letter) != NULL)
        return;
    w->shorts[n] = letter;
    w->shorts[n + 1] = argument ? ':' : '\0';
    w->shorts[n + 2] = '\0';
}

static void collect(struct words *w)
{
    const struct kin_cli *cli = w->cli;
    w->shorts[0] = ':'; // tell a missing argument from an unknown option
    for (const struct kin_cli_flag *f = cli->flags; f != NULL && f->name != NULL; f++) {
        add(w, KIND_FLAG, f->name, f->metavar != NULL ? required_argument : no_argument, f);
        if (f->letter != 0)
            add_letter(w, f->letter, f->metavar != NULL);
    }
    for (size_t i = 0; i < cli->count; i++) {
        const struct kin_opt *opt = &cli->table[i];
        if (opt->cli != NULL)
            add(w, KIND_OPTION, opt->cli, opt->type == KIN_OPT_BOOL ? optional_argument : required_argument, opt);
    }
    add(w, KIND_HELP, "help", no_argument, NULL);
    add(w, KIND_VERSION, "version", no_argument, NULL);
    add_letter(w, 'h', false);
    add_letter(w, 'V', false);
}

// The entry of a getopt value: an index, or a letter.
static size_t entry_of(const struct words *w, int value)
{
    if (value >= FIRST_VALUE)
        return (size_t)(value - FIRST_VALUE);
    for (size_t i = 0; i < w->count; i++) {
        const struct kin_cli_flag *f = w->what[i];
        if (w->kinds[i] == KIND_FLAG && f->letter == value)
            return i;
    }
    for (size_t i = 0; i < w->count; i++)
        if (w->kinds[i] == (value == 'h' ? KIND_HELP : KIND_VERSION))
            return i;
    return 0;
}

static int finish_stdout(void)
{
    return fflush(stdout) != 0 || ferror(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int print_help(const struct kin_cli *cli)
{
    printf("usage: %s %s\n%s\n\n", cli->program, cli->usage, cli->summary);
    for (const struct kin_cli_flag *f = cli->flags; f != NULL && f->name != NULL; f++)
        kin_help_row(f->letter, f->name, f->metavar, f->help, NULL, stdout);
    kin_opt_print_help(cli->table, cli->count, stdout);
    kin_help_row('h', "help", NULL, "Show this help.", NULL, stdout);
    kin_help_row('V', "version", NULL, "Show the version.", NULL, stdout);
    return finish_stdout();
}

static int print_version(const struct kin_cli *cli)
{
    printf("%s %s\n", cli->program, KIN_VERSION);
    return finish_stdout();
}

static int usage_error(const struct words *w, const char *what, const char *text)
{
    char shown[96];
    kin_text_escape(kin_span_str(text), shown, sizeof shown);
    fprintf(stderr, "%s: %s%s (see %s --help)\n", w->cli->program, what, shown, w->cli->program);
    return EXIT_USAGE;
}

static int unknown_option(const struct words *w, const char *word)
{
    const char *names[KIN_OPT_TABLE_MAX];
    for (size_t i = 0; i < w->count; i++)
        names[i] = w->longs[i].name;
    struct kin_span name = kin_span_skip(kin_span_str(word), 2);
    name = kin_span_first(name, kin_span_find(name, '='));
    const char *near = kin_span_starts(kin_span_str(word), "--") ? kin_suggest(name, names, w->count) : NULL;
    if (near == NULL)
        return usage_error(w, "unknown option ", word);
    char shown[96];
    kin_text_escape(kin_span_str(word), shown, sizeof shown);
    fprintf(stderr, "%s: unknown option %s (did you mean --%s?)\n", w->cli->program, shown, near);
    return EXIT_USAGE;
}

// After '?' and ':': which word it was, and what is wrong with it.
static int bad_word(const struct words *w, int result, char **argv)
{
    char letter[3] = {'-', (char)optopt, '\0'};
    if (optopt >= FIRST_VALUE || result == ':') {
        const char *name = optopt >= FIRST_VALUE ? w->longs[optopt - FIRST_VALUE].name : letter;
        char text[80];
        snprintf(text, sizeof text, "%s%s", optopt >= FIRST_VALUE ? "--" : "", name);
        return usage_error(w, result == ':' ? "missing argument for " : "no argument is allowed for ", text);
    }
    return unknown_option(w, optopt != 0 ? letter : argv[optind - 1]);
}

static int apply(struct words *w, size_t entry, const char *value, char *why)
{
    const struct kin_cli *cli = w->cli;
    if (w->kinds[entry] == KIND_FLAG)
        return cli->on_flag(cli->ctx, w->what[entry], value, why);
    const struct kin_opt *opt = w->what[entry];
    bool again = w->seen[entry];
    w->seen[entry] = true;
    if (value == NULL)
        value = "yes";
    return again ? kin_opt_append(opt, w->settings, value, why) : kin_opt_set(opt, w->settings, value, why);
}

static int take(struct words *w, int result)
{
    char why[KIN_OPT_WHY_MAX] = "is invalid";
    size_t entry = entry_of(w, result);
    if (w->kinds[entry] == KIND_HELP)
        return print_help(w->cli);
    if (w->kinds[entry] == KIND_VERSION)
        return print_version(w->cli);
    int err = apply(w, entry, optarg, why);
    if (err == KIN_OK)
        return -1;
    fprintf(stderr, "%s: --%s: %s\n", w->cli->program, w->longs[entry].name,
            err == KIN_EINVAL ? why : kin_err_str(err));
    return err == KIN_EINVAL ? EXIT_USAGE : EXIT_FAILURE;
}

int kin_cli_parse(const struct kin_cli *cli, int argc, char **argv, void *settings, int *ret_first_operand)
{
    struct words w = {.cli = cli, .settings = settings};
    int status = -1;
    collect(&w);
    opterr = 0;
    optind = 0; // glibc: begin anew, whatever was parsed before
    while (status < 0) {
        int result = getopt_long(argc, argv, w.shorts, w.longs, NULL);
        if (result == -1)
            break;
        status = result == '?' || result == ':' ? bad_word(&w, result, argv) : take(&w, result);
    }
    if (status < 0)
        *ret_first_operand = optind;
    return status;
}
