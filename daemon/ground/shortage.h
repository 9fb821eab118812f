// Shortages of descriptors and memory. The client only sees its request fail; the operator can do something about it,
// so every such error is noted here.
#ifndef DAEMON_SHORTAGE_H
#define DAEMON_SHORTAGE_H

#include <stdbool.h>

// Takes an errno of either sign. EMFILE, ENFILE, ENOMEM and ENOBUFS are logged with the limit that was reached, each at
// most once in JOURNAL_REPEAT_US. False: another error, or 0. errno is preserved. Any thread.
bool shortage_note(int error);

// The same for codes of base/err.h: KIN_EFILES and KIN_ENOMEM.
bool shortage_note_err(int err);

#endif
