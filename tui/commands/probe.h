// kinora probe: plays a reel without a screen, optionally several times at once, and reports what the network did.
#ifndef TUI_PROBE_H
#define TUI_PROBE_H

#include <stdio.h>

#include "client/session.h"
#include "model/settings.h"

#define PROBE_MESSAGE_MAX 256
#define PROBE_TIMELINE_MAX 3600 // seconds: those of a longer run that are older are left out

struct probe_result { // of one session
    struct session_stats stats;
    struct session_info info;
    bool ok, interrupted;
    char message[PROBE_MESSAGE_MAX]; // why it failed, or a remark although it is ok
};

struct probe_timeline { // of all sessions together, since the first one played
    const struct kin_receive_second *seconds;
    size_t count;
};

// Runs to the end and prints the report to stdout. Returns the exit status: 0 when every session ran to the end of the
// reel or of the duration, else 1, with one sentence on stderr.
int probe_run(const char *url, const struct settings *settings);

// --- probe_report.c
// Sums up the results: counts are added, times are medians, bursts and cache the worst. count >= 1.
struct probe_result probe_sum(const struct probe_result *results, size_t count);
void probe_print_json(FILE *out, const char *url, const struct probe_result *results, size_t count,
                      const struct probe_timeline *timeline);
void probe_print_text(FILE *out, const char *url, const struct probe_result *results, size_t count,
                      const struct probe_timeline *timeline);
// Prints the progress over the current line, without a line end.
void probe_print_progress(FILE *out, const struct probe_result *sum, size_t count, kin_us elapsed);

#endif
