// Ending without waiting.
#include "commands/leave.h"

#include <stdio.h>
#include <unistd.h>

bool leave_loop(struct kin_loop *loop)
{
    if (!kin_loop_drain(loop, LEAVE_SERVER_MS, LEAVE_POOL_MS))
        return false;
    kin_loop_deinit(loop);
    return true;
}

void leave_now(int status)
{
    fflush(NULL);
    _exit(status);
}
