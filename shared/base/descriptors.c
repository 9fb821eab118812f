// Standard descriptors that are closed at the start.
#include "base/descriptors.h"

#include <fcntl.h>
#include <unistd.h>

void kin_descriptors_fill_standard(void)
{
    // For reading only, so that what is written to a closed standard output fails instead of being lost.
    int fd;
    do
        fd = open("/dev/null", O_RDONLY); // the lowest number that is free
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}
