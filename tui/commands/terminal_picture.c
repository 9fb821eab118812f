// The ways to draw a picture, and a test picture in each of them: all hues from left to right, from white to black, and
// a white ring, for the shapes.
#include <stdlib.h>

#include "base/err.h"
#include "commands/picture_choice.h"
#include "commands/terminal_report.h"
#include "picture/imager.h"
#include "terminal/pen.h"
#include "text/messages.h"

#define PICTURE_COLS 60 // at most
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

static void print_cells(const struct cell *cells, int cols, int rows, FILE *out)
{
    uint8_t bytes[64];
    for (int y = 0; y < rows; y++) {
        struct pen pen = {.known = false};
        fputs(MARGIN, out);
        for (int x = 0; x < cols; x++, cells++) {
            struct kin_wr sgr = kin_wr_init(bytes, sizeof bytes);
            pen_set(&pen, &cells->style, false, &sgr);
            fwrite(bytes, 1, sgr.len, out);
            fwrite(cells->glyph, 1, cells->len, out);
        }
        fputs("\033[0m\n", out);
    }
}

static int draw_cells(const struct terminal_report *r, enum renderer mode, const struct canvas_pixels *pixels, int cols,
                      int rows, FILE *out)
{
    struct canvas_settings settings = {mode, r->term.depth, r->utf8, true, !r->probe.facts.blocks.yes};
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

// --- images: room for them first, then from its upper left corner

// `base`: what shows it, where the image alone does not; that ends in the last row.
static void print_image(const struct image_bytes *image, const struct image_bytes *base, int rows, FILE *out)
{
    for (int y = 0; y < rows; y++)
        fputc('\n', out);
    fprintf(out, "\033[%dA" MARGIN "\0337", rows);
    fwrite(image->p, 1, image->n, out);
    fputs("\0338", out);
    if (base->n > 0)
        fwrite(base->p, 1, base->n, out);
    fprintf(out, "\033[0m\r\033[%dB", base->n > 0 ? 1 : rows);
}

static int draw_image(const struct terminal_report *r, enum renderer mode, const struct canvas_pixels *pixels, int cols,
                      int rows, FILE *out)
{
    struct imager_settings settings = picture_choice_imager(&r->probe.facts, mode);
    settings.kitty.local = false; // shared memory would be gone before it is read
    struct image_request q = {.pixels = pixels, .cols = cols, .rows = rows, .still = true};
    struct image_bytes image = {.n = 0}, base = {.n = 0}, removal = {.n = 0};
    struct imager *imager = NULL;
    int err = imager_new(&imager);
    if (err == KIN_OK)
        err = imager_encode(imager, &settings, &q, &image);
    if (err == KIN_OK)
        err = imager_surround(imager, &settings, &q, &base, &removal);
    if (err == KIN_OK)
        print_image(&image, &base, rows, out);
    image_bytes_deinit(&image);
    image_bytes_deinit(&base);
    image_bytes_deinit(&removal); // it stays: the shell scrolls it away
    imager_free(imager);
    return err;
}

// --- the modes

const struct terminal_mode terminal_modes[RENDERER_COUNT] = {
    [RENDERER_SYMBOLS] = {"symbols", MSG_TERMINAL_SYMBOLS, true},
    [RENDERER_HALF] = {"half", MSG_TERMINAL_HALF, true},
    [RENDERER_QUADRANTS] = {"quadrants", MSG_TERMINAL_QUADRANTS, true},
    [RENDERER_SEXTANTS] = {"sextants", MSG_TERMINAL_SEXTANTS, true},
    [RENDERER_ASCII] = {"ascii", MSG_TERMINAL_ASCII, false},
    [RENDERER_SIXEL] = {"sixel", MSG_TERMINAL_PIXELS_EACH, false},
    [RENDERER_KITTY] = {"kitty", MSG_TERMINAL_PIXELS_EACH, false},
    [RENDERER_ITERM] = {"iterm", MSG_TERMINAL_PIXELS_EACH, false},
};

bool terminal_mode_works(const struct terminal_report *r, enum renderer mode)
{
    return renderer_works(mode, &r->probe.facts) && (r->utf8 || !terminal_modes[mode].unicode);
}

int terminal_print_pictures(const struct terminal_report *r, FILE *out)
{
    uint8_t *rgb = malloc((size_t)PICTURE_WIDTH * PICTURE_HEIGHT * 3);
    if (rgb == NULL)
        return KIN_ENOMEM;
    int err = KIN_OK, room = r->window.cols > 0 ? r->window.cols - (int)sizeof MARGIN : PICTURE_COLS, cols, rows;
    double aspect = facts_cell_aspect(&r->probe.facts, 2);
    canvas_fit(PICTURE_WIDTH, PICTURE_HEIGHT, aspect, room < PICTURE_COLS ? room : PICTURE_COLS, PICTURE_ROWS, &cols,
               &rows);
    struct canvas_pixels pixels = {rgb, PICTURE_WIDTH, PICTURE_HEIGHT, (size_t)PICTURE_WIDTH * 3};
    paint(rgb);
    for (int i = 0; i < RENDERER_COUNT && err == KIN_OK; i++) {
        enum renderer mode = (enum renderer)i;
        if (!terminal_mode_works(r, mode))
            continue;
        fprintf(out, "\n%s\n", terminal_modes[i].name);
        err = renderer_is_image(mode) ? draw_image(r, mode, &pixels, cols, rows, out)
                                      : draw_cells(r, mode, &pixels, cols, rows, out);
    }
    free(rgb);
    return err;
}
