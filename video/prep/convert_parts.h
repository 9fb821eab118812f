// What the two ways of converting share: convert_copy.c copies JPEGs, convert_code.c makes them.
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
    bool open; // the writer
    struct progress progress;
    uint32_t left_out;       // frames of a reel that are broken, as far as copying has shown
    uint32_t first_left_out; // the first of them, from 1
    uint64_t lowered;        // frames that were coded at a lower quality so that they fit
    unsigned lowest;         // quality of these
    char why[FILM_WHY_MAX];  // a whole sentence after a failure, or empty
};

// Microseconds in ticks of the film.
int64_t convert_ticks(const struct convert_job *j, kin_us time);

// Opens the output for pictures of this size.
int convert_open_writer(struct convert_job *j, uint32_t width, uint32_t height);

// Writes a frame so many times. KIN_ECANCELED when a signal asked to stop.
int convert_write(struct convert_job *j, struct kin_span jpeg, uint64_t times);

// "INPUT: " and the sentence.
void convert_input_error(struct convert_job *j, const char *sentence);

int convert_by_copying(struct convert_job *j);
int convert_by_coding(struct convert_job *j);

#endif
