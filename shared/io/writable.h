// Would a write to this descriptor wait? For descriptors that others hand us and that must stay blocking.
#ifndef KIN_IO_WRITABLE_H
#define KIN_IO_WRITABLE_H

#include <stdbool.h>

// False when the reader of a pipe, socket or terminal has stopped reading; a pipe that is writable takes PIPE_BUF bytes
// at once. True also for a broken descriptor: the write itself then fails at once. Never waits.
bool kin_writable(int fd);

#endif
