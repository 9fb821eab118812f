// The support report: what somebody who is to help would ask for, as text.
#ifndef TUI_REPORT_H
#define TUI_REPORT_H

#include "model/model.h"

// NUL-terminated; cut at `size`. Returns the length, which is less than size. Passwords of URLs are hidden.
size_t report_write(const struct model *m, char *dst, size_t size);

#endif
