// What the two kinds of conversion share: convert_copy.c copies JPEGs, convert_code.c encodes new ones.
#ifndef PREP_CONVERT_PARTS_H
#define PREP_CONVERT_PARTS_H

#include "cadence.h"
#include "convert.h"
#include "progress.h"

struct convert_job {
    const struct convert_options *options;
    struct film *film;
    const struct film_facts *facts; // of the film
    struct cadence cadence;
    struct writer writer;
    bool open; // the writer is open
    struct progress progress;
    uint32_t left_out;       // broken frames of a reel found so far while copying
    uint32_t first_left_out; // the first of them, from 1
    uint64_t lowered;        // frames encoded at a lower quality to fit the lab format
    unsigned lowest;         // quality of any of these
    char why[FILM_WHY_MAX];  // the complete error message after a failure, or empty
};

// Converts microseconds to ticks of the film.
int64_t convert_ticks(const struct convert_job *j, kin_us time);

// Opens the output for pictures of this size.
int convert_open_writer(struct convert_job *j, uint32_t width, uint32_t height);

// Writes a frame `times` times. KIN_ECANCELED when a signal asked to stop.
int convert_write(struct convert_job *j, struct kin_span jpeg, uint64_t times);

// Sets j->why to "INPUT: sentence".
void convert_input_error(struct convert_job *j, const char *sentence);

int convert_by_copying(struct convert_job *j);
int convert_by_coding(struct convert_job *j);

#endif
