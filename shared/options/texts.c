// Values that own memory: strings and lists of strings.
#include <stdlib.h>

#include "base/err.h"
#include "options/value.h"

// Text that could not be read back from the file as it stands: control bytes, and " ;", which begins a comment there.
static bool storable(struct kin_span text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < 0x20 || text.p[i] == 0x7f)
            return false;
    return kin_span_find_str(text, " ;") == text.n && !kin_span_starts(text, ";");
}

// A checked copy of the text on the heap.
static int copy_text(const struct kin_opt *opt, struct kin_span text, char **ret, char *why)
{
    if (!storable(text))
        return kin_opt_refuse(opt, text, "contains a control character or a semicolon after a space", why);
    char *copy = malloc(text.n + 1);
    if (copy == NULL)
        return KIN_ENOMEM;
    kin_span_copy(text, copy, text.n + 1);
    int err = kin_opt_check(opt, text, copy, why);
    if (err != KIN_OK) {
        free(copy);
        return err;
    }
    *ret = copy;
    return KIN_OK;
}

int kin_opt_parse_string(const struct kin_opt *opt, struct kin_span text, union kin_opt_value *ret, char *why)
{
    return copy_text(opt, text, &ret->string, why);
}

static bool next_item(struct kin_span *rest, struct kin_span *ret)
{
    size_t from = 0;
    while (from < rest->n && memchr(", \t\r\n", rest->p[from], 5) != NULL)
        from++;
    size_t to = from;
    while (to < rest->n && memchr(", \t\r\n", rest->p[to], 5) == NULL)
        to++;
    *ret = kin_span_first(kin_span_skip(*rest, from), to - from);
    *rest = kin_span_skip(*rest, to);
    return ret->n > 0;
}

int kin_opt_parse_list(const struct kin_opt *opt, struct kin_span text, union kin_opt_value *ret, char *why)
{
    struct kin_span rest = text;
    struct kin_span item;
    int err = KIN_OK;
    ret->list = (struct kin_opt_list){0};
    while (err == KIN_OK && next_item(&rest, &item)) {
        if (ret->list.count == KIN_OPT_LIST_MAX)
            err = kin_opt_refuse(opt, item, "is one too many", why);
        else
            err = copy_text(opt, item, &ret->list.items[ret->list.count], why);
        if (err == KIN_OK)
            ret->list.count++;
    }
    if (err != KIN_OK)
        kin_opt_value_free(opt, &ret->list);
    return err;
}
