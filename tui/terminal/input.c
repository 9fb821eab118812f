// The terminal's input language: UTF-8, ECMA-48 sequences, mouse reports, bracketed paste.
#include "terminal/input.h"

#include <string.h>

#include "base/lex.h"
#include "base/text.h"

#define ESC 0x1b
#define PASTE_END "\033[201~"
#define OLD_MOUSE "\033[M"

enum outcome { NEED_MORE, GOT_EVENT, GOT_NOTHING };

void input_init(struct input *in)
{
    *in = (struct input){.len = 0};
}

void input_add_sequence(struct input *in, const char *bytes, uint32_t key)
{
    size_t n = bytes != NULL ? strlen(bytes) : 0;
    if (n < 2 || n > INPUT_SEQUENCE_LEN || in->sequence_count == INPUT_SEQUENCES_MAX)
        return;
    memcpy(in->sequences[in->sequence_count].bytes, bytes, n + 1);
    in->sequences[in->sequence_count++].key = key;
}

static void compact(struct input *in)
{
    memmove(in->bytes, in->bytes + in->used, in->len - in->used);
    in->len -= in->used;
    in->used = 0;
}

size_t input_feed(struct input *in, kin_us now, struct kin_span bytes)
{
    compact(in);
    size_t room = INPUT_BYTES_MAX - in->len;
    size_t n = bytes.n < room ? bytes.n : room;
    if (n > 0)
        memcpy(in->bytes + in->len, bytes.p, n);
    in->len += n;
    in->since = now;
    return n;
}

static struct kin_span rest(const struct input *in)
{
    return kin_span_make(in->bytes + in->used, in->len - in->used);
}

static enum outcome emit_key(struct input *in, size_t n, uint32_t key, struct input_event *ret)
{
    in->used += n;
    if (key == INPUT_KEY_NONE)
        return GOT_NOTHING;
    *ret = (struct input_event){.type = INPUT_KEY, .key = key};
    return GOT_EVENT;
}

// --- control sequences

struct csi {
    uint8_t prefix, final;
    bool intermediate; // a '$' before the final byte
    unsigned params[INPUT_PARAMS_MAX];
    size_t count;
};

static void read_params(struct kin_span body, struct csi *c)
{
    if (body.n > 0 && body.p[0] >= '<' && body.p[0] <= '?') {
        c->prefix = body.p[0];
        body = kin_span_skip(body, 1);
    }
    while (body.n > 0 && c->count < INPUT_PARAMS_MAX) {
        uint64_t v = 0;
        kin_lex_take_u64(&body, 99999, &v);
        c->params[c->count++] = (unsigned)v;
        if (body.n == 0 || body.p[0] != ';')
            break;
        body = kin_span_skip(body, 1);
    }
    c->intermediate = body.n > 0 && body.p[0] == '$';
}

// Length of the control sequence at the head of s, 0 when it is incomplete. An invalid byte ends it.
static size_t csi_length(struct kin_span s, struct csi *ret)
{
    *ret = (struct csi){.final = 0};
    for (size_t i = 2; i < s.n; i++) {
        if (s.p[i] >= 0x20 && s.p[i] <= 0x3f)
            continue;
        if (s.p[i] < 0x20 || s.p[i] > 0x7e)
            return i;
        ret->final = s.p[i];
        read_params(kin_span_make(s.p + 2, i - 2), ret);
        return i + 1;
    }
    return 0;
}

static uint32_t letter_key(uint8_t final)
{
    static const struct {
        char final;
        uint32_t key;
    } keys[] = {{'A', INPUT_UP},   {'B', INPUT_DOWN}, {'C', INPUT_RIGHT}, {'D', INPUT_LEFT},
                {'H', INPUT_HOME}, {'F', INPUT_END},  {'M', INPUT_ENTER}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].final == (char) final)
            return keys[i].key;
    return INPUT_KEY_NONE;
}

static uint32_t tilde_key(unsigned number)
{
    static const uint32_t keys[] = {INPUT_KEY_NONE, INPUT_HOME,      INPUT_INSERT, INPUT_DELETE, INPUT_END,
                                    INPUT_PAGE_UP,  INPUT_PAGE_DOWN, INPUT_HOME,   INPUT_END};
    return number < sizeof keys / sizeof *keys ? keys[number] : INPUT_KEY_NONE;
}

