// The report for programs: one JSON object (RFC 8259).
#include <inttypes.h>

#include "base/text.h"
#include "report_print.h"

// Text in quotes; what is no UTF-8 (a file name can be anything) becomes U+FFFD.
static void put_string(const char *text, FILE *out)
{
    struct kin_span rest = kin_span_str(text);
    fputc('"', out);
    while (rest.n > 0) {
        uint32_t c;
        size_t n = kin_text_utf8(rest, &c);
        if (n == 0)
            fputs("\\ufffd", out);
        else if (kin_text_is_control(c))
            fprintf(out, "\\u%04x", (unsigned)c);
        else if (c == '"' || c == '\\')
            fprintf(out, "\\%c", (char)c);
        else
            fwrite(rest.p, 1, n, out);
        rest = kin_span_skip(rest, n > 0 ? n : 1);
    }
    fputc('"', out);
}

static void put_text(const char *key, const char *value, FILE *out)
{
    fprintf(out, ",\"%s\":", key);
    put_string(value, out);
}

// What is said of the coding, and what of the size (or NULL); nothing is said of a coding that is fine.
static void put_texts(const char *key, bool fine, const char *coding, const char *size, FILE *out)
{
    char both[KIN_JPEG_OBSTACLES_MAX + 128];
    snprintf(both, sizeof both, "%s; %s", coding, size != NULL ? size : "");
    put_text(key, size == NULL ? coding : fine ? size : both, out);
}

static void put_number(const char *key, uint64_t value, FILE *out)
{
    fprintf(out, ",\"%s\":%" PRIu64, key, value);
}

static void put_bool(const char *key, bool value, FILE *out)
{
    fprintf(out, ",\"%s\":%s", key, value ? "true" : "false");
}

static void put_container(const struct report *r, FILE *out)
{
    const struct kin_reel *reel = r->reel;
    put_text("container", reel->format, out);
    put_number("frames", reel->frame_count, out);
    if (reel->records > 0)
        put_number("records", reel->records, out);
    put_number("width", reel->width, out);
    put_number("height", reel->height, out);
    fprintf(out, ",\"fps\":%.6f,\"rate\":\"%" PRIu32 "/%" PRIu32 "\"", report_fps(r), reel->rate_num, reel->rate_den);
    put_bool("rate_stated", reel->rate_stated, out);
    fprintf(out, ",\"duration\":%.6f", report_seconds(r));
    put_number("bytes", r->bytes, out);
    put_number("largest_frame", reel->largest_frame, out);
    put_number("average_frame", reel->frame_bytes / reel->frame_count, out);
    put_number("bits_per_second", (uint64_t)report_bits_per_second(r), out);
}

static void put_coding(const struct report *r, FILE *out)
{
    put_text("sampling", r->sampling, out);
    put_text("huffman", report_huffman_str(r), out);
    put_bool("progressive", r->progressive, out);
    put_number("restart_interval", r->reel->first.restart_interval, out);
}

static void put_damage(const struct report *r, FILE *out)
{
    put_number("junk_bytes", r->reel->junk_bytes, out);
    put_number("junk_runs", r->reel->junk_runs, out);
    put_bool("truncated", r->reel->truncated, out);
    put_number("left_out_frames", r->reel->left_out, out);
    if (r->reel->left_out > 0)
        put_number("first_left_out", r->reel->first_left_out, out);
    put_number("broken_frames", r->broken, out);
    if (r->broken > 0)
        put_number("first_broken_frame", r->first_broken + 1, out);
    put_number("resized_frames", r->resized, out);
    put_number("unfit_frames", r->unfit, out);
    if (r->unfit > 0)
        put_number("first_unfit_frame", r->first_unfit + 1, out);
}

void report_print_json(const struct report *r, FILE *out)
{
    struct verdict v = report_verdict(r);
    fputs("{\"file\":", out);
    put_string(r->path, out);
    put_container(r, out);
    put_coding(r, out);
    put_damage(r, out);
    put_bool("streamable", v.streamable, out);
    put_texts("reason", v.streamable, v.reason, v.size_reason, out);
    put_texts("action", v.streamable, v.action, v.size_action, out);
    put_text("loss", v.loss, out);
    if (r->measured > 0) {
        fprintf(out, ",\"repair_ms\":%.3f,\"repair_core_percent\":%.1f,\"repair_growth_percent\":%.1f",
                report_repair_ms(r), report_core_percent(r), report_growth_percent(r));
        put_number("repair_measured_frames", r->measured, out);
    }
    if (r->refusal != NULL) {
        put_number("first_refused_frame", r->first_hopeless + 1, out);
        put_text("refusal", r->refusal, out);
    }
    fputc('}', out);
}
