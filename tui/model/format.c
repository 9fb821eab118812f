// Numbers with units.
#include "model/format.h"

#include <stdio.h>

char *format_bits(double per_s, char dst[FORMAT_MAX])
{
    return kin_units_bits(per_s, dst);
}

char *format_bytes(double bytes, char dst[FORMAT_MAX])
{
    return kin_units_bytes(bytes, dst);
}

char *format_time(kin_us t, char dst[FORMAT_MAX])
{
    int64_t tenths = t / (KIN_US_PER_S / 10), s = tenths / 10;
    if (t < 0)
        snprintf(dst, FORMAT_MAX, "--:--");
    else if (s < 3600)
        snprintf(dst, FORMAT_MAX, "%02d:%02d.%d", (int)(s / 60), (int)(s % 60), (int)(tenths % 10));
    else
        snprintf(dst, FORMAT_MAX, "%lld:%02d:%02d.%d", (long long)(s / 3600), (int)(s / 60 % 60), (int)(s % 60),
                 (int)(tenths % 10));
    return dst;
}

char *format_ms(double ms, char dst[FORMAT_MAX])
{
    dst[0] = '\0';
    if (ms >= 0)
        snprintf(dst, FORMAT_MAX, "%.*f ms", ms < 9.995 ? 2 : ms < 99.95 ? 1 : 0, ms);
    return dst;
}

char *format_span(kin_us t, char dst[FORMAT_MAX])
{
    if (t < 10 * KIN_US_PER_S)
        snprintf(dst, FORMAT_MAX, "%lld ms", (long long)(t / KIN_US_PER_MS));
    else
        snprintf(dst, FORMAT_MAX, "%.*f s", t < 1000 * KIN_US_PER_S, (double)t / KIN_US_PER_S);
    return dst;
}

char *format_fps(double per_s, char dst[FORMAT_MAX])
{
    snprintf(dst, FORMAT_MAX, per_s > 0 && per_s < 0.95 ? "%.2g" : "%.1f", per_s);
    return dst;
}

// A value above zero never reads as zero.
static char *percent_text(double share, int digits, char dst[FORMAT_MAX])
{
    if (share > 0 && share < 0.00005)
        snprintf(dst, FORMAT_MAX, "<0.01 %%");
    else
        snprintf(dst, FORMAT_MAX, "%.*f %%", digits, share * 100);
    return dst;
}

char *format_share(double share, char dst[FORMAT_MAX])
{
    return percent_text(share, share >= 0.0995 || share <= 0 ? 0 : share >= 0.00995 ? 1 : 2, dst);
}

char *format_loss(double share, char dst[FORMAT_MAX])
{
    return percent_text(share, 2, dst);
}

char *format_percent(double share, char dst[FORMAT_MAX])
{
    int percent = share >= 1 ? 100 : share > 0 ? (int)(share * 100) : 0;
    snprintf(dst, FORMAT_MAX, "%d %%", percent);
    return dst;
}

char *format_rate(uint32_t milli, char dst[FORMAT_MAX])
{
    dst[0] = '\0';
    if (milli == 0)
        return dst;
    int digits = milli % 1000 == 0 ? 0 : milli % 100 == 0 ? 1 : 3;
    snprintf(dst, FORMAT_MAX, "%.*f fps", digits, milli / 1000.0);
    return dst;
}

double format_nice_ceiling(double v)
{
    double step = 1;
    while (step < v && step < 1e18) {
        if (step * 2 >= v)
            return step * 2;
        if (step * 5 >= v)
            return step * 5;
        step *= 10;
    }
    return step;
}
