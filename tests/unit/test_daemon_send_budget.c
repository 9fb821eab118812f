// Memory that waits for peers: unread viewers once held 60 MB each, without any bound in all.
#include "base/err.h"
#include "delivery/send_budget.h"
#include "unit.h"

#define MIB ((size_t)1 << 20)
#define MAX (256 * MIB)
#define SHARE (MAX / SEND_BUDGET_ADDRESS_PART)
#define PEERS 64

static union kin_addr at(unsigned host)
{
    union kin_addr a = {.v4 = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(0x0a000000 + host)}}};
    return a;
}

static void on_ring(void *ctx)
{
    ++*(int *)ctx;
}

// A budget and peers that read nothing: what is admitted stays.
struct crowd {
    struct send_budget *budget;
    struct send_bell bell;
    int rings;
    struct send_account *accounts[PEERS];
    size_t held[PEERS];
};

static int gather(struct crowd *c, unsigned count, unsigned addresses)
{
    *c = (struct crowd){.budget = send_budget_new(MAX)};
    c->bell = (struct send_bell){on_ring, &c->rings};
    int err = c->budget != NULL ? KIN_OK : KIN_ENOMEM;
    for (unsigned i = 0; err == KIN_OK && i < count; i++) {
        union kin_addr peer = at(i % addresses);
        err = send_budget_open(c->budget, &peer, &c->bell, &c->accounts[i]);
    }
    return err;
}

static bool queue(struct crowd *c, unsigned i, size_t bytes, kin_us now)
{
    if (!send_budget_admits(c->accounts[i], bytes, now))
        return false;
    c->held[i] += bytes;
    send_budget_update(c->accounts[i], c->held[i], c->held[i] == bytes ? now : 0);
    return true;
}

static void dismiss(struct crowd *c)
{
    for (unsigned i = 0; i < PEERS; i++)
        send_budget_close(c->accounts[i]);
    send_budget_free(c->budget);
}

TEST(one_peer_gets_half_of_its_addresss_part)
{
    struct crowd c;
    CHECK_INT(gather(&c, 1, 1), KIN_OK);
    while (queue(&c, 0, MIB, 0))
        continue;
    const size_t half = (SHARE - SHARE / SEND_BUDGET_HEADROOM) / 2; // the rest is for those who hold nothing
    CHECK_INT(c.held[0], half);
    CHECK_INT(send_budget_used(c.budget), half);
    CHECK_INT(c.rings, 0); // losing frames is enough
out:
    dismiss(&c);
}

TEST(any_number_of_peers_stays_within_the_budget)
{
    struct crowd c;
    for (unsigned addresses = 1; addresses <= PEERS; addresses *= 2) {
        CHECK_INT(gather(&c, PEERS, addresses), KIN_OK);
        for (kin_us now = 0; now < 100; now++)
            for (unsigned i = 0; i < PEERS; i++)
                queue(&c, i, 4 * MIB, now);
        size_t most = addresses < SEND_BUDGET_ADDRESS_PART ? addresses * SHARE : MAX;
        CHECK(send_budget_used(c.budget) <= most);
        CHECK(send_budget_used(c.budget) >= most / 2);
        CHECK_INT(c.rings, 0); // nobody has waited long enough
        dismiss(&c);
        c.budget = NULL;
    }
    return;
out:
    dismiss(&c);
}

// Those who hold most lose first: a peer that reads finds room beside any that do not.
TEST(a_peer_that_reads_finds_room)
{
    struct crowd c;
    CHECK_INT(gather(&c, 21, 20), KIN_OK);
    for (unsigned round = 0; round < 100; round++)
        for (unsigned i = 0; i < 20; i++)
            queue(&c, i, MIB, 0);
    for (unsigned frame = 0; frame < 100; frame++) {
        CHECK(queue(&c, 20, MIB, 0)); // from the address of peer 0
        c.held[20] = 0;
        send_budget_update(c.accounts[20], 0, 0);
    }
    CHECK(!queue(&c, 0, MIB, 0));
out:
    dismiss(&c);
}

// Addresses that come again and again with an empty queue, and leave what they get unread.
TEST(newcomers_of_few_addresses_do_not_fill_the_budget)
{
    const union kin_addr peer = at(1000);
    struct send_account *viewer = NULL;
    struct crowd c;
    for (unsigned addresses = 1; addresses <= 31; addresses++) {
        CHECK_INT(gather(&c, PEERS, addresses), KIN_OK);
        for (unsigned i = 0; i < PEERS; i++)
            queue(&c, i, 4 * MIB, 0);
        CHECK_INT(send_budget_open(c.budget, &peer, &c.bell, &viewer), KIN_OK);
        CHECK(send_budget_admits(viewer, MAX / (2 * addresses + 1) / 2, 0));
        send_budget_close(viewer);
        dismiss(&c);
        c.budget = NULL;
        viewer = NULL;
    }
    return;
out:
    send_budget_close(viewer);
    dismiss(&c);
}

