// At most one log line for each kind of shortage and period, wherever it is found.
#include "ground/shortage.h"

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "ground/descriptors.h"
#include "ground/journal.h"
#include "ground/messages.h"

enum kind { DESCRIPTORS, DESCRIPTORS_OF_SYSTEM, MEMORY, KIND_COUNT };

static struct journal_repeat repeats[KIND_COUNT];

static enum kind kind_of(int error)
{
    switch (error < 0 ? -error : error) {
    case EMFILE:
        return DESCRIPTORS;
    case ENFILE:
        return DESCRIPTORS_OF_SYSTEM;
    case ENOMEM:
    case ENOBUFS:
        return MEMORY;
    default:
        return KIND_COUNT;
    }
}

static void describe(enum kind kind, char *dst, size_t size)
{
    if (kind == DESCRIPTORS)
        snprintf(dst, size, MSG_NO_DESCRIPTORS, descriptors_limit());
    else
        snprintf(dst, size, "%s", kind == MEMORY ? MSG_NO_MEMORY : MSG_NO_DESCRIPTORS_IN_SYSTEM);
}

bool shortage_note(int error)
{
    char what[96], more[JOURNAL_REPEAT_TEXT];
    int saved = errno;
    enum kind kind = kind_of(error);
    if (kind != KIND_COUNT && journal_is_due(&repeats[kind], kin_clock_mono_us(), more)) {
        describe(kind, what, sizeof what);
        journal(JOURNAL_TROUBLE, KIN_LOG_ERR, MSG_SHORTAGE, what, more);
    }
    errno = saved;
    return kind != KIND_COUNT;
}

bool shortage_note_err(int err)
{
    return shortage_note(err == KIN_EFILES ? EMFILE : err == KIN_ENOMEM ? ENOMEM : 0);
}
