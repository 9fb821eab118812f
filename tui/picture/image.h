// Pictures as images of a terminal, for terminals that draw pixels: what the encoders of the three protocols (sixel.h,
// kitty.h, iterm.h) have in common. Each appends one complete sequence that draws a picture over cols x rows cells,
// with its upper left corner at the cursor. Nothing is sent here, so its bytes can be counted first.
#ifndef TUI_IMAGE_H
#define TUI_IMAGE_H

#include "picture/canvas.h"

#define IMAGE_BYTES_MAX ((size_t)40 << 20) // of one sequence; fits into the writer's frame
#define IMAGE_PIXELS_MAX ((size_t)1 << 24) // of a picture that is encoded; twice the pixels of a 3840x2160 screen
#define IMAGE_SIDE_MAX 16384               // pixels of its width and of its height

struct image_request {
    const struct canvas_pixels *pixels; // the picture, of any size; NULL where jpeg alone will do
    struct kin_span jpeg;               // the same as it came; empty: there is none
    int cols, rows;                     // cells to cover, each at least 1
    int cell_width, cell_height;        // pixels of a cell; 0: unknown, with which sixel can do nothing
    int max_colors;                     // registers of the terminal; only sixel needs them
    size_t budget_bytes;                // what the sequence should take; 0: any number
    bool still;                         // stays on the screen: worth more time, and any number of bytes
};

struct image_bytes { // grows; zero it to begin
    uint8_t *p;      // malloc'd
    size_t n, size;
    int err; // sticky: KIN_ENOMEM, or KIN_ELIMIT (more than IMAGE_BYTES_MAX in all)
};

void image_bytes_deinit(struct image_bytes *b);
static inline struct kin_span image_bytes_span(const struct image_bytes *b)
{
    return kin_span_make(b->p, b->n);
}
// Room for n more bytes at the end, which the caller fills and then adds to b->n; NULL after an error.
uint8_t *image_bytes_room(struct image_bytes *b, size_t n);
void image_bytes_put(struct image_bytes *b, struct kin_span s);
void image_bytes_fmt(struct image_bytes *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Ends what was begun at b->n == mark: returns the error, if any, after which nothing of it is left, nor of the error.
int image_bytes_end(struct image_bytes *b, size_t mark);

// KIN_OK, KIN_EINVAL (nothing to draw, or nowhere), KIN_ELIMIT (see above).
int image_check_pixels(const struct image_request *q);

#endif
