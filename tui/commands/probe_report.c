// kinora probe: what it prints, for people and as JSON.
#include <stdarg.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/json_wr.h"
#include "base/plural.h"
#include "base/text.h"
#include "commands/probe.h"
#include "model/format.h"
#include "pages/graph.h"
#include "pages/history.h"
#include "proto/uri_mask.h"
#include "terminal/charset.h"
#include "text/messages.h"

#define TEXT_MAX 1024

// --- one result out of many

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

// The median of the field at `offset` in each result; those below 0 (not known) are left out. -1 when none is known.
static double median(const struct probe_result *results, size_t count, size_t offset, double *scratch)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        double v = *(const double *)(const void *)((const char *)&results[i].stats + offset);
        if (v >= 0)
            scratch[n++] = v;
    }
    if (n == 0)
        return -1;
    qsort(scratch, n, sizeof *scratch, compare);
    return n % 2 == 1 ? scratch[n / 2] : (scratch[n / 2 - 1] + scratch[n / 2]) / 2;
}

static void set_medians(struct probe_result *sum, const struct probe_result *results, size_t count)
{
#define AT(field) offsetof(struct session_stats, field)
    static const size_t fields[] = {AT(times.setup_ms),
                                    AT(times.first_packet_ms),
                                    AT(times.first_frame_ms),
                                    AT(frame_interval_ms.p50),
                                    AT(frame_interval_ms.p99),
                                    AT(frame_interval_ms.max),
                                    AT(jitter_ms),
                                    AT(frame_jitter_ms),
                                    AT(rtt_ms),
                                    AT(fps),
                                    AT(fps_avg)};
#undef AT
    double *scratch = calloc(count, sizeof *scratch);
    for (size_t i = 0; scratch != NULL && i < sizeof fields / sizeof fields[0]; i++)
        *(double *)(void *)((char *)&sum->stats + fields[i]) = median(results, count, fields[i], scratch);
    free(scratch);
}

struct probe_result probe_sum(const struct probe_result *results, size_t count)
{
    struct probe_result sum = results[0];
    for (size_t i = 1; i < count; i++) {
        const struct probe_result *r = &results[i];
        session_stats_add(&sum.stats, &r->stats);
        if (sum.ok && !r->ok)
            kin_span_copy(kin_span_str(r->message), sum.message, sizeof sum.message);
        sum.ok = sum.ok && r->ok;
        sum.interrupted = sum.interrupted || r->interrupted;
    }
    if (count > 1)
        set_medians(&sum, results, count);
    return sum;
}

// --- JSON

#define RESULT_JSON_MAX 8192 // bytes, with texts of TEXT_MAX
#define SECOND_JSON_MAX 512

static void json_text(struct kin_wr *w, const char *key, const char *text)
{
    char clean[TEXT_MAX];
    kin_text_clean(kin_span_str(text), true, clean, sizeof clean);
    kin_json_str(w, key, clean);
}

static void json_ms(struct kin_wr *w, const char *key, double v)
{
    if (v < 0)
        kin_json_fmt(w, key, "null");
    else
        kin_json_fmt(w, key, "%.3f", v);
}

