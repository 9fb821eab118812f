// Ending a command without waiting for work that cannot be cancelled: a host name that is being looked up, a picture
// that is being decoded. Both are in the hands of strangers.
#ifndef TUI_LEAVE_H
#define TUI_LEAVE_H

#include "io/loop.h"

#define LEAVE_SERVER_MS 100 // for the last words to the server
#define LEAVE_POOL_MS 20    // for a picture that is nearly ready

// Closes a loop whose handles are closing. True: it is gone, and so is everything that stood on it. False: something
// still runs on the thread pool; nothing that it could use may be freed, and the process must end by leave_now().
bool leave_loop(struct kin_loop *loop);

// Ends the process with this status at once. exit() would wait for the threads of libuv's pool.
__attribute__((noreturn)) void leave_now(int status);

#endif
