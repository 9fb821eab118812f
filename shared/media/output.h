// A file that appears whole or not at all: written beside its place under the name OUTPUT.part, then renamed. What is
// no regular file (a device, a pipe, a terminal) is written through and never replaced; a symbolic link stays one.
#ifndef KIN_MEDIA_OUTPUT_H
#define KIN_MEDIA_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define KIN_OUTPUT_WHY_MAX 256

struct kin_output {
    int fd;
    const char *path; // as given to kin_output_open(), borrowed
    char
        *target; // the file to be, links resolved; NULL when it is written in place (standard output, a device, a pipe)
    char *part;
    bool replaces; // a file of that name exists, and is not empty
    uint64_t
        leftover; // bytes of a part that an earlier run left: the first write replaces it, and it stays without one
    // NULL, or asked while a write waits for a reader: true = give up (KIN_ECANCELED). Set it after kin_output_open().
    bool (*interrupted)(void);
};

// "-" is standard output. `path` is borrowed until the end. The part is locked: while one run writes it, another is
// refused. A file that is replaced hands down its mode and owner. KIN_OK, or an error and a sentence; then there is
// nothing to free. Waits where the path names a pipe that nobody has opened for reading.
int kin_output_open(struct kin_output *o, const char *path, char why[KIN_OUTPUT_WHY_MAX]);

// KIN_OK, KIN_EIO (with a sentence), KIN_ECANCELED.
int kin_output_write(struct kin_output *o, struct kin_span bytes, char why[KIN_OUTPUT_WHY_MAX]);

// Is it a file whose beginning can be written again, and whose end can be cut off?
bool kin_output_can_patch(const struct kin_output *o);

// Writes over bytes that were written before. As kin_output_write().
int kin_output_patch(struct kin_output *o, uint64_t offset, struct kin_span bytes, char why[KIN_OUTPUT_WHY_MAX]);

// Drops what was written from this offset on, as far as that is possible.
void kin_output_cut(struct kin_output *o, uint64_t offset);

// Flushes it to the disk and puts it in its place. After this, after _keep or after _discard, there is nothing left to
// free. KIN_OK, or KIN_EIO with a sentence, and then nothing stays behind.
int kin_output_commit(struct kin_output *o, char why[KIN_OUTPUT_WHY_MAX]);

// Leaves it under the name of the part. KIN_OK, or KIN_EIO with a sentence.
int kin_output_keep(struct kin_output *o, char why[KIN_OUTPUT_WHY_MAX]);

// Leaves no trace of it (as far as it was not written in place). Harmless after the others and after a failed _open.
void kin_output_discard(struct kin_output *o);

#endif
