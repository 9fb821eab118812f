// Bars of '#' and '.'.
#include "base/bar.h"

#include <stdio.h>

#include "base/text.h"

#define LABEL_MAX 40u
#define BAR_MIN 8u
#define BAR_MAX 40u
#define FRAME 4u // "[] " and a blank before it

const char *kin_bar_eta(double share, kin_us elapsed, char dst[KIN_BAR_ETA_MAX])
{
    double left = share > 0 ? (double)elapsed / (double)KIN_US_PER_S * (1 / share - 1) : 1e9;
    long long s = left < 1e9 ? (long long)(left + 0.999) : 1000000000;
    if (s > 99 * 3600)
        snprintf(dst, KIN_BAR_ETA_MAX, "--:--");
    else if (s >= 3600)
        snprintf(dst, KIN_BAR_ETA_MAX, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(dst, KIN_BAR_ETA_MAX, "%lld:%02lld", s / 60, s % 60);
    return dst;
}

size_t kin_bar_format(const struct kin_bar *b, char dst[KIN_BAR_LINE_MAX])
{
    char label[2 * LABEL_MAX], tail[96], eta[KIN_BAR_ETA_MAX], bar[BAR_MAX + 1];
    double share = b->share < 0 ? 0 : b->share > 1 ? 1 : b->share;
    kin_text_clean(kin_span_first(kin_span_str(b->label), LABEL_MAX), false, label, sizeof label);
    snprintf(tail, sizeof tail, "%3.0f %%  %s%sETA %s", share * 100, b->more != NULL ? b->more : "",
             b->more != NULL ? "  " : "", kin_bar_eta(share, b->elapsed, eta));
    unsigned used = (unsigned)(strlen(label) + strlen(tail)) + FRAME;
    if (b->columns < used + BAR_MIN + 1) // the last column stays free: some terminals wrap there
        return 0;
    unsigned width = b->columns - 1 - used < BAR_MAX ? b->columns - 1 - used : BAR_MAX;
    unsigned filled = (unsigned)(share * width);
    memset(bar, '#', filled);
    memset(bar + filled, '.', width - filled);
    bar[width] = '\0';
    return (size_t)snprintf(dst, KIN_BAR_LINE_MAX, "%s [%s] %s", label, bar, tail);
}
