// base/table: what was entered is found under its key, and keys that follow each other spread.
#include "base/table.h"
#include "unit.h"

#define BITS 8
#define LISTS (1u << BITS)

struct item {
    struct kin_list node;
    uint64_t key;
};

static size_t length(const struct kin_list *list)
{
    size_t n = 0;
    KIN_LIST_EACH(node, list)
    n++;
    return n;
}

static const struct item *find(const struct kin_table *t, uint64_t key)
{
    KIN_LIST_EACH_OF(const struct item, item, kin_table_list(t, key), node)
        if (item->key == key)
            return item;
    return NULL;
}

// The longest list of a table of 16 * LISTS keys.
static size_t longest(uint64_t first, uint64_t step)
{
    struct kin_list lists[LISTS] = {{NULL, NULL}};
    static struct item items[16 * LISTS];
    struct kin_table t;
    size_t most = 0;
    kin_table_init(&t, lists, BITS);
    for (size_t i = 0; i < 16 * LISTS; i++) {
        items[i].key = first + i * step;
        kin_list_push_back(kin_table_list(&t, items[i].key), &items[i].node);
    }
    for (size_t i = 0; i < LISTS; i++)
        most = length(kin_table_at(&t, i)) > most ? length(kin_table_at(&t, i)) : most;
    return most;
}

TEST(what_is_entered_is_found_until_it_leaves)
{
    struct kin_list lists[LISTS] = {{NULL, NULL}};
    struct item a = {.key = 1}, b = {.key = UINT64_MAX};
    struct kin_table t;
    kin_table_init(&t, lists, BITS);
    CHECK(find(&t, 1) == NULL);
    kin_list_push_back(kin_table_list(&t, a.key), &a.node);
    kin_list_push_back(kin_table_list(&t, b.key), &b.node);
    CHECK(find(&t, 1) == &a && find(&t, UINT64_MAX) == &b && find(&t, 2) == NULL);
    kin_list_remove(&a.node);
    CHECK(find(&t, 1) == NULL && find(&t, UINT64_MAX) == &b);
out:;
}

TEST(a_walk_meets_every_node_and_may_remove_it)
{
    struct kin_list lists[LISTS] = {{NULL, NULL}};
    struct item items[100];
    struct kin_table t;
    size_t met = 0;
    kin_table_init(&t, lists, BITS);
    for (size_t i = 0; i < 100; i++) {
        items[i].key = i;
        kin_list_push_back(kin_table_list(&t, i), &items[i].node);
    }
    KIN_TABLE_EACH_OF(struct item, item, &t, node) {
        kin_list_remove(&item->node);
        met++;
    }
    CHECK(met == 100);
    for (size_t i = 0; i < LISTS; i++)
        CHECK(kin_list_empty(kin_table_at(&t, i)));
out:;
}

TEST(lists_are_not_touched_before_they_are_used)
{
    struct kin_list lists[LISTS] = {{NULL, NULL}};
    struct kin_table t;
    size_t touched = 0;
    kin_table_init(&t, lists, BITS);
    CHECK(find(&t, 1) == NULL);
    for (size_t i = 0; i < LISTS; i++)
        touched += lists[i].next != NULL;
    CHECK(touched == 1);
out:;
}

// Numbers one after another, multiples of powers of two, times, high bits alone: 16 are expected in each list.
TEST(keys_spread)
{
    CHECK(longest(0, 1) < 64);
    CHECK(longest(0, 4096) < 64);
    CHECK(longest(UINT64_C(1700000000000000000), 1000000000) < 64);
    CHECK(longest(0, UINT64_C(1) << 32) < 64);
    CHECK(longest(0, UINT64_C(1) << 44) < 64);
out:;
}
