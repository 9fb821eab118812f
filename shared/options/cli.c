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

// The options in getopt's form; entry i of `longs` is described by entry i of the others.
struct parser {
    const struct kin_cli *cli;
    void *settings;
    size_t count;
    struct option longs[KIN_OPT_TABLE_MAX + 1];
    enum kind kinds[KIN_OPT_TABLE_MAX];
    const void *what[KIN_OPT_TABLE_MAX]; // struct kin_cli_flag, struct kin_opt
    bool seen[KIN_OPT_TABLE_MAX];
    char shorts[2 * 64 + 3];
};

static void add(struct parser *p, enum kind kind, const char *name, int has_arg, const void *what)
{
    size_t i = p->count;
    if (i == KIN_OPT_TABLE_MAX)
        return;
    p->longs[i] = (struct option){name, has_arg, NULL, FIRST_VALUE + (int)i};
    p->kinds[i] = kind;
    p->what[i] = what;
    p->count++;
}

static void add_letter(struct parser *p, char letter, bool argument)
{
    size_t n = strlen(p->shorts);
    if (n + 3 > sizeof p->shorts || strchr(p->shorts, letter) != NULL)
        return;
    p->shorts[n] = letter;
    p->shorts[n + 1] = argument ? ':' : '\0';
    p->shorts[n + 2] = '\0';
}

static void build_tables(struct parser *p)
{
    const struct kin_cli *cli = p->cli;
    p->shorts[0] = ':'; // getopt then distinguishes a missing argument from an unknown option
    for (const struct kin_cli_flag *f = cli->flags; f != NULL && f->name != NULL; f++) {
        add(p, KIND_FLAG, f->name, f->metavar != NULL ? required_argument : no_argument, f);
        if (f->letter != 0)
            add_letter(p, f->letter, f->metavar != NULL);
    }
    for (size_t i = 0; i < cli->count; i++) {
        const struct kin_opt *opt = &cli->table[i];
        if (opt->cli != NULL)
            add(p, KIND_OPTION, opt->cli, opt->type == KIN_OPT_BOOL ? optional_argument : required_argument, opt);
    }
    add(p, KIND_HELP, "help", no_argument, NULL);
    add(p, KIND_VERSION, "version", no_argument, NULL);
    add_letter(p, 'h', false);
    add_letter(p, 'V', false);
}

// The entry of a getopt value: an index, or a letter.
static size_t entry_of(const struct parser *p, int value)
{
    if (value >= FIRST_VALUE)
        return (size_t)(value - FIRST_VALUE);
    for (size_t i = 0; i < p->count; i++) {
        const struct kin_cli_flag *f = p->what[i];
        if (p->kinds[i] == KIND_FLAG && f->letter == value)
            return i;
    }
    for (size_t i = 0; i < p->count; i++)
        if (p->kinds[i] == (value == 'h' ? KIND_HELP : KIND_VERSION))
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

static int usage_error(const struct parser *p, const char *what, const char *text)
{
    char shown[96];
    kin_text_escape(kin_span_str(text), shown, sizeof shown);
    fprintf(stderr, "%s: %s%s (see %s --help)\n", p->cli->program, what, shown, p->cli->program);
    return EXIT_USAGE;
}

static int unknown_option(const struct parser *p, const char *word)
{
    const char *names[KIN_OPT_TABLE_MAX];
    for (size_t i = 0; i < p->count; i++)
        names[i] = p->longs[i].name;
    struct kin_span name = kin_span_skip(kin_span_str(word), 2);
    name = kin_span_first(name, kin_span_find(name, '='));
    const char *near = kin_span_starts(kin_span_str(word), "--") ? kin_suggest(name, names, p->count) : NULL;
    if (near == NULL)
        return usage_error(p, "unknown option ", word);
    char shown[96];
    kin_text_escape(kin_span_str(word), shown, sizeof shown);
    fprintf(stderr, "%s: unknown option %s (did you mean --%s?)\n", p->cli->program, shown, near);
    return EXIT_USAGE;
}

// After '?' and ':' from getopt: which option it was, and what is wrong with it.
static int report_bad_option(const struct parser *p, int result, char **argv)
{
    char letter[3] = {'-', (char)optopt, '\0'};
    if (optopt >= FIRST_VALUE || result == ':') {
        const char *name = optopt >= FIRST_VALUE ? p->longs[optopt - FIRST_VALUE].name : letter;
        char text[80];
        snprintf(text, sizeof text, "%s%s", optopt >= FIRST_VALUE ? "--" : "", name);
        return usage_error(p, result == ':' ? "missing argument for " : "no argument is allowed for ", text);
    }
    return unknown_option(p, optopt != 0 ? letter : argv[optind - 1]);
}

static int apply(struct parser *p, size_t entry, const char *value, char *why)
{
    const struct kin_cli *cli = p->cli;
    if (p->kinds[entry] == KIND_FLAG)
        return cli->on_flag(cli->ctx, p->what[entry], value, why);
    const struct kin_opt *opt = p->what[entry];
    bool again = p->seen[entry];
    p->seen[entry] = true;
    if (value == NULL)
        value = "yes";
    return again ? kin_opt_append(opt, p->settings, value, why) : kin_opt_set(opt, p->settings, value, why);
}

static int handle_option(struct parser *p, int result)
{
    char why[KIN_OPT_WHY_MAX] = "is invalid";
    size_t entry = entry_of(p, result);
    if (p->kinds[entry] == KIND_HELP)
        return print_help(p->cli);
    if (p->kinds[entry] == KIND_VERSION)
        return print_version(p->cli);
    int err = apply(p, entry, optarg, why);
    if (err == KIN_OK)
        return -1;
    fprintf(stderr, "%s: --%s: %s\n", p->cli->program, p->longs[entry].name,
            err == KIN_EINVAL ? why : kin_err_str(err));
    return err == KIN_EINVAL ? EXIT_USAGE : EXIT_FAILURE;
}

int kin_cli_parse(const struct kin_cli *cli, int argc, char **argv, void *settings, int *ret_first_operand)
{
    struct parser p = {.cli = cli, .settings = settings};
    int status = -1;
    build_tables(&p);
    opterr = 0;
    optind = 0; // glibc: begin anew, whatever was parsed before
    while (status < 0) {
        int result = getopt_long(argc, argv, p.shorts, p.longs, NULL);
        if (result == -1)
            break;
        status = result == '?' || result == ':' ? report_bad_option(&p, result, argv) : handle_option(&p, result);
    }
    if (status < 0)
        *ret_first_operand = optind;
    return status;
}
