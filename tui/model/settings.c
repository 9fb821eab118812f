// The table behind kinora's options, made from options.def, and the command lines of its commands.
#include "model/settings.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "model/settings_internal.h"
#include "text/messages.h"

enum {
    PLAY = SETTINGS_PLAY,
    LS = SETTINGS_LS,
    PROBE = SETTINGS_PROBE,
    SAVE = SETTINGS_SAVE,
    TERMINAL = SETTINGS_TERMINAL
};

struct row {
    unsigned commands;
    struct kin_opt opt;
};

// What every option has. Those of the file stand above its first section.
#define OPTION(field, name, option_type)                                                                               \
    .section = "", .key = name, .type = option_type, .offset = offsetof(struct settings, field), .cli = name
#define SETTING_ENUM(field, which, name, shown, initial, names, text)                                                  \
    {.commands = (which),                                                                                              \
     .opt = {OPTION(field, name, KIN_OPT_ENUM), .value = initial, .choices = (const char *const[]){names, NULL},       \
             .metavar = shown, .help = text}},
#define SETTING_INT(field, which, name, initial, lo, hi, unit, text)                                                   \
    {.commands = (which),                                                                                              \
     .opt = {OPTION(field, name, KIN_OPT_INT), .value = initial, .min = lo, .max = hi, .metavar = unit,                \
             .help = text}},
#define SETTING_AUTO(field, which, name, lo, hi, unit, text)                                                           \
    {.commands = (which),                                                                                              \
     .opt = {OPTION(field, name, KIN_OPT_INT), .value = "auto", .choices = (const char *const[]){"auto", NULL},        \
             .min = lo, .max = hi, .metavar = unit, .help = text}},
#define SETTING_BANDWIDTH(field, which, name, none, lo, hi, unit, text)                                                \
    {.commands = (which),                                                                                              \
     .opt = {OPTION(field, name, KIN_OPT_BANDWIDTH), .value = none, .choices = (const char *const[]){none, NULL},      \
             .min = lo, .max = hi, .metavar = unit, .help = text}},
#define SETTING_DURATION(field, which, name, initial, lo, hi, unit, text)                                              \
    {.commands = (which),                                                                                              \
     .opt = {OPTION(field, name, KIN_OPT_SECONDS), .value = initial, .min = lo, .max = hi, .metavar = unit,            \
             .help = text}},
#define SETTING_BOOL(field, which, name, text)                                                                         \
    {.commands = (which), .opt = {OPTION(field, name, KIN_OPT_BOOL), .value = "no", .help = text}},
static const struct row rows[] = {
#include "model/options.def"
};

#define ROW_COUNT (sizeof rows / sizeof rows[0])
_Static_assert(ROW_COUNT <= SETTINGS_OPTIONS_MAX, "SETTINGS_OPTIONS_MAX");

size_t settings_options(unsigned commands, struct kin_opt *table)
{
    size_t n = 0;
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (rows[i].commands & commands)
            table[n++] = rows[i].opt;
    return n;
}

int settings_defaults(struct settings *s)
{
    struct kin_opt table[SETTINGS_OPTIONS_MAX];
    size_t n = settings_options(SETTINGS_ALL_COMMANDS, table);
    *s = (struct settings){.cache = 0};
    keys_defaults(&s->keys);
    return kin_opt_defaults(table, n, s);
}

static void describe(const struct kin_opt *opt, const struct settings *s, struct kin_wr *out)
{
    const void *field = (const char *)s + opt->offset;
    kin_wr_fmt(out, "%s--%s", out->len > 0 ? " " : "", opt->cli);
    if (opt->type == KIN_OPT_ENUM)
        kin_wr_fmt(out, " %s", opt->choices[*(const int64_t *)field]);
    else if (opt->type == KIN_OPT_BANDWIDTH)
        kin_wr_fmt(out, " %lldB", (long long)*(const int64_t *)field);
    else if (opt->type == KIN_OPT_INT)
        kin_wr_fmt(out, " %lld", (long long)*(const int64_t *)field);
}

void settings_describe(enum settings_command command, const struct settings *s, struct kin_wr *out)
{
    struct kin_opt table[SETTINGS_OPTIONS_MAX];
    struct settings defaults;
    size_t n = settings_options(command, table);
    if (settings_defaults(&defaults) != KIN_OK)
        return;
    for (size_t i = 0; i < n; i++)
        if (kin_opt_differs(&table[i], s, &defaults))
            describe(&table[i], s, out);
}

