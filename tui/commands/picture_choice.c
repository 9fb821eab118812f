// The renderers in their order, and the limits of each.
#include "commands/picture_choice.h"

#include <unistd.h>

#define CELL_WIDTH 10 // pixels, where nobody says
#define CELL_HEIGHT 20
#define SIXEL_COLORS 256            // where the terminal does not say
#define SIXEL_SIDE 1000             // pixels, where it does not say: xterm draws no larger ones
#define NEAR_US (5 * KIN_US_PER_MS) // a round trip like that is no network's
#define JPEG_BYTES_MIN 6000         // a picture, that a far line has to take before images are tried on it
#define IMAGE_BYTES_MIN 30000

bool picture_choice_kitty_is_near(const struct terminal_facts *f)
{
    return !f->remote.yes && f->kitty_window;
}

// What may be drawn with, the best first. Returns how many.
static unsigned list_renderers(const struct terminal_facts *f, bool utf8, enum renderer fixed,
                               enum renderer ret[RENDERER_CHOICES_MAX])
{
    if (fixed == RENDERER_COUNT)
        return renderer_choices(f, utf8, ret);
    ret[0] = utf8 || renderer_is_image(fixed) ? fixed : RENDERER_ASCII;
    return 1;
}

static size_t bytes_needed(const struct picture_choice *c, const struct terminal_facts *f, enum renderer r,
                           const struct drain *line)
{
    bool beside = r == RENDERER_KITTY && picture_choice_kitty_is_near(f);
    if (!renderer_is_image(r) || beside || (c->near && line->most <= 0))
        return 0;
    return r == RENDERER_ITERM ? JPEG_BYTES_MIN : IMAGE_BYTES_MIN;
}

// What stays may take any time, but images wait until the line is known to take them.
static enum renderer best_still(const struct picture_choice *c, const enum renderer renderers[], const size_t needed[])
{
    unsigned i = 0, rung = c->governor.rung;
    while (i < rung && needed[i] > 0 && renderer_is_image(renderers[i]) != renderer_is_image(renderers[rung]))
        i++;
    return renderers[i];
}

enum renderer picture_choice_make(struct picture_choice *c, kin_us now, const struct terminal_facts *f, bool utf8,
                                  bool still, enum renderer fixed, struct drain *line)
{
    enum renderer renderers[RENDERER_CHOICES_MAX];
    size_t needed[RENDERER_CHOICES_MAX];
    unsigned n = list_renderers(f, utf8, fixed, renderers);
    c->near |= line->least_rtt > 0 && line->least_rtt < NEAR_US;
    for (unsigned i = 0; i < n; i++)
        needed[i] = bytes_needed(c, f, renderers[i], line);
    governor_set_rungs(&c->governor, now, needed, n);
    enum renderer kind = still ? best_still(c, renderers, needed) : renderers[c->governor.rung];
    if (renderer_is_image(kind) != renderer_is_image(c->kind))
        drain_forget_rate(line);
    return c->kind = kind;
}

void picture_choice_judge(struct picture_choice *c, kin_us now, const struct picture *p, kin_us interval,
                          const struct drain *line)
{
    struct governor_sample sample = {.cost_us = p->decode_us + p->render_us,
                                     .interval = interval,
                                     .bytes = p->image.n,
                                     .budget = p->budget,
                                     .measured = line->ceiling > 0 || line->most > 0};
    if (!p->made_with.still)
        governor_made(&c->governor, now, &sample);
}

struct imager_settings picture_choice_imager(const struct terminal_facts *f, enum renderer kind)
{
    unsigned own = (unsigned)getpid() % ((KITTY_FIRST_ID_MAX - KITTY_FIRST_ID_MIN) / 2);
    bool few = f->sixel_colors > 0 && f->sixel_colors < SIXEL_COLORS;
    return (struct imager_settings){.renderer = kind,
                                    .cell_width = f->cell_width > 0 ? f->cell_width : CELL_WIDTH,
                                    .cell_height = f->cell_height > 0 ? f->cell_height : CELL_HEIGHT,
                                    .spills = kin_span_case_starts(kin_span_str(f->name), "Konsole"),
                                    .max_colors = few ? f->sixel_colors : SIXEL_COLORS,
                                    .kitty = {.first_id = KITTY_FIRST_ID_MIN + 2 * own,
                                              .tmux = f->multiplexer == MULTIPLEXER_TMUX,
                                              .local = picture_choice_kitty_is_near(f)}};
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

// Sixels have a largest size, and make the screen scroll where they reach its end.
void picture_choice_limit(const struct terminal_facts *f, struct rect area, int screen_rows, struct picture_request *q)
{
    int width = f->sixel_width > 0 ? f->sixel_width : SIXEL_SIDE;
    int height = f->sixel_height > 0 ? f->sixel_height : SIXEL_SIDE;
    q->max_cols = area.w;
    q->max_rows = area.h;
    if (q->canvas.kind != RENDERER_SIXEL)
        return;
    q->max_rows -= area.y + area.h >= screen_rows;
    q->max_cols = smaller(q->max_cols, width / q->image.cell_width);
    q->max_rows = smaller(q->max_rows, height / q->image.cell_height);
}
