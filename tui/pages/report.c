// The support report: versions, settings, and the statistics page as text.
#include "pages/report.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/wr.h"
#include "model/format.h"
#include "pages/diagnosis.h"
#include "pages/history.h"
#include "pages/view.h"

#define REPORT_COLS 100
#define REPORT_ROWS 160 // more than the statistics page has

static void put_row(struct kin_wr *out, const char *label, const char *text)
{
    kin_wr_fmt(out, "%-12s %s\n", label, text);
}

static void write_head(const struct model *m, struct kin_wr *out)
{
    char text[256], url[URL_PATH_SHOWN_MAX], at[FORMAT_MAX], cause[DIAGNOSIS_MAX];
    const char *term = getenv("TERM");
    kin_wr_str(out, "kinora " KIN_VERSION "\n\n");
    url_path_shown(m->reel.url, url);
    put_row(out, "url", url);
    view_state_text(m, true, text, sizeof text);
    put_row(out, "state", text);
    format_time(m->reel.position, at);
    snprintf(text, sizeof text, "%s, speed %g", at, m->reel.rate);
    put_row(out, "position", text);
    put_row(out, "bottleneck", diagnosis_sentence(m, cause));
    put_row(out, "message", m->message.text);
    put_row(out, "TERM", term != NULL ? term : "");
    struct kin_wr options = kin_wr_init(text, sizeof text - 1);
    settings_describe(SETTINGS_PLAY, m->settings, &options);
    text[options.len] = '\0';
    put_row(out, "options", text);
}

static void write_history(const struct model *m, struct kin_wr *out)
{
    struct kin_receive_second seconds[KIN_RECEIVE_HISTORY_SECONDS];
    size_t count = kin_receive_history_copy(&m->reel.history, false, seconds, KIN_RECEIVE_HISTORY_SECONDS);
    const struct history_source source = {seconds, count, &m->reel.terminal};
    kin_wr_fmt(out, "\n%-12s %14s %14s %14s %14s  (%zu s)\n", "", "min", "avg", "max", "last", count);
    for (int i = 0; i < HISTORY_FIGURE_COUNT; i++) {
        struct history_columns c;
        enum history_figure figure = (enum history_figure)i;
        char least[HISTORY_TEXT_MAX], mean[HISTORY_TEXT_MAX], most[HISTORY_TEXT_MAX], last[HISTORY_TEXT_MAX];
        history_columns(&source, 1, figure, &c);
        if (c.known > 0)
            kin_wr_fmt(out, "%-12s %14s %14s %14s %14s\n", history_label(figure),
                       history_number(figure, c.least, least), history_number(figure, c.mean, mean),
                       history_number(figure, c.most, most), history_number(figure, c.last, last));
    }
}

// The page is drawn on a screen that nobody sees.
static void write_statistics(const struct model *m, struct kin_wr *out)
{
    struct screen s = {.utf8 = m->terminal.utf8, .depth = DEPTH_2};
    size_t room = out->size - out->len;
    if (room < 2 || screen_resize(&s, REPORT_COLS, REPORT_ROWS) != 0)
        return;
    s.rows = (int)view_stats_rows(m, &s);
    kin_wr_u8(out, '\n');
    out->len += screen_text(&s, (char *)out->p + out->len, room - 1);
    screen_deinit(&s);
}

size_t report_write(const struct model *m, char *dst, size_t size)
{
    struct kin_wr out = kin_wr_init(dst, size - 1);
    write_head(m, &out);
    write_history(m, &out);
    write_statistics(m, &out);
    dst[out.len] = '\0';
    return out.len;
}
