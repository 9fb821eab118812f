// The table made from options.def, and the checks that single keys need.
#include "ground/settings.h"

#include <stdio.h>

#include "base/err.h"
#include "base/lex.h"
#include "ground/messages.h"
#include "io/addr.h"
#include "media/rate.h"
#include "proto/lab.h"

static const char *const settings_log_levels[] = {"error", "warning", "notice", "info", "debug", NULL};
static const char *const settings_lab_numberings[] = {
    [KIN_LAB_BY_FRAME] = "frame", [KIN_LAB_BY_PACKET] = "packet", NULL};
static const enum kin_log_level levels[] = {KIN_LOG_ERR, KIN_LOG_WARNING, KIN_LOG_NOTICE, KIN_LOG_INFO, KIN_LOG_DEBUG};

static bool settings_check_listen(const char *text, char *why, size_t why_size)
{
    union kin_addr a;
    if (kin_addr_parse(text, &a) == KIN_OK)
        return true;
    snprintf(why, why_size, MSG_LISTEN_SYNTAX);
    return false;
}

static bool settings_check_rtp_port(const char *text, char *why, size_t why_size)
{
    uint64_t port;
    if (kin_lex_u64(kin_span_str(text), 65534, &port) && port % 2 == 0)
        return true;
    snprintf(why, why_size, MSG_RTP_PORT_ODD);
    return false;
}

const struct kin_opt settings_table[] = {
#define X(section_, key_, type_, value_, min_, max_, choices_, cli_, metavar_, restart_, check_, help_)                \
    {.section = #section_,                                                                                             \
     .key = #key_,                                                                                                     \
     .type = KIN_OPT_##type_,                                                                                          \
     .offset = offsetof(struct settings, section_##_##key_),                                                           \
     .value = value_,                                                                                                  \
     .min = min_,                                                                                                      \
     .max = max_,                                                                                                      \
     .choices = choices_,                                                                                              \
     .cli = cli_,                                                                                                      \
     .metavar = metavar_,                                                                                              \
     .restart = restart_,                                                                                              \
     .help = help_,                                                                                                    \
     .check = check_},
#include "ground/options.def"
#undef X
};
const size_t settings_count = sizeof settings_table / sizeof settings_table[0];

int settings_init(struct settings *s)
{
    return kin_opt_defaults(settings_table, settings_count, s);
}

void settings_free(struct settings *s)
{
    kin_opt_free(settings_table, settings_count, s);
}

enum kin_log_level settings_log_level(const struct settings *s)
{
    return levels[s->log_level];
}
