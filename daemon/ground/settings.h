// The settings of kinorad: one field per line of options.def, named section_key.
#ifndef DAEMON_SETTINGS_H
#define DAEMON_SETTINGS_H

#include "base/log.h"
#include "options/options.h"

// C types by option type.
#define SETTINGS_T_BOOL bool
#define SETTINGS_T_INT int64_t
#define SETTINGS_T_DURATION int64_t // microseconds
#define SETTINGS_T_SIZE int64_t     // bytes
#define SETTINGS_T_RATE struct kin_opt_rate
#define SETTINGS_T_STRING char *
#define SETTINGS_T_ENUM int64_t // index into the choices
#define SETTINGS_T_LIST struct kin_opt_list

struct settings {
#define X(section, key, type, ...) SETTINGS_T_##type section##_##key;
#include "ground/options.def"
#undef X
};

extern const struct kin_opt settings_table[];
extern const size_t settings_count;

// Defaults into *s. KIN_OK or KIN_ENOMEM; settings_free() may be called after either.
int settings_init(struct settings *s);
void settings_free(struct settings *s);

enum kin_log_level settings_log_level(const struct settings *s);

#endif
