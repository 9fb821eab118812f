// io/addr: text forms, IPv4-mapped addresses, comparison and hash.
#include "base/err.h"
#include "io/addr.h"
#include "unit.h"

static void check_round_trip(const char *in, const char *out)
{
    union kin_addr a;
    char text[KIN_ADDR_TEXT];
    CHECK_INT(kin_addr_parse(in, &a), KIN_OK);
    kin_addr_format(&a, text);
    CHECK_SPAN(kin_span_str(text), out);
out:;
}

TEST(addresses_print_as_they_were_written)
{
    check_round_trip("127.0.0.1:8554", "127.0.0.1:8554");
    check_round_trip(":8554", "0.0.0.0:8554");
    check_round_trip("*:0", "0.0.0.0:0");
    check_round_trip("[::]:0", "[::]:0");
    check_round_trip("[2001:db8::1]:65535", "[2001:db8::1]:65535");
    check_round_trip("[fe80::1%lo]:1", "[fe80::1%lo]:1");
    check_round_trip("[fe80::1%1]:1", "[fe80::1%lo]:1");
    check_round_trip("[::ffff:10.0.0.1]:554", "10.0.0.1:554");
    check_round_trip("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4000000000]:65535",
                     "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4000000000]:65535");
}

TEST(what_is_no_address_is_refused)
{
    static const char *const bad[] = {"",
                                      ":",
                                      "localhost:554",
                                      "127.0.0.1",
                                      "127.0.0.1:65536",
                                      "1.2.3:4",
                                      "[::1]",
                                      "[::1:5",
                                      "::1:5",
                                      "[::1]x:5",
                                      "[fe80::1%]:1",
                                      "[]:1",
                                      "1.2.3.4:+1",
                                      "1.2.3.4: 1",
                                      "[127.0.0.1]:1",
                                      "[fe80::1%no-such-interface]:1"};
    union kin_addr a = {.v4 = {.sin_family = AF_UNIX}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_INT(kin_addr_parse(bad[i], &a), KIN_EINVAL);
    CHECK_INT(a.sa.sa_family, AF_UNIX); // untouched on failure
out:;
}

TEST(a_mapped_address_is_the_ipv4_address)
{
    union kin_addr none = {.sa = {.sa_family = AF_UNSPEC}};
    union kin_addr v4, mapped, other;
    CHECK_INT(kin_addr_parse("10.1.2.3:5000", &v4), KIN_OK);
    CHECK_INT(kin_addr_parse("[::ffff:10.1.2.3]:5000", &mapped), KIN_OK);
    CHECK_INT(kin_addr_parse("10.1.2.3:5001", &other), KIN_OK);
    CHECK(kin_addr_is_ipv4(&v4) && kin_addr_is_ipv4(&mapped));
    CHECK(kin_addr_same(&v4, &mapped));
    CHECK(!kin_addr_same(&v4, &other));
    CHECK(kin_addr_same(&none, &none) && !kin_addr_same(&none, &v4)); // of a peer that is gone already
    CHECK(kin_addr_same_host(&mapped, &other));
    CHECK_INT(kin_addr_hash(&v4), kin_addr_hash(&mapped));
    CHECK(kin_addr_hash(&v4) != kin_addr_hash(&other));
    kin_addr_map(&v4);
    CHECK_INT(v4.sa.sa_family, AF_INET6);
    CHECK_INT(kin_addr_len(&v4), sizeof(struct sockaddr_in6));
    kin_addr_unmap(&v4);
    CHECK_INT(v4.sa.sa_family, AF_INET);
    CHECK_INT(kin_addr_port(&v4), 5000);
out:;
}

TEST(the_host_prints_without_port)
{
    union kin_addr a;
    char text[KIN_ADDR_TEXT];
    CHECK_INT(kin_addr_parse("[2001:db8::1]:80", &a), KIN_OK);
    kin_addr_format_host(&a, text);
    CHECK_SPAN(kin_span_str(text), "2001:db8::1");
    kin_addr_set_port(&a, 81);
    CHECK_INT(kin_addr_port(&a), 81);
out:;
}
