// The prompt: a URL, a position in the reel or a part of a name, typed or pasted.
#include "model/model_internal.h"

static void open_prompt(struct model *m, enum model_prompt_kind kind, const char *text)
{
    m->prompt.open = true;
    m->prompt.kind = kind;
    m->prompt.why[0] = '\0';
    prompt_set(&m->prompt.line, text);
    model_touch(m);
}

void prompt_for_url(struct model *m)
{
    bool library = model_page(m) == PAGE_LIBRARY && m->library.url[0] != '\0';
    char shown[URL_PATH_SHOWN_MAX];
    memcpy(m->prompt.original, library ? m->library.url : m->reel.url, sizeof m->prompt.original);
    url_path_shown(m->prompt.original, shown);
    open_prompt(m, PROMPT_URL, shown);
    prompt_select(&m->prompt.line);
}

void prompt_for_position(struct model *m)
{
    if (reel_is_seekable(m))
        open_prompt(m, PROMPT_POSITION, "");
}

void prompt_for_search(struct model *m)
{
    if (model_page(m) == PAGE_LIBRARY && m->library.listing != NULL)
        open_prompt(m, PROMPT_SEARCH, m->library.search);
}

void prompt_end_search(struct model *m)
{
    m->prompt.open = m->prompt.open && m->prompt.kind != PROMPT_SEARCH;
}

// The list follows what is typed, and its selection the arrows.
static void type_search(struct model *m, uint32_t key)
{
    if (key == INPUT_UP || key == INPUT_DOWN)
        library_move(m, key == INPUT_UP ? -1 : 1);
    else if (key == INPUT_ENTER && m->library.count == 0)
        return;
    else if (key == INPUT_ENTER || key == INPUT_ESC)
        m->prompt.open = false;
    else
        prompt_key(&m->prompt.line, key);
    if (key == INPUT_ENTER)
        library_enter(m);
    else
        library_search(m, key == INPUT_ESC ? "" : m->prompt.line.text);
}

// What cannot be used stays, with the reason, which the line would hide on the page.
static void enter(struct model *m)
{
    const char *text = m->prompt.line.text;
    m->prompt.open = false;
    if (m->prompt.line.len == 0 || (m->prompt.kind == PROMPT_POSITION ? reel_go_to(m, text) : model_open(m, text)))
        return;
    m->prompt.open = true;
    memcpy(m->prompt.why, m->message.text, sizeof m->prompt.why);
    message_clear(m);
}

void model_type(struct model *m, uint32_t key)
{
    model_touch(m);
    m->prompt.why[0] = '\0';
    if (m->prompt.kind == PROMPT_SEARCH)
        type_search(m, key);
    else if (key == INPUT_ENTER)
        enter(m);
    else if (key == INPUT_ESC)
        m->prompt.open = false;
    else
        prompt_key(&m->prompt.line, key);
}

void model_paste(struct model *m, struct kin_span text)
{
    struct kin_span trimmed = kin_span_trim(text);
    if (m->prompt.open) {
        prompt_insert(&m->prompt.line, text);
        if (m->prompt.kind == PROMPT_SEARCH)
            library_search(m, m->prompt.line.text);
        model_touch(m);
    } else if (kin_span_starts(trimmed, "rtsp")) {
        m->prompt.original[0] = '\0';
        open_prompt(m, PROMPT_URL, "");
        prompt_insert(&m->prompt.line, trimmed);
    }
}