// --- the command line: read once for which file to read, then on top of that file

enum mode { MODE_RUN, MODE_PRINT, MODE_SAMPLE };

struct reading {
    const char *file; // NULL: the user's own
    bool no_file;
    enum mode mode;
};

static int on_flag(void *ctx, const struct kin_cli_flag *flag, const char *value, char why[KIN_OPT_WHY_MAX])
{
    struct reading *r = ctx;
    (void)why;
    if (strcmp(flag->name, "config") == 0)
        r->file = value;
    else if (strcmp(flag->name, "no-config") == 0)
        r->no_file = true;
    else
        r->mode = strcmp(flag->name, "print-config") == 0 ? MODE_PRINT : MODE_SAMPLE;
    return KIN_OK;
}

#define FILE_FLAGS                                                                                                     \
    {.name = "config", .metavar = "FILE", .help = MSG_CONFIG_HELP},                                                    \
    {                                                                                                                  \
        .name = "no-config", .help = MSG_NO_CONFIG_HELP                                                                \
    }
static const struct kin_cli_flag flags[] = {FILE_FLAGS, {.name = NULL}};
static const struct kin_cli_flag play_flags[] = {
    FILE_FLAGS,
    {.name = "print-config", .help = MSG_PRINT_CONFIG_HELP},
    {.name = "default-config", .help = MSG_DEFAULT_CONFIG_HELP},
    {.name = NULL},
};

static const struct command_text {
    enum settings_command command;
    const char *program, *usage, *summary;
    const struct kin_cli_flag *flags;
} command_texts[] = {
    {SETTINGS_PLAY, "kinora", MSG_PLAY_USAGE, MSG_PLAY_SUMMARY, play_flags},
    {SETTINGS_LS, "kinora ls", MSG_LS_USAGE, MSG_LS_SUMMARY, flags},
    {SETTINGS_PROBE, "kinora probe", MSG_PROBE_USAGE, MSG_PROBE_SUMMARY, flags},
    {SETTINGS_SAVE, "kinora save", MSG_SAVE_USAGE, MSG_SAVE_SUMMARY, flags},
    {SETTINGS_TERMINAL, "kinora terminal", MSG_TERMINAL_USAGE, MSG_TERMINAL_SUMMARY, flags},
};

static const struct command_text *find_text(enum settings_command command)
{
    for (size_t i = 0; i < sizeof command_texts / sizeof command_texts[0]; i++)
        if (command_texts[i].command == command)
            return &command_texts[i];
    return &command_texts[0];
}

static int read_line(enum settings_command command, int argc, char **argv, struct reading *r, struct settings *s,
                     int *ret_operand)
{
    const struct command_text *text = find_text(command);
    struct kin_opt table[SETTINGS_OPTIONS_MAX];
    struct kin_cli cli = {
        .program = text->program,
        .usage = text->usage,
        .summary = text->summary,
        .table = table,
        .count = settings_options(command, table),
        .flags = text->flags,
        .on_flag = on_flag,
        .ctx = r,
    };
    return kin_cli_parse(&cli, argc, argv, s, ret_operand);
}

static int refuse(int err, const char *why)
{
    fprintf(stderr, MSG_LINE("%s"), err == KIN_EINVAL ? why : kin_err_str(err));
    return err == KIN_EINVAL ? SETTINGS_EX_CONFIG : 1;
}

int settings_parse(enum settings_command command, int argc, char **argv, struct settings *s, int *ret_operand)
{
    static struct settings_draft draft;
    char why[KIN_OPT_WHY_MAX] = "";
    struct reading r = {.file = NULL};
    int err = settings_defaults(s);
    int status = err == KIN_OK ? read_line(command, argc, argv, &r, s, ret_operand) : refuse(err, why);
    if (status >= 0)
        return status;
    err = settings_draft_init(&draft);
    if (err == KIN_OK && !r.no_file && r.mode != MODE_SAMPLE)
        err = settings_draft_read(&draft, r.file, why);
    if (err == KIN_OK)
        status = read_line(command, argc, argv, &r, &draft.settings, ret_operand);
    else
        status = refuse(err, why);
    *s = draft.settings;
    if (status < 0 && r.mode != MODE_RUN)
        status = settings_draft_print(&draft, r.mode == MODE_SAMPLE);
    settings_draft_deinit(&draft);
    return status;
}
