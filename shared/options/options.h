// One table per program says what can be set; everything else is made from it: the INI parser, -o and long options,
// --help, the sample file, the effective dump, the manual's option list, and what a reload may change.
#ifndef KIN_OPTIONS_OPTIONS_H
#define KIN_OPTIONS_OPTIONS_H

#include <stddef.h>
#include <stdio.h>

#include "base/span.h"

enum kin_opt_type {
    KIN_OPT_BOOL,      // bool; yes/no/true/false/on/off/1/0
    KIN_OPT_INT,       // int64_t
    KIN_OPT_DURATION,  // int64_t microseconds; "90s", "500ms", "2min", "1h"; a unit is required except for 0
    KIN_OPT_SECONDS,   // the same, but a number without a unit is seconds: "5", "2.5"
    KIN_OPT_SIZE,      // int64_t bytes; "64KiB", "8MiB", "1GiB", plain bytes
    KIN_OPT_BANDWIDTH, // int64_t bytes per second; "2Mbit", "500kbit", "200kB"; a unit is required except for 0
    KIN_OPT_RATE,      // struct kin_opt_rate; "24", "23.976", "30000/1001"
    KIN_OPT_STRING,    // char *, owned
    KIN_OPT_ENUM,      // int64_t: index into `choices`
    KIN_OPT_LIST,      // struct kin_opt_list of strings, owned; comma or blank separated, repeatable
};

struct kin_opt_rate {
    uint32_t num, den;
};

#define KIN_OPT_LIST_MAX 16
struct kin_opt_list {
    size_t count;
    char *items[KIN_OPT_LIST_MAX];
};

struct kin_opt {
    const char *section, *key; // section NULL: command line only; "": above the first [section] of the file
    enum kin_opt_type type;
    size_t offset;     // of the field in the program's settings struct
    const char *value; // default, in the syntax of the file
    int64_t min, max;  // INT, DURATION, SECONDS, SIZE, BANDWIDTH
    const char *const
        *choices;        // ENUM: NULL-terminated. Numbers: a word for 0, which the bounds do not concern; or NULL
    const char *cli;     // long option name or NULL, e.g. "media"
    const char *metavar; // "DIR"
    bool restart;        // a change needs a restart
    const char *help;    // one or more sentences; \n starts a new line in the sample file
    bool (*check)(const char *text, char *why,
                  size_t why_size); // further test of a STRING or of each LIST item, or NULL
};

#define KIN_OPT_WHY_MAX 512
#define KIN_OPT_LINE_MAX 4096 // bytes in a line of the file
#define KIN_OPT_TABLE_MAX 256 // entries in a table

// Notes on the table: `value` NULL is the type's zero (false, 0, the first choice, no string, an empty list).
// min = max = 0 sets no bounds; bounds of a RATE are whole frames per second. `check` is called for every type with the
// text of the value (of each item of a LIST); its `why` completes the sentence: "is odd (allowed: an even port)".

// Sets every field to its default. KIN_OK or KIN_ENOMEM (settings then hold nothing).
int kin_opt_defaults(const struct kin_opt *table, size_t count, void *settings);
// Frees what the fields own and zeroes them. Accepts half-built settings.
void kin_opt_free(const struct kin_opt *table, size_t count, void *settings);

// Sets one value from text. KIN_OK, KIN_EINVAL (why says what is wrong and what is allowed), KIN_ENOMEM. The field
// keeps its value on failure. A LIST is replaced.
int kin_opt_set(const struct kin_opt *opt, void *settings, const char *text, char why[KIN_OPT_WHY_MAX]);

// Reads an INI file on top of the settings. On KIN_EINVAL, why is
// "FILE:LINE: [section] key: what is wrong (what is allowed)". KIN_ENOENT/KIN_EIO when it cannot be read.
int kin_opt_read_file(const struct kin_opt *table, size_t count, void *settings, const char *path,
                      char why[KIN_OPT_WHY_MAX]);

// The same from an open stream; `name` stands for FILE in errors. A key set twice is an error, but a LIST may be
// repeated or continued on indented lines: the first occurrence replaces, further ones add.
int kin_opt_read_stream(const struct kin_opt *table, size_t count, void *settings, FILE *in, const char *name,
                        char why[KIN_OPT_WHY_MAX]);

// The line on which the file sets this option (a LIST: first sets it); 0 when it does not, or cannot be read.
int kin_opt_line_in_file(const struct kin_opt *opt, const char *path);

// Adds the items of the text to a LIST; as kin_opt_set() for every other type.
int kin_opt_append(const struct kin_opt *opt, void *settings, const char *text, char why[KIN_OPT_WHY_MAX]);

// "section.key=value", as given with -o.
int kin_opt_assign(const struct kin_opt *table, size_t count, void *settings, const char *assignment,
                   char why[KIN_OPT_WHY_MAX]);

const struct kin_opt *kin_opt_find(const struct kin_opt *table, size_t count, const char *section, const char *key);

// The effective settings in the file's own syntax (durations and sizes with units). KIN_OK or KIN_EIO.
int kin_opt_print(const struct kin_opt *table, size_t count, const void *settings, FILE *out);
// The commented sample file: help, type, what is allowed, default, "needs a restart".
int kin_opt_print_sample(const struct kin_opt *table, size_t count, const char *title, FILE *out);
// "90s", "1.5min", "500ms" into microseconds; KIN_OK, KIN_EINVAL, KIN_ERANGE.
int kin_opt_duration_parse(struct kin_span text, int64_t *ret);
// What is allowed for an option ("from 1 to 64"), without a newline.
void kin_opt_allowed(const struct kin_opt *opt, char *dst, size_t size);

// The lines of --help for the options that have `cli`.
int kin_opt_print_help(const struct kin_opt *table, size_t count, FILE *out);

// True when the field differs between two settings of one table.
bool kin_opt_differs(const struct kin_opt *opt, const void *a, const void *b);

// --- command line: getopt_long made from the table
struct kin_cli {
    const char *program; // "kinorad"
    const char *usage;   // "[-c FILE] ..."
    const char *summary; // one sentence for --help
    const struct kin_opt *table;
    size_t count;
    // Further flags without a table entry: letter (0 = none), name, metavar (NULL = no argument), help. Ends with name
    // NULL.
    struct kin_cli_flag {
        char letter;
        const char *name, *metavar, *help;
    } const *flags;
    // Called for each such flag in order. Return KIN_OK or KIN_EINVAL with why.
    int (*on_flag)(void *ctx, const struct kin_cli_flag *flag, const char *value, char why[KIN_OPT_WHY_MAX]);
    void *ctx;
};

// Parses argv. Table options are set in `settings`. --help and --version print to stdout.
// Returns -1 to go on (operands begin at *ret_first_operand), else the exit status: 0 after --help/--version,
// 1 when stdout cannot take the help, 2 after one line on stderr that names the unknown option or the missing or bad
// argument. A LIST may be given several times: the first replaces the value from elsewhere, further ones add. A BOOL
// needs no argument (--json) and takes one (--json=no).
int kin_cli_parse(const struct kin_cli *cli, int argc, char **argv, void *settings, int *ret_first_operand);

#endif
