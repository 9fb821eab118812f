// "Did you mean ...?": the nearest of some names to one that is not known.
#ifndef KIN_OPTIONS_SUGGEST_H
#define KIN_OPTIONS_SUGGEST_H

#include "base/span.h"

#define KIN_SUGGEST_NAME_MAX 64 // longer names are never near

// Changes of single characters (insert, delete, replace, swap neighbours) that turn a into b.
unsigned kin_suggest_distance(struct kin_span a, struct kin_span b);

// The name nearest to `text`, or NULL when none is near enough to be meant.
const char *kin_suggest(struct kin_span text, const char *const *names, size_t count);

#endif
