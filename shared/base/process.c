// Makes sure that the standard descriptors are open, and ignores SIGXFSZ.
#include "base/process.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static void fill_standard_descriptors(void)
{
    // For reading only, so that what is written to a closed standard output fails instead of being lost.
    int fd;
    do
        fd = open("/dev/null", O_RDONLY); // the lowest number that is free
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

void kin_process_begin(void)
{
    fill_standard_descriptors();
    signal(SIGXFSZ, SIG_IGN);
}
