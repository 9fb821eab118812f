// A frame from a server goes to the terminal as it came only where any decoder can read it, and then whole.
#include "picture/iterm.h"

#include "../unit/image_check.h"
#include "base/err.h"
#include "jpeg/table_set.h"
#include "must.h"

// What is sent is a JPEG of the same size that defines all its tables and has an end.
static void check_file(struct kin_span sent, struct kin_span original)
{
    struct kin_jpeg_info before, after;
    MUST(kin_jpeg_walk(original, &before, NULL) == KIN_OK);
    MUST(kin_jpeg_walk(sent, &after, NULL) == KIN_OK);
    MUST(after.width == before.width && after.height == before.height && after.sof == before.sof && after.contiguous);
    struct kin_jpeg_needs needs = kin_jpeg_find_needs(sent, NULL);
    MUST((needs.needed & ~needs.defined) == 0);
    MUST(kin_span_ends(sent, "\xff\xd9"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct iterm *t;
    static struct image_bytes out, file;
    struct image_request q = {.jpeg = kin_span_make(data, size), .cols = 80, .rows = 24};
    if (t == NULL && iterm_new(&t) != KIN_OK)
        return 0;
    out.n = file.n = 0;
    int err = iterm_encode(t, &q, &out);
    MUST(iterm_needs_pixels(&q) ? err == KIN_EINVAL && out.n == 0 : err == KIN_OK);
    if (err != KIN_OK)
        return 0;
    struct kin_span rest = kin_span_make(out.p, out.n), body, head;
    MUST(cut(&rest, "\033]1337;File=inline=1;", "\a", &body) && rest.n == 0);
    MUST(kin_span_split(&body, ':', &head) && base64_decode(body, &file));
    check_file(kin_span_make(file.p, file.n), q.jpeg);
    return 0;
}
