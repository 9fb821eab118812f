// A film that is Motion-JPEG already: its JPEGs are copied, each as often as the rate wants it.
#include <stdio.h>

#include "base/err.h"
#include "base/wr.h"
#include "convert_parts.h"
#include "jpeg/markers.h"
#include "media/rate.h"

#define MARKER_BYTES 2u // SOI
#define SEGMENT_HEAD 4u

// True when the first frame needs the comment so that the reel says its rate.
static bool wants_comment(const struct convert_job *j, struct kin_span jpeg)
{
    uint32_t num, den;
    bool known = j->facts->reel->rate_stated || j->wish->rate_num != 0;
    if (!known || j->writer.frames > 0 || writer_states_rate(j->writer.format))
        return false;
    return !kin_rate_find_comment(jpeg, &num, &den) || num != j->cadence.rate_num || den != j->cadence.rate_den;
}

// The JPEG with the comment behind its SOI. NULL when out of memory.
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

static int copy_frame(struct convert_job *j, uint32_t i, uint64_t times)
{
    struct kin_buf *jpeg = NULL, *marked = NULL;
    int err = times > 0 ? kin_reel_read(j->facts->reel, i, &jpeg) : KIN_OK;
    if (err != KIN_OK) {
        char sentence[64];
        snprintf(sentence, sizeof sentence, "frame %u: %s", i + 1, kin_err_str(err));
        convert_blame_input(j, sentence);
        return err;
    }
    if (times > 0 && wants_comment(j, kin_buf_span(jpeg))) {
        marked = with_comment(j, kin_buf_span(jpeg));
        err = marked != NULL ? convert_write(j, kin_buf_span(marked), 1) : KIN_ENOMEM;
        times--;
    }
    if (err == KIN_OK)
        err = convert_write(j, kin_buf_span(jpeg), times);
    kin_buf_unref(marked);
    kin_buf_unref(jpeg);
    return err;
}

int convert_by_copying(struct convert_job *j)
{
    const struct kin_reel *reel = j->facts->reel;
    int64_t start = kin_ts_from_us(j->wish->start);
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
        err = copy_frame(j, i, times);
    }
    return err;
}
