// From a film to a reel.
#ifndef PREP_CONVERT_H
#define PREP_CONVERT_H

#include "base/time.h"
#include "dimensions.h"
#include "film.h"
#include "writer.h"

#define CONVERT_QUALITY 75u // of JPEG, where nothing else is asked for
#define CONVERT_WHY_MAX (FILM_WHY_MAX + 512)

struct convert_options {
    const char *input, *output;
    struct dimensions size;      // 0x0: the film's
    uint32_t rate_num, rate_den; // 0: the film's
    unsigned quality;            // 0: CONVERT_QUALITY
    bool fit;                    // code what is too long for the lab format at a lower one
    enum writer_format format;
    kin_us start, duration; // duration 0: to the end
};

// KIN_OK, or an error and a sentence (else empty, as after KIN_ECANCELED). The output appears whole or not at all. Says
// on standard error what a person should know: that frames were copied, or that some could not be decoded.
int convert(const struct convert_options *options, char why[CONVERT_WHY_MAX]);

#endif