static enum outcome emit_mouse(const struct csi *c, struct input_event *ret)
{
    unsigned button = c->params[0] & ~28u; // without the modifiers
    bool pressed = c->final == 'M';
    *ret = (struct input_event){.type = INPUT_PRESS, .x = (int)c->params[1] - 1, .y = (int)c->params[2] - 1};
    if (c->count < 3 || !pressed)
        return GOT_NOTHING;
    if (button == 0)
        return GOT_EVENT;
    if (button == 32) {
        ret->type = INPUT_DRAG;
        return GOT_EVENT;
    }
    if (button != 64 && button != 65)
        return GOT_NOTHING;
    ret->type = INPUT_WHEEL;
    ret->key = button == 64 ? (uint32_t)-1 : 1;
    return GOT_EVENT;
}

// "CSI M button x y", a byte each and 32 more than it says: of a terminal that does not know SGR reports.
static enum outcome read_old_mouse(struct input *in, struct input_event *ret)
{
    struct kin_span s = kin_span_skip(rest(in), strlen(OLD_MOUSE));
    if (s.n < 3)
        return NEED_MORE;
    in->used += strlen(OLD_MOUSE) + 3;
    if (s.p[0] < ' ' || s.p[1] <= ' ' || s.p[2] <= ' ') // beyond what a byte can say
        return GOT_NOTHING;
    struct csi c = {.final = 'M', .count = 3, .params = {s.p[0] - 32u, s.p[1] - 32u, s.p[2] - 32u}};
    return emit_mouse(&c, ret);
}

static enum outcome emit_report(enum input_type type, uint32_t key, struct input_event *ret)
{
    *ret = (struct input_event){.type = type, .key = key};
    return GOT_EVENT;
}

static enum outcome emit_params(enum input_type type, const struct csi *c, struct input_event *ret)
{
    emit_report(type, 0, ret);
    memcpy(ret->params, c->params, sizeof ret->params);
    ret->param_count = c->count;
    return GOT_EVENT;
}

static bool is_window(const struct csi *c)
{
    unsigned what = c->params[0];
    return c->final == 't' && c->count == 3 && (what == 4 || what == 6 || what == 8);
}

static enum outcome emit_csi(struct input *in, const struct csi *c, struct input_event *ret)
{
    if (c->prefix == '<' && (c->final == 'M' || c->final == 'm'))
        return emit_mouse(c, ret);
    if (c->prefix == '?' && c->final == 'c')
        return emit_params(INPUT_REPORT_DA1, c, ret);
    if (c->prefix == '>' && c->final == 'c')
        return emit_params(INPUT_REPORT_DA2, c, ret);
    if (c->prefix == '?' && c->final == 'y' && c->intermediate && c->count == 2)
        return emit_params(INPUT_REPORT_MODE, c, ret);
    if (c->prefix == '?' && c->final == 'S')
        return emit_params(INPUT_REPORT_SIXEL, c, ret);
    if (c->prefix == 0 && c->final == 'R' && c->count == 2 && c->params[0] != 1) // else F3 with Shift or the like
        return emit_report(INPUT_REPORT_CURSOR, 0, ret);
    if (c->prefix == 0 && c->final == 'n' && c->count == 1)
        return emit_report(INPUT_REPORT_STATUS, 0, ret);
    if (c->prefix == 0 && is_window(c))
        return emit_params(INPUT_REPORT_WINDOW, c, ret);
    if (c->prefix != 0)
        return GOT_NOTHING;
    if (c->final == '~' && c->params[0] == 200)
        in->pasting = true;
    return emit_key(in, 0, c->final == '~' ? tilde_key(c->params[0]) : letter_key(c->final), ret);
}

static enum outcome read_csi(struct input *in, struct input_event *ret)
{
    struct csi c;
    size_t n = csi_length(rest(in), &c);
    if (n == 0) {
        if (rest(in).n > 256) // no real sequence is that long
            in->used = in->len;
        return NEED_MORE;
    }
    in->used += n;
    return c.final != 0 ? emit_csi(in, &c, ret) : GOT_NOTHING;
}

// --- strings: DCS, OSC and their like, until ST or BEL

// One of the three parts of an X11 colour: 1 to 4 hexadecimal digits, of which the first two count.
static bool take_part(struct kin_span *rest, uint32_t *ret)
{
    struct kin_span part;
    uint64_t v;
    if (!kin_span_split(rest, '/', &part) || part.n > 4 || !kin_lex_hex(kin_span_first(part, 2), 255, &v))
        return false;
    *ret = (uint32_t)(part.n == 1 ? v * 17 : v);
    return true;
}

