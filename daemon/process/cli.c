// The command line is read twice: once for what to do and which file to read, then on top of that file.
#include "process/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "ground/messages.h"
#include "io/addr.h"
#include "library/index_store.h"

static const struct kin_cli_flag flags[] = {
    {'c', "config", "FILE", MSG_HELP_CONFIG(CLI_DEFAULT_FILE)}, {'o', "option", "SECTION.KEY=VALUE", MSG_HELP_OPTION},
    {'t', "check-config", NULL, MSG_HELP_CHECK_CONFIG},         {0, "print-config", NULL, MSG_HELP_PRINT_CONFIG},
    {0, "default-config", NULL, MSG_HELP_DEFAULT_CONFIG},       {0, NULL, NULL, NULL},
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
    (void)why; // a wrong -o is a configuration error, not a usage error: see r->err
    if (r->cli != NULL)
        note_mode(r->cli, flag->name, value);
    else if (strcmp(flag->name, "option") == 0 && r->err == KIN_OK)
        r->err = kin_opt_assign(settings_table, settings_count, r->settings, value, r->why);
    return KIN_OK;
}

static int read_line(struct reading *r, int argc, char **argv, struct settings *settings, int *ret_first_operand)
{
    const struct kin_cli cli = {.program = "kinorad",
                                .usage = MSG_USAGE,
                                .summary = MSG_SUMMARY,
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
        fprintf(stderr, MSG_OUT_OF_MEMORY);
        return EXIT_FAILURE;
    }
    int status = read_line(&r, argc, argv, &scratch, &operand);
    settings_free(&scratch);
    if (status < 0 && operand < argc) {
        fprintf(stderr, MSG_UNEXPECTED_OPERAND, argv[operand]);
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
    if (why[0] == '\0')
        snprintf(why, KIN_OPT_WHY_MAX, MSG_FILE_UNREADABLE, path, kin_err_str(err));
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

// --- checks against this machine

static bool is_default(const struct kin_opt *opt, const struct settings *settings)
{
    struct settings plain;
    bool same = settings_init(&plain) == KIN_OK && !kin_opt_differs(opt, &plain, settings);
    settings_free(&plain);
    return same;
}

static bool is_on_line(const struct cli *cli, const struct kin_opt *opt)
{
    struct settings alone;
    char why[KIN_OPT_WHY_MAX];
    int operand;
    struct reading r = {.settings = &alone, .why = why};
    bool set = settings_init(&alone) == KIN_OK && read_line(&r, cli->argc, cli->argv, &alone, &operand) < 0 &&
               !is_default(opt, &alone);
    settings_free(&alone);
    return set;
}

// A sentence about a setting, beginning with where its value comes from.
static void describe_setting(const struct cli *cli, const struct settings *settings, const char *section,
                             const char *key, const char *what, char why[KIN_OPT_WHY_MAX])
{
    const struct kin_opt *opt = kin_opt_find(settings_table, settings_count, section, key);
    const char *file = cli->file != NULL ? cli->file : CLI_DEFAULT_FILE;
    int line = is_on_line(cli, opt) ? 0 : kin_opt_line_in_file(opt, file);
    char place[200] = MSG_PLACE_COMMAND_LINE;
    if (line > 0)
        snprintf(place, sizeof place, MSG_PLACE_LINE, file, line);
    else if (is_default(opt, settings))
        snprintf(place, sizeof place, MSG_PLACE_DEFAULT);
    snprintf(why, KIN_OPT_WHY_MAX, MSG_SETTING, place, section, key, what);
}

static int refuse(const struct cli *cli, const struct settings *settings, const char *section, const char *key,
                  const char *what, char why[KIN_OPT_WHY_MAX])
{
    describe_setting(cli, settings, section, key, what, why);
    return KIN_EINVAL;
}

// 0, or the errno that says why the directory cannot be used that way.
static int try_directory(const char *path, int access_mode)
{
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int error = fd < 0 || faccessat(fd, ".", access_mode, AT_EACCESS) != 0 ? errno : 0;
    if (fd >= 0)
        close(fd);
    return error;
}

int cli_verify_root(const struct cli *cli, const struct settings *s, char why[KIN_OPT_WHY_MAX])
{
    char what[256];
    int error = try_directory(s->media_root, R_OK | X_OK);
    if (error == 0 || error == EMFILE || error == ENFILE || error == ENOMEM)
        return KIN_OK;
    snprintf(what, sizeof what, MSG_ROOT_UNREADABLE, s->media_root, strerror(error));
    return refuse(cli, s, "media", "root", what, why);
}

static bool is_any(const union kin_addr *a)
{
    return a->sa.sa_family == AF_INET6 ? IN6_IS_ADDR_UNSPECIFIED(&a->v6.sin6_addr)
                                       : a->v4.sin_addr.s_addr == htonl(INADDR_ANY);
}

// Two listeners of one port collide when one would accept connections to the other's address; "[::]" accepts IPv4 too.
static bool collide(const union kin_addr *a, const union kin_addr *b)
{
    if (kin_addr_port(a) != kin_addr_port(b) || kin_addr_port(a) == 0)
        return false;
    bool a_takes_b = is_any(a) && (a->sa.sa_family == AF_INET6 || b->sa.sa_family == AF_INET);
    bool b_takes_a = is_any(b) && (b->sa.sa_family == AF_INET6 || a->sa.sa_family == AF_INET);
    return a_takes_b || b_takes_a || kin_addr_same_host(a, b);
}

static int verify_listen(const struct cli *cli, const struct settings *s, char why[KIN_OPT_WHY_MAX])
{
    const struct kin_opt_list *l = &s->server_listen;
    union kin_addr address[KIN_OPT_LIST_MAX];
    char what[192];
    if (getenv("LISTEN_FDS") != NULL) // sockets from the service manager replace the list
        return KIN_OK;
    if (l->count == 0)
        return refuse(cli, s, "server", "listen", MSG_LISTEN_EMPTY, why);
    for (size_t i = 0; i < l->count; i++) {
        if (kin_addr_parse(l->items[i], &address[i]) != KIN_OK)
            return refuse(cli, s, "server", "listen", MSG_LISTEN_INVALID, why);
        for (size_t k = 0; k < i; k++) {
            if (!collide(&address[i], &address[k]))
                continue;
            snprintf(what, sizeof what, MSG_LISTEN_COLLIDE, l->items[k], l->items[i]);
            return refuse(cli, s, "server", "listen", what, why);
        }
    }
    return KIN_OK;
}

int cli_verify(const struct cli *cli, const struct settings *settings, char why[KIN_OPT_WHY_MAX])
{
    int err = cli_verify_root(cli, settings, why);
    return err == KIN_OK ? verify_listen(cli, settings, why) : err;
}

// A directory that the daemon can do without.
static void check_directory(const struct cli *cli, const struct settings *s, const char *key, const char *path,
                            int access_mode, void (*warn)(const char *text))
{
    char what[256], why[KIN_OPT_WHY_MAX];
    int error = *path != '\0' ? try_directory(path, access_mode) : 0;
    if (error == 0 || (error == ENOENT && strcmp(path, INDEX_STORE_DEFAULT_DIR) == 0))
        return;
    snprintf(what, sizeof what, MSG_DIRECTORY_UNUSABLE, path, strerror(error));
    describe_setting(cli, s, "media", key, what, why);
    warn(why);
}

void cli_warn(const struct cli *cli, const struct settings *s, void (*warn)(const char *text))
{
    check_directory(cli, s, "index_dir", s->media_index_dir, R_OK | W_OK | X_OK, warn);
    check_directory(cli, s, "repair_dir", s->media_repair_dir, W_OK | X_OK, warn);
}

int cli_print(const struct cli *cli, const struct settings *settings)
{
    int err = cli->mode == CLI_SAMPLE ? kin_opt_print_sample(settings_table, settings_count, MSG_SAMPLE_TITLE, stdout)
                                      : kin_opt_print(settings_table, settings_count, settings, stdout);
    return err == KIN_OK && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
