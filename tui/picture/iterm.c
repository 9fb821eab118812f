// Frames as inline files.
#include "picture/iterm.h"

#include <stdlib.h>

#include "base/base64.h"
#include "base/err.h"
#include "jpeg/segments.h"
#include "jpeg/table_set.h"
#include "jpeg/tables.h"
#include "jpeg/work.h"
#include "picture/recode.h"
#include "picture/scale.h"

#define HEAD_MAX ((size_t)128) // of the sequence, and its end
// What decoders of films put in where it is missing; those of terminals do not.
#define STANDARD_TABLES                                                                                                \
    (KIN_JPEG_SLOT_DHT(0, 0) | KIN_JPEG_SLOT_DHT(0, 1) | KIN_JPEG_SLOT_DHT(1, 0) | KIN_JPEG_SLOT_DHT(1, 1))

struct iterm {
    struct recoder *recoder;
    struct scaler *scaler;
    struct image_bytes file; // a JPEG as it is sent
};

int iterm_new(struct iterm **ret)
{
    struct iterm *t = calloc(1, sizeof *t);
    if (t == NULL)
        return KIN_ENOMEM;
    if (recoder_new(&t->recoder) != KIN_OK || scaler_new(&t->scaler) != KIN_OK) {
        iterm_free(t);
        return KIN_ENOMEM;
    }
    *ret = t;
    return KIN_OK;
}

void iterm_free(struct iterm *t)
{
    if (t == NULL)
        return;
    recoder_free(t->recoder);
    scaler_free(t->scaler);
    image_bytes_deinit(&t->file);
    free(t);
}

// --- the frame's own JPEG

static unsigned missing_tables(struct kin_span jpeg)
{
    struct kin_jpeg_needs needs = kin_jpeg_find_needs(jpeg, NULL);
    return needs.needed & ~needs.defined;
}

// Any decoder knows it, and it does not take more work than its size lets one expect.
static bool is_common(const struct kin_jpeg_info *info, size_t bytes)
{
    bool known = info->sof == KIN_JPEG_SOF0 || info->sof == KIN_JPEG_SOF1 || info->sof == KIN_JPEG_SOF2;
    bool gray_or_color = info->component_count == 1 || info->component_count == 3;
    return known && gray_or_color && info->bits == 8 && (size_t)info->width * info->height <= IMAGE_PIXELS_MAX &&
           kin_jpeg_check_work(info, bytes, NULL) == KIN_OK;
}

// The segments adjoin, only standard tables are missing, and nothing but the end of the last scan.
static bool is_regular(struct kin_span jpeg, const struct kin_jpeg_info *info)
{
    bool ends = info->has_eoi || info->scan_offset + info->scan.n == jpeg.n;
    return ends && info->contiguous && (missing_tables(jpeg) & ~STANDARD_TABLES) == 0;
}

// The bytes of q->jpeg that can be sent; 0: there are none, or too many.
static size_t sendable(const struct image_request *q)
{
    struct kin_jpeg_info info;
    size_t n = kin_base64_length(q->jpeg.n) + HEAD_MAX;
    bool fits = q->still || q->budget_bytes == 0 || n <= q->budget_bytes;
    bool walked = fits && kin_jpeg_walk(q->jpeg, &info, NULL) == KIN_OK;
    return walked && is_common(&info, q->jpeg.n) && is_regular(q->jpeg, &info) ? info.length : 0;
}

bool iterm_needs_pixels(const struct image_request *q)
{
    return sendable(q) == 0;
}

// Comments, thumbnails and metadata. What says how colours are coded stays: JFIF (APP0) and Adobe's segment.
static bool is_idle(uint8_t marker)
{
    bool app = marker > KIN_JPEG_APP0 && marker <= (KIN_JPEG_APP0 | 15) && marker != KIN_JPEG_APP14;
    return app || marker == KIN_JPEG_COM;
}

// A whole file: segments that adjoin, every table, an end.
static void make_file(struct kin_span jpeg, struct image_bytes *file)
{
    static const uint8_t soi[] = {0xff, KIN_JPEG_SOI}, eoi[] = {0xff, KIN_JPEG_EOI};
    struct kin_jpeg_segments segments = {.file = jpeg, .at = sizeof soi};
    struct kin_jpeg_segment s;
    size_t scan = jpeg.n;
    image_bytes_put(file, kin_span_make(soi, sizeof soi));
    if (missing_tables(jpeg) != 0)
        image_bytes_put(file, kin_jpeg_standard_dht());
    while (scan == jpeg.n && kin_jpeg_segments_next(&segments, &s)) {
        if (s.marker == KIN_JPEG_SOS)
            scan = s.at;
        else if (!is_idle(s.marker) && s.marker != KIN_JPEG_SOI)
            image_bytes_put(file, s.bytes);
    }
    image_bytes_put(file, kin_span_skip(jpeg, scan));
    if (!kin_span_ends(jpeg, "\xff\xd9"))
        image_bytes_put(file, kin_span_make(eoi, sizeof eoi));
}

// --- a frame

static void put_file(const struct image_request *q, struct kin_span file, struct image_bytes *out)
{
    image_bytes_fmt(out, "\033]1337;File=inline=1;size=%zu;width=%d;height=%d;preserveAspectRatio=0;doNotMoveCursor=1:",
                    file.n, q->cols, q->rows);
    uint8_t *to = image_bytes_room(out, kin_base64_length(file.n));
    if (to == NULL)
        return;
    kin_base64_encode(file, to);
    out->n += kin_base64_length(file.n);
    image_bytes_put(out, kin_span_str("\a"));
}

static int put_jpeg(struct iterm *t, const struct image_request *q, struct kin_span jpeg, struct image_bytes *out)
{
    t->file.n = 0;
    make_file(jpeg, &t->file);
    int err = image_bytes_end(&t->file, 0);
    if (err == KIN_OK)
        put_file(q, kin_span_make(t->file.p, t->file.n), out);
    return err;
}

// As many bytes as base64 makes the budget of, but for the head; 1 where there is no room for any.
static size_t file_budget(const struct image_request *q)
{
    if (q->still || q->budget_bytes == 0)
        return 0;
    return q->budget_bytes > HEAD_MAX + 4 ? (q->budget_bytes - HEAD_MAX) / 4 * 3 : 1;
}

static int put_pixels(struct iterm *t, const struct image_request *q, struct image_bytes *out)
{
    struct canvas_pixels pixels;
    struct kin_span file;
    int err = image_check_pixels(q);
    if (err == KIN_OK)
        err = scaler_shrink(t->scaler, q, &pixels);
    if (err == KIN_OK)
        err = recoder_encode(t->recoder, &pixels, file_budget(q), &file);
    if (err == KIN_OK)
        put_file(q, file, out);
    return err;
}

int iterm_encode(struct iterm *t, const struct image_request *q, struct image_bytes *out)
{
    size_t mark = out->n;
    if (q->cols < 1 || q->rows < 1)
        return KIN_EINVAL;
    size_t n = sendable(q);
    int err = n > 0 ? put_jpeg(t, q, kin_span_first(q->jpeg, n), out) : put_pixels(t, q, out);
    return err != KIN_OK ? err : image_bytes_end(out, mark);
}
