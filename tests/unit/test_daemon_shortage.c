// daemon/shortage: what the system lacks is said once for each kind, by name, and other errors are not said.
#include "ground/shortage.h"

#include <errno.h>
#include <stdio.h>

#include "base/err.h"
#include "base/log.h"
#include "unit.h"

static char said[512];
static unsigned lines;

static void keep(void *ctx, enum kin_log_level level, const char *line)
{
    (void)ctx, (void)level;
    snprintf(said, sizeof said, "%s", line);
    lines++;
}

TEST(a_shortage_is_said_once_with_its_limit)
{
    if (!unit_plain())
        return; // what has been said stays so
    kin_log_set(keep, NULL, KIN_LOG_ERR);
    CHECK(!shortage_note(0));
    CHECK(!shortage_note(-ENOENT));
    CHECK(!shortage_note_err(KIN_OK));
    CHECK(!shortage_note_err(KIN_EIO));
    CHECK_INT(lines, 0);
    errno = EBADF;
    CHECK(shortage_note(-EMFILE));
    CHECK_INT(errno, EBADF);
    CHECK_INT(lines, 1);
    CHECK(strstr(said, "out of descriptors") != NULL && strstr(said, "LimitNOFILE=") != NULL);
    CHECK(shortage_note(EMFILE));
    CHECK(shortage_note_err(KIN_EFILES));
    CHECK_INT(lines, 1);
    CHECK(shortage_note(ENFILE));
    CHECK(strstr(said, "fs.file-max") != NULL);
    CHECK(shortage_note_err(KIN_ENOMEM));
    CHECK(shortage_note(-ENOBUFS));
    CHECK(strstr(said, "out of memory") != NULL);
    CHECK_INT(lines, 3);
out:
    kin_log_set(NULL, NULL, KIN_LOG_ERR);
}
