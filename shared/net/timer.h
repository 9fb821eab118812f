// What loop.c needs of timer.c: the deadlines of a loop on its timerfd.
#ifndef KIN_NET_TIMER_H
#define KIN_NET_TIMER_H

#include "net/loop.h"

// Watches loop->timer_fd. KIN_OK or KIN_EIO.
int kin_timer_attach(struct kin_loop *loop);

#endif
