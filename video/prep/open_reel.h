// Opens the reel behind a path: a file, or a directory of stills.
#ifndef PREP_OPEN_REEL_H
#define PREP_OPEN_REEL_H

#include "media/reel.h"

// As kin_reel_open(). On failure `why` has the reason, or is empty when the error code says it all.
int open_reel(const char *path, const struct kin_reel_options *options, struct kin_reel **ret,
              char why[KIN_MEDIA_WHY_MAX]);

#endif
