// The error about a section or key that the table does not have. Private to this room.
#ifndef KIN_OPTIONS_UNKNOWN_H
#define KIN_OPTIONS_UNKNOWN_H

#include "options/options.h"

// Writes "[section] key: unknown key, did you mean ...?" or the like; names may be anything that a file or user wrote.
void kin_opt_unknown(const struct kin_opt *table, size_t count, const char *section, const char *key,
                     char why[KIN_OPT_WHY_MAX]);

#endif
