// Writes the difference between the wanted and the shown screen as terminal bytes.
#include "terminal/encoder.h"

#include <stdlib.h>

#include "base/err.h"
#include "terminal/color.h"

#define CELL_BYTES_MAX 72  // two direct colours, attributes, a cursor movement and the glyph
#define FRAME_BYTES_MIN 64 // clear and reset
#define PEAK_FACTOR 4      // one part of a cell may differ by this much more than the mean
#define AGE_STEP 16        // screens after which a difference that stays weighs one more
#define AGE_MAX 250
#define AGE_FINE 6          // screens after which a cell may be said to stand: it is worth better colours
#define FINE_PART 4         // of the threshold: by how much less these are off
#define BUSY_RANGE 48       // of the samples within a cell: from there on texture hides small differences
#define CELL_BYTES_GUESS 20 // what a cell takes, before that is known
#define EXACT_BYTES (16 * 24)
#define TOLERANCE_MAX 16 // of colours: beyond it a picture cannot be recognised
#define OVERRUN_NUM 5    // the budget may be exceeded by a quarter: what a cell takes is an estimate
#define OVERRUN_DEN 4

void encoder_deinit(struct encoder *e)
{
    screen_deinit(&e->shown);
    free(e->marks);
    e->marks = NULL;
    e->known = false;
}

void encoder_forget(struct encoder *e)
{
    e->known = false;
}

size_t encoder_bytes_max(int cols, int rows)
{
    return FRAME_BYTES_MIN + (size_t)cols * (size_t)rows * CELL_BYTES_MAX;
}

// --- differences

static bool same_look(const struct cell *a, const struct cell *b)
{
    return a->len == b->len && memcmp(a->glyph, b->glyph, a->len) == 0 && a->style.fg == b->style.fg &&
           a->style.bg == b->style.bg && a->style.attrs == b->style.attrs;
}

static struct rgb sample(const struct cell *c, int i)
{
    return (struct rgb){c->samples.rgb[i][0], c->samples.rgb[i][1], c->samples.rgb[i][2]};
}

// The samples that stand for others as well: two where both halves are of one colour each, else all.
static int step_of(const struct cell *a, const struct cell *b)
{
    return a->halves && b->halves ? CELL_SAMPLES / 2 : 1;
}

// How far the samples of a cell differ in brightness.
static unsigned range_of(const struct cell *c)
{
    unsigned low = 255, high = 0;
    for (int i = 0; i < CELL_SAMPLES; i += step_of(c, c)) {
        unsigned g = c->samples.rgb[i][1];
        low = g < low ? g : low;
        high = g > high ? g : high;
    }
    return high - low;
}

// How much the difference of two cells of a picture is seen: the mean over their parts, the worst part, and half as
// much again in smooth places, where the eye finds edges.
static unsigned visibility(const struct cell *shown, const struct cell *want)
{
    unsigned sum = 0, peak = 0;
    int step = step_of(shown, want);
    for (int i = 0; i < CELL_SAMPLES; i += step) {
        unsigned d = color_distance(sample(shown, i), sample(want, i));
        sum += d * (unsigned)step;
        peak = d > peak ? d : peak;
    }
    unsigned seen = sum > peak * CELL_SAMPLES / PEAK_FACTOR ? sum : peak * CELL_SAMPLES / PEAK_FACTOR; // eighths
    unsigned range = range_of(want);
    if (range < BUSY_RANGE)
        seen += seen * (BUSY_RANGE - range) / (2 * BUSY_RANGE);
    return (seen + CELL_SAMPLES / 2) / CELL_SAMPLES;
}

static uint8_t key_of(const struct cell *shown, const struct cell *want, unsigned age)
{
    if (want->covered || (same_look(shown, want) && !shown->covered))
        return 0;
    if (!shown->picture || !want->picture)
        return ENCODER_KEYS - 1;
    unsigned key = visibility(shown, want) + age / AGE_STEP;
    return (uint8_t)(key < 1 ? 1 : key < ENCODER_KEYS - 1 ? key : ENCODER_KEYS - 1);
}

