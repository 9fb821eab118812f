// A frame on its way from JPEG to the screen: decoded and rendered on the worker pool, one at a time.
#ifndef TUI_PICTURE_H
#define TUI_PICTURE_H

#include <uv.h>

#include "base/buf.h"
#include "base/time.h"
#include "jpeg/bands.h"
#include "picture/canvas.h"
#include "picture/imager.h"

struct picture {     // cells or an image, ready to be put on the screen
    uint64_t serial; // no two are the same
    int cols, rows;
    int width, height; // of the JPEG
    uint64_t number;
    struct canvas_settings made_with;
    bool spills;   // an image: see struct imager_settings
    size_t budget; // of bytes, that an image was made for
    kin_us decode_us, render_us;
    bool damaged;
    bool partial;               // parts are of the picture before
    char why[160];              // when there are neither: what is wrong with the JPEG
    struct cell *cells;         // NULL when it is an image
    struct image_bytes image;   // the sequence that draws it; empty when it is made of cells
    struct image_bytes base;    // what must stand in its place for that, once; may be empty
    struct image_bytes removal; // what removes it; empty when erasing the screen does
};

static inline bool picture_is_drawn(const struct picture *p)
{
    return p->cells != NULL || p->image.n > 0;
}

struct picture_request {
    struct kin_buf *jpeg; // a reference is taken
    uint64_t number;
    int max_cols, max_rows; // the area it may fill
    double cell_aspect;
    struct canvas_settings canvas; // its kind may be an image
    struct imager_settings image;  // if so
    size_t budget;                 // of its bytes; 0: any number
    struct kin_jpeg_gaps gaps;     // what is missing in the JPEG
};

typedef void picture_fn(void *ctx, struct picture *picture); // the callee owns it; NULL when memory ran out

struct picture_maker;

// KIN_OK (caller owns), KIN_ENOMEM.
int picture_maker_new(uv_loop_t *loop, picture_fn *done, void *ctx, struct picture_maker **ret);
// No callback after the call; the memory is freed once work in progress has ended. Accepts NULL.
void picture_maker_free(struct picture_maker *m);
bool picture_maker_busy(const struct picture_maker *m);
// KIN_OK (done will be called), KIN_ESTATE (busy).
int picture_maker_start(struct picture_maker *m, const struct picture_request *request);

// The work itself, on the caller's thread: a picture, or NULL when memory ran out.
struct decoder;
struct picture_tools { // each is used by one thread at a time
    struct decoder *decoder;
    struct canvas *canvas;
    struct imager *imager;
};
struct picture *picture_make(const struct picture_tools *t, const struct picture_request *request);
void picture_free(struct picture *p); // accepts NULL

#endif
