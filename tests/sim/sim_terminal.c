// A film on terminals of all speeds: the encoder and the drain as they ship, over a virtual line that takes so many
// bytes a second. Pictures come at their rate and are never old, and keys are answered at once.
#include <stdio.h>
#include <stdlib.h>

#include "terminal/drain.h"
#include "terminal/encoder.h"
#include "unit.h"

#define MS KIN_US_PER_MS
#define S KIN_US_PER_S
#define COLS 100
#define ROWS 30
#define FILM_ROWS 27
#define INTERVAL 41667
#define KEY_EVERY (700 * MS)
#define SCREENS_MAX 64

struct line {
    double rate; // bytes a second
    kin_us rtt;
    kin_us busy_until;
    struct {
        kin_us arrives, answer;
        kin_us shows_from; // when the picture on it was due
        kin_us key;        // the oldest key that it answers; 0: none
        bool picture;
    } screens[SCREENS_MAX]; // on their way
    unsigned count;
};

struct figures {
    unsigned pictures, keys;
    kin_us worst_age, worst_key;
};

struct world {
    struct line line;
    struct drain drain;
    struct encoder encoder;
    struct screen screen;
    uint8_t *bytes;
    size_t size;
    kin_us now, picture_due, key_due, key;
    unsigned frame, keys;
    bool stands;    // all of the film but the ball
    unsigned light; // on what stands
    bool fresh;     // a picture that has not been sent
    kin_us fresh_from;
    struct figures figures;
};

// Of a dark ball.
static bool is_ball(unsigned x, unsigned y, unsigned frame)
{
    unsigned bx = (2 * COLS - frame * 2 % (2 * COLS)) / 2, dx = x > bx ? x - bx : bx - x, dy = y > 40 ? y - 40 : 40 - y;
    return dx * dx * 4 + dy * dy < 600;
}

// Texture that moves the other way: every cell changes with every frame.
static unsigned texture(unsigned x, unsigned y, unsigned frame)
{
    unsigned wave = (x * 3 + frame * 2) % 128;
    return 60 + (wave < 64 ? wave : 127 - wave) + (x * 37 + y * 91 + frame * 13) % 23;
}

static unsigned brightness(const struct world *w, unsigned x, unsigned y)
{
    return is_ball(x, y, w->frame) ? 20 : texture(x, y, w->stands ? 0 : w->frame) + w->light;
}

static void film_cell(const struct world *w, struct cell *c, unsigned x, unsigned y)
{
    unsigned top = brightness(w, x, 2 * y), bottom = brightness(w, x, 2 * y + 1);
    *c = (struct cell){.glyph = "\xe2\x96\x80", .len = 3, .picture = true, .mask = 0x0f};
    c->style = (struct style){COLOR_RGB(top * 0x010101u), COLOR_RGB(bottom * 0x010101u), 0};
    memset(c->samples.rgb[0], (int)top, 12);
    memset(c->samples.rgb[4], (int)bottom, 12);
}

static void draw_page(struct world *w)
{
    char text[64];
    for (unsigned y = 0; y < FILM_ROWS; y++)
        for (unsigned x = 0; x < COLS; x++)
            film_cell(w, screen_at(&w->screen, (int)x, (int)y), x, y);
    snprintf(text, sizeof text, "frame %u  %u keys", w->frame, w->keys);
    screen_put(&w->screen, 0, FILM_ROWS, -1, ROLE_TEXT, text);
}

static void send(struct world *w)
{
    struct encoder_quality quality = {8, drain_budget(&w->drain)};
    struct encoder_cost cost;
    struct kin_wr out = kin_wr_init(w->bytes, w->size);
    struct line *l = &w->line;
    draw_page(w);
    if (encoder_draw(&w->encoder, &w->screen, &quality, &out, &cost) != 0 || l->count == SCREENS_MAX)
        return;
    l->busy_until = (l->busy_until > w->now ? l->busy_until : w->now) + (kin_us)((double)out.len * 1e6 / l->rate);
    l->screens[l->count].arrives = l->busy_until + l->rtt / 2;
    l->screens[l->count].answer = l->busy_until + l->rtt;
    l->screens[l->count].shows_from = w->fresh_from;
    l->screens[l->count].key = w->key;
    l->screens[l->count++].picture = w->fresh;
    drain_query(&w->drain, w->now, out.len);
    w->fresh = false;
    w->key = 0;
}

static kin_us later(kin_us a, kin_us b)
{
    return a > b ? a : b;
}

