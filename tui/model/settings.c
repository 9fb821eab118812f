// The table behind kinora's options, made from options.def, and the command lines of its commands.
#include "model/settings.h"

#include <stdio.h>

#include "base/err.h"
#include "base/lex.h"

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

#define FIELD(name) .offset = offsetof(struct settings, name)
#define SETTING_ENUM(field, which, name, shown, initial, names, text)                                                  \
    {.commands = (which),                                                                                              \
     .opt = {.key = name,                                                                                              \
             .type = KIN_OPT_ENUM,                                                                                     \
             FIELD(field),                                                                                             \
             .value = initial,                                                                                         \
             .choices = (const char *const[]){names, NULL},                                                            \
             .cli = name,                                                                                              \
             .metavar = shown,                                                                                         \
             .help = text}},
#define SETTING_INT(field, which, name, initial, lo, hi, unit, text)                                                   \
    {.commands = (which),                                                                                              \
     .opt = {.key = name,                                                                                              \
             .type = KIN_OPT_INT,                                                                                      \
             FIELD(field),                                                                                             \
             .value = initial,                                                                                         \
             .min = lo,                                                                                                \
             .max = hi,                                                                                                \
             .cli = name,                                                                                              \
             .metavar = unit,                                                                                          \
             .help = text}},
#define SETTING_AUTO(field, which, name, lo, hi, unit, text)                                                           \
    {.commands = (which),                                                                                              \
     .opt = {.key = name,                                                                                              \
             .type = KIN_OPT_INT,                                                                                      \
             FIELD(field),                                                                                             \
             .value = "auto",                                                                                          \
             .choices = (const char *const[]){"auto", NULL},                                                           \
             .min = lo,                                                                                                \
             .max = hi,                                                                                                \
             .cli = name,                                                                                              \
             .metavar = unit,                                                                                          \
             .help = text}},
#define SETTING_BOOL(field, which, name, text)                                                                         \
    {.commands = (which),                                                                                              \
     .opt = {.key = name, .type = KIN_OPT_BOOL, FIELD(field), .value = "no", .cli = name, .help = text}},
static const struct row rows[] = {
#include "model/options.def"
#include "text/messages.h"
};
#undef SETTING_ENUM
#undef SETTING_INT
#undef SETTING_AUTO
#undef SETTING_BOOL

#define ROW_COUNT (sizeof rows / sizeof rows[0])

static size_t command_table(unsigned commands, struct kin_opt table[ROW_COUNT])
{
    size_t n = 0;
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (rows[i].commands & commands)
            table[n++] = rows[i].opt;
    return n;
}

int settings_defaults(struct settings *s)
{
    struct kin_opt table[ROW_COUNT];
    size_t n = command_table(PLAY | LS | PROBE | SAVE | TERMINAL, table);
    *s = (struct settings){.duration = 0};
    return kin_opt_defaults(table, n, s);
}

static void describe(const struct kin_opt *opt, const struct settings *s, struct kin_wr *out)
{
    const void *field = (const char *)s + opt->offset;
    kin_wr_fmt(out, "%s--%s", out->len > 0 ? " " : "", opt->cli);
    if (opt->type == KIN_OPT_ENUM)
        kin_wr_fmt(out, " %s", opt->choices[*(const int64_t *)field]);
    else if (opt->type == KIN_OPT_INT)
        kin_wr_fmt(out, " %lld", (long long)*(const int64_t *)field);
}

void settings_describe(enum settings_command command, const struct settings *s, struct kin_wr *out)
{
    struct kin_opt table[ROW_COUNT];
    struct settings defaults;
    size_t n = command_table(command, table);
    if (settings_defaults(&defaults) != KIN_OK)
        return;
    for (size_t i = 0; i < n; i++)
        if (kin_opt_differs(&table[i], s, &defaults))
            describe(&table[i], s, out);
}

#define DURATION_MAX_US (INT64_C(366) * 24 * 3600 * KIN_US_PER_S)

// A duration of the options, or seconds without a unit: "5", "2.5".
static bool parse_duration(struct kin_span text, kin_us *ret)
{
    uint64_t micro;
    int64_t us;
    if (kin_lex_micro(text, DURATION_MAX_US, &micro))
        us = (int64_t)micro;
    else if (kin_opt_duration_parse(text, &us) != KIN_OK || us > DURATION_MAX_US)
        return false;
    *ret = us;
    return true;
}

static int on_flag(void *ctx, const struct kin_cli_flag *flag, const char *value, char why[KIN_OPT_WHY_MAX])
{
    struct settings *s = ctx;
    (void)flag;
    if (parse_duration(kin_span_str(value), &s->duration))
        return KIN_OK;
    snprintf(why, KIN_OPT_WHY_MAX, MSG_DURATION_INVALID, value);
    return KIN_EINVAL;
}

static const struct kin_cli_flag no_flags[] = {{.name = NULL}};
static const struct kin_cli_flag probe_flags[] = {
    {.name = "duration", .metavar = "S", .help = MSG_DURATION_HELP},
    {.name = NULL},
};

static const struct command_text {
    enum settings_command command;
    const char *program, *usage, *summary;
    const struct kin_cli_flag *flags;
} command_texts[] = {
    {SETTINGS_PLAY, "kinora", MSG_PLAY_USAGE, MSG_PLAY_SUMMARY, no_flags},
    {SETTINGS_LS, "kinora ls", MSG_LS_USAGE, MSG_LS_SUMMARY, no_flags},
    {SETTINGS_PROBE, "kinora probe", MSG_PROBE_USAGE, MSG_PROBE_SUMMARY, probe_flags},
    {SETTINGS_SAVE, "kinora save", MSG_SAVE_USAGE, MSG_SAVE_SUMMARY, no_flags},
    {SETTINGS_TERMINAL, "kinora terminal", MSG_TERMINAL_USAGE, MSG_TERMINAL_SUMMARY, no_flags},
};

static const struct command_text *find_text(enum settings_command command)
{
    for (size_t i = 0; i < sizeof command_texts / sizeof command_texts[0]; i++)
        if (command_texts[i].command == command)
            return &command_texts[i];
    return &command_texts[0];
}

int settings_parse(enum settings_command command, int argc, char **argv, struct settings *s, int *ret_operand)
{
    const struct command_text *text = find_text(command);
    struct kin_opt table[ROW_COUNT];
    struct kin_cli cli = {
        .program = text->program,
        .usage = text->usage,
        .summary = text->summary,
        .table = table,
        .count = command_table(command, table),
        .flags = text->flags,
        .on_flag = on_flag,
        .ctx = s,
    };
    return kin_cli_parse(&cli, argc, argv, s, ret_operand);
}
