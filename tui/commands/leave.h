// Ends a command without waiting for work that cannot be cancelled, such as resolving a host name or decoding a
// picture: how long either takes is up to others.
#ifndef TUI_LEAVE_H
#define TUI_LEAVE_H

#include "io/loop.h"

#define LEAVE_SERVER_MS 100 // to send TEARDOWN and BYE
#define LEAVE_POOL_MS 20    // for a picture that is almost decoded

// Closes a loop whose handles are closing. True: the loop and its handles are gone. False: the thread pool is still
// busy; free nothing that its work may use, and end the process by leave_now().
bool leave_loop(struct kin_loop *loop);

// Ends the process with this status at once. exit() would wait for the threads of libuv's pool.
__attribute__((noreturn)) void leave_now(int status);

#endif
