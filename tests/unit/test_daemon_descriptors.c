// daemon/descriptors: what is divided is never more than there is, and each part can be used.
#include "ground/descriptors.h"

#include <stdint.h>
#include <unistd.h>

#include "unit.h"

TEST(descriptors_are_divided_without_remainder)
{
    struct descriptors_parts parts;
    for (size_t limit = 0; limit < 2000; limit++) {
        parts = descriptors_divide(limit, 20);
        size_t taken = parts.connections + parts.reels;
        CHECK(limit >= 20 ? taken <= limit - 20 : taken == 0);
        CHECK(parts.reels >= parts.connections); // each connection may play a reel of its own
        size_t passing = limit >= 20 ? limit - 20 - taken : 0;
        CHECK(passing >= parts.connections || passing == DESCRIPTORS_PASSING);
    }
    parts = descriptors_divide(48, 20);
    CHECK_INT(parts.connections, 7);
    CHECK_INT(parts.reels, 7);
    parts = descriptors_divide(1024, 20);
    CHECK_INT(parts.connections, (1024 - 20 - DESCRIPTORS_PASSING) / 2);
    parts = descriptors_divide(SIZE_MAX, 20);
    CHECK(parts.connections > 1000000);
out:
    return;
}

TEST(open_descriptors_are_counted)
{
    size_t before = descriptors_open();
    int fd = dup(STDERR_FILENO);
    CHECK(fd >= 0);
    CHECK_INT(descriptors_open(), before + 1);
out:
    close(fd);
}
