// One way to three encoders.
#include "picture/imager.h"

#include <stdlib.h>

#include "base/err.h"
#include "picture/iterm.h"
#include "picture/sixel.h"

struct imager {
    struct sixel *sixel; // each NULL until it is used
    struct kitty *kitty;
    struct iterm *iterm;
};

int imager_new(struct imager **ret)
{
    *ret = calloc(1, sizeof **ret);
    return *ret != NULL ? KIN_OK : KIN_ENOMEM;
}

void imager_free(struct imager *m)
{
    if (m == NULL)
        return;
    sixel_free(m->sixel);
    kitty_free(m->kitty);
    iterm_free(m->iterm);
    free(m);
}

void imager_wanted_pixels(const struct imager_settings *s, const struct image_request *q, int *ret_width,
                          int *ret_height)
{
    bool wanted = s->renderer != RENDERER_ITERM || iterm_needs_pixels(q);
    *ret_width = wanted ? q->cols * s->cell_width : 0;
    *ret_height = wanted ? q->rows * s->cell_height : 0;
}

static int encode_sixel(struct imager *m, const struct image_request *q, struct image_bytes *out)
{
    int err = m->sixel == NULL ? sixel_new(&m->sixel) : KIN_OK;
    return err == KIN_OK ? sixel_encode(m->sixel, q, out) : err;
}

static int encode_kitty(struct imager *m, const struct imager_settings *s, const struct image_request *q,
                        struct image_bytes *out)
{
    int err = m->kitty == NULL ? kitty_new(&s->kitty, &m->kitty) : KIN_OK;
    return err == KIN_OK ? kitty_encode(m->kitty, q, out) : err;
}

static int encode_iterm(struct imager *m, const struct image_request *q, struct image_bytes *out)
{
    int err = m->iterm == NULL ? iterm_new(&m->iterm) : KIN_OK;
    return err == KIN_OK ? iterm_encode(m->iterm, q, out) : err;
}

int imager_encode(struct imager *m, const struct imager_settings *s, struct image_request *q, struct image_bytes *out)
{
    q->cell_width = s->cell_width;
    q->cell_height = s->cell_height;
    q->max_colors = s->max_colors;
    if (s->renderer == RENDERER_SIXEL)
        return encode_sixel(m, q, out);
    return s->renderer == RENDERER_KITTY ? encode_kitty(m, s, q, out) : encode_iterm(m, q, out);
}

int imager_surround(struct imager *m, const struct imager_settings *s, const struct image_request *q,
                    struct image_bytes *base, struct image_bytes *removal)
{
    if (s->renderer != RENDERER_KITTY)
        return KIN_OK;
    int err = s->kitty.tmux ? kitty_placeholders(m->kitty, q->cols, q->rows, base) : KIN_OK;
    return err == KIN_OK ? kitty_delete(&s->kitty, removal) : err;
}
