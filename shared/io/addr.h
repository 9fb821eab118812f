// Socket addresses: parse, print, compare. Both families; IPv4-mapped IPv6 counts as IPv4.
#ifndef KIN_IO_ADDR_H
#define KIN_IO_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

union kin_addr {
    struct sockaddr sa;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

#define KIN_ADDR_TEXT 64 // "[ffff:...%scope]:65535" and NUL

// "127.0.0.1:8554", "[::1]:8554", ":8554" and "*:8554" (any address), "[::]:0". No host names. KIN_OK or KIN_EINVAL.
int kin_addr_parse(const char *text, union kin_addr *ret);
// With port and brackets; IPv4-mapped ones as IPv4.
void kin_addr_format(const union kin_addr *a, char dst[KIN_ADDR_TEXT]);
void kin_addr_format_host(const union kin_addr *a, char dst[KIN_ADDR_TEXT]); // without port and brackets

uint16_t kin_addr_port(const union kin_addr *a);
void kin_addr_set_port(union kin_addr *a, uint16_t port);
bool kin_addr_same(const union kin_addr *a, const union kin_addr *b); // address and port
bool kin_addr_same_host(const union kin_addr *a, const union kin_addr *b);
uint32_t kin_addr_hash(const union kin_addr *a); // of address and port
bool kin_addr_is_ipv4(const union kin_addr *a);  // also IPv4-mapped
void kin_addr_unmap(union kin_addr *a);          // IPv4-mapped IPv6 -> IPv4
void kin_addr_map(union kin_addr *a);            // IPv4 -> IPv4-mapped IPv6
socklen_t kin_addr_len(const union kin_addr *a);

#endif
