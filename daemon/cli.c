// The command line is read twice: once for what to do and which file to read, then on top of that file.
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

static const struct kin_cli_flag flags[] = {
    {'c', "config", "FILE", "Read this file instead of " CLI_DEFAULT_FILE "."},
    {'o', "option", "SECTION.KEY=VALUE", "Set one key of the file; may be given again."},
    {'t', "check-config", NULL, "Check the configuration; print nothing and exit 0 when it is good."},
    {0, "print-config", NULL, "Print the settings in effect, in the file's own syntax."},
    {0, "default-config", NULL, "Print the commented sample file."},
    {0, NULL, NULL, NULL},
};

// One reading of the command line.
struct reading {
    struct cli *cli;           // first reading: what to do; else NULL
    struct settings *settings; // second reading
    int err;
    char *why;
};

static void note_mode(struct cli *cli, const char *name, const char *value)
{
    if (strcmp(name, "config") == 0)
        cli->file = value;
    else if (strcmp(name, "check-config") == 0)
        cli->mode = CLI_CHECK;
    else if (strcmp(name, "print-config") == 0)
        cli->mode = CLI_PRINT;
    else if (strcmp(name, "default-config") == 0)
        cli->mode = CLI_SAMPLE;
}

static int on_flag(void *ctx, const struct kin_cli_flag *flag, const char *value, char why[KIN_OPT_WHY_MAX])
{
    struct reading *r = ctx;
    (void)why; // a wrong -o is a wrong configuration, not a wrong command line: it is told apart by r->err
    if (r->cli != NULL)
        note_mode(r->cli, flag->name, value);
    else if (strcmp(flag->name, "option") == 0 && r->err == KIN_OK)
        r->err = kin_opt_assign(settings_table, settings_count, r->settings, value, r->why);
    return KIN_OK;
}

static int read_line(struct reading *r, int argc, char **argv, struct settings *settings, int *ret_first_operand)
{
    const struct kin_cli cli = {.program = "kinorad",
                                .usage = "[-c FILE] [-o section.key=value]... [--media DIR] [--listen ADDR:PORT]... "
                                         "[-t|--check-config] [--print-config] [--default-config]",
                                .summary = "Serves a directory of Motion-JPEG reels over RTSP and RTP.",
                                .table = settings_table,
                                .count = settings_count,
                                .flags = flags,
                                .on_flag = on_flag,
                                .ctx = r};
    return kin_cli_parse(&cli, argc, argv, settings, ret_first_operand);
}

int cli_parse(struct cli *cli, int argc, char **argv)
{
    struct settings scratch;
    int operand = argc;
    *cli = (struct cli){.argc = argc, .argv = argv};
    struct reading r = {.cli = cli};
    if (settings_init(&scratch) != KIN_OK) {
        fprintf(stderr, "kinorad: out of memory\n");
        return EXIT_FAILURE;
    }
    int status = read_line(&r, argc, argv, &scratch, &operand);
    settings_free(&scratch);
    if (status < 0 && operand < argc) {
        fprintf(stderr, "kinorad: unexpected operand %s (see kinorad --help)\n", argv[operand]);
        status = 2;
    }
    return status;
}

static int read_file(const struct cli *cli, struct settings *settings, char why[KIN_OPT_WHY_MAX])
{
    const char *path = cli->file != NULL ? cli->file : CLI_DEFAULT_FILE;
    if (cli->file == NULL && access(path, F_OK) != 0)
        return KIN_OK;
    why[0] = '\0';
    int err = kin_opt_read_file(settings_table, settings_count, settings, path, why);
    if (err == KIN_OK || err == KIN_ENOMEM)
        return err;
    if (err != KIN_EINVAL || why[0] == '\0')
        snprintf(why, KIN_OPT_WHY_MAX, "%s: cannot be read: %s", path, kin_err_str(err));
    return KIN_EINVAL;
}

int cli_settings(const struct cli *cli, struct settings *ret, char why[KIN_OPT_WHY_MAX])
{
    int operand;
    struct reading r = {.settings = ret, .why = why};
    int err = settings_init(ret);
    if (err == KIN_OK)
        err = read_file(cli, ret, why);
    if (err == KIN_OK && read_line(&r, cli->argc, cli->argv, ret, &operand) >= 0)
        err = KIN_ENOMEM; // the first reading found nothing wrong
    if (err == KIN_OK)
        err = r.err;
    if (err != KIN_OK)
        settings_free(ret);
    return err;
}

int cli_print(const struct cli *cli, const struct settings *settings)
{
    int err = cli->mode == CLI_SAMPLE
                  ? kin_opt_print_sample(settings_table, settings_count, "kinorad.conf: settings of kinorad(8)", stdout)
                  : kin_opt_print(settings_table, settings_count, settings, stdout);
    return err == KIN_OK && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
