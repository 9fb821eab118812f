// A terminal's cells: ECMA-48 as far as players of films use it.
#include "ttygrid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARAMS_MAX 24
#define CELL_WIDTH 10 // pixels that are answered
#define CELL_HEIGHT 20

bool grid_init(struct grid *g, int cols, int rows)
{
    *g = (struct grid){.cols = cols, .rows = rows, .fg = GRID_DEFAULT, .bg = GRID_DEFAULT};
    g->cells = malloc((size_t)(cols * rows) * sizeof *g->cells);
    for (int i = 0; g->cells != NULL && i < cols * rows; i++)
        g->cells[i] = (struct grid_cell){' ', GRID_DEFAULT, GRID_DEFAULT};
    return g->cells != NULL;
}

void grid_deinit(struct grid *g)
{
    free(g->cells);
}

static int clamp(int value, int least, int most)
{
    return value < least ? least : value > most ? most : value;
}

static void move_to(struct grid *g, int x, int y)
{
    y = clamp(y, 0, g->rows - 1);
    g->counts.rewinds += y <= g->y - g->rows / 4;
    g->x = clamp(x, 0, g->cols - 1);
    g->y = y;
    g->wraps = false;
}

static void erase(struct grid *g, int from, int to)
{
    for (int i = clamp(from, 0, g->cols * g->rows); i < to && i < g->cols * g->rows; i++)
        g->cells[i] = (struct grid_cell){' ', GRID_DEFAULT, g->bg};
}

static void line_feed(struct grid *g)
{
    g->wraps = false;
    if (g->y + 1 < g->rows) {
        g->y++;
        return;
    }
    size_t line = (size_t)g->cols;
    memmove(g->cells, g->cells + line, line * (size_t)(g->rows - 1) * sizeof *g->cells);
    erase(g, g->cols * (g->rows - 1), g->cols * g->rows);
}

// --- glyphs

static void put(struct grid *g, uint32_t point)
{
    if (g->wraps) {
        g->x = 0;
        line_feed(g);
    }
    uint32_t fg = g->reverse ? g->bg : g->fg, bg = g->reverse ? g->fg : g->bg;
    g->cells[g->y * g->cols + g->x] = (struct grid_cell){point, fg, bg};
    g->counts.painted++;
    g->counts.letters += point < 128 && point > ' ' && g->y >= 2 && g->y < g->rows - 8;
    g->wraps = g->x == g->cols - 1;
    g->x += !g->wraps;
}

static void feed_control(struct grid *g, uint8_t byte)
{
    if (byte == 27)
        g->state = GRID_ESC;
    else if (byte == '\r')
        move_to(g, 0, g->y);
    else if (byte == '\n')
        line_feed(g);
    else if (byte == '\b')
        move_to(g, g->x - 1, g->y);
}

static void feed_text(struct grid *g, uint8_t byte)
{
    if (byte < 32) {
        feed_control(g, byte);
    } else if (byte < 0x80) {
        put(g, byte);
    } else if (byte >= 0xc0) {
        g->more = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
        g->point = byte & (0x3fu >> g->more);
    } else if (g->more > 0) {
        g->point = g->point << 6 | (byte & 0x3f);
        if (--g->more == 0)
            put(g, g->point);
    }
}

// --- colours

static uint32_t indexed(unsigned i)
{
    static const uint32_t first[16] = {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
                                       0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff};
    static const unsigned steps[6] = {0, 95, 135, 175, 215, 255};
    if (i < 16)
        return first[i];
    if (i >= 232)
        return (8 + 10 * (i - 232)) * 0x010101;
    i -= 16;
    return steps[i / 36] << 16 | steps[i / 6 % 6] << 8 | steps[i % 6];
}

