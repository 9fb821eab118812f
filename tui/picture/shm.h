// Pictures in POSIX shared memory, for a terminal on this machine, which unlinks each object once it has read it.
#ifndef TUI_SHM_H
#define TUI_SHM_H

#include "picture/canvas.h"

#define SHM_OBJECTS_MAX 8 // that the terminal may still have to read; older ones are unlinked
#define SHM_NAME_MAX 48

struct shm {             // zero it to begin
    unsigned long count; // of objects made
    char names[SHM_OBJECTS_MAX][SHM_NAME_MAX];
};

// Makes an object "/kinora-PID-N" for this user alone, with the pixels line by line and nothing between the lines.
// KIN_OK: *ret_name is the shm's, until SHM_OBJECTS_MAX more objects are made. KIN_EIO: there is none.
int shm_write(struct shm *s, const struct canvas_pixels *pixels, const char **ret_name);

// Unlinks what the terminal has not taken.
void shm_deinit(struct shm *s);

#endif
