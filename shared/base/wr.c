// Text output of the writer.
#include "base/wr.h"

#include <inttypes.h>
#include <stdio.h>

void kin_wr_str(struct kin_wr *w, const char *text)
{
    kin_wr_bytes(w, text, strlen(text));
}

void kin_wr_vfmt(struct kin_wr *w, const char *format, va_list args)
{
    size_t room = w->size - w->len;
    int n = w->bad ? -1 : vsnprintf((char *)w->p + w->len, room, format, args);
    w->bad = n < 0 || (size_t)n >= room;
    w->len += w->bad ? 0 : (size_t)n;
}

void kin_wr_fmt(struct kin_wr *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    kin_wr_vfmt(w, format, args);
    va_end(args);
}

void kin_wr_milli(struct kin_wr *w, uint64_t milli, unsigned decimals)
{
    unsigned part = (unsigned)(milli % 1000), digits = 3;
    for (; digits > decimals && part % 10 == 0; digits--)
        part /= 10;
    kin_wr_fmt(w, "%" PRIu64, milli / 1000);
    if (digits > 0)
        kin_wr_fmt(w, ".%0*u", (int)digits, part);
}
