// The progress of a save.
#include "commands/save_progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/bar.h"
#include "base/plural.h"
#include "model/format.h"
#include "text/messages.h"

#define BAR_EVERY_US (200 * KIN_US_PER_MS)
#define LINE_EVERY_US (10 * KIN_US_PER_S)
#define PROGRESS_MAX 96

void save_progress_begin(struct save_progress *p, const char *path)
{
    const char *slash = strrchr(path, '/');
    *p = (struct save_progress){.name = slash != NULL ? slash + 1 : path, .is_terminal = isatty(STDERR_FILENO) == 1};
    p->is_quiet = strcmp(path, "-") == 0 && !p->is_terminal;
}

static unsigned columns(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static double share(const struct save_progress_facts *f)
{
    return f->frames_total > 0 ? (double)f->done / (double)f->frames_total : 0;
}

// "120 of 240 frames, 2.1 MB/s"
static void format_progress(const struct save_progress *p, kin_us now, const struct save_progress_facts *f,
                            char dst[PROGRESS_MAX])
{
    char rate[FORMAT_MAX], total[32] = "";
    double seconds = (double)(now - p->began) / (double)KIN_US_PER_S;
    if (f->frames_total > 0)
        snprintf(total, sizeof total, MSG_SAVE_TOTAL, (unsigned long long)f->frames_total);
    snprintf(dst, PROGRESS_MAX, MSG_SAVE_PROGRESS, (unsigned long long)f->frames, total,
             kin_plural(f->frames_total > 0 ? f->frames_total : f->frames),
             format_bytes(seconds > 0.1 ? (double)f->bytes / seconds : 0, rate));
}

static void draw_bar(const struct save_progress *p, kin_us now, const struct save_progress_facts *f)
{
    char line[KIN_BAR_LINE_MAX], text[PROGRESS_MAX];
    format_progress(p, now, f, text);
    struct kin_bar bar = {p->name, text, columns(), share(f), now - p->began};
    if (f->frames_total == 0 || kin_bar_format(&bar, line) == 0)
        snprintf(line, sizeof line, "%.*s", (int)columns() - 1, text);
    fprintf(stderr, "\r%s\033[K", line);
}

static void print_line(const struct save_progress *p, kin_us now, const struct save_progress_facts *f)
{
    char text[PROGRESS_MAX], eta[KIN_BAR_ETA_MAX];
    format_progress(p, now, f, text);
    fprintf(stderr, MSG_LINE(MSG_SAVE_PROGRESS_LINE), text, kin_bar_eta(share(f), now - p->began, eta));
}

void save_progress_update(struct save_progress *p, kin_us now, const struct save_progress_facts *facts)
{
    if (p->is_quiet || facts->frames == 0)
        return;
    kin_us every = p->is_terminal ? BAR_EVERY_US : LINE_EVERY_US;
    if (p->began == 0) {
        p->began = now;
        p->next = now + every;
    }
    if (now < p->next)
        return;
    p->next = now + every;
    if (p->is_terminal)
        draw_bar(p, now, facts);
    else
        print_line(p, now, facts);
    fflush(stderr);
}

void save_progress_end(struct save_progress *p)
{
    if (p->is_terminal && p->began != 0)
        fprintf(stderr, "\r\033[K");
}