// The colour behind 38 or 48; returns how many parameters it took.
static int read_color(const int *p, int n, uint32_t *ret)
{
    if (n >= 2 && p[0] == 5) {
        *ret = indexed((unsigned)p[1] & 255);
        return 2;
    }
    if (n >= 4 && p[0] == 2) {
        *ret = (uint32_t)(p[1] & 255) << 16 | (uint32_t)(p[2] & 255) << 8 | (uint32_t)(p[3] & 255);
        return 4;
    }
    return n;
}

static void set_rendition(struct grid *g, const int *p, int n)
{
    for (int i = 0; i < n; i++) {
        int v = p[i];
        if (v == 0) {
            g->fg = g->bg = GRID_DEFAULT;
            g->reverse = false;
        } else if (v == 7 || v == 27)
            g->reverse = v == 7;
        else if (v == 38 || v == 48)
            i += read_color(p + i + 1, n - i - 1, v == 38 ? &g->fg : &g->bg);
        else if (v == 39 || v == 49)
            *(v == 39 ? &g->fg : &g->bg) = GRID_DEFAULT;
        else if ((v >= 30 && v <= 37) || (v >= 90 && v <= 97))
            g->fg = indexed((unsigned)(v >= 90 ? v - 82 : v - 30));
        else if ((v >= 40 && v <= 47) || (v >= 100 && v <= 107))
            g->bg = indexed((unsigned)(v >= 100 ? v - 92 : v - 40));
    }
}

// --- control sequences

static void report(struct grid *g, const char *format, int a, int b)
{
    char text[64];
    snprintf(text, sizeof text, format, a, b);
    if (g->answer != NULL)
        g->answer(g->ctx, text);
}

static void answer_window(struct grid *g, int what)
{
    if (what == 14)
        report(g, "\033[4;%d;%dt", g->rows * CELL_HEIGHT, g->cols * CELL_WIDTH);
    else if (what == 16)
        report(g, "\033[6;%d;%dt", CELL_HEIGHT, CELL_WIDTH);
    else if (what == 18)
        report(g, "\033[8;%d;%dt", g->rows, g->cols);
}

static void run_private(struct grid *g, char kind, char final, int first)
{
    if (kind == '?' && final == 'p')
        report(g, "\033[?%d;%d$y", first, first == 2026 ? 2 : 0);
    else if (kind == '?' && final == 'l' && first == 2026)
        g->counts.sync_ends++;
    else if (kind == '?' && (final == 'l' || final == 'h') && first == 1049)
        erase(g, 0, g->cols * g->rows);
    else if (kind == '>' && final == 'c')
        report(g, "\033[>%d;%d;0c", 41, 379);
}

static void run_edit(struct grid *g, char final, int first)
{
    int at = g->y * g->cols + g->x, line = g->y * g->cols;
    if (final == 'J')
        erase(g, first == 0 ? at : 0, first == 1 ? at + 1 : g->cols * g->rows);
    else if (final == 'K')
        erase(g, first == 0 ? at : line, first == 1 ? at + 1 : line + g->cols);
    else if (final == 'X')
        erase(g, at, clamp(at + clamp(first, 1, g->cols), 0, line + g->cols));
}

static void run_move(struct grid *g, char final, const int *p)
{
    int n = p[0] > 0 ? p[0] : 1, column = p[1] > 0 ? p[1] : 1;
    switch (final) {
    case 'A':
        move_to(g, g->x, g->y - n);
        break;
    case 'B':
        move_to(g, g->x, g->y + n);
        break;
    case 'C':
        move_to(g, g->x + n, g->y);
        break;
    case 'D':
        move_to(g, g->x - n, g->y);
        break;
    case 'G':
        move_to(g, n - 1, g->y);
        break;
    case 'd':
        move_to(g, g->x, n - 1);
        break;
    case 'H':
    case 'f':
        move_to(g, column - 1, n - 1);
        break;
    default:
        run_edit(g, final, p[0]);
    }
}

