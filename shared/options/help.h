// The rows of --help. Private to this room.
#ifndef KIN_OPTIONS_HELP_H
#define KIN_OPTIONS_HELP_H

#include <stdio.h>

#define KIN_HELP_COLUMN 28 // where the explanations begin
#define KIN_HELP_WIDTH 96  // where they end

// "  -c, --config FILE       help, wrapped". letter 0 and metavar NULL are left out; value is the default or NULL.
void kin_help_row(char letter, const char *name, const char *metavar, const char *help, const char *value, FILE *out);

#endif
