// What the system has no more of: descriptors and memory. A request that fails for want of them fails for the client,
// but it is the operator who can do something about it, so wherever one of these errors turns up, it is noted here.
#ifndef DAEMON_SHORTAGE_H
#define DAEMON_SHORTAGE_H

#include <stdbool.h>

// Of an errno, with either sign: EMFILE, ENFILE, ENOMEM and ENOBUFS are logged with the limit that was reached, each at
// most once in JOURNAL_REPEAT_US. False: it is another error, or none. errno stays as it is. Any thread.
bool shortage_note(int error);

// The same of an error of ours: KIN_EFILES and KIN_ENOMEM.
bool shortage_note_err(int err);

#endif
