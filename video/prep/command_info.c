// kinora-prep info: says what is in reels and what it takes to stream them.
#include <stdio.h>

#include "base/err.h"
#include "base/text.h"
#include "commands.h"
#include "interrupt.h"
#include "messages.h"
#include "options/options.h"
#include "progress.h"
#include "report_print.h"

#define NAME_SHOWN_MAX 512

struct settings {
    bool json;
};

static const struct kin_opt table[] = {
    {NULL, "json", KIN_OPT_BOOL, offsetof(struct settings, json), "no", 0, 0, NULL, "json", NULL, false,
     "Print a JSON array with one object for each file.", NULL},
};
#define COUNT (sizeof table / sizeof table[0])

static const struct kin_cli cli = {
    .program = "kinora-prep info",
    .usage = "[--json] FILE...",
    .summary = "Says what is in reels, and what a server must do to stream them to a standard player.",
    .table = table,
    .count = COUNT,
};

static bool on_progress(void *ctx, uint64_t done, uint64_t total)
{
    (void)total;
    progress_update(ctx, done);
    return !interrupt_pending();
}

static int make(const char *path, struct report *ret, char why[REPORT_WHY_MAX])
{
    struct kin_source *source = NULL;
    struct progress progress;
    uint64_t total = kin_source_from_path(path, &source) == KIN_OK ? kin_source_size(source) : 0;
    kin_source_unref(source);
    progress_begin(&progress, path, total);
    int err = report_make(path, on_progress, &progress, ret, why);
    progress_end(&progress);
    return err;
}

static void print(const struct settings *settings, const struct report *r, unsigned printed)
{
    if (settings->json) {
        fputs(printed == 0 ? "[\n " : ",\n ", stdout);
        report_print_json(r, stdout);
        return;
    }
    if (printed > 0)
        fputc('\n', stdout);
    report_print_table(r, stdout);
}

static void print_error(const char *path, const char *why)
{
    char name[NAME_SHOWN_MAX];
    kin_text_clean(kin_span_str(path), true, name, sizeof name);
    fprintf(stderr, MSG_FILE_ERROR, name, why);
}

// Reports all files, also after one that cannot be read. True when all could be read.
static bool run(const struct settings *settings, int count, char **paths)
{
    unsigned printed = 0;
    bool good = true;
    for (int i = 0; i < count && !interrupt_pending(); i++) {
        struct report r;
        char why[REPORT_WHY_MAX];
        if (make(paths[i], &r, why) == KIN_OK) {
            print(settings, &r, printed++);
            report_free(&r);
        } else if (!interrupt_pending()) {
            fflush(stdout);
            print_error(paths[i], why);
            good = false;
        }
    }
    if (settings->json)
        fputs(printed == 0 ? "[]\n" : "\n]\n", stdout);
    return good;
}

static bool flush_stdout(void)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return true;
    fprintf(stderr, MSG_STDOUT_ERROR);
    return false;
}

int command_info(int argc, char **argv)
{
    struct settings settings = {0};
    int first = 0;
    if (kin_opt_defaults(table, COUNT, &settings) != KIN_OK)
        return 1;
    int status = kin_cli_parse(&cli, argc, argv, &settings, &first);
    if (status < 0 && first == argc) {
        fprintf(stderr, MSG_INFO_NO_FILE);
        status = EXIT_USAGE;
    } else if (status < 0) {
        interrupt_catch();
        status = run(&settings, argc - first, argv + first) ? 0 : 1;
        status = flush_stdout() ? status : 1;
    }
    kin_opt_free(table, COUNT, &settings);
    interrupt_reraise();
    return status;
}
