// Formats log lines, makes them harmless and hands them to the sink of the process.
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/text.h"

#define LINE_BYTES 1024

static kin_log_fn *sink;
static void *sink_ctx;
static atomic_int sink_level = KIN_LOG_INFO;

void kin_log_set(kin_log_fn *fn, void *ctx, enum kin_log_level max_level)
{
    sink = fn;
    sink_ctx = ctx;
    atomic_store(&sink_level, (int)max_level);
}

void kin_log_set_level(enum kin_log_level max_level)
{
    atomic_store(&sink_level, (int)max_level);
}

void kin_log(enum kin_log_level level, const char *format, ...)
{
    if (sink == NULL || (int)level > atomic_load(&sink_level))
        return;
    char raw[LINE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    char line[LINE_BYTES];
    kin_text_escape(kin_span_str(raw), line, sizeof line);
    sink(sink_ctx, level, line);
}
