// Where log lines go. Rooms below the programs never print: they hand one finished line to the sink.
// Levels are those of syslog(3), so that the journal's <N> prefixes come for free.
#ifndef KIN_BASE_LOG_H
#define KIN_BASE_LOG_H

#include "base/span.h"

enum kin_log_level { KIN_LOG_ERR = 3, KIN_LOG_WARNING = 4, KIN_LOG_NOTICE = 5, KIN_LOG_INFO = 6, KIN_LOG_DEBUG = 7 };

typedef void kin_log_fn(void *ctx, enum kin_log_level level, const char *line);

// Sets the sink of the process, before threads start. NULL drops every line (the initial state).
void kin_log_set(kin_log_fn *fn, void *ctx, enum kin_log_level max_level);
void kin_log_set_level(enum kin_log_level max_level); // any thread

// Formats one line (at most 1023 bytes, longer ones are cut) and hands it to the sink. Control bytes,
// DEL, C1 controls and invalid UTF-8 in the result are written as \xNN: input cannot forge a line.
void kin_log(enum kin_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
