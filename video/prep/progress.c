// The progress bar.
#include "progress.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/bar.h"
#include "base/clock.h"

#define INTERVAL_US (100 * KIN_US_PER_MS)

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

static void draw(const struct progress *p, uint64_t done, kin_us now)
{
    char line[KIN_BAR_LINE_MAX];
    struct kin_bar bar = {
        .label = p->what, .columns = columns(), .share = (double)done / (double)p->total, .elapsed = now - p->began};
    if (kin_bar_format(&bar, line) == 0)
        return;
    fprintf(stderr, "\r%s\x1b[K", line);
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

void progress_update_of(struct progress *p, uint64_t done, uint64_t total)
{
    p->total = total;
    progress_update(p, done);
}

void progress_end(struct progress *p)
{
    if (p->shown)
        fputs("\r\x1b[K", stderr);
    p->shown = false;
}
