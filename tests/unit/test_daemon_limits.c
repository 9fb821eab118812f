// Counting connections and sessions, in all and per client.
#include "base/err.h"
#include "ground/limits.h"
#include "unit.h"

static union kin_addr at(const char *text)
{
    union kin_addr a = {.v4 = {.sin_family = AF_INET}};
    kin_addr_parse(text, &a);
    return a;
}

TEST(limits_count_in_all_and_per_address)
{
    union kin_addr a = at("192.0.2.1:1000"), b = at("192.0.2.2:1000"), other_port = at("192.0.2.1:2000");
    struct limits *l = limits_new();
    CHECK(l != NULL);
    CHECK_INT(limits_acquire(l, LIMITS_SESSIONS, &a), LIMITS_TOTAL); // nothing is allowed until it is said
    limits_set(l, LIMITS_SESSIONS, &(struct limits_bounds){.total = 3, .per_address = 2});
    CHECK_INT(limits_acquire(l, LIMITS_SESSIONS, &a), LIMITS_OK);
    CHECK_INT(limits_acquire(l, LIMITS_SESSIONS, &other_port), LIMITS_OK);
    CHECK_INT(limits_acquire(l, LIMITS_SESSIONS, &a), LIMITS_ADDRESS);
    CHECK_INT(limits_acquire(l, LIMITS_CONNECTIONS, &a), LIMITS_TOTAL); // kinds are apart
    CHECK_INT(limits_acquire(l, LIMITS_SESSIONS, &b), LIMITS_OK);
    CHECK_INT(limits_acquire(l, LIMITS_SESSIONS, &b), LIMITS_TOTAL);
    limits_release(l, LIMITS_SESSIONS, &a);
    CHECK_INT(limits_count(l, LIMITS_SESSIONS), 2);
    CHECK_INT(limits_acquire(l, LIMITS_SESSIONS, &a), LIMITS_OK);
out:
    limits_free(l);
}

TEST(a_total_that_descriptors_set_is_named_so)
{
    union kin_addr a = at("192.0.2.1:1000");
    struct limits *l = limits_new();
    CHECK(l != NULL);
    limits_set(l, LIMITS_CONNECTIONS, &(struct limits_bounds){.total = 1, .per_address = 1, .by_descriptors = true});
    CHECK_INT(limits_acquire(l, LIMITS_CONNECTIONS, &a), LIMITS_OK);
    CHECK_INT(limits_acquire(l, LIMITS_CONNECTIONS, &a), LIMITS_NO_DESCRIPTORS);
out:
    limits_free(l);
}

TEST(limits_take_an_ipv6_network_as_one_client)
{
    union kin_addr a = at("[2001:db8:1:2::1]:9"), b = at("[2001:db8:1:2:ffff::9]:9"), c = at("[2001:db8:1:3::1]:9");
    struct limits *l = limits_new();
    CHECK(l != NULL);
    limits_set(l, LIMITS_CONNECTIONS, &(struct limits_bounds){.total = 10, .per_address = 1});
    CHECK_INT(limits_acquire(l, LIMITS_CONNECTIONS, &a), LIMITS_OK);
    CHECK_INT(limits_acquire(l, LIMITS_CONNECTIONS, &b), LIMITS_ADDRESS);
    CHECK_INT(limits_acquire(l, LIMITS_CONNECTIONS, &c), LIMITS_OK);
out:
    limits_free(l);
}

TEST(limits_take_mapped_ipv4_as_ipv4)
{
    union kin_addr a = at("192.0.2.1:1"), mapped = a;
    kin_addr_map(&mapped);
    struct limits *l = limits_new();
    CHECK(l != NULL);
    limits_set(l, LIMITS_CONNECTIONS, &(struct limits_bounds){.total = 10, .per_address = 1});
    CHECK_INT(limits_acquire(l, LIMITS_CONNECTIONS, &a), LIMITS_OK);
    CHECK_INT(limits_acquire(l, LIMITS_CONNECTIONS, &mapped), LIMITS_ADDRESS);
    limits_release(l, LIMITS_CONNECTIONS, &mapped);
    limits_release(l, LIMITS_CONNECTIONS, &mapped); // once too often is harmless
    CHECK_INT(limits_count(l, LIMITS_CONNECTIONS), 0);
out:
    limits_free(l);
}

TEST(limits_hold_many_addresses)
{
    struct limits *l = limits_new();
    union kin_addr a = at("10.0.0.0:1");
    CHECK(l != NULL);
    limits_set(l, LIMITS_SESSIONS, &(struct limits_bounds){.total = 1000, .per_address = 1});
    for (uint32_t i = 0; i < 100; i++) {
        a.v4.sin_addr.s_addr = htonl(0x0a000000 + i);
        CHECK_INT(limits_acquire(l, LIMITS_SESSIONS, &a), LIMITS_OK);
    }
    for (uint32_t i = 0; i < 100; i++) {
        a.v4.sin_addr.s_addr = htonl(0x0a000000 + i);
        limits_release(l, LIMITS_SESSIONS, &a);
    }
    CHECK_INT(limits_count(l, LIMITS_SESSIONS), 0);
out:
    limits_free(l);
}

// A connection that was reset before its address could be read was counted and never given back.
TEST(a_peer_without_an_address_is_given_back)
{
    union kin_addr none = {.sa = {.sa_family = AF_UNSPEC}};
    struct limits *l = limits_new();
    CHECK(l != NULL);
    limits_set(l, LIMITS_CONNECTIONS, &(struct limits_bounds){.total = 10, .per_address = 1});
    CHECK_INT(limits_acquire(l, LIMITS_CONNECTIONS, &none), LIMITS_OK);
    CHECK_INT(limits_acquire(l, LIMITS_CONNECTIONS, &none), LIMITS_ADDRESS);
    limits_release(l, LIMITS_CONNECTIONS, &none);
    CHECK_INT(limits_count(l, LIMITS_CONNECTIONS), 0);
    CHECK_INT(limits_acquire(l, LIMITS_CONNECTIONS, &none), LIMITS_OK);
out:
    limits_free(l);
}