// "rgb:1111/2222/3333", or "rgba:" with a fourth part.
static enum outcome emit_background(struct kin_span text, struct input_event *ret)
{
    uint32_t r, g, b;
    struct kin_span rest = kin_span_skip(text, kin_span_starts(text, "rgba:") ? 5 : 4);
    if (!kin_span_starts(text, "rgb") || !take_part(&rest, &r) || !take_part(&rest, &g) || !take_part(&rest, &b))
        return GOT_NOTHING;
    return emit_report(INPUT_REPORT_BACKGROUND, r << 16 | g << 8 | b, ret);
}

static enum outcome emit_text(enum input_type type, struct kin_span text, struct input_event *ret)
{
    emit_report(type, 0, ret);
    ret->text = text;
    return GOT_EVENT;
}

static enum outcome emit_style(struct kin_span a, struct input_event *ret)
{
    bool direct = kin_span_find_str(a, "48:2:1:2:3") < a.n || kin_span_find_str(a, "48:2::1:2:3") < a.n ||
                  kin_span_find_str(a, "48;2;1;2;3") < a.n;
    return emit_report(INPUT_REPORT_TRUECOLOR, direct, ret);
}

static enum outcome end_string(struct input *in, struct input_event *ret)
{
    struct kin_span a = kin_span_make(in->answer, in->answer_len);
    uint8_t kind = in->string;
    in->string = 0;
    if (kind == 'P' && kin_span_starts(a, ">|"))
        return emit_text(INPUT_REPORT_VERSION, kin_span_skip(a, 2), ret);
    if (kind == 'P' && kin_span_starts(a, "1$r"))
        return emit_style(a, ret);
    if (kind == ']' && kin_span_starts(a, "11;"))
        return emit_background(kin_span_skip(a, 3), ret);
    if (kind == '_' && kin_span_starts(a, "G"))
        return emit_text(INPUT_REPORT_GRAPHICS, kin_span_skip(a, 1), ret);
    return GOT_NOTHING;
}

static enum outcome read_string(struct input *in, struct input_event *ret)
{
    for (; in->used < in->len; in->used++) {
        uint8_t b = in->bytes[in->used];
        if (b == ESC && in->used + 1 == in->len)
            return NEED_MORE;
        if (b == ESC || b == '\a') {
            in->used += b == ESC && in->bytes[in->used + 1] == '\\' ? 2 : b == '\a';
            return end_string(in, ret);
        }
        if (in->answer_len < sizeof in->answer)
            in->answer[in->answer_len++] = b;
    }
    return NEED_MORE;
}

// --- the rest

// How many bytes at the end of s may be the beginning of PASTE_END.
static size_t unfinished_end(struct kin_span s)
{
    for (size_t n = strlen(PASTE_END) - 1; n > 0; n--)
        if (n <= s.n && memcmp(s.p + s.n - n, PASTE_END, n) == 0)
            return n;
    return 0;
}

static enum outcome read_paste(struct input *in, struct input_event *ret)
{
    struct kin_span s = rest(in);
    size_t end = kin_span_find_str(s, PASTE_END);
    if (end == 0) {
        in->used += strlen(PASTE_END);
        in->pasting = false;
        return GOT_NOTHING;
    }
    size_t n = end < s.n ? end : s.n - unfinished_end(s);
    if (n == 0)
        return NEED_MORE;
    in->used += n;
    *ret = (struct input_event){.type = INPUT_PASTE, .text = kin_span_first(s, n)};
    return GOT_EVENT;
}

// The length of the terminfo key sequence that s begins with, or 0; *ret_partial when s is the beginning of one.
static size_t match_sequence(const struct input *in, struct kin_span s, uint32_t *ret_key, bool *ret_partial)
{
    *ret_partial = false;
    for (size_t i = 0; i < in->sequence_count; i++) {
        struct kin_span q = kin_span_str(in->sequences[i].bytes);
        size_t n = q.n < s.n ? q.n : s.n;
        if (memcmp(q.p, s.p, n) != 0)
            continue;
        if (n == q.n) {
            *ret_key = in->sequences[i].key;
            return n;
        }
        *ret_partial = true;
    }
    return 0;
}

