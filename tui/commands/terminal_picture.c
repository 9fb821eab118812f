// The ways to draw a picture, and a test picture in each of them: all hues from left to right, from white to black, and
// a white ring, for the shapes.
#include <stdlib.h>

#include "base/err.h"
#include "commands/terminal_report.h"
#include "text/messages.h"

#define PICTURE_COLS 48
#define PICTURE_ROWS 6
#define PICTURE_WIDTH 384 // pixels; a multiple of CANVAS_STRIDE_ALIGN
#define PICTURE_HEIGHT 96
#define RING_OUTER 44
#define RING_INNER 34
#define MARGIN "  "

// --- the picture

// One channel of a pure colour, 0 to 255, at `hue` of 6 * 256; the channels are shifted by a third of that each.
static int channel_of_hue(int hue, int shift)
{
    int at = (hue + shift) % 1536;
    return at < 256 ? at : at < 768 ? 255 : at < 1024 ? 1023 - at : 0;
}

// The colour mixed with white in the upper half, with black in the lower one.
static uint8_t shade(int channel, int y)
{
    int half = PICTURE_HEIGHT / 2;
    int mixed = y < half ? 255 - (255 - channel) * y / half : channel * (PICTURE_HEIGHT - 1 - y) / half;
    return (uint8_t)(mixed < 255 ? mixed : 255);
}

static bool is_on_ring(int x, int y)
{
    int dx = x - PICTURE_WIDTH / 2, dy = y - PICTURE_HEIGHT / 2, distance = dx * dx + dy * dy;
    return distance < RING_OUTER * RING_OUTER && distance > RING_INNER * RING_INNER;
}

static void paint(uint8_t *rgb)
{
    for (int y = 0; y < PICTURE_HEIGHT; y++)
        for (int x = 0; x < PICTURE_WIDTH; x++) {
            int hue = x * 1536 / PICTURE_WIDTH;
            bool white = is_on_ring(x, y);
            *rgb++ = white ? 255 : shade(channel_of_hue(hue, 512), y);
            *rgb++ = white ? 255 : shade(channel_of_hue(hue, 0), y);
            *rgb++ = white ? 255 : shade(channel_of_hue(hue, 1024), y);
        }
}

// --- cells, line by line: this is printed into the shell's screen

static void print_color(color c, unsigned base, FILE *out)
{
    unsigned v = c & 0xffffff;
    if (c & COLOR_RGB_BIT)
        fprintf(out, ";%u;2;%u;%u;%u", base + 8, v >> 16, v >> 8 & 255, v & 255);
    else if (c & COLOR_INDEX_BIT && v < 16)
        fprintf(out, ";%u", v < 8 ? base + v : base + 52 + v);
    else if (c & COLOR_INDEX_BIT)
        fprintf(out, ";%u;5;%u", base + 8, v);
}

static void print_style(struct style s, FILE *out)
{
    fputs("\033[0", out);
    fputs(s.attrs & ATTR_BOLD ? ";1" : "", out);
    fputs(s.attrs & ATTR_REVERSE ? ";7" : "", out);
    print_color(s.fg, 30, out);
    print_color(s.bg, 40, out);
    fputc('m', out);
}

static void print_cells(const struct cell *cells, int cols, int rows, FILE *out)
{
    for (int y = 0; y < rows; y++) {
        fputs(MARGIN, out);
        for (int x = 0; x < cols; x++, cells++) {
            print_style(cells->style, out);
            fwrite(cells->glyph, 1, cells->len, out);
        }
        fputs("\033[0m\n", out);
    }
}

static int draw_cells(const struct terminal_report *r, const struct terminal_mode *mode,
                      const struct canvas_pixels *pixels, int cols, int rows, FILE *out)
{
    struct canvas_settings settings = {mode->kind, r->term.depth, r->utf8};
    struct canvas *canvas = NULL;
    struct cell *cells = calloc((size_t)cols * (size_t)rows, sizeof *cells);
    int err = cells == NULL ? KIN_ENOMEM : canvas_new(&canvas);
    if (err == KIN_OK)
        err = canvas_render(canvas, &settings, pixels, cols, rows, cells);
    if (err == KIN_OK)
        print_cells(cells, cols, rows, out);
    canvas_free(canvas);
    free(cells);
    return err;
}

// --- the modes: whoever adds an encoder of pixels fills `gives` and `draw` of its line

static const struct fact *sixel(const struct terminal_facts *f)
{
    return &f->sixel;
}

static const struct fact *kitty(const struct terminal_facts *f)
{
    return &f->kitty;
}

static const struct fact *iterm(const struct terminal_facts *f)
{
    return &f->iterm;
}

const struct terminal_mode terminal_modes[TERMINAL_MODES] = {
    {"symbols", MSG_TERMINAL_SYMBOLS, CANVAS_SYMBOLS, .unicode = true, .draw = draw_cells},
    {"half", MSG_TERMINAL_HALF, CANVAS_HALF, .unicode = true, .draw = draw_cells},
    {"ascii", MSG_TERMINAL_ASCII, CANVAS_ASCII, .draw = draw_cells},
    {"sixel", .fact = sixel},
    {"kitty", .fact = kitty},
    {"iterm", .fact = iterm},
};

bool terminal_mode_works(const struct terminal_report *r, const struct terminal_mode *mode)
{
    bool can = mode->fact == NULL || mode->fact(&r->probe.facts)->yes;
    return mode->draw != NULL && can && (r->utf8 || !mode->unicode);
}

const struct terminal_mode *terminal_mode_auto(const struct terminal_report *r)
{
    return &terminal_modes[r->utf8 ? 0 : 2];
}

int terminal_print_pictures(const struct terminal_report *r, FILE *out)
{
    uint8_t *rgb = malloc((size_t)PICTURE_WIDTH * PICTURE_HEIGHT * 3);
    if (rgb == NULL)
        return KIN_ENOMEM;
    int err = KIN_OK, room = r->window.cols > 0 ? r->window.cols - (int)sizeof MARGIN : PICTURE_COLS;
    int cols = room < 1 ? 1 : room < PICTURE_COLS ? room : PICTURE_COLS;
    struct canvas_pixels pixels = {rgb, PICTURE_WIDTH, PICTURE_HEIGHT, (size_t)PICTURE_WIDTH * 3};
    paint(rgb);
    for (size_t i = 0; i < TERMINAL_MODES && err == KIN_OK; i++) {
        if (!terminal_mode_works(r, &terminal_modes[i]))
            continue;
        fprintf(out, "\n%s\n", terminal_modes[i].name);
        err = terminal_modes[i].draw(r, &terminal_modes[i], &pixels, cols, PICTURE_ROWS, out);
    }
    free(rgb);
    return err;
}
