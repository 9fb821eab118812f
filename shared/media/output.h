// Writes a file that appears whole or not at all: it is written as OUTPUT.part and then renamed. Anything but a regular
// file (a device, a pipe, a terminal) is written to directly and never replaced; a symbolic link stays one.
#ifndef KIN_MEDIA_OUTPUT_H
#define KIN_MEDIA_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define KIN_OUTPUT_WHY_MAX 256

struct kin_output {
    int fd;
    const char *path;  // as given to kin_output_open(), borrowed
    char *target;      // owned: final name, links resolved; NULL when written in place (standard output, device, pipe)
    char *part;        // owned: the name while it is written
    bool replaces;     // a file of that name exists, and is not empty
    uint64_t leftover; // bytes of a part left by an earlier run: the first write discards them, without one they stay
    // NULL, or polled while a write waits for a reader: true = give up (KIN_ECANCELED). Set it after kin_output_open().
    bool (*interrupted)(void);
};

// "-" is standard output. `path` is borrowed until the end. The part is locked against other runs. A file that is
// replaced passes on its mode and owner. KIN_OK, or an error with its reason in `why`; then there is nothing to free.
// Blocks on a pipe until somebody opens it for reading.
int kin_output_open(struct kin_output *o, const char *path, char why[KIN_OUTPUT_WHY_MAX]);

// KIN_OK, KIN_EIO (with a reason), KIN_ECANCELED.
int kin_output_write(struct kin_output *o, struct kin_span bytes, char why[KIN_OUTPUT_WHY_MAX]);

// Whether earlier bytes can be overwritten and the end cut off: true for regular files.
bool kin_output_can_patch(const struct kin_output *o);

// Overwrites bytes written before. Errors as kin_output_write().
int kin_output_patch(struct kin_output *o, uint64_t offset, struct kin_span bytes, char why[KIN_OUTPUT_WHY_MAX]);

// Discards what was written from this offset on, if kin_output_can_patch().
void kin_output_cut(struct kin_output *o, uint64_t offset);

// Flushes the file to disk and renames it to its final name. After this, after _keep or after _discard, there is
// nothing left to free. KIN_OK, or KIN_EIO with a reason, and then the part is removed.
int kin_output_commit(struct kin_output *o, char why[KIN_OUTPUT_WHY_MAX]);

// Flushes the file and leaves it under the name of the part. KIN_OK, or KIN_EIO with a reason.
int kin_output_keep(struct kin_output *o, char why[KIN_OUTPUT_WHY_MAX]);

// Removes the file unless it was written in place. Harmless after the others and after a failed _open.
void kin_output_discard(struct kin_output *o);

#endif
