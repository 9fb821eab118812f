// What holds the film back, in one sentence.
#ifndef TUI_DIAGNOSIS_H
#define TUI_DIAGNOSIS_H

#include "model/bottleneck.h"
#include "model/model.h"

#define DIAGNOSIS_MAX 160

// The figures of the last seconds, for bottleneck_find().
void diagnosis_figures(const struct model *m, struct bottleneck_figures *ret);
// NUL-terminated, returns dst.
char *diagnosis_sentence(const struct model *m, char dst[DIAGNOSIS_MAX]);

#endif
