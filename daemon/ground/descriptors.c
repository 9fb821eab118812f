// The limit of descriptors, and its division.
#include "ground/descriptors.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

void descriptors_raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

size_t descriptors_limit(void)
{
    struct rlimit limit;
    bool known = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    return known ? (size_t)limit.rlim_cur : SIZE_MAX;
}

size_t descriptors_open(void)
{
    size_t entries = 0;
    DIR *directory = opendir("/proc/self/fd");
    if (directory == NULL)
        return DESCRIPTORS_OWN;
    while (readdir(directory) != NULL)
        entries++;
    closedir(directory);
    return entries > 3 ? entries - 3 : 0; // without ".", ".." and the directory itself
}

struct descriptors_parts descriptors_divide(size_t limit, size_t own)
{
    size_t left = limit > own ? limit - own : 0;
    size_t passing = left / 2 < DESCRIPTORS_PASSING ? left / 2 : DESCRIPTORS_PASSING;
    size_t connections = (left - passing) / 2;
    return (struct descriptors_parts){.connections = connections, .reels = left - passing - connections};
}
