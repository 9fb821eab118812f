// Line editing.
#include "model/prompt.h"

#include "base/text.h"

#define CTRL(c) ((c)&31)

void prompt_set(struct prompt *p, const char *text)
{
    *p = (struct prompt){.len = 0};
    prompt_insert(p, kin_span_str(text));
}

void prompt_select(struct prompt *p)
{
    p->selected = p->len > 0;
}

static void replace_selection(struct prompt *p)
{
    if (p->selected)
        *p = (struct prompt){.len = 0};
}

static void insert_bytes(struct prompt *p, struct kin_span s)
{
    if (p->len + s.n >= PROMPT_MAX)
        return;
    memmove(p->text + p->cursor + s.n, p->text + p->cursor, p->len - p->cursor + 1);
    memcpy(p->text + p->cursor, s.p, s.n);
    p->len += s.n;
    p->cursor += s.n;
}

void prompt_insert(struct prompt *p, struct kin_span text)
{
    replace_selection(p);
    while (text.n > 0) {
        uint32_t c;
        size_t n = kin_text_utf8(text, &c);
        if (n > 0 && !kin_text_is_control(c))
            insert_bytes(p, kin_span_first(text, n));
        text = kin_span_skip(text, n > 0 ? n : 1);
    }
}

static size_t before(const struct prompt *p, size_t at)
{
    while (at > 0 && ((uint8_t)p->text[--at] & 0xc0) == 0x80)
        continue;
    return at;
}

static size_t after(const struct prompt *p, size_t at)
{
    if (at < p->len)
        at++;
    while (at < p->len && ((uint8_t)p->text[at] & 0xc0) == 0x80)
        at++;
    return at;
}

static void cut(struct prompt *p, size_t from, size_t to)
{
    memmove(p->text + from, p->text + to, p->len - to + 1);
    p->len -= to - from;
    p->cursor = from;
}

// Back to the last '/' or blank, as for a path.
static size_t word_start(const struct prompt *p)
{
    size_t at = p->cursor;
    while (at > 0 && strchr("/ ", p->text[at - 1]) != NULL)
        at--;
    while (at > 0 && strchr("/ ", p->text[at - 1]) == NULL)
        at--;
    return at;
}

static bool move_key(struct prompt *p, uint32_t key)
{
    if (key == INPUT_LEFT)
        p->cursor = before(p, p->cursor);
    else if (key == INPUT_RIGHT)
        p->cursor = after(p, p->cursor);
    else if (key == INPUT_HOME || key == CTRL('A'))
        p->cursor = 0;
    else if (key == INPUT_END || key == CTRL('E'))
        p->cursor = p->len;
    else
        return false;
    return true;
}

static bool cut_key(struct prompt *p, uint32_t key)
{
    if (p->selected && (key == INPUT_BACKSPACE || key == INPUT_DELETE))
        replace_selection(p);
    else if (key == INPUT_BACKSPACE)
        cut(p, before(p, p->cursor), p->cursor);
    else if (key == INPUT_DELETE || key == CTRL('D'))
        cut(p, p->cursor, after(p, p->cursor));
    else if (key == CTRL('U'))
        cut(p, 0, p->cursor);
    else if (key == CTRL('K'))
        cut(p, p->cursor, p->len);
    else if (key == CTRL('W'))
        cut(p, word_start(p), p->cursor);
    else
        return false;
    return true;
}

bool prompt_key(struct prompt *p, uint32_t key)
{
    if (move_key(p, key) || cut_key(p, key)) {
        p->selected = false;
        return true;
    }
    if (key >= INPUT_ENTER || kin_text_is_control(key))
        return false;
    replace_selection(p);
    char bytes[4];
    size_t n = key < 0x80 ? 1 : key < 0x800 ? 2 : key < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n; i-- > 1; key >>= 6)
        bytes[i] = (char)(0x80 | (key & 0x3f));
    bytes[0] = (char)(lead[n] | key);
    insert_bytes(p, kin_span_make(bytes, n));
    return true;
}