static void mark_cells(struct encoder *e, const struct screen *s, size_t counts[ENCODER_KEYS])
{
    memset(counts, 0, ENCODER_KEYS * sizeof *counts);
    for (int i = 0; i < s->cols * s->rows; i++) {
        struct encoder_mark *m = &e->marks[i];
        m->key = key_of(&e->shown.cells[i], &s->cells[i], m->age);
        counts[m->key] += s->cells[i].picture;
    }
}

// --- the threshold that the budget allows

static unsigned bucket_of(unsigned threshold)
{
    return threshold < ENCODER_BUCKETS ? threshold : ENCODER_BUCKETS - 1;
}

// In 16ths of a byte. Where nothing is known, the nearest lower threshold says it.
static unsigned cell_bytes(const struct encoder *e, unsigned threshold)
{
    for (unsigned i = bucket_of(threshold) + 1; i-- > 0;)
        if (e->cell_bytes[i] > 0)
            return e->cell_bytes[i];
    return 16 * CELL_BYTES_GUESS;
}

static size_t cell_cost(const struct encoder *e, const struct encoder_quality *q, unsigned threshold)
{
    return q->threshold == 0 ? EXACT_BYTES : cell_bytes(e, threshold);
}

static bool fits(const struct encoder *e, const struct encoder_quality *q, size_t cells, unsigned threshold)
{
    return q->budget == 0 || cells * cell_cost(e, q, threshold) / 16 <= q->budget;
}

struct choice {         // of the cells of a picture
    unsigned threshold; // those that differ by more are drawn
    size_t more;        // and so many of those that differ by just as much
};

// The lowest threshold at which the cells above it fit, and what still fits besides them: a level may have very many.
static struct choice choose(const struct encoder *e, const struct encoder_quality *q, const size_t counts[ENCODER_KEYS])
{
    size_t cells = counts[ENCODER_KEYS - 1];
    unsigned t = ENCODER_KEYS - 2;
    if (q->budget == 0)
        return (struct choice){q->threshold, 0};
    while (t > q->threshold && fits(e, q, cells + counts[t], t - 1))
        cells += counts[t--];
    size_t room = t > q->threshold ? q->budget * 16 / cell_cost(e, q, t - 1) : 0;
    return (struct choice){t, room > cells ? room - cells : cells == 0};
}

static void learn(struct encoder *e, unsigned threshold, size_t cells, size_t bytes)
{
    unsigned *known = &e->cell_bytes[bucket_of(threshold)];
    if (cells < 16)
        return;
    unsigned now = (unsigned)(16 * bytes / cells);
    *known = *known == 0 ? now : (3 * *known + now) / 4;
}

// --- drawing

static void move_to(struct encoder *e, int x, int y, struct kin_wr *out)
{
    if (e->x == x && e->y == y)
        return;
    if (e->x >= 0 && e->y == y && x == e->x + 1)
        kin_wr_str(out, "\033[C");
    else if (e->x >= 0 && e->y == y && x > e->x)
        kin_wr_fmt(out, "\033[%dC", x - e->x);
    else if (x == 0)
        kin_wr_fmt(out, "\033[%dH", y + 1);
    else
        kin_wr_fmt(out, "\033[%d;%dH", y + 1, x + 1);
}

static bool is_wide(const struct screen *s, int x, int y)
{
    const struct cell *right = screen_at(s, x + 1, y);
    return right != NULL && right->len == 0;
}

// Draws this cell in the place of that one.
static void draw_as(struct encoder *e, const struct screen *s, int at, const struct cell *c, struct kin_wr *out)
{
    int x = at % s->cols, y = at / s->cols;
    bool blank = c->len == 1 && c->glyph[0] == ' ' && c->style.attrs == 0;
    move_to(e, x, y, out);
    pen_set(&e->pen, &c->style, blank, out);
    kin_wr_bytes(out, c->glyph, c->len);
    int next = x + (is_wide(s, x, y) ? 2 : 1);
    e->x = next < s->cols ? next : -1; // in the last column the cursor may or may not wrap
    e->y = y;
    e->shown.cells[at] = *c;
}

static void draw_cell(struct encoder *e, const struct screen *s, int at, unsigned tolerance, struct kin_wr *out)
{
    struct cell c = s->cells[at];
    if (c.picture)
        pen_approximate(&e->pen, tolerance, &c);
    draw_as(e, s, at, &c, out);
}

