// What loop.c needs of timer.c: the deadlines of a loop on its timerfd.
#ifndef KIN_IO_TIMER_INTERNAL_H
#define KIN_IO_TIMER_INTERNAL_H

#include "io/loop.h"

// Watches loop->timer_fd. KIN_OK or KIN_EIO.
int kin_timer_attach(struct kin_loop *loop);

#endif
