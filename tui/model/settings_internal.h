// Between the settings of the command line and those of the file: inside the module.
#ifndef TUI_SETTINGS_INTERNAL_H
#define TUI_SETTINGS_INTERNAL_H

#include "model/settings.h"

#define SETTINGS_OPTIONS_MAX 48
#define SETTINGS_ALL_COMMANDS (SETTINGS_PLAY | SETTINGS_LS | SETTINGS_PROBE | SETTINGS_SAVE | SETTINGS_TERMINAL)

// The settings on their way from a file, with the texts of its sections [keys] and [colors]. Offsets of options in
// struct settings are those in a draft as well.
struct settings_draft {
    struct settings settings;
    char *keys[ACTION_COUNT]; // owned
    char *colors[ROLE_COUNT]; // owned
};

// The table of the options of these commands. Returns their number, at most SETTINGS_OPTIONS_MAX.
size_t settings_options(unsigned commands, struct kin_opt *table);

// KIN_OK or KIN_ENOMEM.
int settings_draft_init(struct settings_draft *d);
void settings_draft_deinit(struct settings_draft *d);

// Reads a file on top of the draft; path NULL: the user's own, if there is one. KIN_OK, KIN_ENOMEM, or KIN_EINVAL with
// why.
int settings_draft_read(struct settings_draft *d, const char *path, char why[KIN_OPT_WHY_MAX]);

// Prints the draft in the syntax of the file, or a sample of the file. The exit status.
int settings_draft_print(const struct settings_draft *d, bool sample);

#endif
