// The settings: one field for each line of options.def, the keys of each action, the changes of the theme. They come
// from the defaults, the file kinora.conf and the command line, each on top of the one before.
#ifndef TUI_SETTINGS_H
#define TUI_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"
#include "base/wr.h"
#include "model/keys.h"
#include "options/options.h"
#include "picture/renderer.h"
#include "terminal/theme.h"

enum settings_command { // bits, so that an option can belong to several
    SETTINGS_PLAY = 1,
    SETTINGS_LS = 2,
    SETTINGS_PROBE = 4,
    SETTINGS_SAVE = 8,
    SETTINGS_TERMINAL = 16,
};

// Fields of the choices hold the index of the choice: those of render, dialect and theme as in the enums below, that
// of transport as in rtsp_client.h, that of colors as in term.h.
struct settings {
#define SETTING_ENUM(field, ...) int64_t field;
#define SETTING_INT(field, ...) int64_t field;
#define SETTING_AUTO(field, ...) int64_t field;
#define SETTING_BOOL(field, ...) bool field;
#define SETTING_BANDWIDTH(field, ...) int64_t field; // bytes a second
#define SETTING_DURATION(field, ...) kin_us field;
#include "model/options.def"
#undef SETTING_ENUM
#undef SETTING_INT
#undef SETTING_AUTO
#undef SETTING_BOOL
#undef SETTING_BANDWIDTH
#undef SETTING_DURATION
    struct keys keys;
    struct theme_changes looks;
};

enum settings_render { RENDER_AUTO, RENDER_COUNT = RENDERER_COUNT + 1 }; // in between: enum renderer and 1
enum settings_dialect { DIALECT_AUTO, DIALECT_RTSP, DIALECT_LAB };
enum settings_theme { SETTINGS_THEME_AUTO }; // above: enum theme_kind and 1

// Sets everything to its default. KIN_OK or KIN_ENOMEM.
int settings_defaults(struct settings *s);

#define SETTINGS_EX_CONFIG 78 // the exit status when the file is wrong

// Reads the file and the options of one command from argv, where argv[0] is the program. Returns -1 to go on, with the
// first operand at *ret_operand, else the exit status: as kin_cli_parse() does, that of --print-config and
// --default-config, or SETTINGS_EX_CONFIG after one line on stderr.
int settings_parse(enum settings_command command, int argc, char **argv, struct settings *s, int *ret_operand);

// Appends the options of a command that differ from their defaults, as they would be typed: "--cache 60 --fec".
void settings_describe(enum settings_command command, const struct settings *s, struct kin_wr *out);

#endif
