// A directory of still JPEGs as one reel, whose frames are its files in natural order.
#ifndef KIN_MEDIA_STILLS_H
#define KIN_MEDIA_STILLS_H

#include "media/reel.h"

#define KIN_STILLS_LEAST 2u
#define KIN_STILLS_MOST 200000u // files in a directory

// Identifies the state of a directory: changes when a file is added, removed, renamed or written.
struct kin_stills_version {
    uint32_t count;
    uint64_t bytes;  // of all
    uint64_t digest; // of names, sizes and times
};

// Examines every file of the directory without opening any. KIN_OK: all entries are regular files named like JPEGs
// (.jpg .jpeg .jpe), at least KIN_STILLS_LEAST of them; KIN_EUNSUPPORTED: not such a directory; KIN_ELIMIT; KIN_ENOMEM;
// KIN_EIO; KIN_ECANCELED once go_on(ctx), which is called regularly, returns false. go_on may be NULL. Hidden files are
// ignored. dir_fd stays the caller's.
int kin_stills_scan(int dir_fd, bool (*go_on)(void *ctx), void *ctx, struct kin_stills_version *ret);

// Opens the reel of all files that begin like a JPEG. As kin_reel_open(), and keeps its own descriptor of the
// directory. Reading a frame whose file has gone or changed since gives KIN_ECHANGED. format is "stills"; the rate is
// that of the first frame's comment, or of the options.
int kin_stills_open(int dir_fd, const struct kin_reel_options *options, struct kin_reel **ret,
                    char why[KIN_MEDIA_WHY_MAX]);

#endif
