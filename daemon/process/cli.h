// The command line of kinorad, and how it, the file and the defaults become settings.
#ifndef DAEMON_CLI_H
#define DAEMON_CLI_H

#include "ground/settings.h"

#define CLI_EX_CONFIG 78
#define CLI_DEFAULT_FILE "/etc/kinora/kinorad.conf"

enum cli_mode { CLI_RUN, CLI_CHECK, CLI_PRINT, CLI_SAMPLE };

struct cli {
    int argc;
    char **argv;
    enum cli_mode mode;
    const char *file; // -c, or NULL
};

// Reads the command line alone. -1 to go on, else the exit status (0 after --help, 2 after a usage error).
int cli_parse(struct cli *cli, int argc, char **argv);

// Defaults, then the file, then the command line. KIN_OK (settings_free later), KIN_ENOMEM, or KIN_EINVAL with `why`.
int cli_settings(const struct cli *cli, struct settings *ret, char why[KIN_OPT_WHY_MAX]);

// Checks valid settings against this machine: is the media root readable, can the listeners exist side by side? KIN_OK,
// or KIN_EINVAL with `why`, which begins with where the value comes from: FILE:LINE, the command line or the default.
int cli_verify(const struct cli *cli, const struct settings *settings, char why[KIN_OPT_WHY_MAX]);
// The same for the media root alone, which a reload can change.
int cli_verify_root(const struct cli *cli, const struct settings *settings, char why[KIN_OPT_WHY_MAX]);

// Calls warn() with a sentence, as above, about each thing that the daemon can do without, such as a missing index
// directory.
void cli_warn(const struct cli *cli, const struct settings *settings, void (*warn)(const char *text));

// --print-config, --default-config; the exit status.
int cli_print(const struct cli *cli, const struct settings *settings);

#endif