static int start_over(struct encoder *e, const struct screen *s, struct kin_wr *out)
{
    size_t n = (size_t)s->cols * (size_t)s->rows;
    struct encoder_mark *marks = realloc(e->marks, (n > 0 ? n : 1) * sizeof *marks);
    if (marks == NULL)
        return KIN_ENOMEM;
    e->marks = marks;
    if (screen_resize(&e->shown, s->cols, s->rows) != KIN_OK)
        return KIN_ENOMEM;
    kin_wr_bytes(out, e->removal, e->removal_len);
    e->removal_len = 0;
    e->image_serial = 0;
    kin_wr_str(out, "\033[0m\033[2J");
    for (size_t i = 0; i < n; i++) {
        e->shown.cells[i] = (struct cell){.len = 0};
        e->marks[i] = (struct encoder_mark){0, 0};
    }
    e->pen = (struct pen){{COLOR_DEFAULT, COLOR_DEFAULT, 0}, true};
    e->x = -1;
    e->known = true;
    return KIN_OK;
}

struct pass { // over the cells of one kind
    bool picture;
    struct choice choice;
    unsigned tolerance;      // of colours
    unsigned aged;           // screens after which a cell has been off for long
    unsigned aged_tolerance; // of its colours then
    size_t room;             // bytes
};

static unsigned tolerance_of(unsigned threshold)
{
    return threshold * 2 / 3 < TOLERANCE_MAX ? threshold * 2 / 3 : TOLERANCE_MAX;
}

// At ease, what still stays gets colours that are hardly off; else those of a picture at ease, as far as that goes.
static struct pass picture_pass(const struct encoder_quality *q, const struct choice *choice)
{
    struct pass p = {true,    *choice, tolerance_of(choice->threshold), AGE_STEP, tolerance_of(q->threshold) / 4,
                     SIZE_MAX};
    if (choice->threshold > q->threshold) {
        unsigned fine = choice->threshold / FINE_PART;
        p.aged = AGE_FINE;
        p.aged_tolerance = tolerance_of(fine > q->threshold ? fine : q->threshold);
    }
    if (q->threshold == 0)
        p.tolerance = p.aged_tolerance = 0;
    if (q->budget > 0)
        p.room = q->budget * OVERRUN_NUM / OVERRUN_DEN;
    return p;
}

static void keep(struct encoder_mark *m, struct encoder_cost *cost)
{
    m->age = m->age < AGE_MAX ? m->age + 1 : m->age;
    cost->kept++;
}

static bool is_chosen(const struct encoder_mark *m, struct choice *c)
{
    if (m->key != c->threshold || c->more == 0)
        return m->key > c->threshold;
    c->more--;
    return true;
}

static void draw_cells(struct encoder *e, const struct screen *s, const struct pass *p, struct kin_wr *out,
                       struct encoder_cost *cost)
{
    struct choice choice = p->choice;
    size_t start = out->len;
    for (int i = 0; i < s->cols * s->rows; i++) {
        struct encoder_mark *m = &e->marks[i];
        const struct cell *want = &s->cells[i];
        if (want->covered || want->picture != p->picture)
            continue;
        if (m->key == 0 || want->len == 0) {
            e->shown.cells[i] = *want;
            m->age = 0;
        } else if (out->len - start < p->room && is_chosen(m, &choice)) {
            draw_cell(e, s, i, m->age >= p->aged ? p->aged_tolerance : p->tolerance, out);
            m->age = 0;
            cost->cells++;
            cost->kept += !same_look(&e->shown.cells[i], want);
        } else {
            keep(m, cost);
        }
    }
}

// Words that the picture takes the place of, but not at once: without them it stands there as it comes.
static void erase_words(struct encoder *e, const struct screen *s, struct kin_wr *out)
{
    for (int i = 0; i < s->cols * s->rows; i++) {
        struct cell blank = e->shown.cells[i];
        if (!s->cells[i].picture || s->cells[i].covered || blank.picture || blank.len == 0 || blank.glyph[0] == ' ')
            continue;
        blank.glyph[0] = ' ';
        blank.len = 1;
        blank.style.attrs = 0;
        draw_as(e, s, i, &blank, out);
    }
}

// --- images

