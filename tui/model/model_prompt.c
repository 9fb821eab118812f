// The prompt: a URL or a position in the reel, typed or pasted.
#include "model/model_internal.h"

static void open_prompt(struct model *m, bool is_position, const char *text)
{
    m->prompt.open = true;
    m->prompt.is_position = is_position;
    prompt_set(&m->prompt.line, text);
    model_touch(m);
}

void prompt_for_url(struct model *m)
{
    bool library = model_page(m) == PAGE_LIBRARY && m->library.url[0] != '\0';
    char shown[URL_PATH_SHOWN_MAX];
    memcpy(m->prompt.original, library ? m->library.url : m->reel.url, sizeof m->prompt.original);
    url_path_shown(m->prompt.original, shown);
    open_prompt(m, false, shown);
    prompt_select(&m->prompt.line);
}

void prompt_for_position(struct model *m)
{
    if (m->reel.session != NULL)
        open_prompt(m, true, "");
}

void model_type(struct model *m, uint32_t key)
{
    model_touch(m);
    m->prompt.open = key != INPUT_ENTER && key != INPUT_ESC;
    if (m->prompt.open)
        prompt_key(&m->prompt.line, key);
    else if (key == INPUT_ENTER && m->prompt.line.len > 0 && m->prompt.is_position)
        reel_go_to(m, m->prompt.line.text);
    else if (key == INPUT_ENTER && m->prompt.line.len > 0)
        model_open(m, m->prompt.line.text);
}

void model_paste(struct model *m, struct kin_span text)
{
    struct kin_span trimmed = kin_span_trim(text);
    if (m->prompt.open) {
        prompt_insert(&m->prompt.line, text);
        model_touch(m);
    } else if (kin_span_starts(trimmed, "rtsp")) {
        m->prompt.original[0] = '\0';
        open_prompt(m, false, "");
        prompt_insert(&m->prompt.line, trimmed);
    }
}
