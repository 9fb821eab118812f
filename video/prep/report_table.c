// The report for people.
#include <inttypes.h>

#include "base/plural.h"
#include "base/text.h"
#include "base/units.h"
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
        {"lab", "five digits of length before each JPEG"},
        {"raw", "JPEGs one after the other"},
        {"avi", "RIFF, chunks of Motion-JPEG"},
        {"mov", "QuickTime or MP4, samples of Motion-JPEG"},
        {"mkv", "Matroska, blocks of Motion-JPEG"},
        {"multipart", "a capture of multipart/x-mixed-replace"},
        {"stills", "a directory of JPEGs in natural order"},
    };
    const char *text = "";
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(r->reel->format, known[i].format) == 0)
            text = known[i].text;
    fprintf(out, "  container  %s (%s)\n", r->reel->format, text);
}

static void print_picture(const struct report *r, FILE *out)
{
    const struct kin_reel *reel = r->reel;
    char rate[KIN_UNITS_MAX];
    fprintf(out, "  picture    %ux%u", reel->width, reel->height);
    if (r->resized > 0)
        fprintf(out, " (%" PRIu32 " frame%s of another size)", r->resized, kin_plural(r->resized));
    fprintf(out, "\n  frames     %" PRIu32 ", %.3f s at %s frames/s", reel->frame_count, report_seconds(r),
            kin_units_decimal(report_fps(r), rate));
    fprintf(out, "%s\n", reel->rate_stated ? "" : " (assumed: the file does not say)");
    if (reel->records > 0)
        fprintf(out, "  records    %" PRIu32 ", of which some hold several JPEGs: each is a frame\n", reel->records);
}

static void print_size(const struct report *r, FILE *out)
{
    const struct kin_reel *reel = r->reel;
    char all[32], largest[32], mean[32], rate[KIN_UNITS_MAX];
    fprintf(out, "  bytes      %s, %s; largest frame %s, average %s\n", grouped(r->bytes, all),
            kin_units_bits(report_bits_per_second(r), rate), grouped(reel->largest_frame, largest),
            grouped(reel->frame_bytes / reel->frame_count, mean));
}

static void print_coding(const struct report *r, FILE *out)
{
    static const char none[] = "no Huffman tables (the standard ones are meant)";
    const char *huffman = report_huffman_str(r);
    fprintf(out, "  coding     %s, %s, ", r->progressive ? "progressive" : "sequential", r->sampling);
    if (kin_span_is(kin_span_str(huffman), "none"))
        fputs(none, out);
    else
        fprintf(out, "%s Huffman tables", huffman);
    if (r->reel->first.restart_interval > 0)
        fprintf(out, ", restart interval %u", r->reel->first.restart_interval);
    fputc('\n', out);
}

static void print_damage(const struct report *r, FILE *out)
{
    const struct kin_reel *reel = r->reel;
    char bytes[32];
    if (reel->junk_bytes > 0)
        fprintf(out, "  junk       %s byte%s in %" PRIu32 " place%s between frames, skipped\n",
                grouped(reel->junk_bytes, bytes), kin_plural(reel->junk_bytes), reel->junk_runs,
                kin_plural(reel->junk_runs));
    if (reel->truncated)
        fputs("  cut off    the last frame is not complete and is left out\n", out);
    if (reel->left_out > 0)
        fprintf(out,
                "  left out   %" PRIu32 " broken frame%s, the first is number %" PRIu32
                "; the others keep their times\n",
                reel->left_out, kin_plural(reel->left_out), reel->first_left_out);
    if (r->broken > 0)
        fprintf(out,
                "  broken     %" PRIu32 " frame%s of the index, the first is number %" PRIu32
                "; left out when played\n",
                r->broken, kin_plural(r->broken), r->first_broken + 1);
}

static void print_verdict(const struct report *r, FILE *out)
{
    struct verdict v = report_verdict(r);
    if (r->unfit == 0)
        fprintf(out, "  streaming  yes: %s\n", v.size_reason != NULL ? v.size_reason : v.reason);
    else
        fprintf(out, "  streaming  not as it is: %s in %" PRIu32 " of %" PRIu32 " frame%s, from frame %" PRIu32 " on\n",
                v.reason, r->unfit, r->reel->frame_count, kin_plural(r->reel->frame_count), r->first_unfit + 1);
    fprintf(out, "  to do      %s", r->unfit == 0 && v.size_action != NULL ? v.size_action : v.action);
    if (r->unfit > 0)
        fprintf(out, " (%s)", v.loss);
    fputc('\n', out);
    if (r->unfit > 0 && v.size_reason != NULL)
        fprintf(out, "  size       %s: %s\n", v.size_reason, v.size_action);
    if (r->measured > 0)
        fprintf(out,
                "  cost       %.1f ms and %+.0f %% bytes a frame, measured on %" PRIu32 " of them; %.0f %% of a core\n",
                report_conversion_ms(r), report_growth_percent(r), r->measured, report_core_percent(r));
    if (r->refusal != NULL)
        fprintf(out, "  refused    frame %" PRIu32 ": %s\n", r->first_hopeless + 1, r->refusal);
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
