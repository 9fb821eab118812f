// kinora: the viewer. Picks the command, reads its options, runs it.
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/text.h"
#include "client/url_path.h"
#include "commands/commands.h"
#include "commands/player.h"
#include "commands/probe.h"
#include "model/settings.h"
#include "options/suggest.h"
#include "proto/uri.h"
#include "terminal/charset.h"
#include "text/messages.h"

#define EXIT_USAGE 2
#define MEMORY_KEPT (16 << 20) // frames come and go, and pictures are drawn

static int play(char **operands, const struct settings *s)
{
    return player_run(operands[0], s);
}

static int ls(char **operands, const struct settings *s)
{
    return ls_run(operands[0], s);
}

static int probe(char **operands, const struct settings *s)
{
    return probe_run(operands[0], s);
}

static int save(char **operands, const struct settings *s)
{
    return save_run(operands[0], operands[1], s);
}

static int terminal(char **operands, const struct settings *s)
{
    (void)operands;
    return terminal_run(s);
}

static const struct command {
    const char *name;
    enum settings_command settings;
    int operands;
    int (*run)(char **operands, const struct settings *s);
} commands[] = {
    {"play", SETTINGS_PLAY, 1, play},
    {"ls", SETTINGS_LS, 1, ls},
    {"probe", SETTINGS_PROBE, 1, probe},
    {"save", SETTINGS_SAVE, 2, save},
    {"terminal", SETTINGS_TERMINAL, 0, terminal},
};

#define COMMANDS (sizeof commands / sizeof commands[0])

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; name != NULL && i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

// True when the first word is neither a command nor a URL, but probably meant as a command: it resembles one, or a URL
// follows. Prints one line on stderr.
static bool is_mistyped_command(int argc, char **argv)
{
    const char *names[COMMANDS];
    char shown[64];
    if (argc < 2 || argv[1][0] == '-' || kin_span_find_str(kin_span_str(argv[1]), "://") < strlen(argv[1]))
        return false;
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    const char *similar = kin_suggest(kin_span_str(argv[1]), names, COMMANDS);
    if (similar == NULL && (argc < 3 || strstr(argv[argc - 1], "://") == NULL))
        return false;
    kin_text_clean(kin_span_str(argv[1]), true, shown, sizeof shown);
    if (similar != NULL)
        fprintf(stderr, MSG_LINE(MSG_COMMAND_SIMILAR), shown, similar);
    else
        fprintf(stderr, MSG_LINE(MSG_COMMAND_UNKNOWN), shown);
    return true;
}

static const char *shown(const char *operand)
{
    static char text[URL_PATH_SHOWN_MAX];
    url_path_shown(operand, text);
    return text;
}

// The operand is a file or directory on this machine: says how to serve it.
static void report_local_file(const char *operand, bool is_directory)
{
    char folder[URL_PATH_SHOWN_MAX], server[64], url[URL_PATH_MAX];
    const char *slash = strrchr(operand, '/');
    struct kin_span media = kin_span_str(operand);
    if (!is_directory)
        media = slash == NULL ? kin_span_str(".")
                              : kin_span_first(media, slash > operand ? (size_t)(slash - operand) : 1);
    kin_text_clean(media, true, folder, sizeof folder);
    snprintf(server, sizeof server, "rtsp://localhost:%d/", KIN_RTSP_OTHER_PORT);
    bool named = !is_directory && url_path_child(server, slash != NULL ? slash + 1 : operand, false, url);
    fprintf(stderr, MSG_LINE(MSG_URL_IS_LOCAL), shown(operand), is_directory ? "directory" : "file", folder,
            named ? url : server);
}

// The operand is no rtsp:// URL: says what is wrong with it.
static void report_bad_url(const char *operand)
{
    char url[URL_PATH_MAX];
    struct stat st;
    bool is_bare = operand[0] != '\0' && strstr(operand, "://") == NULL;
    if (is_bare && stat(operand, &st) == 0)
        report_local_file(operand, S_ISDIR(st.st_mode));
    else if (is_bare && url_path_complete(operand, url))
        fprintf(stderr, MSG_LINE(MSG_URL_SCHEME_MISSING), shown(url));
    else
        fprintf(stderr, MSG_LINE(MSG_URL_INVALID), shown(operand));
}

// True when the operands are what the command takes; otherwise prints one line on stderr.
static bool check_operands(const struct command *command, int count, char **operands)
{
    static const char *const names[] = {"URL", "FILE"};
    struct kin_uri uri;
    if (count < command->operands)
        fprintf(stderr, MSG_LINE(MSG_OPERAND_MISSING), names[count]);
    else if (count > command->operands)
        fprintf(stderr, MSG_LINE(MSG_OPERAND_EXTRA), shown(operands[command->operands]));
    else if (command->operands == 0)
        return true;
    else if (kin_uri_parse(kin_span_str(operands[0]), &uri) != KIN_OK || !kin_span_case_is(uri.scheme, "rtsp"))
        report_bad_url(operands[0]);
    else
        return true;
    return false;
}

// With what is escaped that was typed as it is shown.
static void complete_url(char **operand)
{
    static char url[URL_PATH_MAX];
    if (url_path_complete(*operand, url))
        *operand = url;
}

int main(int argc, char **argv)
{
    static struct settings settings;
    const struct command *command = find_command(argc > 1 ? argv[1] : NULL);
    int skip = command != NULL ? 1 : 0;
    int first = 0;
    kin_process_begin();
    kin_memory_set_up(MEMORY_KEPT);
    charset_choose();
    signal(SIGPIPE, SIG_IGN);
    if (command == NULL && is_mistyped_command(argc, argv))
        return EXIT_USAGE;
    if (command == NULL)
        command = &commands[0];
    int status = settings_parse(command->settings, argc - skip, argv + skip, &settings, &first);
    if (status >= 0)
        return status;
    char **operands = argv + skip + first;
    if (!check_operands(command, argc - skip - first, operands))
        return EXIT_USAGE;
    if (command->operands > 0)
        complete_url(&operands[0]);
    if (settings.dialect == DIALECT_LAB) {
        fprintf(stderr, MSG_LINE(MSG_DIALECT_LAB));
        return 1;
    }
    return command->run(operands, &settings);
}