static int read_params(const char *s, int p[PARAMS_MAX])
{
    int n = 1;
    memset(p, 0, PARAMS_MAX * sizeof *p);
    for (; *s != '\0'; s++) {
        if (*s >= '0' && *s <= '9')
            p[n - 1] = (p[n - 1] * 10 + *s - '0') % 100000;
        else if ((*s == ';' || *s == ':') && n < PARAMS_MAX)
            n++;
    }
    return n;
}

static void run_csi(struct grid *g, char final)
{
    int p[PARAMS_MAX];
    char kind = g->sequence[0];
    int n = read_params(g->sequence, p);
    if (kind == '?' || kind == '>' || kind == '=' || kind == '<')
        run_private(g, kind, final, p[0]);
    else if (final == 'm')
        set_rendition(g, p, n);
    else if (final == 'c')
        report(g, "\033[?64;1;2;6;9;15;18;21;22c", 0, 0);
    else if (final == 'n')
        report(g, p[0] == 6 ? "\033[%d;%dR" : "\033[0n", g->y + 1, g->x + 1);
    else if (final == 't')
        answer_window(g, p[0]);
    else
        run_move(g, final, p);
}

// --- strings: DCS, OSC, APC; what they are is in the first bytes

static void begin_string(struct grid *g, char kind)
{
    g->state = GRID_STRING;
    g->sequence[0] = kind;
    g->length = 1;
}

static void end_string(struct grid *g)
{
    const char *s = g->sequence;
    g->state = GRID_TEXT;
    if (strncmp(s, "]11;?", 5) == 0)
        report(g, "\033]11;rgb:0000/0000/0000\033\\", 0, 0);
    else if (strncmp(s, "P$qm", 4) == 0)
        report(g, "\033P1$r0;48:2::1:2:3m\033\\", 0, 0);
    else if (s[0] == 'P' && s[1] != '$' && s[1] != 't' && s[1] != '+')
        g->counts.sixels++;
    else if (strncmp(s, "]1337;File", 10) == 0)
        g->counts.iterm++;
    else if (strncmp(s, "_G", 2) == 0)
        g->counts.kitty += strstr(s, "a=T") != NULL;
}

static void keep(struct grid *g, char c)
{
    if (g->length + 1 < sizeof g->sequence) {
        g->sequence[g->length++] = c;
        g->sequence[g->length] = '\0';
    }
}

static void feed_string(struct grid *g, uint8_t byte)
{
    if (byte == 27)
        g->state = GRID_STRING_ESC;
    else if (byte == 7 && g->sequence[0] == ']')
        end_string(g);
    else
        keep(g, (char)byte);
}

static void feed_esc(struct grid *g, uint8_t byte)
{
    g->state = GRID_TEXT;
    g->length = 0;
    g->sequence[0] = '\0';
    if (byte == '[') {
        g->state = GRID_CSI;
    } else if (strchr("P]_^X", byte) != NULL && byte != 0) {
        begin_string(g, (char)byte);
    } else if (strchr("()*+ #%", byte) != NULL && byte != 0) {
        g->state = GRID_SKIP;
    } else if (byte == '7') {
        g->saved_x = g->x;
        g->saved_y = g->y;
    } else if (byte == '8') {
        move_to(g, g->saved_x, g->saved_y);
    }
}

static void feed_csi(struct grid *g, uint8_t byte)
{
    if (byte < 0x40 || byte > 0x7e) {
        keep(g, (char)byte);
        return;
    }
    g->state = GRID_TEXT;
    run_csi(g, (char)byte);
}

void grid_feed(struct grid *g, uint8_t byte)
{
    g->counts.bytes++;
    switch (g->state) {
    case GRID_TEXT:
        feed_text(g, byte);
        break;
    case GRID_ESC:
        feed_esc(g, byte);
        break;
    case GRID_CSI:
        feed_csi(g, byte);
        break;
    case GRID_SKIP:
        g->state = GRID_TEXT;
        break;
    case GRID_STRING:
        feed_string(g, byte);
        break;
    case GRID_STRING_ESC:
        if (byte == '\\')
            end_string(g);
        else
            g->state = GRID_STRING;
        break;
    }
}
