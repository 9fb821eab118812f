// Decodes, scales and encodes a film. Each frame is held until the time of the next one shows how long it lasts.
#include <stdio.h>
#include <stdlib.h>

#include <libavutil/frame.h>

#include "base/err.h"
#include "convert_parts.h"
#include "encoder.h"
#include "media/rate.h"
#include "messages.h"
#include "scaler.h"

struct coder {
    struct convert_job *job;
    struct dimensions size; // of the reel
    struct scaler *scaler;
    struct encoder encoder;
    struct film_frame held;          // the frame before the current one
    AVFrame *picture;                // owned; the held frame's
    const struct kin_picture *drawn; // the held frame's picture scaled; borrowed from the scaler
};

static int set_up(struct coder *c, const struct film_frame *first)
{
    struct convert_job *j = c->job;
    struct dimensions film = {first->width, first->height};
    bool swap = first->turn.swap;
    if (swap)
        film = (struct dimensions){first->height, first->width};
    int err = dimensions_make(j->options->size, film, swap ? first->aspect_den : first->aspect_num,
                              swap ? first->aspect_num : first->aspect_den, &c->size);
    if (err != KIN_OK) {
        convert_input_error(j, MSG_REEL_TOO_LARGE);
        return err;
    }
    err = scaler_new(c->size, first->turn, &c->scaler);
    if (err == KIN_OK)
        err = encoder_init(&c->encoder, (uint16_t)c->size.width, (uint16_t)c->size.height,
                           j->options->quality != 0 ? j->options->quality : CONVERT_QUALITY);
    if (err == KIN_OK)
        err = convert_open_writer(j, c->size.width, c->size.height);
    return err;
}

// The comment that states the rate, for the first frame; empty for the others.
static struct kin_span comment_of(const struct coder *c, char text[KIN_RATE_COMMENT_MAX])
{
    const struct cadence *rate = &c->job->cadence;
    size_t n = 0;
    if (c->job->writer.frames == 0)
        n = kin_rate_format_comment((uint32_t)rate->rate_num, (uint32_t)rate->rate_den, text);
    return kin_span_make(text, n);
}

static int encode(struct coder *c, struct kin_span comment, struct kin_span *ret)
{
    int err = scaler_run(c->scaler, c->picture, &c->drawn);
    if (err == KIN_EUNSUPPORTED)
        convert_input_error(c->job, MSG_CANNOT_SCALE);
    if (err == KIN_OK)
        err = encoder_run(&c->encoder, c->drawn, comment, ret);
    if (err == KIN_ELIMIT)
        convert_input_error(c->job, MSG_FRAME_TOO_LONG);
    return err;
}

// A frame that is too long for the lab format. With --fit it is encoded at a lower quality; without, the error names
// the quality at which it would fit.
static int write_long(struct coder *c, struct kin_span comment, struct kin_span jpeg, uint64_t times)
{
    struct convert_job *j = c->job;
    struct kin_span shorter;
    unsigned quality = 0;
    int fits = encoder_fit(&c->encoder, c->drawn, comment, WRITER_LAB_MAX_BYTES, &quality, &shorter);
    if (fits == KIN_OK && j->options->fit) {
        j->lowest = j->lowered == 0 || quality < j->lowest ? quality : j->lowest;
        j->lowered++;
        return convert_write(j, shorter, times);
    }
    int err = convert_write(j, jpeg, times);
    if (err == KIN_ELIMIT && fits == KIN_OK)
        snprintf(j->why, sizeof j->why, MSG_LAB_FRAME_FITS_AT, j->writer.why, quality);
    return err;
}

static int write_held(struct coder *c, uint64_t times)
{
    char text[KIN_RATE_COMMENT_MAX];
    struct kin_span jpeg, comment = comment_of(c, text);
    if (times == 0)
        return KIN_OK;
    int err = encode(c, comment, &jpeg);
    if (err != KIN_OK)
        return err;
    bool too_long = c->job->writer.format == WRITER_LAB && jpeg.n > WRITER_LAB_MAX_BYTES;
    return too_long ? write_long(c, comment, jpeg, times) : convert_write(c->job, jpeg, times);
}

static int hold(struct coder *c, const struct film_frame *frame)
{
    av_frame_unref(c->picture);
    c->held = *frame;
    c->held.picture = c->picture;
    return av_frame_ref(c->picture, frame->picture) >= 0 ? KIN_OK : KIN_ENOMEM;
}

// 1, 0 at the end, or an error with its message in j->why.
static int next(struct coder *c, struct film_frame *ret)
{
    char why[FILM_WHY_MAX] = "";
    int got = film_next(c->job->film, ret, why);
    if (got < 0)
        convert_input_error(c->job, why[0] != '\0' ? why : kin_err_str(got));
    return got;
}

static int code_first(struct coder *c)
{
    struct convert_job *j = c->job;
    struct film_frame frame;
    int got = next(c, &frame);
    if (got == 0)
        convert_input_error(j, j->options->start > 0 ? MSG_ENDS_BEFORE_START : MSG_NOTHING_DECODED);
    if (got <= 0)
        return got == 0 ? KIN_EBAD : got;
    int64_t start = j->options->start > 0 ? convert_ticks(j, j->options->start) : 0;
    cadence_begin(&j->cadence, frame.time, start > 0 ? j->facts->start + start : frame.time);
    int err = set_up(c, &frame);
    return err == KIN_OK ? hold(c, &frame) : err;
}

static int code_rest(struct coder *c)
{
    struct cadence *cadence = &c->job->cadence;
    struct film_frame frame;
    int got = 1, err = KIN_OK;
    while (err == KIN_OK && !cadence_full(cadence) && (got = next(c, &frame)) > 0) {
        err = write_held(c, cadence_next(cadence, frame.time));
        if (err == KIN_OK)
            err = hold(c, &frame);
    }
    if (err != KIN_OK || got != 0)
        return err != KIN_OK || got > 0 ? err : got;
    uint64_t times = cadence_next(cadence, c->held.time + c->held.length);
    bool only = c->job->writer.frames == 0 && c->held.time >= cadence->origin;
    return write_held(c, times == 0 && only ? 1 : times);
}

int convert_by_coding(struct convert_job *j)
{
    struct coder c = {.job = j, .picture = av_frame_alloc()};
    int err = c.picture != NULL ? code_first(&c) : KIN_ENOMEM;
    if (err == KIN_OK)
        err = code_rest(&c);
    encoder_deinit(&c.encoder);
    scaler_free(c.scaler);
    av_frame_free(&c.picture);
    return err;
}
