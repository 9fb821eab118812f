// The formats in one table: how each begins, writes a frame, and ends.
#include "writer.h"

#include <stdio.h>

#include "base/err.h"
#include "interrupt.h"
#include "messages.h"

#define LAB_DIGITS 5

const char *const writer_formats[] = {"auto", "raw", "lab", "avi", NULL};

static int frame_raw(struct writer *w, struct kin_span jpeg)
{
    return kin_output_write(&w->output, jpeg, w->why);
}

static int frame_lab(struct writer *w, struct kin_span jpeg)
{
    char digits[LAB_DIGITS + 1];
    if (jpeg.n > WRITER_LAB_MAX_BYTES) {
        snprintf(w->why, sizeof w->why, MSG_LAB_FRAME_TOO_LONG, w->frames + 1, jpeg.n, WRITER_LAB_MAX_BYTES);
        return KIN_ELIMIT;
    }
    snprintf(digits, sizeof digits, "%05u", (unsigned)jpeg.n);
    int err = kin_output_write(&w->output, kin_span_make(digits, LAB_DIGITS), w->why);
    return err == KIN_OK ? frame_raw(w, jpeg) : err;
}

static int begin_avi(struct writer *w, const struct writer_facts *facts)
{
    return avi_begin(&w->avi, &w->output, facts->width, facts->height, facts->rate_num, facts->rate_den, w->why);
}

static int frame_avi(struct writer *w, struct kin_span jpeg)
{
    return avi_frame(&w->avi, jpeg, w->why);
}

static int end_avi(struct writer *w)
{
    return avi_end(&w->avi, w->why);
}

static const struct kind {
    int (*begin)(struct writer *w, const struct writer_facts *facts); // may be NULL
    int (*frame)(struct writer *w, struct kin_span jpeg);
    int (*end)(struct writer *w); // may be NULL
    bool states_rate;
} kinds[WRITER_FORMAT_COUNT] = {
    [WRITER_RAW] = {NULL, frame_raw, NULL, false},
    [WRITER_LAB] = {NULL, frame_lab, NULL, false},
    [WRITER_AVI] = {begin_avi, frame_avi, end_avi, true},
};

enum writer_format writer_format_of(enum writer_format requested, const char *path)
{
    if (requested != WRITER_AUTO)
        return requested;
    size_t n = strlen(path);
    return n >= 4 && kin_span_case_is(kin_span_str(path + n - 4), ".avi") ? WRITER_AVI : WRITER_RAW;
}

bool writer_states_rate(enum writer_format format)
{
    return kinds[format].states_rate;
}

int writer_open(struct writer *w, const char *path, const struct writer_facts *facts)
{
    *w = (struct writer){.output = {.fd = -1}, .format = writer_format_of(facts->format, path)};
    int err = kin_output_open(&w->output, path, w->why);
    w->output.interrupted = interrupt_pending;
    if (err == KIN_OK && kinds[w->format].begin != NULL)
        err = kinds[w->format].begin(w, facts);
    if (err != KIN_OK)
        writer_discard(w);
    return err;
}

int writer_frame(struct writer *w, struct kin_span jpeg)
{
    int err = kinds[w->format].frame(w, jpeg);
    w->frames += err == KIN_OK;
    return err;
}

int writer_commit(struct writer *w)
{
    int err = kinds[w->format].end != NULL ? kinds[w->format].end(w) : KIN_OK;
    return err == KIN_OK ? kin_output_commit(&w->output, w->why) : err;
}

void writer_discard(struct writer *w)
{
    avi_deinit(&w->avi);
    kin_output_discard(&w->output);
}
