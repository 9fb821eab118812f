// Values of options as text and back, one pair of functions per type. Private to this room.
#ifndef KIN_OPTIONS_VALUE_H
#define KIN_OPTIONS_VALUE_H

#include "options/options.h"

union kin_opt_value {
    bool flag;
    int64_t number;
    struct kin_opt_rate rate;
    char *string;
    struct kin_opt_list list;
};

// Reads the text into *ret, which the caller then owns. On failure *ret holds nothing. KIN_OK, KIN_EINVAL with why
// complete, KIN_ENOMEM.
int kin_opt_value_parse(const struct kin_opt *opt, struct kin_span text, union kin_opt_value *ret, char *why);

// The size of the option's field, and the release of what it owns.
size_t kin_opt_value_size(const struct kin_opt *opt);
void kin_opt_value_free(const struct kin_opt *opt, void *field);

void kin_opt_value_print(const struct kin_opt *opt, const void *field, FILE *out);
bool kin_opt_value_eq(const struct kin_opt *opt, const void *a, const void *b);

// The parsers of the types, as kin_opt_value_parse(); text is trimmed.
int kin_opt_parse_bool(const struct kin_opt *opt, struct kin_span text, union kin_opt_value *ret, char *why);
int kin_opt_parse_number(const struct kin_opt *opt, struct kin_span text, union kin_opt_value *ret, char *why);
int kin_opt_parse_rate(const struct kin_opt *opt, struct kin_span text, union kin_opt_value *ret, char *why);
int kin_opt_parse_enum(const struct kin_opt *opt, struct kin_span text, union kin_opt_value *ret, char *why);
int kin_opt_parse_string(const struct kin_opt *opt, struct kin_span text, union kin_opt_value *ret, char *why);
int kin_opt_parse_list(const struct kin_opt *opt, struct kin_span text, union kin_opt_value *ret, char *why);

#define KIN_OPT_SHOWN_MAX 96 // bytes of a bad value that an error quotes
// Completes why as: "TEXT" WHAT (ALLOWED). Returns KIN_EINVAL.
int kin_opt_refuse(const struct kin_opt *opt, struct kin_span text, const char *what, char *why);
// Calls the option's own check; `copy` is the text, terminated by NUL. KIN_OK or KIN_EINVAL with why complete.
int kin_opt_check(const struct kin_opt *opt, struct kin_span text, const char *copy, char *why);

// Numbers with units: "90s", "64KiB". The formatter takes the largest unit that divides the value.
#define KIN_OPT_NUMBER_MAX 32
int kin_opt_size_parse(struct kin_span text, int64_t *ret);      // as kin_opt_duration_parse()
int kin_opt_bandwidth_parse(struct kin_span text, int64_t *ret); // likewise
void kin_opt_number_format(enum kin_opt_type type, int64_t value, char dst[KIN_OPT_NUMBER_MAX]);

#endif
