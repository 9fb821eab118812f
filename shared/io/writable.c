// Would a write wait?
#include "io/writable.h"

#include <poll.h>

bool kin_writable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    return poll(&p, 1, 0) != 0;
}
