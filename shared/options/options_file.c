// The INI file: libinih splits the lines, the table gives them meaning, and every error names file and line.
#include <errno.h>
#include <ini.h>
#include <string.h>

#include "base/err.h"
#include "options/options.h"
#include "options/unknown.h"
#include "options/value.h"

struct file {
    const struct kin_opt *table;
    size_t count;
    void *settings;
    FILE *in;
    const char *name;
    char *why;
    int err;
    int line;
    bool indented;                      // the current line begins with a blank
    int set_on_line[KIN_OPT_TABLE_MAX]; // 0 = not in this file
};

// The first error stays.
static int set_error(struct file *f, int err, const char *what)
{
    if (f->err == KIN_OK) {
        f->err = err;
        snprintf(f->why, KIN_OPT_WHY_MAX, "%.160s:%d: %.*s", f->name, f->line, KIN_OPT_WHY_MAX - 180, what);
    }
    return 0;
}

static int set_option_error(struct file *f, int err, const struct kin_opt *opt, const char *what)
{
    char text[KIN_OPT_WHY_MAX];
    snprintf(text, sizeof text, "%s%.32s%s%.48s: %.*s", opt->section[0] != '\0' ? "[" : "", opt->section,
             opt->section[0] != '\0' ? "] " : "", opt->key, KIN_OPT_WHY_MAX - 100, what);
    return set_error(f, err, text);
}

// fgets() for libinih: one line each time, or the end of the file after an error.
static char *read_line(char *dst, int size, void *ctx)
{
    struct file *f = ctx;
    int n = 0;
    int c = f->err == KIN_OK ? getc(f->in) : EOF;
    if (c == EOF)
        return NULL;
    f->line++;
    f->indented = c == ' ' || c == '\t';
    for (; c != EOF; c = getc(f->in)) {
        if (c == '\0')
            set_error(f, KIN_EINVAL, "contains a NUL byte (the file must be text)");
        else if (n + 1 >= size)
            set_error(f, KIN_EINVAL, "the line is too long");
        if (f->err != KIN_OK)
            return NULL;
        dst[n++] = (char)c;
        if (c == '\n')
            break;
    }
    dst[n] = '\0';
    return dst;
}

static int set_again(struct file *f, const struct kin_opt *opt, int first_line)
{
    char text[128];
    if (f->indented)
        snprintf(text, sizeof text, "an indented line continues the one above (only lists may)");
    else
        snprintf(text, sizeof text, "is set twice (first on line %d)", first_line);
    return set_option_error(f, KIN_EINVAL, opt, text);
}

// Called by libinih for each "key = value". Returns 1 to go on.
static int on_key(void *ctx, const char *section, const char *key, const char *value)
{
    struct file *f = ctx;
    char why[KIN_OPT_WHY_MAX];
    if (f->err != KIN_OK)
        return 0;
    const struct kin_opt *opt = kin_opt_find(f->table, f->count, section, key);
    if (opt == NULL) {
        kin_opt_unknown(f->table, f->count, section, key, why);
        return set_error(f, KIN_EINVAL, why);
    }
    int *line = &f->set_on_line[opt - f->table];
    bool again = *line != 0;
    if (again && opt->type != KIN_OPT_LIST)
        return set_again(f, opt, *line);
    *line = f->line;
    int err = again ? kin_opt_append(opt, f->settings, value, why) : kin_opt_set(opt, f->settings, value, why);
    return err == KIN_OK ? 1 : set_option_error(f, err, opt, why);
}

// Long lines need libinih's heap buffer; distributions that fix its settings at build time keep their own limit.
static void prepare_inih(void)
{
#ifdef KIN_INIH_RUNTIME
    ini_use_stack = false;
    ini_allow_realloc = false;
    ini_initial_alloc = KIN_OPT_LINE_MAX;
    ini_max_line = KIN_OPT_LINE_MAX;
#endif
}

int kin_opt_read_stream(const struct kin_opt *table, size_t count, void *settings, FILE *in, const char *name,
                        char why[KIN_OPT_WHY_MAX])
{
    struct file f = {.table = table, .count = count, .settings = settings, .in = in, .name = name, .why = why};
    if (count > KIN_OPT_TABLE_MAX)
        return KIN_ELIMIT;
    prepare_inih();
    int bad_line = ini_parse_stream(read_line, &f, on_key, &f);
    if (ferror(in)) {
        snprintf(why, KIN_OPT_WHY_MAX, "%.200s: cannot be read: %s", name, strerror(errno));
        return KIN_EIO;
    }
    if (bad_line < 0) {
        snprintf(why, KIN_OPT_WHY_MAX, "%.200s: %s", name, kin_err_str(KIN_ENOMEM));
        return KIN_ENOMEM;
    }
    if (bad_line > 0 && (f.err == KIN_OK || bad_line < f.line)) {
        f.err = KIN_OK;
        f.line = bad_line;
        set_error(&f, KIN_EINVAL, "this line is neither a [section] nor \"key = value\" (# or ; starts a comment)");
    }
    return f.err;
}

int kin_opt_read_file(const struct kin_opt *table, size_t count, void *settings, const char *path,
                      char why[KIN_OPT_WHY_MAX])
{
    FILE *in = fopen(path, "re");
    if (in == NULL) {
        int err = errno == ENOENT ? KIN_ENOENT : errno == ENOMEM ? KIN_ENOMEM : KIN_EIO;
        snprintf(why, KIN_OPT_WHY_MAX, "%.200s: cannot be opened: %s", path, strerror(errno));
        return err;
    }
    int err = kin_opt_read_stream(table, count, settings, in, path, why);
    fclose(in);
    return err;
}

// --- where a value comes from

struct place {
    const struct kin_opt *opt;
    struct file file; // for read_line()
    int line;
};

static char *read_line_for_place(char *dst, int size, void *ctx)
{
    struct place *p = ctx;
    return read_line(dst, size, &p->file);
}

static int on_key_for_place(void *ctx, const char *section, const char *key, const char *value)
{
    struct place *p = ctx;
    (void)value;
    if (p->line == 0 && strcmp(section, p->opt->section) == 0 && strcmp(key, p->opt->key) == 0)
        p->line = p->file.line;
    return 1;
}

int kin_opt_line_in_file(const struct kin_opt *opt, const char *path)
{
    char why[KIN_OPT_WHY_MAX];
    struct place p = {.opt = opt, .file = {.name = path, .why = why}};
    p.file.in = fopen(path, "re");
    if (p.file.in == NULL)
        return 0;
    prepare_inih();
    ini_parse_stream(read_line_for_place, &p, on_key_for_place, &p);
    fclose(p.file.in);
    return p.line;
}
