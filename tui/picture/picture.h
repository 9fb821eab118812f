// A frame on its way from JPEG to cells: decoded and rendered on the worker pool, one at a time.
#ifndef TUI_PICTURE_H
#define TUI_PICTURE_H

#include <uv.h>

#include "base/buf.h"
#include "base/time.h"
#include "jpeg/bands.h"
#include "picture/canvas.h"

struct picture { // cells ready to be put on the screen
    int cols, rows;
    int width, height; // of the JPEG
    uint64_t number;
    struct canvas_settings made_with;
    kin_us decode_us, render_us;
    bool damaged;
    bool partial;  // parts are of the picture before
    char why[160]; // when there are no cells: what is wrong with the JPEG
    struct cell *cells;
};

struct picture_request {
    struct kin_buf *jpeg; // a reference is taken
    uint64_t number;
    int max_cols, max_rows; // the area it may fill
    double cell_aspect;
    struct canvas_settings canvas;
    struct kin_jpeg_gaps gaps; // what is missing in the JPEG
};

typedef void picture_fn(void *ctx, struct picture *picture); // the callee owns it; NULL when memory ran out

struct picture_maker;

// KIN_OK (caller owns), KIN_ENOMEM.
int picture_maker_new(uv_loop_t *loop, picture_fn *done, void *ctx, struct picture_maker **ret);
// No callback after the call; the memory is freed once work in progress has ended. Accepts NULL.
void picture_maker_free(struct picture_maker *m);
bool picture_maker_busy(const struct picture_maker *m);
// KIN_OK (done will be called), KIN_ESTATE (busy), KIN_EIO.
int picture_maker_start(struct picture_maker *m, const struct picture_request *request);

// The work itself, on the caller's thread: a picture, or NULL when memory ran out.
struct decoder;
struct picture *picture_make(struct decoder *d, struct canvas *c, const struct picture_request *request);
void picture_free(struct picture *p); // accepts NULL

#endif
