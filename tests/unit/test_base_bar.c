// Progress bars as text.
#include "base/bar.h"
#include "unit.h"

#define S KIN_US_PER_S

static struct kin_span draw(const struct kin_bar *bar)
{
    static char line[KIN_BAR_LINE_MAX];
    return kin_span_make(line, kin_bar_format(bar, line));
}

TEST(bar_shows_share_words_and_eta)
{
    struct kin_bar bar = {.label = "film", .columns = 48, .share = 0.25, .elapsed = 30 * S};
    CHECK_SPAN(draw(&bar), "film [######..................]  25 %  ETA 1:30");
    bar.more = "2 MB/s";
    CHECK_SPAN(draw(&bar), "film [####............]  25 %  2 MB/s  ETA 1:30");
    bar.share = 7;
    CHECK_SPAN(draw(&bar), "film [################] 100 %  2 MB/s  ETA 0:00");
    bar.columns = 38;
    CHECK_SPAN(draw(&bar), "");
out:;
}

TEST(bar_cleans_its_label)
{
    struct kin_bar bar = {.label = "a\033]0;b\007", .columns = 200, .share = 0};
    struct kin_span line = draw(&bar);
    CHECK(line.n > 0 && kin_span_find(line, '\033') == line.n && kin_span_find(line, '\007') == line.n);
out:;
}

TEST(bar_eta_is_bounded)
{
    char eta[KIN_BAR_ETA_MAX];
    CHECK_SPAN(kin_span_str(kin_bar_eta(0, S, eta)), "--:--");
    CHECK_SPAN(kin_span_str(kin_bar_eta(1e-9, 3600 * S, eta)), "--:--");
    CHECK_SPAN(kin_span_str(kin_bar_eta(0.5, 3723 * S, eta)), "1:02:03");
    CHECK_SPAN(kin_span_str(kin_bar_eta(1, S, eta)), "0:00");
out:;
}
