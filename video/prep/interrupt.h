// ^C and its kin ask the program to stop; it then tidies up and ends as the signal would have ended it.
#ifndef PREP_INTERRUPT_H
#define PREP_INTERRUPT_H

#include <stdbool.h>

// Catches SIGINT, SIGTERM and SIGHUP from now on (unless they are ignored, as under nohup).
void interrupt_catch(void);

bool interrupt_pending(void);

// When one came: ends the process by that signal, so that a shell or make sees what happened. Else returns.
void interrupt_obey(void);

#endif
