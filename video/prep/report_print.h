// A report for people and for programs.
#ifndef PREP_REPORT_PRINT_H
#define PREP_REPORT_PRINT_H

#include <stdio.h>

#include "report.h"

// A table of facts, one a line, under the name of the file.
void report_print_table(const struct report *r, FILE *out);

// One JSON object.
void report_print_json(const struct report *r, FILE *out);

#endif
