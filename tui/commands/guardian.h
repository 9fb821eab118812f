// A parent process that only waits, and restores the terminal however its child ends.
#ifndef TUI_GUARDIAN_H
#define TUI_GUARDIAN_H

#include <stdbool.h>
#include <termios.h>

#include "base/time.h"

#define GUARDIAN_REMOVAL_MAX 128

// Shared between both processes.
struct guardian_note {
    volatile bool entered;              // the child has changed the terminal's modes
    char removal[GUARDIAN_REMOVAL_MAX]; // of images that it draws and that stay until they are removed; "" = none
    // Answers of the terminal that the child left behind: owed until then (kin_clock_mono_us()), and for so long since
    // its death. Both are 0 when it has waited for them itself.
    volatile kin_us answers_until, answers_longest;
    volatile bool answers_missing; // some queries may stand in the tty's output still
    char sentence[256];            // printed on stderr once the terminal is restored; "" = none
};

struct guardian {
    int fd; // of the terminal
    const struct termios *cooked;
    const char *leave; // bytes that undo all modes
};

// Removes the images and writes `leave`. Drops output that the terminal has not read, where queries may be in it: their
// answers would come when the shell reads.
void guardian_leave(const struct guardian_note *note, int fd, const char *leave);

// Runs body(ctx, note) in a child of the same process group and returns its exit status after restoring the terminal.
// When a signal killed the child, the caller dies of the same signal. ^Z and fg stop and continue both. Returns 1 when
// the child cannot be created.
int guardian_run(const struct guardian *g, int (*body)(void *ctx, struct guardian_note *note), void *ctx);

#endif
