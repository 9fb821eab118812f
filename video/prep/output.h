// A file that appears whole or not at all: written beside its place under the name OUTPUT.part, then renamed.
#ifndef PREP_OUTPUT_H
#define PREP_OUTPUT_H

#include "base/span.h"

#define OUTPUT_WHY_MAX 256

struct output {
    int fd;
    char *target; // where it shall be; NULL when it is written in place (standard output, a device, a pipe)
    char *part;
};

// "-" is standard output. The part is locked: while one run writes it, another is refused. A file that is replaced
// hands down its mode and owner. KIN_OK, or an error and a sentence.
int output_open(struct output *o, const char *path, char why[OUTPUT_WHY_MAX]);

// KIN_OK, KIN_EIO (with a sentence), KIN_ECANCELED when a signal asked to stop.
int output_write(struct output *o, struct kin_span bytes, char why[OUTPUT_WHY_MAX]);

// Is it a file whose beginning can be written again?
bool output_can_patch(const struct output *o);

// Writes over bytes that were written before. As output_write.
int output_patch(struct output *o, uint64_t offset, struct kin_span bytes, char why[OUTPUT_WHY_MAX]);

// Puts it in its place. After this, or after _discard, there is nothing left to free.
int output_commit(struct output *o, char why[OUTPUT_WHY_MAX]);

// Leaves no trace of it (as far as it was not written in place). Harmless after _commit and after a failed _open.
void output_discard(struct output *o);

#endif