static enum outcome begin_string(struct input *in, uint8_t kind)
{
    in->used += 2;
    in->string = kind;
    in->string_began = in->since;
    in->answer_len = 0;
    return GOT_NOTHING;
}

static enum outcome read_escape(struct input *in, struct input_event *ret)
{
    struct kin_span s = rest(in);
    uint32_t key;
    bool partial;
    size_t n = match_sequence(in, s, &key, &partial);
    if (n > 0)
        return emit_key(in, n, key, ret);
    if (s.n == 1)
        return NEED_MORE;
    if (s.p[1] == ESC)
        return emit_key(in, 1, INPUT_ESC, ret);
    if (kin_span_starts(s, OLD_MOUSE))
        return read_old_mouse(in, ret);
    if (s.p[1] == '[')
        return read_csi(in, ret);
    if (s.p[1] != 0 && strchr("P]X^_", s.p[1]) != NULL)
        return begin_string(in, s.p[1]);
    if (s.p[1] != 'O')
        return emit_key(in, 2, INPUT_KEY_NONE, ret); // Alt with a key
    if (s.n < 3)
        return NEED_MORE;
    return emit_key(in, 3, letter_key(s.p[2]), ret);
}

static enum outcome read_character(struct input *in, struct input_event *ret)
{
    struct kin_span s = rest(in);
    uint32_t c;
    uint8_t b = s.p[0];
    if (b == '\r' || b == '\n')
        return emit_key(in, 1, INPUT_ENTER, ret);
    if (b == 0x7f || b == '\b')
        return emit_key(in, 1, INPUT_BACKSPACE, ret);
    if (b == '\t')
        return emit_key(in, 1, INPUT_TAB, ret);
    size_t n = kin_text_utf8(s, &c);
    if (n > 0)
        return emit_key(in, n, c, ret);
    size_t wanted = b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : b >= 0xc0 ? 2 : 1;
    if (s.n < wanted)
        return NEED_MORE;
    return emit_key(in, 1, INPUT_KEY_NONE, ret);
}

static enum outcome read_next(struct input *in, struct input_event *ret)
{
    if (in->string)
        return read_string(in, ret);
    if (in->pasting)
        return read_paste(in, ret);
    return in->bytes[in->used] == ESC ? read_escape(in, ret) : read_character(in, ret);
}

// True inside of what no key begins with. (Alt makes ESC P of a P; what follows tells them apart.)
static bool is_in_answer(const struct input *in)
{
    struct kin_span s = rest(in), a = kin_span_make(in->answer, in->answer_len);
    switch (in->string) {
    case 0:
        return kin_span_starts(s, "\033[?") || kin_span_starts(s, "\033[>");
    case 'P':
        return kin_span_starts(a, ">|") || kin_span_starts(a, "1$") || kin_span_starts(a, "0$") ||
               kin_span_is(a, ">") || kin_span_is(a, "1") || kin_span_is(a, "0");
    case ']':
        return kin_span_starts(a, "11");
    default:
        return in->string == '_' && kin_span_starts(a, "G");
    }
}

// When what is incomplete is given up.
static kin_us give_up_at(const struct input *in, kin_us patience)
{
    if (!in->pasting && is_in_answer(in))
        return (in->string != 0 ? in->string_began : in->since) + INPUT_ANSWER_US;
    return in->since + patience;
}

static bool give_up(struct input *in, struct input_event *ret)
{
    bool lone = rest(in).n == 1 && in->bytes[in->used] == ESC && in->string == 0 && !in->pasting;
    in->used = in->len;
    in->string = 0;
    in->pasting = false;
    return lone && emit_key(in, 0, INPUT_ESC, ret) == GOT_EVENT;
}

bool input_next(struct input *in, kin_us now, kin_us patience, struct input_event *ret)
{
    while (in->used < in->len) {
        enum outcome o = read_next(in, ret);
        if (o == GOT_EVENT)
            return true;
        if (o == NEED_MORE && in->used < in->len)
            return now >= give_up_at(in, patience) && give_up(in, ret);
    }
    if (in->string != 0 && now >= give_up_at(in, patience))
        in->string = 0;
    return false;
}

kin_us input_deadline(const struct input *in, kin_us patience)
{
    return in->used < in->len || in->string != 0 ? give_up_at(in, patience) : KIN_US_NEVER;
}
