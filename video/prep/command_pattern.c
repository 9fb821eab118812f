// kinora-prep pattern: writes a reel of the test picture.
#include <stdio.h>

#include "base/err.h"
#include "base/lex.h"
#include "commands.h"
#include "drawing/pattern.h"
#include "interrupt.h"
#include "media/rate.h"
#include "media/reel.h"
#include "messages.h"
#include "options/options.h"
#include "progress.h"
#include "writer.h"

struct settings {
    char *size;
    struct kin_opt_rate fps;
    int64_t frames, quality, format;
};

static bool parse_size(const char *text, struct kin_pattern_options *ret)
{
    struct kin_span s = kin_span_str(text);
    size_t at = kin_span_find(s, 'x');
    uint64_t width, height;
    if (!kin_lex_u64(kin_span_first(s, at), KIN_PATTERN_MAX_SIDE, &width) ||
        !kin_lex_u64(kin_span_skip(s, at + 1), KIN_PATTERN_MAX_SIDE, &height))
        return false;
    ret->width = (uint16_t)width;
    ret->height = (uint16_t)height;
    return width > 0 && height > 0;
}

static bool check_size(const char *text, char *why, size_t why_size)
{
    struct kin_pattern_options o;
    if (parse_size(text, &o))
        return true;
    snprintf(why, why_size, MSG_NOT_A_PATTERN_SIZE, KIN_PATTERN_MAX_SIDE, KIN_PATTERN_MAX_SIDE);
    return false;
}

#define OFFSET(field) offsetof(struct settings, field)
static const struct kin_opt table[] = {
    {NULL, "size", KIN_OPT_STRING, OFFSET(size), "1280x720", 0, 0, NULL, "size", "WxH", false,
     "Width and height in pixels; odd numbers are fine.", check_size},
    {NULL, "fps", KIN_OPT_RATE, OFFSET(fps), "25", 0, 0, NULL, "fps", "N", false,
     "Frames per second: 24, 23.976, 30000/1001.", NULL},
    {NULL, "frames", KIN_OPT_INT, OFFSET(frames), "250", 1, KIN_REEL_MAX_FRAMES, NULL, "frames", "N", false,
     "Number of frames.", NULL},
    {NULL, "quality", KIN_OPT_INT, OFFSET(quality), "75", 1, 100, NULL, "quality", "N", false,
     "JPEG quality, 1 to 100.", NULL},
    {NULL, "format", KIN_OPT_ENUM, OFFSET(format), "auto", 0, 0, writer_formats, "format", WRITER_FORMAT_METAVAR, false,
     MSG_FORMAT_HELP, NULL},
};
#define COUNT (sizeof table / sizeof table[0])

static const struct kin_cli cli = {
    .program = "kinora-prep pattern",
    .usage = "[OPTION]... OUTPUT",
    .summary = "Writes a reel with a numbered, moving test picture. OUTPUT - is standard output.",
    .table = table,
    .count = COUNT,
};

struct job {
    const struct settings *settings;
    struct kin_pattern *pattern;
    struct writer writer;
    struct progress progress;
};

static int write_frame(struct job *j, uint32_t n)
{
    struct kin_buf *jpeg = NULL;
    int err = kin_pattern_encode(j->pattern, n, &jpeg);
    if (err == KIN_OK)
        err = writer_frame(&j->writer, kin_buf_span(jpeg));
    kin_buf_unref(jpeg);
    if (err == KIN_OK && interrupt_pending())
        err = KIN_ECANCELED;
    return err;
}

static int write_frames(struct job *j, const char *path)
{
    int err = KIN_OK;
    progress_begin(&j->progress, path, (uint64_t)j->settings->frames);
    for (uint32_t n = 0; err == KIN_OK && n < j->settings->frames; n++) {
        err = write_frame(j, n);
        progress_update(&j->progress, n + 1);
    }
    progress_end(&j->progress);
    return err;
}

static int write_reel(struct job *j, const char *path, const struct kin_pattern_options *o)
{
    struct writer_facts facts = {.format = (enum writer_format)j->settings->format,
                                 .width = o->width,
                                 .height = o->height,
                                 .rate_num = o->rate_num,
                                 .rate_den = o->rate_den};
    int err = writer_open(&j->writer, path, &facts);
    if (err != KIN_OK)
        return err;
    err = write_frames(j, path);
    if (err == KIN_OK)
        err = writer_commit(&j->writer);
    writer_discard(&j->writer);
    return err;
}

static int run(const struct settings *settings, const char *path)
{
    struct job j = {.settings = settings};
    struct kin_pattern_options options = {
        .rate_num = settings->fps.num, .rate_den = settings->fps.den, .quality = (unsigned)settings->quality};
    if (!parse_size(settings->size, &options))
        return KIN_ERANGE;
    int err = kin_pattern_new(&options, &j.pattern);
    if (err == KIN_OK)
        err = write_reel(&j, path, &options);
    kin_pattern_free(j.pattern);
    if (err != KIN_OK && !interrupt_pending())
        fprintf(stderr, MSG_ERROR, j.writer.why[0] != '\0' ? j.writer.why : kin_err_str(err));
    return err;
}

int command_pattern(int argc, char **argv)
{
    struct settings settings = {0};
    int first = 0, status = 1;
    if (kin_opt_defaults(table, COUNT, &settings) == KIN_OK)
        status = kin_cli_parse(&cli, argc, argv, &settings, &first);
    if (status < 0 && argc - first != 1) {
        fprintf(stderr, MSG_PATTERN_USAGE, argc == first ? MSG_NO_OUTPUT : MSG_MANY_OUTPUTS);
        status = EXIT_USAGE;
    } else if (status < 0) {
        interrupt_catch();
        status = run(&settings, argv[first]) == KIN_OK ? 0 : 1;
    }
    kin_opt_free(table, COUNT, &settings);
    interrupt_reraise();
    return status;
}
