// Copies the JPEGs of a film that is Motion-JPEG already, each as often as the frame rate requires.
#include <stdio.h>

#include "base/err.h"
#include "base/wr.h"
#include "convert_parts.h"
#include "jpeg/markers.h"
#include "media/rate.h"
#include "messages.h"

#define MARKER_BYTES 2u // SOI
#define SEGMENT_HEAD 4u

// True when this is the first frame and needs the comment for the reel to state its rate.
static bool wants_comment(const struct convert_job *j, struct kin_span jpeg)
{
    uint32_t num, den;
    bool known = j->facts->reel->rate_stated || j->options->rate_num != 0;
    if (!known || j->writer.frames > 0 || writer_states_rate(j->writer.format))
        return false;
    return !kin_rate_find_comment(jpeg, &num, &den) || num != j->cadence.rate_num || den != j->cadence.rate_den;
}

// A copy of the JPEG with the comment after its SOI. NULL when out of memory.
static struct kin_buf *with_comment(const struct convert_job *j, struct kin_span jpeg)
{
    char text[KIN_RATE_COMMENT_MAX];
    size_t n = kin_rate_format_comment((uint32_t)j->cadence.rate_num, (uint32_t)j->cadence.rate_den, text);
    struct kin_buf *buf = kin_buf_new(jpeg.n + SEGMENT_HEAD + n);
    if (buf == NULL)
        return NULL;
    struct kin_wr w = kin_wr_init(buf->data, buf->len);
    kin_wr_put(&w, kin_span_first(jpeg, MARKER_BYTES));
    kin_wr_u8(&w, 0xff);
    kin_wr_u8(&w, KIN_JPEG_COM);
    kin_wr_be16(&w, (unsigned)(n + 2)); // the length counts itself
    kin_wr_bytes(&w, text, n);
    kin_wr_put(&w, kin_span_skip(jpeg, MARKER_BYTES));
    return buf;
}

// The state of copying. A broken frame is left out, and the intact one before it is shown in its place.
struct copy {
    struct convert_job *job;
    struct kin_buf *last; // owned: the last intact frame; NULL before the first
    uint64_t pending;     // times to write the first intact frame for the broken ones before it
};

// Reads frame i. *ret is NULL when it is broken: no JPEG, or one without a picture.
static int read_sound(struct convert_job *j, uint32_t i, struct kin_buf **ret)
{
    struct kin_jpeg_info info;
    struct kin_buf *jpeg = NULL;
    int err = kin_reel_read(j->facts->reel, i, &jpeg);
    *ret = NULL;
    if (err != KIN_OK && err != KIN_EBAD) {
        char sentence[64];
        snprintf(sentence, sizeof sentence, MSG_FRAME_ERROR, i + 1, kin_err_str(err));
        convert_input_error(j, sentence);
        return err;
    }
    if (err == KIN_OK && kin_jpeg_walk(kin_buf_span(jpeg), &info, NULL) == KIN_OK) {
        *ret = jpeg;
        return KIN_OK;
    }
    kin_buf_unref(jpeg);
    if (j->left_out++ == 0)
        j->first_left_out = i + 1;
    return KIN_OK;
}

static int write_last(struct copy *c, uint64_t times)
{
    struct convert_job *j = c->job;
    int err = KIN_OK;
    if (times > 0 && wants_comment(j, kin_buf_span(c->last))) {
        struct kin_buf *marked = with_comment(j, kin_buf_span(c->last));
        err = marked != NULL ? convert_write(j, kin_buf_span(marked), 1) : KIN_ENOMEM;
        kin_buf_unref(marked);
        times--;
    }
    return err == KIN_OK ? convert_write(j, kin_buf_span(c->last), times) : err;
}

static int copy_frame(struct copy *c, uint32_t i, uint64_t times)
{
    struct kin_buf *jpeg = NULL;
    int err = times > 0 ? read_sound(c->job, i, &jpeg) : KIN_OK;
    if (err != KIN_OK || times == 0)
        return err;
    if (jpeg != NULL) {
        kin_buf_unref(c->last);
        c->last = jpeg;
    }
    c->pending += times;
    if (c->last == NULL)
        return KIN_OK;
    err = write_last(c, c->pending);
    c->pending = 0;
    return err;
}

int convert_by_copying(struct convert_job *j)
{
    const struct kin_reel *reel = j->facts->reel;
    struct copy copy = {.job = j};
    int64_t start = kin_ts_from_us(j->options->start);
    uint32_t i = kin_reel_find(reel, (uint64_t)start);
    int err = convert_open_writer(j, reel->width, reel->height);
    if (i < reel->frame_count)
        cadence_begin(&j->cadence, (int64_t)reel->frames[i].ts, start);
    for (; err == KIN_OK && i < reel->frame_count && !cadence_full(&j->cadence); i++) {
        bool last = i + 1 == reel->frame_count;
        uint64_t end = last ? reel->duration_ts : reel->frames[i + 1].ts;
        uint64_t times = cadence_next(&j->cadence, (int64_t)end);
        if (last && times == 0 && j->writer.frames == 0)
            times = 1;
        err = copy_frame(&copy, i, times);
    }
    kin_buf_unref(copy.last);
    return err;
}
