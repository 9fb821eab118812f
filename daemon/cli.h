// The command line of kinorad, and how it, the file and the defaults become settings.
#ifndef DAEMON_CLI_H
#define DAEMON_CLI_H

#include "settings.h"

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

// --print-config, --default-config; the exit status.
int cli_print(const struct cli *cli, const struct settings *settings);

#endif
