// URLs: the first line is a URL (or a path), the second a control value against it.
#include "base/err.h"
#include "must.h"
#include "proto/uri_mask.h"
#include "proto/uri_resolve.h"

static void check_uri(struct kin_span text)
{
    struct kin_uri u;
    if (kin_uri_parse(text, &u) != KIN_OK)
        return;
    MUST(u.scheme.n > 0 && u.host.n > 0 && u.port > 0 && text.n <= KIN_URI_MAX);
    MUST(u.path.n == 0 || u.path.p[0] == '/');
    MUST(fuzz_inside(text, u.user) && fuzz_inside(text, u.password) && fuzz_inside(text, u.host));
    MUST(fuzz_inside(text, u.path) && fuzz_inside(text, u.query));
}

static void check_coding(struct kin_span text)
{
    static char plain[65536];
    static char coded[3 * 65536];
    static char again[65536];
    size_t n;
    size_t m;
    if (kin_uri_decode(text, plain, sizeof plain, &n) != KIN_OK)
        return;
    MUST(n <= text.n && strlen(plain) == n);
    MUST(kin_uri_encode_path(kin_span_make(plain, n), coded, sizeof coded) == KIN_OK);
    MUST(kin_uri_decode(kin_span_str(coded), again, sizeof again, &m) == KIN_OK);
    MUST(n == m && strcmp(plain, again) == 0);
}

// Whatever the path: no segment of the result leads up, and a second pass changes nothing.
static void check_dots(struct kin_span text)
{
    static char path[65536];
    static char again[65536];
    if (kin_uri_decode(text, path, sizeof path, NULL) != KIN_OK || kin_uri_remove_dots(path) != KIN_OK)
        return;
    for (const char *p = path; *p != '\0'; p += p[0] == '/') {
        size_t n = strcspn(p, "/");
        MUST(!(n == 1 && p[0] == '.') && !(n == 2 && p[0] == '.' && p[1] == '.'));
        p += n;
    }
    memcpy(again, path, strlen(path) + 1);
    MUST(kin_uri_remove_dots(again) == KIN_OK && strcmp(path, again) == 0);
}

static void check_control(struct kin_span base, struct kin_span control)
{
    static char out[2 * 65536];
    char small[16];
    if (kin_uri_resolve_control(base, control, out, sizeof out) == KIN_OK)
        MUST(memchr(out, 0, base.n + control.n + 2) != NULL);
    kin_uri_resolve_control(base, control, small, sizeof small);
}

static void check_resolve(struct kin_span base, struct kin_span reference)
{
    static char out[3 * 65536];
    char small[16];
    struct kin_uri uri;
    if (kin_uri_resolve(base, reference, out, sizeof out) == KIN_OK && strlen(out) <= KIN_URI_MAX)
        MUST(kin_uri_parse(kin_span_str(out), &uri) == KIN_OK || reference.n > 0);
    kin_uri_resolve(base, reference, small, sizeof small);
    for (unsigned form = 0; form < KIN_URI_CONTROL_FORM_COUNT; form++)
        kin_uri_control((enum kin_uri_control_form)form, base, reference, out, sizeof out);
}

static void check_mask(struct kin_span text)
{
    static char once[2 * 65536];
    static char twice[2 * 65536];
    size_t n = kin_uri_mask(text, once, sizeof once);
    MUST(kin_uri_mask(kin_span_make(once, n), twice, sizeof twice) == n && memcmp(once, twice, n) == 0);
    kin_uri_mask(text, once, 7);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kin_span rest = kin_span_make(data, size);
    struct kin_span base = kin_span_make(NULL, 0);
    if (size > 65535)
        return 0;
    kin_span_split(&rest, '\n', &base);
    check_uri(base);
    check_coding(base);
    check_dots(base);
    check_control(base, rest);
    check_resolve(base, rest);
    check_mask(base);
    return 0;
}
