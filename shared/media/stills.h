// A directory of still JPEGs as one reel: its files, in natural order, are the frames.
#ifndef KIN_MEDIA_STILLS_H
#define KIN_MEDIA_STILLS_H

#include "media/reel.h"

#define KIN_STILLS_LEAST 2u
#define KIN_STILLS_MOST 200000u // files in a directory that are looked at

// Which version of a directory's stills: changes when a file comes, goes, is renamed or written.
struct kin_stills_version {
    uint32_t count;
    uint64_t bytes;  // of all
    uint64_t digest; // of names, sizes and times
};

// Looks at every file of the directory without opening any. KIN_OK: all visible entries are regular files named like
// JPEGs (.jpg .jpeg .jpe), at least KIN_STILLS_LEAST of them; KIN_EUNSUPPORTED: not such a directory; KIN_ELIMIT;
// KIN_ENOMEM; KIN_EIO. dir_fd stays the caller's. Hidden files do not count.
// Asks now and then whether to go on: KIN_ECANCELED once go_on(ctx) is false. go_on may be NULL.
int kin_stills_look(int dir_fd, bool (*go_on)(void *ctx), void *ctx, struct kin_stills_version *ret);

// The reel: every file that begins as a JPEG does. As kin_reel_open, and keeps a descriptor of its own. A frame whose
// file has gone or changed its size since is KIN_ECHANGED when it is read. format is "stills"; the rate is the options'
// one, or that of the first frame's comment.
int kin_stills_open(int dir_fd, const struct kin_reel_options *options, struct kin_reel **ret,
                    char why[KIN_MEDIA_WHY_MAX]);

#endif
