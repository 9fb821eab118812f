// Opens reels by path.
#include "open_reel.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/err.h"
#include "media/stills.h"
#include "messages.h"

int open_reel(const char *path, const struct kin_reel_options *options, struct kin_reel **ret,
              char why[KIN_MEDIA_WHY_MAX])
{
    struct kin_source *source = NULL;
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    why[0] = '\0';
    if (dir >= 0) {
        int err = kin_stills_open(dir, options, ret, why);
        close(dir);
        return err;
    }
    int err = kin_source_from_path(path, &source);
    if (err == KIN_EUNSUPPORTED)
        snprintf(why, KIN_MEDIA_WHY_MAX, MSG_NOT_A_REGULAR_FILE);
    if (err == KIN_OK)
        err = kin_reel_open(source, options, ret, why);
    kin_source_unref(source);
    return err;
}
