// Thumbnails of the library: from JPEGs to cells.
#include "commands/thumbnailer.h"

#include "base/err.h"

static void on_picture(void *ctx, struct picture *picture)
{
    struct thumbnailer *t = ctx;
    model_show_thumbnail(t->model, t->key, picture);
}

int thumbnailer_init(struct thumbnailer *t, struct model *m)
{
    *t = (struct thumbnailer){.model = m};
    return picture_maker_new(&m->loop->uv, on_picture, t, &t->maker);
}

void thumbnailer_deinit(struct thumbnailer *t)
{
    picture_maker_free(t->maker);
}

// Quadrants, unless the user wants other cells; images would have to be removed with every line.
static struct canvas_settings settings_for(const struct compositor *c)
{
    enum renderer kind = model_renderer(c->model, RENDERER_QUADRANTS);
    kind = renderer_is_image(kind) ? RENDERER_QUADRANTS : kind;
    return (struct canvas_settings){c->screen.utf8 ? kind : RENDERER_ASCII, c->screen.depth, c->screen.utf8, true,
                                    !c->probe->facts.blocks.yes};
}

static void start(struct thumbnailer *t, const struct model_thumbnail_task *task, const struct canvas_settings *with,
                  double cell_aspect)
{
    struct picture_request q = {.jpeg = task->jpeg,
                                .max_cols = task->cols,
                                .max_rows = task->rows,
                                .cell_aspect = cell_aspect,
                                .canvas = *with};
    t->key = task->key;
    if (picture_maker_start(t->maker, &q) != KIN_OK)
        model_show_thumbnail(t->model, task->key, NULL);
}

kin_us thumbnailer_turn(struct thumbnailer *t, kin_us now, const struct compositor *c)
{
    const struct rect *room = &c->layout.thumbnail;
    struct model_thumbnail_task task;
    struct canvas_settings with = settings_for(c);
    bool other = model_set_thumbnail_room(t->model, room->w, room->h);
    if (!picture_maker_busy(t->maker) && model_take_thumbnail(t->model, &with, &task)) {
        start(t, &task, &with, c->cell_aspect);
        kin_buf_unref(task.jpeg);
    }
    return other ? now : KIN_US_NEVER;
}