static void take_answers(struct world *w)
{
    struct line *l = &w->line;
    while (l->count > 0 && l->screens[0].answer <= w->now) {
        struct figures *f = &w->figures;
        kin_us arrived = l->screens[0].arrives;
        f->pictures += l->screens[0].picture;
        if (l->screens[0].picture)
            f->worst_age = later(f->worst_age, arrived - l->screens[0].shows_from);
        if (l->screens[0].key > 0) {
            f->worst_key = later(f->worst_key, arrived - l->screens[0].key);
            f->keys++;
        }
        drain_answer(&w->drain, l->screens[0].answer);
        memmove(l->screens, l->screens + 1, --l->count * sizeof *l->screens);
    }
}

static void run(struct world *w, kin_us length)
{
    for (kin_us end = w->now + length; w->now < end; w->now += MS) {
        take_answers(w);
        if (w->now >= w->picture_due) {
            w->picture_due += INTERVAL;
            w->frame++;
            w->fresh = true;
            w->fresh_from = w->now;
        }
        if (w->now >= w->key_due) {
            w->key_due += KEY_EVERY;
            w->keys++;
            w->key = w->key > 0 ? w->key : w->now;
        }
        if ((w->fresh || w->key > 0) && drain_ready(&w->drain, w->now))
            send(w);
    }
}

static bool world_init(struct world *w, double rate, kin_us rtt)
{
    *w = (struct world){.line = {.rate = rate, .rtt = rtt}, .now = S, .picture_due = S, .key_due = 2 * S};
    w->screen = (struct screen){.utf8 = true, .depth = DEPTH_16M};
    w->size = encoder_bytes_max(COLS, ROWS);
    w->bytes = malloc(w->size);
    drain_set_interval(&w->drain, INTERVAL);
    if (w->bytes == NULL || screen_resize(&w->screen, COLS, ROWS) != 0)
        return false;
    screen_clear(&w->screen);
    return true;
}

static void world_deinit(struct world *w)
{
    encoder_deinit(&w->encoder);
    screen_deinit(&w->screen);
    free(w->bytes);
}

static bool was_ball(const struct world *w, unsigned x, unsigned y, unsigned frames)
{
    for (unsigned i = 0; i < frames; i++)
        if (is_ball(x, y, w->frame - i))
            return true;
    return false;
}

// The most by which a part of the picture that has stood for so many frames differs from what is shown of it.
static unsigned standing_error(const struct world *w, unsigned frames)
{
    unsigned worst = 0;
    for (unsigned y = 0; y < 2 * FILM_ROWS; y++)
        for (unsigned x = 0; x < COLS; x++) {
            int shown = screen_at(&w->encoder.shown, (int)x, (int)y / 2)->samples.rgb[y % 2 * 4][1];
            unsigned error = (unsigned)abs(shown - (int)(texture(x, y, 0) + w->light));
            if (error > worst && !was_ball(w, x, y, frames))
                worst = error;
        }
    return worst;
}

// A ball before a background that stands: a second after it has passed, or after the light has changed, nothing is seen
// of that.
TEST(a_terminal_within_a_budget_shows_no_standing_difference)
{
    static const double budgets[] = {100e3, 200e3};
    struct world w = {.now = 0};
    for (size_t i = 0; i < sizeof budgets / sizeof *budgets; i++) {
        CHECK(world_init(&w, 1e6, 500));
        w.stands = true;
        w.drain.most = budgets[i];
        run(&w, 2 * S);
        for (int k = 0; k < 5; k++) {
            w.light = 14 - w.light;
            run(&w, 1100 * MS);
            CHECK(w.encoder.shown.cells != NULL);
            CHECK(standing_error(&w, 24) <= 12); // of one half of a cell
        }
        world_deinit(&w);
        w = (struct world){.now = 0};
    }
out:
    world_deinit(&w);
}

TEST(terminals_of_all_speeds_keep_the_rate_and_answer_keys)
{
    static const double rates[] = {20e3, 50e3, 1e6};
    static const kin_us trips[] = {500, 300 * MS};
    struct world w = {.now = 0};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
        for (size_t k = 0; k < sizeof trips / sizeof *trips; k++) {
            CHECK(world_init(&w, rates[i], trips[k]));
            run(&w, 4 * S); // the rate is learnt
            w.figures = (struct figures){0};
            run(&w, 6 * S);
            CHECK(w.figures.keys > 5);
            CHECK(rates[i] < 50e3 || w.figures.pictures >= 6 * 24 * 9 / 10);
            CHECK(w.figures.worst_age <= 2 * INTERVAL + trips[k]);
            CHECK(w.figures.worst_key <= 150 * MS + trips[k] / 2);
            world_deinit(&w);
            w = (struct world){.now = 0};
        }
out:
    world_deinit(&w);
}
