// The status line: one sentence, an error or a notice that disappears by itself.
#include "model/model_internal.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/err.h"
#include "text/messages.h"

#define NOTICE_US (5 * KIN_US_PER_S) // how long a notice stays

// Gives every sentence a capital and a full stop.
static void finish_sentence(char *text, size_t size)
{
    size_t n = strlen(text);
    if (text[0] >= 'a' && text[0] <= 'z')
        text[0] = (char)(text[0] - 'a' + 'A');
    if (n > 0 && n + 1 < size && strchr(".!?:/", text[n - 1]) == NULL)
        memcpy(text + n, ".", 2);
}

void model_message_behind_name(const struct model *m, char *dst, size_t size)
{
    snprintf(dst, size, "%s", m->message.text);
    size_t n = strlen(dst);
    bool is_word = dst[0] >= 'A' && dst[0] <= 'Z' && dst[1] >= 'a' && dst[1] <= 'z'; // not RTSP or Q
    if (is_word)
        dst[0] = (char)(dst[0] - 'A' + 'a');
    if (n > 0 && dst[n - 1] == '.')
        dst[n - 1] = '\0';
}

void model_say(struct model *m, bool is_error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(m->message.text, sizeof m->message.text, format, args);
    va_end(args);
    finish_sentence(m->message.text, sizeof m->message.text);
    m->message.is_error = is_error;
    m->message.of_session = false;
    m->message.until = is_error ? KIN_US_NEVER : kin_loop_now(m->loop) + NOTICE_US;
    model_touch(m);
}

void message_clear_error(struct model *m)
{
    if (m->message.is_error)
        m->message.text[0] = '\0';
    m->message.is_error = false;
}

void message_clear_notice(struct model *m)
{
    if (!m->message.is_error)
        m->message.text[0] = '\0';
}

void message_clear(struct model *m)
{
    m->message.text[0] = '\0';
    m->message.is_error = false;
}

void message_of_session(struct model *m, bool is_error, const char *sentence)
{
    model_say(m, is_error, "%s", sentence);
    m->message.of_session = true;
}

void message_withdraw(struct model *m)
{
    if (m->message.of_session)
        m->message.text[0] = '\0';
    model_touch(m);
}

void message_cannot_open(struct model *m, const char *url, int err)
{
    char shown[URL_PATH_SHOWN_MAX];
    url_path_shown(url, shown);
    model_say(m, true, MSG_CANNOT_OPEN, shown, kin_err_str(err));
}

kin_us message_tick(struct model *m, kin_us now)
{
    if (m->message.text[0] == '\0' || model_state(m) == KIN_PLAYER_CONNECTING) // the message stays while connecting
        return KIN_US_NEVER;
    if (now < m->message.until)
        return m->message.until;
    m->message.text[0] = '\0';
    model_touch(m);
    return KIN_US_NEVER;
}