static void json_counts(struct kin_wr *w, const struct session_stats *s)
{
    kin_json_open(w, "frames", '{');
    kin_json_uint(w, "expected", s->frames.expected);
    kin_json_uint(w, "complete", s->frames.complete);
    kin_json_uint(w, "partial", s->frames.partial);
    kin_json_uint(w, "lost", s->frames.lost);
    kin_json_uint(w, "late", s->frames.late + s->frames.skipped);
    kin_json_uint(w, "left_out", s->frames.left_out);
    kin_json_uint(w, "coarser", s->frames.coarser);
    kin_json_close(w, '}');
    kin_json_open(w, "packets", '{');
    kin_json_uint(w, "received", s->packets.received);
    kin_json_uint(w, "lost", s->packets.lost);
    kin_json_uint(w, "late", s->packets.late);
    kin_json_uint(w, "recovered", s->packets.recovered);
    kin_json_uint(w, "rebuilt", s->packets.rebuilt);
    kin_json_uint(w, "reordered", s->packets.reordered);
    kin_json_uint(w, "duplicate", s->packets.duplicate);
    kin_json_uint(w, "kernel_dropped", s->packets.kernel_dropped);
    kin_json_uint(w, "requested", s->packets.requested);
    kin_json_uint(w, "spurious", s->packets.spurious);
    kin_json_uint(w, "retransmitted", s->packets.retransmitted);
    kin_json_close(w, '}');
    kin_json_open(w, "bytes", '{');
    kin_json_uint(w, "payload", s->payload_bytes);
    kin_json_uint(w, "wire", s->wire_bytes);
    kin_json_uint(w, "retransmitted", s->packets.retransmitted_bytes);
    kin_json_uint(w, "parity", s->packets.parity_bytes);
    kin_json_uint(w, "stray", s->unusable.stray_bytes);
    kin_json_close(w, '}');
    kin_json_open(w, "unusable", '{');
    kin_json_uint(w, "frames", s->unusable.frames);
    json_text(w, "why", s->unusable.why);
    kin_json_close(w, '}');
}

static const char *status_word(const struct probe_result *r)
{
    return r->ok ? "ok" : r->interrupted ? "interrupted" : "failed";
}

static const char *transport_word(const struct probe_result *r)
{
    return strncmp(r->info.transport, "TCP", 3) == 0 ? "tcp" : r->info.transport[0] != '\0' ? "udp" : "none";
}

static double loss_of(const struct session_stats *s)
{
    uint64_t sent = s->packets.received + s->packets.lost;
    return sent > 0 ? (double)s->packets.lost / (double)sent : 0;
}

static void json_rates(struct kin_wr *w, const struct session_stats *s)
{
    kin_json_fmt(w, "throughput_bps", "%.0f", s->throughput_avg_bps);
    kin_json_fmt(w, "fps", "%.3f", s->fps_avg);
    json_ms(w, "jitter_ms", s->jitter_ms);
    json_ms(w, "frame_jitter_ms", s->frame_jitter_ms);
    kin_json_open(w, "loss", '{');
    kin_json_fmt(w, "all", "%.6g", loss_of(s));
    kin_json_fmt(w, "worst_second", "%.6g", s->loss.worst_second);
    kin_json_close(w, '}');
    kin_json_open(w, "frame_interval_ms", '{');
    json_ms(w, "p50", s->frame_interval_ms.p50);
    json_ms(w, "p99", s->frame_interval_ms.p99);
    json_ms(w, "max", s->frame_interval_ms.max);
    kin_json_close(w, '}');
    kin_json_uint(w, "max_burst_packets_1ms", s->max_burst_packets_1ms);
    json_ms(w, "rtt_ms", s->rtt_ms);
    if (s->clock_known)
        kin_json_fmt(w, "clock_drift_ppm", "%d", s->clock_drift_ppm);
    else
        kin_json_fmt(w, "clock_drift_ppm", "null");
    kin_json_open(w, "cache", '{');
    kin_json_uint(w, "target_frames", s->cache.target_frames);
    kin_json_uint(w, "max_target_frames", s->cache.deepest_frames);
    kin_json_uint(w, "start_frames", s->cache.start_frames);
    json_ms(w, "filled_ms", s->cache.filled_ms);
    kin_json_uint(w, "min_frames", s->cache.min_frames);
    kin_json_uint(w, "underruns", s->cache.underruns);
    kin_json_uint(w, "holes", s->cache.holes);
    kin_json_fmt(w, "standstill_s", "%.3f", (double)s->cache.standstill_us / 1e6);
    kin_json_close(w, '}');
}

// One object, without the closing brace.
static void json_result(struct kin_wr *w, const char *url, const struct probe_result *r, size_t sessions)
{
    const struct session_stats *s = &r->stats;
    char masked[TEXT_MAX];
    kin_uri_mask(kin_span_str(url), masked, sizeof masked);
    kin_json_open(w, NULL, '{');
    json_text(w, "url", masked);
    kin_json_str(w, "transport", transport_word(r));
    kin_json_uint(w, "sessions", sessions);
    kin_json_fmt(w, "duration_s", "%.3f", (double)s->receiving_us / 1e6);
    json_ms(w, "setup_ms", s->times.setup_ms);
    json_ms(w, "first_packet_ms", s->times.first_packet_ms);
    json_ms(w, "first_frame_ms", s->times.first_frame_ms);
    json_counts(w, s);
    json_rates(w, s);
    kin_json_str(w, "status", status_word(r));
    if (r->message[0] != '\0' || !r->ok)
        json_text(w, "message", r->message);
}

