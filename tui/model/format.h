// Numbers as people read them: few digits, a unit, and a stable width where they change.
#ifndef TUI_FORMAT_H
#define TUI_FORMAT_H

#include <stddef.h>

#include "base/time.h"
#include "base/units.h"

#define FORMAT_MAX KIN_UNITS_MAX

// Each writes NUL-terminated text into dst and returns dst.
char *format_bits(double per_s, char dst[FORMAT_MAX]);    // "9.62 Mbit/s"
char *format_bytes(double bytes, char dst[FORMAT_MAX]);   // "12.5 MB", decimal units
char *format_time(kin_us t, char dst[FORMAT_MAX]);        // "03:07.4", "1:02:03.4"; "--:--" below zero
char *format_ms(double ms, char dst[FORMAT_MAX]);         // "0.21 ms", "41.7 ms", "1167 ms"; "" below zero
char *format_span(kin_us t, char dst[FORMAT_MAX]);        // "750 ms", "12.3 s": at most 7 wide below 1000 s
char *format_fps(double per_s, char dst[FORMAT_MAX]);     // "24.0", "0.05"
char *format_share(double share, char dst[FORMAT_MAX]);   // of 1: "0 %", "<0.01 %", "0.04 %", "1.2 %", "98 %"
char *format_loss(double share, char dst[FORMAT_MAX]);    // of 1: "12.34 %", "0.00 %" only when it is none, "<0.01 %"
char *format_percent(double share, char dst[FORMAT_MAX]); // of 1: "42 %"; 100 % only when it is all
char *format_rate(uint32_t milli, char dst[FORMAT_MAX]);  // frames per 1000 s: "24 fps", "23.976 fps"; "" for 0

// The smallest of 1, 2, 5 times a power of ten that is not below v; 1 for v below 1.
double format_nice_ceiling(double v);

#endif
