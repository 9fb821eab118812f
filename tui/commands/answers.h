// The answers that the terminal owes when it is to be given back: one that came later would stand on the shell's
// command line.
#ifndef TUI_ANSWERS_H
#define TUI_ANSWERS_H

#include "terminal/probe.h"
#include "terminal/writer.h"

// When the last of them will have come: within twice the round trip, or a second since it was asked for where that is
// unknown. 0 when there are none, or the terminal does not answer.
kin_us answers_due(const struct writer *w, const struct probe *p, kin_us now);

// True when something that was asked has not been answered, waited for or not: the terminal may not have read it.
bool answers_are_missing(const struct writer *w, const struct probe *p);

// How long an answer takes at most; 0 while that is unknown.
kin_us answers_longest(const struct writer *w, const struct probe *p);

#endif