static void json_second(struct kin_wr *w, const struct kin_receive_second *s)
{
    const uint64_t *n = s->counts;
    kin_json_open(w, NULL, '{');
    kin_json_uint(w, "t", s->number);
    kin_json_uint(w, "frames", n[KIN_RECEIVE_F_COMPLETE] + n[KIN_RECEIVE_F_PARTIAL] + n[KIN_RECEIVE_F_LOST]);
    kin_json_uint(w, "complete", n[KIN_RECEIVE_F_COMPLETE]);
    kin_json_uint(w, "partial", n[KIN_RECEIVE_F_PARTIAL]);
    kin_json_uint(w, "lost", n[KIN_RECEIVE_F_LOST]);
    kin_json_uint(w, "left_out", n[KIN_RECEIVE_F_LEFT_OUT]);
    kin_json_uint(w, "coarser", n[KIN_RECEIVE_F_COARSER]);
    kin_json_uint(w, "recovered", n[KIN_RECEIVE_P_RECOVERED]);
    kin_json_uint(w, "late", n[KIN_RECEIVE_P_LATE]);
    json_ms(w, "jitter_ms", s->state.jitter_ms);
    json_ms(w, "rtt_ms", s->state.rtt_ms);
    kin_json_fmt(w, "throughput_bps", "%.0f", kin_receive_second_bps(s));
    kin_json_uint(w, "cache", s->state.cache);
    kin_json_close(w, '}');
}

// A member of an object that has others before it. A line for each second of which something is known.
static void print_timeline(FILE *out, const struct probe_timeline *t)
{
    const char *before = "\n";
    fputs(",\"timeline\":[", out);
    for (size_t i = 0; i < t->count; i++) {
        char text[SECOND_JSON_MAX];
        struct kin_wr w = kin_wr_init(text, sizeof text);
        if (!t->seconds[i].known)
            continue;
        json_second(&w, &t->seconds[i]);
        fputs(before, out);
        fwrite(text, 1, w.len, out);
        before = ",\n";
    }
    fputs("]", out);
}

void probe_print_json(FILE *out, const char *url, const struct probe_result *results, size_t count,
                      const struct probe_timeline *timeline)
{
    struct probe_result sum = probe_sum(results, count);
    char text[RESULT_JSON_MAX];
    struct kin_wr w = kin_wr_init(text, sizeof text);
    json_result(&w, url, &sum, count);
    fwrite(text, 1, w.len, out);
    print_timeline(out, timeline);
    for (size_t i = 0; count > 1 && i < count; i++) {
        fputs(i > 0 ? ",\n" : ",\"per_session\":[\n", out);
        w.len = 0;
        json_result(&w, url, &results[i], 1);
        kin_json_close(&w, '}');
        fwrite(text, 1, w.len, out);
    }
    fputs(count > 1 ? "]}\n" : "}\n", out);
}

// --- for people, in the characters of the locale

#define LINE_MAX_BYTES 512
#define GRAPH_CELLS 40

