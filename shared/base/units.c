// Figures with units as people read them.
#include "base/units.h"

#include <stdio.h>
#include <string.h>

static char *scaled(double v, const char *const units[5], char dst[KIN_UNITS_MAX])
{
    int u = 0;
    while (v >= 999.5 && u < 4) {
        v /= 1000;
        u++;
    }
    int digits = u == 0 || v >= 99.95 ? 0 : v >= 9.995 ? 1 : 2;
    if (v > 0 && v < 0.5 && u == 0)
        snprintf(dst, KIN_UNITS_MAX, "<1 %s", units[0]);
    else
        snprintf(dst, KIN_UNITS_MAX, "%.*f %s", digits, v < 0 ? 0 : v, units[u]);
    return dst;
}

char *kin_units_bits(double per_s, char dst[KIN_UNITS_MAX])
{
    static const char *const units[5] = {"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"};
    return scaled(per_s, units, dst);
}

char *kin_units_bytes(double bytes, char dst[KIN_UNITS_MAX])
{
    static const char *const units[5] = {"B", "kB", "MB", "GB", "TB"};
    return scaled(bytes, units, dst);
}

char *kin_units_decimal(double v, char dst[KIN_UNITS_MAX])
{
    snprintf(dst, KIN_UNITS_MAX, "%.3f", v);
    for (size_t n = strlen(dst); strchr(dst, '.') != NULL && n > 1 && (dst[n - 1] == '0' || dst[n - 1] == '.'); n--)
        dst[n - 1] = '\0';
    return dst;
}
