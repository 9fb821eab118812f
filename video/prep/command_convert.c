// kinora-prep convert: makes a reel of any film.
#include <inttypes.h>
#include <stdio.h>

#include "base/err.h"
#include "commands.h"
#include "convert.h"
#include "interrupt.h"
#include "media/rate.h"
#include "messages.h"
#include "options/options.h"

#define LONGEST (INT64_C(1000) * 3600 * KIN_US_PER_S)
#define OPERANDS 2

struct settings {
    char *size;
    struct kin_opt_rate fps;
    bool fit;
    int64_t quality, format, start, duration;
};

static bool check_size(const char *text, char *why, size_t why_size)
{
    struct dimensions d;
    if (dimensions_parse(text, &d))
        return true;
    snprintf(why, why_size, MSG_NOT_A_FILM_SIZE, DIMENSIONS_MAX, DIMENSIONS_MAX);
    return false;
}

#define OFFSET(field) offsetof(struct settings, field)
static const struct kin_opt table[] = {
    {NULL, "size", KIN_OPT_STRING, OFFSET(size), NULL, 0, 0, NULL, "size", "WxH", false,
     "Width and height in pixels; - for one of them keeps the shape: 1280x-. The size of the film by default.",
     check_size},
    {NULL, "fps", KIN_OPT_RATE, OFFSET(fps), NULL, 0, 0, NULL, "fps", "N", false,
     "Frames per second: 24, 23.976, 30000/1001. Frames are repeated or dropped. The film's rate by default.", NULL},
    {NULL, "quality", KIN_OPT_INT, OFFSET(quality), NULL, 1, 100, NULL, "quality", "N", false,
     "JPEG quality, 1 to 100 (75 by default).", NULL},
    {NULL, "fit", KIN_OPT_BOOL, OFFSET(fit), "no", 0, 0, NULL, "fit", NULL, false,
     "Encode a frame that is too long for the lab format at the best quality that fits.", NULL},
    {NULL, "format", KIN_OPT_ENUM, OFFSET(format), "auto", 0, 0, writer_formats, "format", WRITER_FORMAT_METAVAR, false,
     MSG_FORMAT_HELP, NULL},
    {NULL, "start", KIN_OPT_DURATION, OFFSET(start), NULL, 0, LONGEST, NULL, "start", "TIME", false,
     "Start this far into the film: 90s, 500ms, 2min.", NULL},
    {NULL, "duration", KIN_OPT_DURATION, OFFSET(duration), NULL, 0, LONGEST, NULL, "duration", "TIME", false,
     "Convert at most this much; to the end by default.", NULL},
};
#define COUNT (sizeof table / sizeof table[0])

static const struct kin_cli cli = {
    .program = "kinora-prep convert",
    .usage = "[OPTION]... INPUT OUTPUT",
    .summary =
        "Makes a reel of a film: of any video that libavformat reads, of a reel, or of a directory of JPEGs.\n"
        "Motion-JPEG is copied as it is unless --size, --quality or --fit is given. - is standard input or output.",
    .table = table,
    .count = COUNT,
};

static int run(const struct settings *settings, const char *input, const char *output)
{
    struct convert_options options = {.input = input,
                                      .output = output,
                                      .rate_num = settings->fps.num,
                                      .rate_den = settings->fps.den,
                                      .quality = (unsigned)settings->quality,
                                      .fit = settings->fit,
                                      .format = (enum writer_format)settings->format,
                                      .start = settings->start,
                                      .duration = settings->duration};
    char why[CONVERT_WHY_MAX];
    if (settings->size != NULL && !dimensions_parse(settings->size, &options.size))
        return KIN_ERANGE;
    int err = convert(&options, why);
    if (err != KIN_OK && !interrupt_pending())
        fprintf(stderr, MSG_ERROR, why);
    return err;
}

static int usage_error(int operands)
{
    static const char *const why[] = {MSG_NO_OPERANDS, MSG_NO_OUTPUT, MSG_MANY_INPUTS};
    fprintf(stderr, MSG_CONVERT_USAGE, why[operands < OPERANDS ? operands : 2]);
    return EXIT_USAGE;
}

int command_convert(int argc, char **argv)
{
    struct settings settings = {0};
    int first = 0, status = 1;
    if (kin_opt_defaults(table, COUNT, &settings) == KIN_OK)
        status = kin_cli_parse(&cli, argc, argv, &settings, &first);
    if (status < 0 && argc - first != OPERANDS) {
        status = usage_error(argc - first);
    } else if (status < 0) {
        interrupt_catch();
        status = run(&settings, argv[first], argv[first + 1]) == KIN_OK ? 0 : 1;
    }
    kin_opt_free(table, COUNT, &settings);
    interrupt_reraise();
    return status;
}