TEST(who_finds_no_room_drops_whoever_waited_longest)
{
    struct crowd c;
    unsigned full = (unsigned)(SHARE / (4 * MIB));
    CHECK_INT(gather(&c, full + 1, 1), KIN_OK);
    for (unsigned i = 0; i < full; i++)
        CHECK(queue(&c, i, 4 * MIB, 1000 + (i + 7) % full)); // number full - 7 is the first
    kin_us late = 1000 + SEND_BUDGET_PATIENCE_US;
    CHECK(!queue(&c, full, 4 * MIB, late - 1));
    CHECK_INT(c.rings, 0); // too early by a microsecond
    CHECK(!queue(&c, full, 4 * MIB, late + SEND_BUDGET_LOOK_US));
    CHECK_INT(c.rings, 1);
    CHECK(send_budget_is_dropped(c.accounts[full - 7]));
    CHECK(!queue(&c, full, 4 * MIB, late + 2 * SEND_BUDGET_LOOK_US));
    CHECK_INT(c.rings, 1); // one leaves already
    CHECK(!send_budget_admits(c.accounts[full - 7], 1, late));
    send_budget_close(c.accounts[full - 7]);
    c.accounts[full - 7] = NULL;
    CHECK(queue(&c, full, 4 * MIB, late + 2 * SEND_BUDGET_LOOK_US));
    CHECK_INT(c.rings, 1);
out:
    dismiss(&c);
}

TEST(another_addresss_part_is_not_touched)
{
    struct crowd c;
    CHECK_INT(gather(&c, 4, 2), KIN_OK); // 0 and 2 of one address, 1 and 3 of the other
    CHECK(queue(&c, 1, MIB, 0));         // waited longest of all
    CHECK(queue(&c, 0, SHARE, 1));
    CHECK(!queue(&c, 2, MIB, 10 * KIN_US_PER_S));
    CHECK(send_budget_is_dropped(c.accounts[0]));
    CHECK(!send_budget_is_dropped(c.accounts[1]));
out:
    dismiss(&c);
}

TEST(a_frame_longer_than_the_part_goes_where_nothing_else_waits)
{
    struct crowd c;
    CHECK_INT(gather(&c, 2, 1), KIN_OK);
    send_budget_set(c.budget, MIB);
    CHECK(queue(&c, 0, 16 * MIB, 0));
    CHECK(!queue(&c, 0, 16 * MIB, 0));
    CHECK(!queue(&c, 1, 1, 0));
    CHECK_INT(c.rings, 0);
    send_budget_update(c.accounts[0], 0, 0);
    c.held[0] = 0;
    CHECK(queue(&c, 1, 16 * MIB, 0));
out:
    dismiss(&c);
}

// Replies are queued unasked, within bounds of their own. Far above the maximum nobody is given time.
TEST(far_above_the_maximum_patience_ends)
{
    struct crowd c;
    CHECK_INT(gather(&c, 3, 3), KIN_OK);
    send_budget_set(c.budget, 4 * MIB);
    send_budget_update(c.accounts[0], 8 * MIB, 2);
    send_budget_update(c.accounts[1], 8 * MIB, 1);
    CHECK_INT(c.rings, 0);
    send_budget_update(c.accounts[2], 8 * MIB, 3);
    CHECK_INT(c.rings, 1);
    CHECK(send_budget_is_dropped(c.accounts[1]));
    send_budget_update(c.accounts[2], 9 * MIB, 3);
    CHECK_INT(c.rings, 1); // that one's memory counts as free already
    send_budget_close(c.accounts[1]);
    c.accounts[1] = NULL;
    CHECK_INT(send_budget_used(c.budget), 17 * MIB);
out:
    dismiss(&c);
}

// Frames that are being read are on their way to the queue: without a reservation everybody would see the same room.
TEST(room_is_kept_for_what_is_being_read)
{
    struct crowd c;
    CHECK_INT(gather(&c, 3, 1), KIN_OK);
    CHECK(send_budget_reserve(c.accounts[0], SHARE / 2, 0));
    CHECK(send_budget_reserve(c.accounts[1], SHARE / 2, 0));
    CHECK(!send_budget_admits(c.accounts[2], 1, 10 * KIN_US_PER_S));
    CHECK_INT(c.rings, 0); // nothing waits yet
    send_budget_release(c.accounts[0], SHARE / 2);
    CHECK(send_budget_admits(c.accounts[2], 1, 0));
    send_budget_update(c.accounts[1], SHARE / 2, 0); // queued, and still reserved
    CHECK_INT(send_budget_used(c.budget), SHARE);
    send_budget_release(c.accounts[1], SHARE / 2);
    CHECK_INT(send_budget_used(c.budget), SHARE / 2);
    CHECK(send_budget_reserve(c.accounts[2], MIB, 0));
    send_budget_close(c.accounts[2]); // with its reservation
    c.accounts[2] = NULL;
    CHECK_INT(send_budget_used(c.budget), SHARE / 2);
    CHECK(send_budget_reserve(NULL, 1, 0));
    send_budget_release(NULL, 1);
out:
    dismiss(&c);
}

// Two connections that were reset before their address could be read.
TEST(peers_without_an_address_share_a_part)
{
    union kin_addr none = {.sa = {.sa_family = AF_UNSPEC}};
    struct crowd c;
    CHECK_INT(gather(&c, 0, 1), KIN_OK);
    for (unsigned i = 0; i < 2; i++)
        CHECK_INT(send_budget_open(c.budget, &none, &c.bell, &c.accounts[i]), KIN_OK);
    CHECK(queue(&c, 0, SHARE, 0));
    CHECK(!queue(&c, 1, 1, 0));
out:
    dismiss(&c);
}

TEST(without_an_account_all_is_admitted)
{
    CHECK(send_budget_admits(NULL, SIZE_MAX, 0));
    send_budget_close(NULL);
    send_budget_free(NULL);
out:;
}
