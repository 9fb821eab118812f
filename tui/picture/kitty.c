// Frames as sequences of the kitty graphics protocol.
#include "picture/kitty.h"

#include <stdlib.h>

#include "base/base64.h"
#include "base/err.h"
#include "picture/placeholder.h"
#include "picture/png.h"
#include "picture/scale.h"
#include "picture/shm.h"

#define CHUNK_BYTES ((size_t)3072)           // 4096 characters, the most that the protocol allows
#define ROOMY(bytes) ((bytes) + (bytes) / 2) // with another bit a sample a frame takes some 4/3 of its bytes

struct kitty {
    struct kitty_settings settings;
    unsigned shown; // the id on the screen; 0: none
    unsigned drop;  // bits a sample
    struct scaler *scaler;
    struct png *png;
    struct image_bytes file; // the last PNG
    struct shm shm;
};

int kitty_new(const struct kitty_settings *settings, struct kitty **ret)
{
    struct kitty *k = calloc(1, sizeof *k);
    if (k == NULL)
        return KIN_ENOMEM;
    k->settings = *settings;
    if (png_new(&k->png) != KIN_OK || scaler_new(&k->scaler) != KIN_OK) {
        kitty_free(k);
        return KIN_ENOMEM;
    }
    *ret = k;
    return KIN_OK;
}

void kitty_free(struct kitty *k)
{
    if (k == NULL)
        return;
    png_free(k->png);
    scaler_free(k->scaler);
    image_bytes_deinit(&k->file);
    shm_deinit(&k->shm);
    free(k);
}

// --- sequences, which tmux passes through with every ESC doubled

static void begin(bool tmux, struct image_bytes *out)
{
    image_bytes_put(out, kin_span_str(tmux ? "\033Ptmux;\033\033_G" : "\033_G"));
}

static void end(bool tmux, struct image_bytes *out)
{
    image_bytes_put(out, kin_span_str(tmux ? "\033\033\\\033\\" : "\033\\"));
}

static void put_base64(struct kin_span s, struct image_bytes *out)
{
    size_t n = kin_base64_length(s.n);
    uint8_t *to = image_bytes_room(out, n);
    if (to == NULL)
        return;
    kin_base64_encode(s, to);
    out->n += n;
}

static void delete_image(const struct kitty_settings *settings, unsigned id, struct image_bytes *out)
{
    begin(settings->tmux, out);
    image_bytes_fmt(out, "a=d,d=I,i=%u,q=2", id);
    end(settings->tmux, out);
}

// Transmits and displays; the answer is suppressed.
static void begin_image(const struct kitty *k, const struct image_request *q, unsigned id, struct image_bytes *out)
{
    begin(k->settings.tmux, out);
    image_bytes_fmt(out, "a=T,i=%u,p=1,c=%d,r=%d,C=1,q=2,%s", id, q->cols, q->rows, k->settings.tmux ? "U=1," : "");
}

// --- a frame

static int put_shared(struct kitty *k, const struct image_request *q, const struct canvas_pixels *pixels, unsigned id,
                      struct image_bytes *out)
{
    const char *name = NULL;
    int err = shm_write(&k->shm, pixels, &name);
    if (err != KIN_OK)
        return err;
    begin_image(k, q, id, out);
    image_bytes_fmt(out, "f=24,t=s,s=%d,v=%d;", pixels->width, pixels->height);
    put_base64(kin_span_str(name), out);
    end(k->settings.tmux, out);
    return KIN_OK;
}

static void put_chunks(const struct kitty *k, const struct image_request *q, unsigned id, struct image_bytes *out)
{
    struct kin_span rest = kin_span_make(k->file.p, k->file.n);
    for (bool first = true; rest.n > 0; first = false) {
        struct kin_span chunk = kin_span_first(rest, CHUNK_BYTES);
        rest = kin_span_skip(rest, chunk.n);
        if (first)
            begin_image(k, q, id, out);
        else
            begin(k->settings.tmux, out);
        image_bytes_fmt(out, first ? "f=100,m=%d;" : "m=%d;", rest.n > 0);
        put_base64(chunk, out);
        end(k->settings.tmux, out);
    }
}

static void follow_budget(struct kitty *k, size_t bytes, size_t budget)
{
    if (budget == 0)
        k->drop = 0;
    else if (bytes > budget && k->drop < PNG_DROP_MAX)
        k->drop++;
    else if (k->drop > 0 && ROOMY(bytes) < budget)
        k->drop--;
}

static int put_inline(struct kitty *k, const struct image_request *q, const struct canvas_pixels *pixels, unsigned id,
                      struct image_bytes *out)
{
    size_t before = out->n;
    k->file.n = 0;
    int err = png_encode(k->png, pixels, q->still ? 0 : k->drop, &k->file);
    if (err != KIN_OK)
        return err;
    put_chunks(k, q, id, out);
    if (!q->still)
        follow_budget(k, out->n - before, q->budget_bytes);
    return KIN_OK;
}

static int put_image(struct kitty *k, const struct image_request *q, unsigned id, struct image_bytes *out)
{
    struct canvas_pixels pixels;
    int err = image_check_pixels(q);
    if (err == KIN_OK)
        err = scaler_shrink(k->scaler, q, &pixels);
    if (err != KIN_OK)
        return err;
    err = k->settings.local ? put_shared(k, q, &pixels, id, out) : KIN_EIO;
    return err == KIN_EIO ? put_inline(k, q, &pixels, id, out) : err;
}

int kitty_encode(struct kitty *k, const struct image_request *q, struct image_bytes *out)
{
    size_t mark = out->n;
    unsigned first = k->settings.first_id, id = k->settings.tmux || k->shown != first ? first : first + 1;
    int err = put_image(k, q, id, out);
    if (err != KIN_OK)
        return err;
    if (k->shown != 0 && k->shown != id)
        delete_image(&k->settings, k->shown, out);
    err = image_bytes_end(out, mark);
    if (err == KIN_OK)
        k->shown = id;
    return err;
}

int kitty_placeholders(const struct kitty *k, int cols, int rows, struct image_bytes *out)
{
    size_t mark = out->n;
    char cell[PLACEHOLDER_BYTES_MAX];
    if (cols < 1 || rows < 1)
        return KIN_EINVAL;
    if (cols > PLACEHOLDER_CELLS_MAX || rows > PLACEHOLDER_CELLS_MAX)
        return KIN_ELIMIT;
    for (int y = 0; y < rows; y++) { // the cursor is saved, since a line may end at the edge of the screen
        image_bytes_fmt(out, "%s\0337\033[0;38;5;%um", y > 0 ? "\033[B" : "", k->settings.first_id);
        for (int x = 0; x < cols; x++)
            image_bytes_put(out, kin_span_make(cell, placeholder_write(y, x, cell)));
        image_bytes_put(out, kin_span_str("\0338"));
    }
    return image_bytes_end(out, mark);
}

int kitty_delete(const struct kitty_settings *settings, struct image_bytes *out)
{
    size_t mark = out->n;
    delete_image(settings, settings->first_id, out);
    delete_image(settings, settings->first_id + 1, out);
    return image_bytes_end(out, mark);
}

int kitty_query(bool tmux, struct image_bytes *out)
{
    size_t mark = out->n;
    begin(tmux, out);
    image_bytes_put(out, kin_span_str("i=31,s=1,v=1,a=q,t=d,f=24;AAAA"));
    end(tmux, out);
    return image_bytes_end(out, mark);
}
