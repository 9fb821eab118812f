// Variable-length integers and element heads of EBML.
#include "media/ebml.h"

#include "base/err.h"

static size_t vint_bytes(uint8_t first)
{
    size_t n = 1;
    for (unsigned bit = 0x80; bit > 0 && (first & bit) == 0; bit >>= 1)
        n++;
    return n; // 9 when no bit is set
}

uint64_t kin_ebml_uint(struct kin_span body)
{
    uint64_t v = 0;
    for (size_t i = 0; i < body.n && body.n <= 8; i++)
        v = v << 8 | body.p[i];
    return v;
}

size_t kin_ebml_vint(struct kin_span s, uint64_t *ret)
{
    size_t n = s.n > 0 ? vint_bytes(s.p[0]) : 9;
    if (n > 8 || n > s.n)
        return 0;
    *ret = kin_ebml_uint(kin_span_first(s, n)) & ((UINT64_C(1) << 7 * n) - 1);
    return n;
}

int kin_ebml_parse(struct kin_span s, uint64_t at, uint64_t size, struct kin_ebml_element *ret)
{
    size_t id_bytes = s.n > 0 ? vint_bytes(s.p[0]) : 1;
    if (id_bytes > 4)
        return KIN_EBAD;
    struct kin_span rest = kin_span_skip(s, id_bytes);
    uint64_t length;
    if (rest.n > 0 && rest.p[0] == 0)
        return KIN_EBAD;
    size_t n = kin_ebml_vint(rest, &length);
    if (s.n < id_bytes || n == 0)
        return KIN_EMORE;
    struct kin_ebml_element e = {
        .id = (uint32_t)kin_ebml_uint(kin_span_first(s, id_bytes)),
        .body = at + id_bytes + n,
        .unknown = length == (UINT64_C(1) << 7 * n) - 1,
    };
    e.cut = !e.unknown && length > size - e.body;
    e.end = e.unknown || e.cut ? size : e.body + length;
    *ret = e;
    return KIN_OK;
}
