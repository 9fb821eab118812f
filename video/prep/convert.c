// Decides between copying and coding, sets the frame rate, and commits the output.
#include "convert.h"

#include <stdio.h>

#include <libavutil/mathematics.h>

#include "base/err.h"
#include "base/plural.h"
#include "base/text.h"
#include "convert_parts.h"
#include "interrupt.h"
#include "messages.h"

#define NAME_SHOWN_MAX 256

static void input_name(const struct convert_job *j, char dst[NAME_SHOWN_MAX])
{
    kin_text_clean(kin_span_str(j->options->input), true, dst, NAME_SHOWN_MAX);
}

void convert_input_error(struct convert_job *j, const char *sentence)
{
    char name[NAME_SHOWN_MAX];
    input_name(j, name);
    snprintf(j->why, sizeof j->why, "%s: %.250s", name, sentence);
}

int convert_open_writer(struct convert_job *j, uint32_t width, uint32_t height)
{
    struct writer_facts facts = {.format = j->options->format,
                                 .width = (uint16_t)width,
                                 .height = (uint16_t)height,
                                 .rate_num = (uint32_t)j->cadence.rate_num,
                                 .rate_den = (uint32_t)j->cadence.rate_den};
    int err = writer_open(&j->writer, j->options->output, &facts);
    j->open = err == KIN_OK;
    return err;
}

static void show_progress(struct convert_job *j)
{
    uint64_t done = 0, total = 0;
    film_progress(j->film, &done, &total);
    if (j->cadence.max_frames < KIN_REEL_MAX_FRAMES) { // only a part of the film
        done = j->cadence.written;
        total = j->cadence.max_frames;
    }
    progress_update_of(&j->progress, total > 0 ? done : 0, total > 0 ? total : 1);
}

int convert_write(struct convert_job *j, struct kin_span jpeg, uint64_t times)
{
    int err = KIN_OK;
    for (uint64_t i = 0; err == KIN_OK && i < times; i++) {
        err = writer_frame(&j->writer, jpeg);
        if (err == KIN_OK && interrupt_pending())
            err = KIN_ECANCELED;
    }
    show_progress(j);
    return err;
}

int64_t convert_ticks(const struct convert_job *j, kin_us time)
{
    return av_rescale(time, j->facts->tick_den, j->facts->tick_num * KIN_US_PER_S);
}

static void set_cadence(struct convert_job *j)
{
    const struct convert_options *w = j->options;
    const struct film_facts *f = j->facts;
    bool given = w->rate_num != 0;
    j->cadence = cadence_init(f->tick_num, f->tick_den, given ? w->rate_num : f->rate_num,
                              given ? w->rate_den : f->rate_den);
    j->cadence.jumps = f->jumps;
    j->cadence.length = f->length;
    if (w->duration > 0) {
        int64_t most = av_rescale(w->duration, j->cadence.rate_num, j->cadence.rate_den * KIN_US_PER_S);
        cadence_limit(&j->cadence, most > 0 ? (uint64_t)most : 1);
    }
}

static int finish(struct convert_job *j)
{
    if (j->cadence.written >= KIN_REEL_MAX_FRAMES) {
        snprintf(j->why, sizeof j->why, MSG_TOO_MANY_FRAMES, KIN_REEL_MAX_FRAMES);
        return KIN_ELIMIT;
    }
    if (j->writer.frames == 0) {
        convert_input_error(j, MSG_ENDS_BEFORE_START);
        return KIN_ERANGE;
    }
    return writer_commit(&j->writer);
}

// What a reel as input had besides intact frames, none of which is in the output.
static void print_damage_notes(const struct convert_job *j, const char *name)
{
    const struct kin_reel *reel = j->facts->reel;
    uint32_t left_out = reel->left_out + j->left_out;
    if (left_out > 0)
        fprintf(stderr, MSG_NOTE_BROKEN_FRAMES, name, left_out, left_out == 1 ? " was" : "s were",
                reel->left_out > 0 ? reel->first_left_out : j->first_left_out);
    if (reel->records > 0)
        fprintf(stderr, MSG_NOTE_RECORDS, name, reel->frame_count, reel->records, kin_plural(reel->records));
    if (reel->junk_bytes > 0)
        fprintf(stderr, MSG_NOTE_JUNK, name, reel->junk_bytes, kin_plural(reel->junk_bytes),
                reel->junk_bytes == 1 ? "was" : "were");
    if (reel->truncated)
        fprintf(stderr, MSG_NOTE_CUT_OFF, name);
}

static void print_notes(struct convert_job *j, bool copied)
{
    char name[NAME_SHOWN_MAX];
    uint64_t damaged = film_damaged(j->film);
    input_name(j, name);
    if (copied)
        fprintf(stderr, MSG_NOTE_COPIED, name);
    if (j->facts->reel != NULL)
        print_damage_notes(j, name);
    if (film_interlaced(j->film))
        fprintf(stderr, MSG_NOTE_INTERLACED, name);
    if (film_hdr(j->film))
        fprintf(stderr, MSG_NOTE_HDR, name);
    if (j->lowered > 0)
        fprintf(stderr, MSG_NOTE_LOWERED, j->lowered, j->lowered == 1 ? " was" : "s were", j->lowest);
    if (damaged > 0)
        fprintf(stderr, MSG_NOTE_DAMAGED, name, damaged, kin_plural(damaged));
}

static int run(struct convert_job *j)
{
    bool copy = j->facts->reel != NULL && j->options->size.width == 0 && j->options->size.height == 0 &&
                j->options->quality == 0 && !j->options->fit;
    set_cadence(j);
    if (j->options->start > 0)
        film_seek(j->film, j->facts->start + convert_ticks(j, j->options->start));
    progress_begin(&j->progress, j->options->output, 1);
    int err = copy ? convert_by_copying(j) : convert_by_coding(j);
    progress_end(&j->progress);
    if (err == KIN_OK)
        err = finish(j);
    if (err == KIN_OK)
        print_notes(j, copy);
    return err;
}

static void copy_reason(const struct convert_job *j, int err, char why[CONVERT_WHY_MAX])
{
    const char *reason = j->why[0] != '\0' ? j->why : j->writer.why;
    why[0] = '\0';
    if (err != KIN_OK && err != KIN_ECANCELED)
        snprintf(why, CONVERT_WHY_MAX, "%s", reason[0] != '\0' ? reason : kin_err_str(err));
}

int convert(const struct convert_options *options, char why[CONVERT_WHY_MAX])
{
    struct convert_job j = {.options = options, .writer = {.output = {.fd = -1}}};
    char reason[FILM_WHY_MAX] = "";
    int err = film_open(options->input, options->rate_num, options->rate_den, &j.film, reason);
    if (err != KIN_OK) {
        convert_input_error(&j, reason[0] != '\0' ? reason : kin_err_str(err));
    } else {
        j.facts = film_facts(j.film);
        err = run(&j);
    }
    copy_reason(&j, err, why);
    if (j.open)
        writer_discard(&j.writer);
    film_close(j.film);
    return err;
}
