// The test picture: a drifting gradient, the kinora's wheel, a panel with frame number and timecode, the squares.
#include "drawing/pattern.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "drawing/drum.h"
#include "drawing/jpeg_sink.h"
#include "drawing/pattern_number.h"
#include "drawing/trig.h"
#include "media/rate.h"
#include "media/reel.h"

#define DIGITS 5 // least digits of the number
#define MIN_DRUM_SIDE 48u
#define TEXT_MAX 32
#define LINES 3u

// Seconds for one turn.
#define GRADIENT_PERIOD_S 10u
#define WHEEL_PERIOD_S 6u
#define HAND_PERIOD_S 1u

struct kin_pattern {
    struct kin_pattern_options options;
    struct kin_picture picture;
    struct kin_drum drum; // side 0: no room for the wheel
    uint32_t drum_x, drum_y;
    struct kin_box text; // where the panel may be
    struct kin_pattern_squares squares;
    struct kin_jpeg_sink sink;
};

static const struct kin_colour panel_colour = {30, 136, 124};

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

// Side of the wheel: beside the text in a wide picture, above it in a tall one.
static uint32_t drum_side(uint32_t width, uint32_t height, uint32_t margin)
{
    uint32_t side = width >= height ? smaller(height - 2 * margin, width * 2 / 5)
                                    : smaller(width - 2 * margin, height / 2 - margin);
    return side >= MIN_DRUM_SIDE ? side & ~UINT32_C(1) : 0;
}

static void place(struct kin_pattern *p, uint32_t *ret_drum_side)
{
    uint32_t width = p->options.width, height = p->squares.band;
    uint32_t margin = 2 + smaller(width, height) / 24;
    uint32_t side = drum_side(width, height, margin);
    p->text = (struct kin_box){margin, margin, width - 2 * margin, height - 2 * margin};
    if (side > 0 && width >= height) {
        p->drum_x = margin & ~UINT32_C(1);
        p->drum_y = (height - side) / 2 & ~UINT32_C(1);
        p->text.x += side + margin;
        p->text.w -= side + margin;
    } else if (side > 0) {
        p->drum_x = (width - side) / 2 & ~UINT32_C(1);
        p->drum_y = margin & ~UINT32_C(1);
        p->text.y += side + margin;
        p->text.h -= side + margin;
    }
    *ret_drum_side = side;
}

static bool options_valid(const struct kin_pattern_options *o)
{
    return o->width >= 1 && o->width <= KIN_PATTERN_MAX_SIDE && o->height >= 1 && o->height <= KIN_PATTERN_MAX_SIDE &&
           kin_rate_valid(o->rate_num, o->rate_den) && o->quality >= 1 && o->quality <= 100;
}

static bool is_small(const struct kin_pattern_options *o)
{
    return o->width < KIN_PATTERN_NUMBER_SIDE || o->height < KIN_PATTERN_NUMBER_SIDE;
}

static int build(struct kin_pattern *p)
{
    const struct kin_pattern_options *o = &p->options;
    uint32_t side = 0;
    if (!is_small(o)) {
        p->squares = kin_pattern_number_place(o->width, o->height);
        place(p, &side);
    }
    int err = kin_picture_init(&p->picture, o->width, o->height);
    if (err == KIN_OK && side > 0)
        err = kin_drum_init(&p->drum, side);
    if (err == KIN_OK)
        err = kin_jpeg_sink_init(&p->sink, o->width, o->height, o->quality, KIN_FRAME_MAX_BYTES);
    return err;
}

int kin_pattern_new(const struct kin_pattern_options *options, struct kin_pattern **ret)
{
    if (!options_valid(options))
        return KIN_ERANGE;
    struct kin_pattern *p = calloc(1, sizeof *p);
    if (p == NULL)
        return KIN_ENOMEM;
    p->options = *options;
    int err = build(p);
    if (err != KIN_OK) {
        kin_pattern_free(p);
        return err;
    }
    *ret = p;
    return KIN_OK;
}

void kin_pattern_free(struct kin_pattern *p)
{
    if (p == NULL)
        return;
    kin_jpeg_sink_deinit(&p->sink);
    kin_drum_deinit(&p->drum);
    kin_picture_deinit(&p->picture);
    free(p);
}

// The angle at media time ts of something that turns once in period_s seconds.
static uint32_t turn_at(uint64_t ts, uint32_t period_s)
{
    uint64_t period_ts = (uint64_t)period_s * KIN_RTP_CLOCK_HZ;
    return (uint32_t)(ts % period_ts * KIN_TRIG_TURN / period_ts);
}