static bool same_area(const struct rect *a, const struct rect *b)
{
    return a->x == b->x && a->y == b->y && a->w == b->w && a->h == b->h;
}

// The image on the screen has to go, which not every terminal does when its cells are overwritten.
static bool image_goes(const struct encoder *e, const struct screen *s)
{
    return e->image_serial != 0 && (s->image.serial == 0 || !same_area(&e->image_area, &s->image.area));
}

// Blanks what the image will cover. True when something was there, which may stand on the image.
static bool uncover(struct encoder *e, const struct screen *s, struct kin_wr *out)
{
    static const struct cell blank = {.glyph = " ", .len = 1, .covered = true};
    bool stood = false;
    for (int i = 0; i < s->cols * s->rows; i++) {
        struct cell *shown = &e->shown.cells[i];
        if (!s->cells[i].covered || shown->covered)
            continue;
        if (shown->len > 0) {
            draw_cell(e, s, i, 0, out);
            stood = true;
        }
        *shown = blank;
    }
    return stood;
}

// What stands on the image has been drawn over.
static void forget_inside(struct encoder *e, const struct screen *s)
{
    const struct rect *r = &s->image.area;
    for (int y = r->y; y < r->y + r->h; y++)
        for (int x = r->x; x < r->x + r->w + s->image.spills && x < s->cols; x++)
            if (!screen_at(s, x, y)->covered)
                *screen_at(&e->shown, x, y) = (struct cell){.len = 0};
}

static void draw_image(struct encoder *e, const struct screen *s, struct kin_wr *out)
{
    const struct screen_image *image = &s->image;
    bool stood = uncover(e, s, out);
    if (image->serial == e->image_serial && !stood)
        return;
    move_to(e, image->area.x, image->area.y, out);
    if (e->image_serial == 0 && image->base.n > 0) {
        kin_wr_put(out, image->base);
        e->x = -1;
        move_to(e, image->area.x, image->area.y, out);
    }
    kin_wr_put(out, image->bytes);
    e->x = -1;
    e->image_serial = image->serial;
    e->image_area = image->area;
    e->removal_len = image->removal.n < sizeof e->removal ? image->removal.n : 0;
    if (e->removal_len > 0)
        memcpy(e->removal, image->removal.p, e->removal_len);
    forget_inside(e, s);
}

// What is left for the picture.
static struct encoder_quality picture_quality(const struct encoder_quality *q, size_t text_bytes)
{
    size_t least = q->budget / 4 + 1;
    size_t rest = q->budget > text_bytes ? q->budget - text_bytes : 0;
    return (struct encoder_quality){q->threshold, q->budget == 0 ? 0 : rest > least ? rest : least};
}

// Text goes first, so that it is there whatever the picture takes.
int encoder_draw(struct encoder *e, const struct screen *s, const struct encoder_quality *q, struct kin_wr *out,
                 struct encoder_cost *ret)
{
    size_t counts[ENCODER_KEYS], start = out->len;
    *ret = (struct encoder_cost){.cells = 0};
    bool goes_on = e->known && e->shown.cols == s->cols && e->shown.rows == s->rows && !image_goes(e, s);
    if (!goes_on && start_over(e, s, out) != KIN_OK)
        return KIN_ENOMEM;
    if (s->image.serial != 0)
        draw_image(e, s, out);
    ret->image_bytes = out->len - start;
    start = out->len;
    mark_cells(e, s, counts);
    struct pass text = {.room = SIZE_MAX};
    draw_cells(e, s, &text, out, ret);
    size_t text_cells = ret->cells, text_end = out->len;
    struct encoder_quality rest = picture_quality(q, text_end - start);
    struct choice choice = choose(e, &rest, counts);
    ret->threshold = choice.threshold;
    if (!fits(e, &rest, counts[ENCODER_KEYS - 1], ret->threshold))
        erase_words(e, s, out);
    struct pass picture = picture_pass(&rest, &choice);
    draw_cells(e, s, &picture, out, ret);
    ret->picture_bytes = out->len - text_end;
    if (q->threshold > 0)
        learn(e, ret->threshold, ret->cells - text_cells, ret->picture_bytes);
    if (out->bad) {
        ret->truncated = true;
        e->known = false;
    }
    return KIN_OK;
}
