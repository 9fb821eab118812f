// The report as a table for people.
#include <inttypes.h>

#include "base/plural.h"
#include "base/text.h"
#include "base/units.h"
#include "messages.h"
#include "report_print.h"

#define NAME_SHOWN_MAX 512

// 6591410 -> "6 591 410"
static const char *grouped(uint64_t n, char dst[32])
{
    char digits[24];
    int count = snprintf(digits, sizeof digits, "%" PRIu64, n);
    char *to = dst;
    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0)
            *to++ = ' ';
        *to++ = digits[i];
    }
    *to = '\0';
    return dst;
}

static void print_container(const struct report *r, FILE *out)
{
    static const struct {
        const char *format, *text;
    } known[] = {
#define X(format, text) {format, text},
        MSG_INFO_CONTAINERS(X)
#undef X
    };
    const char *text = "";
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(r->reel->format, known[i].format) == 0)
            text = known[i].text;
    fprintf(out, MSG_INFO_CONTAINER, r->reel->format, text);
}

static void print_picture(const struct report *r, FILE *out)
{
    const struct kin_reel *reel = r->reel;
    char rate[KIN_UNITS_MAX];
    fprintf(out, MSG_INFO_PICTURE, reel->width, reel->height);
    if (r->resized > 0)
        fprintf(out, MSG_INFO_RESIZED, r->resized, kin_plural(r->resized));
    fprintf(out, MSG_INFO_FRAMES, reel->frame_count, report_seconds(r), kin_units_decimal(report_fps(r), rate));
    fprintf(out, "%s\n", reel->rate_stated ? "" : MSG_INFO_RATE_ASSUMED);
    if (reel->records > 0)
        fprintf(out, MSG_INFO_RECORDS, reel->records);
}

static void print_size(const struct report *r, FILE *out)
{
    const struct kin_reel *reel = r->reel;
    char all[32], largest[32], mean[32], rate[KIN_UNITS_MAX];
    fprintf(out, MSG_INFO_BYTES, grouped(r->bytes, all), kin_units_bits(report_bits_per_second(r), rate),
            grouped(reel->largest_frame, largest), grouped(reel->frame_bytes / reel->frame_count, mean));
}

static void print_coding(const struct report *r, FILE *out)
{
    const char *huffman = report_huffman_str(r);
    fprintf(out, MSG_INFO_CODING, r->progressive ? "progressive" : "sequential", r->sampling);
    if (kin_span_is(kin_span_str(huffman), "none"))
        fputs(MSG_INFO_NO_HUFFMAN, out);
    else
        fprintf(out, MSG_INFO_HUFFMAN, huffman);
    if (r->reel->first.restart_interval > 0)
        fprintf(out, MSG_INFO_RESTART, r->reel->first.restart_interval);
    fputc('\n', out);
}

static void print_damage(const struct report *r, FILE *out)
{
    const struct kin_reel *reel = r->reel;
    char bytes[32];
    if (reel->junk_bytes > 0)
        fprintf(out, MSG_INFO_JUNK, grouped(reel->junk_bytes, bytes), kin_plural(reel->junk_bytes), reel->junk_runs,
                kin_plural(reel->junk_runs));
    if (reel->truncated)
        fputs(MSG_INFO_CUT_OFF, out);
    if (reel->left_out > 0)
        fprintf(out, MSG_INFO_LEFT_OUT, reel->left_out, kin_plural(reel->left_out), reel->first_left_out);
    if (r->broken > 0)
        fprintf(out, MSG_INFO_BROKEN, r->broken, kin_plural(r->broken), r->first_broken + 1);
}

static void print_verdict(const struct report *r, FILE *out)
{
    struct verdict v = report_verdict(r);
    if (r->incompatible == 0)
        fprintf(out, MSG_INFO_STREAMABLE, v.size_reason != NULL ? v.size_reason : v.reason);
    else
        fprintf(out, MSG_INFO_NOT_STREAMABLE, v.reason, r->incompatible, r->reel->frame_count,
                kin_plural(r->reel->frame_count), r->first_incompatible + 1);
    fprintf(out, MSG_INFO_ACTION, r->incompatible == 0 && v.size_action != NULL ? v.size_action : v.action);
    if (r->incompatible > 0)
        fprintf(out, " (%s)", v.loss);
    fputc('\n', out);
    if (r->incompatible > 0 && v.size_reason != NULL)
        fprintf(out, MSG_INFO_SIZE, v.size_reason, v.size_action);
    if (r->measured > 0)
        fprintf(out, MSG_INFO_COST, report_conversion_ms(r), report_growth_percent(r), r->measured,
                report_core_percent(r));
    if (r->refusal != NULL)
        fprintf(out, MSG_INFO_REFUSED, r->first_refused + 1, r->refusal);
}

void report_print_table(const struct report *r, FILE *out)
{
    char name[NAME_SHOWN_MAX];
    kin_text_clean(kin_span_str(r->path), true, name, sizeof name);
    fprintf(out, "%s\n", name);
    print_container(r, out);
    print_picture(r, out);
    print_size(r, out);
    print_coding(r, out);
    print_damage(r, out);
    print_verdict(r, out);
}
