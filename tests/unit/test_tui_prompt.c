// A line of text being edited.
#include "model/prompt.h"
#include "unit.h"

static struct kin_span text_of(const struct prompt *p)
{
    return kin_span_make(p->text, p->len);
}

static void type(struct prompt *p, const char *keys)
{
    for (; *keys != '\0'; keys++)
        prompt_key(p, (uint8_t)*keys);
}

// Regression: the URL behind `o` had to be deleted by hand before another could be typed.
TEST(prompt_replaces_what_is_selected)
{
    struct prompt p;
    prompt_set(&p, "rtsp://box/");
    prompt_select(&p);
    type(&p, "other/x");
    CHECK_SPAN(text_of(&p), "other/x");
    prompt_select(&p);
    prompt_insert(&p, kin_span_str("pasted"));
    CHECK_SPAN(text_of(&p), "pasted");
    prompt_select(&p);
    CHECK(prompt_key(&p, INPUT_BACKSPACE));
    CHECK_SPAN(text_of(&p), "");
    prompt_select(&p);
    CHECK(!p.selected); // there is nothing
out:;
}

TEST(prompt_edits_what_was_selected_once_the_cursor_moves)
{
    static const uint32_t keys[] = {INPUT_LEFT, INPUT_HOME, INPUT_END, INPUT_RIGHT, 'A' & 31, 'E' & 31};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct prompt p;
        prompt_set(&p, "ab");
        prompt_select(&p);
        CHECK(prompt_key(&p, keys[i]));
        CHECK(!p.selected);
        type(&p, "c");
        CHECK_INT(p.len, 3);
    }
    struct prompt q;
    prompt_set(&q, "ab");
    prompt_select(&q);
    CHECK(!prompt_key(&q, INPUT_UP)); // no key of a line
    CHECK(q.selected);
out:;
}
