// Socket addresses: parse, print, compare.
#include "io/addr.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/lex.h"

#define HOST_MAX 63 // longest numeric host with a scope that fits KIN_ADDR_TEXT

static int parse_v6(struct kin_span host, union kin_addr *a)
{
    char text[HOST_MAX + 1];
    size_t percent = kin_span_find(host, '%');
    struct kin_span scope = kin_span_skip(host, percent + 1);
    if (host.n > HOST_MAX || (percent < host.n && scope.n == 0))
        return KIN_EINVAL;
    a->v6.sin6_family = AF_INET6;
    kin_span_copy(kin_span_first(host, percent), text, sizeof text);
    if (inet_pton(AF_INET6, text, &a->v6.sin6_addr) != 1)
        return KIN_EINVAL;
    if (scope.n > 0) {
        uint64_t number = 0;
        kin_span_copy(scope, text, sizeof text);
        a->v6.sin6_scope_id = kin_lex_u64(scope, UINT32_MAX, &number) ? (uint32_t)number : if_nametoindex(text);
        if (a->v6.sin6_scope_id == 0)
            return KIN_EINVAL;
    }
    return KIN_OK;
}

static int parse_v4(struct kin_span host, union kin_addr *a)
{
    char text[HOST_MAX + 1];
    a->v4.sin_family = AF_INET;
    if (host.n == 0 || kin_span_is(host, "*"))
        return KIN_OK;
    if (host.n > HOST_MAX)
        return KIN_EINVAL;
    kin_span_copy(host, text, sizeof text);
    return inet_pton(AF_INET, text, &a->v4.sin_addr) == 1 ? KIN_OK : KIN_EINVAL;
}

// Splits "host:port" at the last colon and "[host]:port" at the bracket. False when there is no port.
static bool split_port(struct kin_span text, struct kin_span *ret_host, struct kin_span *ret_port, bool *ret_v6)
{
    size_t colon = kin_span_after_last(text, ':');
    if (colon == 0)
        return false;
    struct kin_span host = kin_span_first(text, colon - 1);
    *ret_port = kin_span_skip(text, colon);
    *ret_v6 = host.n >= 2 && host.p[0] == '[';
    if (*ret_v6 && host.p[host.n - 1] != ']')
        return false;
    *ret_host = *ret_v6 ? kin_span_make(host.p + 1, host.n - 2) : host;
    return true;
}

int kin_addr_parse(const char *text, union kin_addr *ret)
{
    struct kin_span host, port_text;
    bool v6;
    uint64_t port;
    union kin_addr a;
    memset(&a, 0, sizeof a);
    if (!split_port(kin_span_str(text), &host, &port_text, &v6) || !kin_lex_u64(port_text, UINT16_MAX, &port))
        return KIN_EINVAL;
    int err = v6 ? parse_v6(host, &a) : parse_v4(host, &a);
    if (err != KIN_OK)
        return err;
    kin_addr_set_port(&a, (uint16_t)port);
    *ret = a;
    return KIN_OK;
}

void kin_addr_format_host(const union kin_addr *a, char dst[KIN_ADDR_TEXT])
{
    union kin_addr u = *a;
    char scope[IF_NAMESIZE + 1] = "";
    char host[INET6_ADDRSTRLEN] = "?";
    kin_addr_unmap(&u);
    if (u.sa.sa_family == AF_INET)
        inet_ntop(AF_INET, &u.v4.sin_addr, host, sizeof host);
    else if (u.sa.sa_family == AF_INET6)
        inet_ntop(AF_INET6, &u.v6.sin6_addr, host, sizeof host);
    if (u.sa.sa_family == AF_INET6 && u.v6.sin6_scope_id != 0) {
        scope[0] = '%';
        if (if_indextoname(u.v6.sin6_scope_id, scope + 1) == NULL)
            snprintf(scope, sizeof scope, "%%%u", u.v6.sin6_scope_id);
    }
    snprintf(dst, KIN_ADDR_TEXT, "%s%s", host, scope);
}

void kin_addr_format(const union kin_addr *a, char dst[KIN_ADDR_TEXT])
{
    char host[KIN_ADDR_TEXT];
    bool brackets = a->sa.sa_family == AF_INET6 && !kin_addr_is_ipv4(a);
    kin_addr_format_host(a, host);
    // The host is at most 45 + 16 bytes, so that nothing is cut in practice; the precision tells the compiler.
    snprintf(dst, KIN_ADDR_TEXT, brackets ? "[%.54s]:%u" : "%.56s:%u", host, kin_addr_port(a));
}

uint16_t kin_addr_port(const union kin_addr *a)
{
    return ntohs(a->sa.sa_family == AF_INET6 ? a->v6.sin6_port : a->v4.sin_port);
}

void kin_addr_set_port(union kin_addr *a, uint16_t port)
{
    if (a->sa.sa_family == AF_INET6)
        a->v6.sin6_port = htons(port);
    else
        a->v4.sin_port = htons(port);
}

bool kin_addr_is_ipv4(const union kin_addr *a)
{
    return a->sa.sa_family == AF_INET || (a->sa.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&a->v6.sin6_addr));
}

void kin_addr_unmap(union kin_addr *a)
{
    if (a->sa.sa_family != AF_INET6 || !kin_addr_is_ipv4(a))
        return;
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = a->v6.sin6_port};
    memcpy(&v4.sin_addr, &a->v6.sin6_addr.s6_addr[12], 4);
    memset(a, 0, sizeof *a);
    a->v4 = v4;
}

void kin_addr_map(union kin_addr *a)
{
    if (a->sa.sa_family != AF_INET)
        return;
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = a->v4.sin_port};
    v6.sin6_addr.s6_addr[10] = 0xff;
    v6.sin6_addr.s6_addr[11] = 0xff;
    memcpy(&v6.sin6_addr.s6_addr[12], &a->v4.sin_addr, 4);
    a->v6 = v6;
}

bool kin_addr_same_host(const union kin_addr *a, const union kin_addr *b)
{
    union kin_addr x = *a, y = *b;
    kin_addr_map(&x);
    kin_addr_map(&y);
    if (x.sa.sa_family != y.sa.sa_family || x.sa.sa_family != AF_INET6)
        return x.sa.sa_family == y.sa.sa_family; // an address is the same as itself, also one of no family
    return memcmp(&x.v6.sin6_addr, &y.v6.sin6_addr, sizeof x.v6.sin6_addr) == 0 &&
           x.v6.sin6_scope_id == y.v6.sin6_scope_id;
}

bool kin_addr_same(const union kin_addr *a, const union kin_addr *b)
{
    return kin_addr_same_host(a, b) && kin_addr_port(a) == kin_addr_port(b);
}

uint32_t kin_addr_hash(const union kin_addr *a)
{
    union kin_addr m = *a;
    kin_addr_map(&m);
    uint32_t h = 2166136261u; // FNV-1a over address and port
    const uint8_t *host = m.v6.sin6_addr.s6_addr;
    for (size_t i = 0; i < 16; i++)
        h = (h ^ host[i]) * 16777619u;
    h = (h ^ (kin_addr_port(&m) & 0xffu)) * 16777619u;
    h = (h ^ (kin_addr_port(&m) >> 8)) * 16777619u;
    return h ^ h >> 15;
}

socklen_t kin_addr_len(const union kin_addr *a)
{
    return a->sa.sa_family == AF_INET6 ? sizeof a->v6 : sizeof a->v4;
}
