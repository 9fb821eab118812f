// ^C and its kin ask the program to stop; it then tidies up and ends as the signal would have ended it.
#ifndef PREP_INTERRUPT_H
#define PREP_INTERRUPT_H

#include <stdbool.h>

// Catches from now on each signal that would end the program, but for those that are ignored (as SIGHUP under nohup)
// and those that say that it is broken.
void interrupt_catch(void);

bool interrupt_pending(void);

// When one came: ends the process by that signal, so that a shell or make sees what happened. Else returns.
void interrupt_reraise(void);

#endif
