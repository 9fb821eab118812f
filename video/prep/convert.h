// Converts a film to a reel.
#ifndef PREP_CONVERT_H
#define PREP_CONVERT_H

#include "base/time.h"
#include "dimensions.h"
#include "film.h"
#include "writer.h"

#define CONVERT_QUALITY 75u // JPEG quality by default
#define CONVERT_WHY_MAX (FILM_WHY_MAX + 512)

struct convert_options {
    const char *input, *output;
    struct dimensions size;      // 0x0: the film's
    uint32_t rate_num, rate_den; // 0: the film's
    unsigned quality;            // 0: CONVERT_QUALITY
    bool fit;                    // lower the quality of frames that are too long for the lab format
    enum writer_format format;
    kin_us start, duration; // duration 0: to the end
};

// KIN_OK, or an error and its reason in `why` (empty on success and after KIN_ECANCELED). The output appears whole or
// not at all. Prints notes on standard error: that frames were copied, that some could not be decoded and the like.
int convert(const struct convert_options *options, char why[CONVERT_WHY_MAX]);

#endif
