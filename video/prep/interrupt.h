// Signals such as ^C ask the program to stop; it cleans up and then ends as the signal would have ended it.
#ifndef PREP_INTERRUPT_H
#define PREP_INTERRUPT_H

#include <stdbool.h>

// Catches from now on every signal that would end the program, except those that are ignored (SIGHUP under nohup) and
// those that report a crash.
void interrupt_catch(void);

bool interrupt_pending(void);

// If a signal was caught, ends the process by it, so that a shell or make sees the reason. Else returns.
void interrupt_reraise(void);

#endif
