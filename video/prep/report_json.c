// The report for programs: one JSON object (RFC 8259).
#include "base/json_wr.h"
#include "report_print.h"

#define REPORT_JSON_MAX (16384 + KIN_JSON_BYTE_MAX * 4096) // the longest path escaped, and everything else

// The text about the coding and that about the size (or NULL). A coding that is fine is not mentioned beside a size.
static void put_texts(struct kin_wr *w, const char *key, bool fine, const char *coding, const char *size)
{
    char both[KIN_JPEG_INCOMPATIBILITIES_MAX + 128];
    snprintf(both, sizeof both, "%s; %s", coding, size != NULL ? size : "");
    kin_json_str(w, key, size == NULL ? coding : fine ? size : both);
}

static void put_container(struct kin_wr *w, const struct report *r)
{
    const struct kin_reel *reel = r->reel;
    kin_json_str(w, "container", reel->format);
    kin_json_uint(w, "frames", reel->frame_count);
    if (reel->records > 0)
        kin_json_uint(w, "records", reel->records);
    kin_json_uint(w, "width", reel->width);
    kin_json_uint(w, "height", reel->height);
    kin_json_fmt(w, "fps", "%.6f", report_fps(r));
    char rate[24];
    snprintf(rate, sizeof rate, "%u/%u", (unsigned)reel->rate_num, (unsigned)reel->rate_den);
    kin_json_str(w, "rate", rate);
    kin_json_bool(w, "rate_stated", reel->rate_stated);
    kin_json_fmt(w, "duration", "%.6f", report_seconds(r));
    kin_json_uint(w, "bytes", r->bytes);
    kin_json_uint(w, "largest_frame", reel->largest_frame);
    kin_json_uint(w, "average_frame", reel->frame_bytes / reel->frame_count);
    kin_json_uint(w, "bits_per_second", (uint64_t)report_bits_per_second(r));
}

static void put_coding(struct kin_wr *w, const struct report *r)
{
    kin_json_str(w, "sampling", r->sampling);
    kin_json_str(w, "huffman", report_huffman_str(r));
    kin_json_bool(w, "progressive", r->progressive);
    kin_json_uint(w, "restart_interval", r->reel->first.restart_interval);
}

static void put_damage(struct kin_wr *w, const struct report *r)
{
    kin_json_uint(w, "junk_bytes", r->reel->junk_bytes);
    kin_json_uint(w, "junk_runs", r->reel->junk_runs);
    kin_json_bool(w, "truncated", r->reel->truncated);
    kin_json_uint(w, "left_out_frames", r->reel->left_out);
    if (r->reel->left_out > 0)
        kin_json_uint(w, "first_left_out", r->reel->first_left_out);
    kin_json_uint(w, "broken_frames", r->broken);
    if (r->broken > 0)
        kin_json_uint(w, "first_broken_frame", r->first_broken + 1);
    kin_json_uint(w, "resized_frames", r->resized);
    kin_json_uint(w, "unfit_frames", r->incompatible);
    if (r->incompatible > 0)
        kin_json_uint(w, "first_unfit_frame", r->first_incompatible + 1);
}

void report_print_json(const struct report *r, FILE *out)
{
    struct verdict v = report_verdict(r);
    char text[REPORT_JSON_MAX];
    struct kin_wr w = kin_wr_init(text, sizeof text);
    kin_json_open(&w, NULL, '{');
    kin_json_str(&w, "file", r->path);
    put_container(&w, r);
    put_coding(&w, r);
    put_damage(&w, r);
    kin_json_bool(&w, "streamable", v.streamable);
    put_texts(&w, "reason", v.streamable, v.reason, v.size_reason);
    put_texts(&w, "action", v.streamable, v.action, v.size_action);
    kin_json_str(&w, "loss", v.loss);
    if (r->measured > 0) {
        kin_json_fmt(&w, "repair_ms", "%.3f", report_conversion_ms(r));
        kin_json_fmt(&w, "repair_core_percent", "%.1f", report_core_percent(r));
        kin_json_fmt(&w, "repair_growth_percent", "%.1f", report_growth_percent(r));
        kin_json_uint(&w, "repair_measured_frames", r->measured);
    }
    if (r->refusal != NULL) {
        kin_json_uint(&w, "first_refused_frame", r->first_refused + 1);
        kin_json_str(&w, "refusal", r->refusal);
    }
    kin_json_close(&w, '}');
    fwrite(text, 1, w.len, out);
}
