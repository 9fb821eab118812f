// kinora-prep makes and checks reels: the first argument names the command.
#include <stdio.h>
#include <string.h>

#include "base/process.h"
#include "commands.h"
#include "messages.h"
#include "options/options.h"
#include "options/suggest.h"

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"convert", command_convert},
    {"pattern", command_pattern},
    {"info", command_info},
};
#define COMMANDS (sizeof commands / sizeof commands[0])

static const struct kin_cli cli = {
    .program = "kinora-prep",
    .usage = "COMMAND [OPTION]... [FILE]...",
    .summary = "Makes and checks Motion-JPEG reels.\n\n"
               "  kinora-prep convert INPUT OUTPUT   a reel of any film\n"
               "  kinora-prep pattern OUTPUT         a numbered, moving test picture; needs no input\n"
               "  kinora-prep info FILE...           what is in a reel, and what it takes to stream it\n\n"
               "Each command has its own --help.",
};

static int unknown_command(const char *word)
{
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    const char *near = kin_suggest(kin_span_str(word), names, COMMANDS);
    if (near != NULL)
        fprintf(stderr, MSG_UNKNOWN_COMMAND_NEAR, word, near);
    else
        fprintf(stderr, MSG_UNKNOWN_COMMAND, word);
    return EXIT_USAGE;
}

static int no_command(int argc, char **argv)
{
    int first = 0;
    int status = kin_cli_parse(&cli, argc, argv, NULL, &first);
    if (status >= 0)
        return status;
    fprintf(stderr, MSG_NO_COMMAND);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    kin_process_begin();
    if (argc < 2 || argv[1][0] == '-')
        return no_command(argc, argv);
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return unknown_command(argv[1]);
}
