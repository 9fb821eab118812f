// The settings of the command line: one field for each line of options.def.
#ifndef TUI_SETTINGS_H
#define TUI_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"
#include "base/wr.h"
#include "options/options.h"
#include "picture/renderer.h"

enum settings_command { // bits, so that an option can belong to several
    SETTINGS_PLAY = 1,
    SETTINGS_LS = 2,
    SETTINGS_PROBE = 4,
    SETTINGS_SAVE = 8,
    SETTINGS_TERMINAL = 16,
};

// Fields of the choices hold the index of the choice: those of render and dialect as in the enums below, that
// of transport as in rtsp_client.h, that of colors as in term.h.
struct settings {
    kin_us duration; // --duration of probe; 0 = to the end
#define SETTING_ENUM(field, ...) int64_t field;
#define SETTING_INT(field, ...) int64_t field;
#define SETTING_AUTO(field, ...) int64_t field;
#define SETTING_BOOL(field, ...) bool field;
#include "model/options.def"
#undef SETTING_ENUM
#undef SETTING_INT
#undef SETTING_AUTO
#undef SETTING_BOOL
};

enum settings_render { RENDER_AUTO, RENDER_COUNT = RENDERER_COUNT + 1 }; // in between: enum renderer and 1
enum settings_dialect { DIALECT_AUTO, DIALECT_RTSP, DIALECT_LAB };

// Sets every field to its default. KIN_OK or KIN_ENOMEM.
int settings_defaults(struct settings *s);

// Reads the options of one command from argv, where argv[0] is the program. Returns -1 to go on, with the first operand
// at *ret_operand, else the exit status, as kin_cli_parse() does.
int settings_parse(enum settings_command command, int argc, char **argv, struct settings *s, int *ret_operand);

// Appends the options of a command that differ from their defaults, as they would be typed: "--cache 60 --fec".
void settings_describe(enum settings_command command, const struct settings *s, struct kin_wr *out);

#endif
