// The frame that is shown, as a file.
#include "client/frame_file.h"
#include "model/model_internal.h"
#include "picture/picture.h"
#include "text/messages.h"

static void on_written(void *ctx, const char *path, const char *error)
{
    struct model *m = ctx;
    m->still.writing = NULL;
    if (error != NULL)
        model_say(m, true, MSG_STILL_FAILED, error, path);
    else
        model_say(m, false, MSG_STILL_SAVED, path);
}

void still_save(struct model *m)
{
    char name[256], stem[FRAME_FILE_STEM_MAX];
    if (m->frames.picture == NULL || m->frames.shown_jpeg == NULL) {
        model_say(m, false, MSG_STILL_NONE);
        return;
    }
    if (m->still.writing != NULL) {
        model_say(m, false, MSG_STILL_BUSY);
        return;
    }
    url_path_name(m->reel.url, name, sizeof name);
    frame_file_stem(name, stem);
    uint64_t number = m->frames.picture->number + 1; // as it is shown
    if (frame_file_start(m->loop, m->frames.shown_jpeg, stem, number, on_written, m, &m->still.writing) != 0)
        model_say(m, true, MSG_STILL_FAILED, MSG_STILL_NO_MEMORY, stem);
}

void still_forget(struct model *m)
{
    frame_file_cancel(m->still.writing);
    m->still.writing = NULL;
}