// HH:MM:SS:FF, FF counting the frames that began in this second.
static void format_timecode(const struct kin_pattern_options *o, uint32_t n, char dst[TEXT_MAX])
{
    uint64_t seconds = (uint64_t)n * o->rate_den / o->rate_num;
    uint64_t first = (seconds * o->rate_num + o->rate_den - 1) / o->rate_den; // frame of this second
    snprintf(dst, TEXT_MAX, "%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64, seconds / 3600 % 100,
             seconds / 60 % 60, seconds % 60, n - first);
}

static void format_label(const struct kin_pattern_options *o, char dst[TEXT_MAX])
{
    if (o->rate_num % o->rate_den == 0) {
        snprintf(dst, TEXT_MAX, "%ux%u %u FPS", o->width, o->height, o->rate_num / o->rate_den);
        return;
    }
    unsigned milli = (unsigned)(((uint64_t)o->rate_num * 1000 + o->rate_den / 2) / o->rate_den);
    snprintf(dst, TEXT_MAX, "%ux%u %u.%03u FPS", o->width, o->height, milli / 1000, milli % 1000);
}

// The panel: label, number and timecode below one another, each as large as its share of the height allows.
static void draw_panel(struct kin_pattern *p, uint32_t n)
{
    static const uint32_t share[LINES] = {12, 48, 24}; // percent of the height
    static const uint8_t luma[LINES] = {176, 240, 208};
    char text[LINES][TEXT_MAX];
    format_label(&p->options, text[0]);
    snprintf(text[1], TEXT_MAX, "%0*" PRIu32, DIGITS, n);
    format_timecode(&p->options, n, text[2]);
    struct kin_box box = p->text;
    uint32_t gap = 1 + box.h / 24, scale[LINES], used = gap;
    for (uint32_t i = 0; i < LINES; i++) {
        scale[i] = kin_picture_text_fit(text[i], box.w - box.w / 12, box.h * share[i] / 100);
        used += scale[i] > 0 ? scale[i] * 7 + gap : 0;
    }
    box.y += box.h > used ? (box.h - used) / 2 : 0;
    box.h = used;
    kin_picture_fill(&p->picture, box, panel_colour);
    uint32_t y = box.y + gap;
    for (uint32_t i = 0; i < LINES; i++) {
        uint32_t width = kin_picture_text_width(text[i]) * scale[i];
        kin_picture_text(&p->picture, box.x + (box.w - width) / 2, y, scale[i], luma[i], text[i]);
        y += scale[i] > 0 ? scale[i] * 7 + gap : 0;
    }
}

// All that fits into a small picture.
static void draw_small(struct kin_pattern *p, uint32_t n)
{
    static const uint8_t luma = 240;
    const struct kin_pattern_options *o = &p->options;
    char text[TEXT_MAX];
    snprintf(text, TEXT_MAX, "%0*" PRIu32, DIGITS, n);
    uint32_t scale = kin_picture_text_fit(text, o->width, o->height);
    uint32_t w = kin_picture_text_width(text) * scale, h = 7 * scale;
    if (scale > 0)
        kin_picture_text(&p->picture, (o->width - w) / 2, (o->height - h) / 2, scale, luma, text);
}

static void draw(struct kin_pattern *p, uint32_t n)
{
    uint64_t ts = kin_reel_frame_ts(n, p->options.rate_num, p->options.rate_den);
    kin_picture_gradient(&p->picture, turn_at(ts, GRADIENT_PERIOD_S));
    if (is_small(&p->options)) {
        draw_small(p, n);
        return;
    }
    if (p->drum.side > 0)
        kin_drum_draw(&p->drum, &p->picture, p->drum_x, p->drum_y, turn_at(ts, WHEEL_PERIOD_S),
                      turn_at(ts, HAND_PERIOD_S));
    draw_panel(p, n);
    kin_pattern_number_draw(&p->squares, &p->picture, n);
}

int kin_pattern_encode(struct kin_pattern *p, uint32_t n, struct kin_buf **ret)
{
    char comment[KIN_RATE_COMMENT_MAX];
    size_t comment_len = n == 0 ? kin_rate_format_comment(p->options.rate_num, p->options.rate_den, comment) : 0;
    struct kin_span jpeg;
    draw(p, n);
    int err = kin_jpeg_sink_encode(&p->sink, &p->picture, kin_span_make(comment, comment_len), &jpeg);
    if (err != KIN_OK)
        return err;
    struct kin_buf *buf = kin_buf_copy(jpeg);
    if (buf == NULL)
        return KIN_ENOMEM;
    *ret = buf;
    return KIN_OK;
}
