// kinorad: serves a directory of Motion-JPEG reels over RTSP and RTP.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/memory.h"
#include "base/process.h"
#include "ground/descriptors.h"
#include "ground/journal.h"
#include "ground/messages.h"
#include "process/app.h"

// Rewriting a 2160p frame takes 25 MB; mapping that anew for each frame would cost more than the rewriting itself.
#define MEMORY_KEPT (32 << 20)

static int bad_configuration(int err, const char *why)
{
    fprintf(stderr, MSG_ERROR, err == KIN_EINVAL ? why : kin_err_str(err));
    return err == KIN_EINVAL ? CLI_EX_CONFIG : EXIT_FAILURE;
}

static void print_warning(const char *text)
{
    fprintf(stderr, MSG_WARNING, text);
}

static void log_warning(const char *text)
{
    journal(JOURNAL_DAEMON, KIN_LOG_WARNING, "%s", text);
}

static int serve(const struct cli *cli, struct settings *settings)
{
    struct app *app = NULL;
    kin_memory_set_up(MEMORY_KEPT);
    descriptors_raise_limit();
    signal(SIGPIPE, SIG_IGN);
    journal_open(settings_log_level(settings));
    cli_warn(cli, settings, log_warning);
    int err = app_new(cli, settings, &app);
    if (err != KIN_OK) {
        settings_free(settings);
        journal(JOURNAL_DAEMON, KIN_LOG_ERR, MSG_CANNOT_START, kin_err_str(err));
        return EXIT_FAILURE;
    }
    err = app_open(app);
    if (err == KIN_OK)
        err = app_run(app);
    app_free(app);
    return err == KIN_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct cli cli;
    struct settings settings;
    char why[KIN_OPT_WHY_MAX];
    kin_process_begin();
    int status = cli_parse(&cli, argc, argv);
    if (status >= 0)
        return status;
    int err = cli_settings(&cli, &settings, why);
    if (err != KIN_OK)
        return bad_configuration(err, why);
    if (cli.mode == CLI_RUN || cli.mode == CLI_CHECK)
        err = cli_verify(&cli, &settings, why);
    if (err != KIN_OK) {
        settings_free(&settings);
        return bad_configuration(err, why);
    }
    if (cli.mode == CLI_RUN)
        return serve(&cli, &settings);
    if (cli.mode == CLI_CHECK)
        cli_warn(&cli, &settings, print_warning);
    status = cli.mode == CLI_CHECK ? EXIT_SUCCESS : cli_print(&cli, &settings);
    settings_free(&settings);
    return status;
}
