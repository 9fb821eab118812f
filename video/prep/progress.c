// The progress bar.
#include "progress.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

#define INTERVAL_US (100 * KIN_US_PER_MS)
#define TAIL_COLUMNS 20u // " 100 %  ETA 00:00:00"
#define MIN_BAR 8u
#define MAX_BAR 40u
#define LINE_MAX 256

void progress_begin(struct progress *p, const char *what, uint64_t total)
{
    *p = (struct progress){.shown = isatty(STDERR_FILENO) == 1, .what = what, .total = total > 0 ? total : 1};
    p->began = p->drawn = kin_clock_mono_us();
}

static unsigned columns(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static void format_eta(kin_us left, char dst[24])
{
    long long s = (left + KIN_US_PER_S - 1) / KIN_US_PER_S;
    if (s > 99 * 3600)
        snprintf(dst, 24, "--:--");
    else if (s >= 3600)
        snprintf(dst, 24, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(dst, 24, "%lld:%02lld", s / 60, s % 60);
}

static void draw(const struct progress *p, uint64_t done, kin_us now)
{
    char what[64], bar[MAX_BAR + 1], eta[24];
    unsigned room = columns();
    unsigned label = (unsigned)kin_text_clean(kin_span_first(kin_span_str(p->what), 40), false, what, sizeof what);
    if (room < label + TAIL_COLUMNS + MIN_BAR + 4)
        return;
    unsigned width = room - label - TAIL_COLUMNS - 4 < MAX_BAR ? room - label - TAIL_COLUMNS - 4 : MAX_BAR;
    double share = (double)done / (double)p->total;
    unsigned filled = (unsigned)(share * width);
    for (unsigned i = 0; i < width; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[width] = '\0';
    format_eta(done > 0 ? (kin_us)((double)(now - p->began) * (1 / share - 1)) : INT64_MAX / 2, eta);
    fprintf(stderr, "\r%s [%s] %3.0f %%  ETA %s\x1b[K", what, bar, share * 100, eta);
    fflush(stderr);
}

void progress_update(struct progress *p, uint64_t done)
{
    if (!p->shown)
        return;
    kin_us now = kin_clock_mono_us();
    if (now - p->drawn < INTERVAL_US)
        return;
    p->drawn = now;
    draw(p, done < p->total ? done : p->total, now);
}

void progress_end(struct progress *p)
{
    if (p->shown)
        fputs("\r\x1b[K", stderr);
    p->shown = false;
}