static void line(FILE *out, const char *title, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void line(FILE *out, const char *title, const char *format, ...)
{
    va_list args;
    char text[LINE_MAX_BYTES], clean[LINE_MAX_BYTES];
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    kin_text_clean(kin_span_str(text), charset_choose()->utf8, clean, sizeof clean);
    fprintf(out, "  %-12s %s\n", title, clean);
}

static const char *ms_text(double ms, char dst[32])
{
    snprintf(dst, 32, ms < 0 ? "-" : "%.1f ms", ms);
    return dst;
}

static void print_head(FILE *out, const char *url, const struct probe_result *r, size_t count)
{
    char clean[256], masked[TEXT_MAX], rate[KIN_UNITS_MAX];
    kin_uri_mask(kin_span_str(url), masked, sizeof masked);
    kin_text_clean(kin_span_str(masked), charset_choose()->utf8, clean, sizeof clean);
    fprintf(out, "%s\n", clean);
    if (r->info.rate_milli > 0 && r->info.width > 0)
        line(out, "reel", "%ux%u, %s frames/s, %.1f s, %s", r->info.width, r->info.height,
             kin_units_decimal((double)r->info.rate_milli / 1000, rate), (double)kin_us_max(r->info.duration, 0) / 1e6,
             r->info.codec);
    if (r->info.server[0] != '\0')
        line(out, "server", "%s", r->info.server);
    if (count > 1)
        line(out, "sessions", MSG_REPORT_SESSIONS, count);
    line(out, "transport", "%s%s%s%s", r->info.transport[0] != '\0' ? r->info.transport : "none",
         r->info.switched[0] != '\0' ? " (" : "", r->info.switched, r->info.switched[0] != '\0' ? ")" : "");
}

static void print_times(FILE *out, const struct session_stats *s)
{
    char a[32], b[32], c[32];
    line(out, "start", MSG_REPORT_START, ms_text(s->times.setup_ms, a), ms_text(s->times.first_packet_ms, b),
         ms_text(s->times.first_frame_ms, c));
    line(out, "intervals", MSG_REPORT_INTERVALS, ms_text(s->frame_interval_ms.p50, a),
         ms_text(s->frame_interval_ms.p99, b), ms_text(s->frame_interval_ms.max, c));
    line(out, "network", MSG_REPORT_NETWORK, ms_text(s->jitter_ms, a), ms_text(s->frame_jitter_ms, b),
         ms_text(s->rtt_ms, c), s->max_burst_packets_1ms, kin_plural(s->max_burst_packets_1ms));
    if (s->clock_known)
        line(out, "clock", MSG_REPORT_CLOCK, abs(s->clock_drift_ppm),
             s->clock_drift_ppm < 0 ? MSG_CLOCK_SLOWER : MSG_CLOCK_FASTER);
}

static void print_counts(FILE *out, const struct session_stats *s)
{
    char a[32], fps[24], all[FORMAT_MAX], worst[FORMAT_MAX], left_out[48] = "", coarser[48] = "";
    uint64_t late = s->frames.late + s->frames.skipped;
    if (s->frames.left_out > 0)
        snprintf(left_out, sizeof left_out, MSG_REPORT_LEFT_OUT, (unsigned long long)s->frames.left_out);
    if (s->frames.coarser > 0)
        snprintf(coarser, sizeof coarser, MSG_REPORT_COARSER, (unsigned long long)s->frames.coarser);
    line(out, "frames", MSG_REPORT_FRAMES, (unsigned long long)s->frames.expected,
         (unsigned long long)s->frames.complete, coarser, (unsigned long long)s->frames.partial,
         (unsigned long long)s->frames.lost, left_out, (unsigned long long)late);
    line(out, "packets", MSG_REPORT_PACKETS, (unsigned long long)s->packets.received,
         (unsigned long long)s->packets.lost, format_loss(loss_of(s), all), format_loss(s->loss.worst_second, worst),
         (unsigned long long)s->packets.late);
    line(out, "order", MSG_REPORT_ORDER, (unsigned long long)s->packets.reordered,
         (unsigned long long)s->packets.recovered, (unsigned long long)s->packets.duplicate);
    if (s->packets.requested > 0)
        line(out, "repair", MSG_REPORT_REPAIR, (unsigned long long)s->packets.requested,
             (unsigned long long)s->packets.spurious, (unsigned long long)s->packets.retransmitted,
             format_bytes((double)s->packets.retransmitted_bytes, a));
    if (s->packets.parity > 0)
        line(out, "parity", MSG_REPORT_PARITY, (unsigned long long)s->packets.parity,
             format_bytes((double)s->packets.parity_bytes, a), (unsigned long long)s->packets.rebuilt);
    if (s->unusable.frames > 0)
        line(out, "unusable", MSG_REPORT_UNUSABLE, (unsigned long long)s->unusable.frames,
             kin_plural(s->unusable.frames), s->unusable.why);
    if (s->unusable.stray_bytes > 0)
        line(out, "stray", MSG_REPORT_STRAY, (unsigned long long)s->unusable.stray_bytes,
             kin_plural(s->unusable.stray_bytes));
    if (s->packets.kernel_dropped > 0)
        line(out, "kernel", MSG_REPORT_KERNEL, (unsigned long long)s->packets.kernel_dropped,
             kin_plural(s->packets.kernel_dropped));
    snprintf(fps, sizeof fps, s->fps_avg < 0.1 ? "%.2g" : "%.2f", s->fps_avg);
    line(out, "throughput", MSG_REPORT_THROUGHPUT, format_bits(s->throughput_avg_bps, a), fps,
         format_bytes((double)s->payload_bytes, all), (double)s->receiving_us / 1e6);
}

// What the timeline tells best of what went wrong, as a graph; nothing where nothing did.
static void print_graph(FILE *out, const struct session_stats *s, const struct probe_timeline *t)
{
    enum history_figure figure = s->packets.lost > 0        ? HISTORY_LOST
                                 : s->packets.recovered > 0 ? HISTORY_RECOVERED
                                                            : HISTORY_CACHE;
    struct screen screen = {.utf8 = charset_choose()->utf8};
    struct history_columns c;
    char text[LINE_MAX_BYTES];
    unsigned step = history_step(t->count, screen.utf8 ? 2 * GRAPH_CELLS : GRAPH_CELLS);
    if ((figure == HISTORY_CACHE && s->cache.underruns == 0) || screen_resize(&screen, GRAPH_CELLS, 1) != KIN_OK)
        return;
    const struct history_source source = {t->seconds, t->count, NULL};
    history_columns(&source, step, figure, &c);
    const struct graph_history g = {.bars = {c.values, c.count}, .scale = c.scale};
    graph_history(&screen, (struct rect){0, 0, GRAPH_CELLS, 1}, &g);
    screen_text(&screen, text, sizeof text);
    struct kin_span graph = kin_span_trim(kin_span_str(text));
    line(out, history_label(figure), MSG_REPORT_GRAPH, KIN_SPAN_ARG(graph), c.text, step);
    screen_deinit(&screen);
}

void probe_print_text(FILE *out, const char *url, const struct probe_result *results, size_t count,
                      const struct probe_timeline *timeline)
{
    struct probe_result sum = probe_sum(results, count);
    const struct session_stats *s = &sum.stats;
    char filled[32];
    print_head(out, url, &sum, count);
    if (s->packets.received > 0) {
        print_counts(out, s);
        print_times(out, s);
        print_graph(out, s, timeline);
        line(out, "cache", MSG_REPORT_CACHE, s->cache.target_frames, kin_plural(s->cache.target_frames),
             s->cache.deepest_frames, ms_text(s->cache.filled_ms, filled), s->cache.start_frames, s->cache.min_frames,
             (unsigned long long)s->cache.underruns, (unsigned long long)s->cache.holes);
    }
    if (s->cache.standstill_us > 0)
        line(out, "standstill", MSG_REPORT_STANDSTILL, (double)s->cache.standstill_us / 1e6);
    line(out, "status", "%s", sum.ok ? "ok" : sum.message[0] != '\0' ? sum.message : status_word(&sum));
}

void probe_print_progress(FILE *out, const struct probe_result *sum, size_t count, kin_us elapsed)
{
    const struct session_stats *s = &sum->stats;
    char rate[32];
    fprintf(out, "\r\033[K" MSG_PROBE_PROGRESS, (double)elapsed / 1e6, (unsigned long long)s->frames.complete,
            kin_plural(s->frames.complete), format_bits(s->throughput_bps, rate), (unsigned long long)s->packets.lost,
            kin_plural(s->packets.lost), s->cache.frames, s->cache.target_frames);
    if (count > 1)
        fprintf(out, MSG_PROBE_PROGRESS_SESSIONS, count);
    fflush(out);
}
