// Text output of the writer.
#include "base/wr.h"

#include <stdarg.h>
#include <stdio.h>

void kin_wr_str(struct kin_wr *w, const char *text)
{
    kin_wr_bytes(w, text, strlen(text));
}

void kin_wr_fmt(struct kin_wr *w, const char *format, ...)
{
    if (w->bad)
        return;
    size_t room = w->size - w->len;
    va_list args;
    va_start(args, format);
    int n = vsnprintf((char *)w->p + w->len, room, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= room) {
        w->bad = true;
        return;
    }
    w->len += (size_t)n;
}
