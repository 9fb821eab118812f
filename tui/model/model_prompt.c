// The prompt: a URL or a place in the reel that is typed or pasted.
#include "model/model.h"

static void open_prompt(struct model *m, bool is_goal, const char *text)
{
    m->prompting = true;
    m->prompt_is_goal = is_goal;
    prompt_set(&m->prompt, text);
    m->dirty = true;
}

void model_prompt_url(struct model *m)
{
    bool library = model_page(m) == PAGE_LIBRARY && m->library.url[0] != '\0';
    char shown[PLACE_SHOWN_MAX];
    memcpy(m->prompt_url, library ? m->library.url : m->url, sizeof m->prompt_url);
    place_shown(m->prompt_url, shown);
    open_prompt(m, false, shown);
    prompt_select(&m->prompt);
}

void model_prompt_goal(struct model *m)
{
    if (m->session != NULL)
        open_prompt(m, true, "");
}

static void open_typed(struct model *m)
{
    char url[PLACE_URL_MAX], shown[PLACE_SHOWN_MAX];
    place_shown(m->prompt.text, shown);
    if (!place_complete(m->prompt.text, url))
        model_say(m, true, "This is not an rtsp:// URL: %.160s", shown);
    else if (!place_unmask(url, m->prompt_url, url))
        model_say(m, true, "The password is for another user or host: type the one that *** stands for.");
    else
        model_open(m, url);
}

void model_type(struct model *m, uint32_t key)
{
    m->dirty = true;
    m->prompting = key != INPUT_ENTER && key != INPUT_ESC;
    if (m->prompting)
        prompt_key(&m->prompt, key);
    else if (key == INPUT_ENTER && m->prompt.len > 0 && m->prompt_is_goal)
        model_go_to(m, m->prompt.text);
    else if (key == INPUT_ENTER && m->prompt.len > 0)
        open_typed(m);
}

void model_paste(struct model *m, struct kin_span text)
{
    struct kin_span trimmed = kin_span_trim(text);
    if (m->prompting) {
        prompt_insert(&m->prompt, text);
        m->dirty = true;
    } else if (kin_span_starts(trimmed, "rtsp")) {
        m->prompt_url[0] = '\0';
        open_prompt(m, false, "");
        prompt_insert(&m->prompt, trimmed);
    }
}
