// Intrusive hash table: an array of lists, chosen by the hash of a key. kin_list_push_back() inserts a node into its
// key's list, walking that list finds it, and kin_list_remove() removes it.
#ifndef KIN_BASE_TABLE_H
#define KIN_BASE_TABLE_H

#include <stdint.h>

#include "base/list.h"

struct kin_table {
    struct kin_list *lists;
    unsigned bits;
};

// `lists` is an array of 1 << bits lists, 1 <= bits <= 31, all bytes 0. The caller owns it and keeps it as long as the
// table is used.
static inline void kin_table_init(struct kin_table *t, struct kin_list *lists, unsigned bits)
{
    *t = (struct kin_table){lists, bits};
}

// All bits of `key` count, so that keys may be numbers that follow each other. (Multiplicative hashing, Knuth, The Art
// of Computer Programming, volume 3, 6.4.)
static inline uint64_t kin_hash(uint64_t key)
{
    key = (key ^ key >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    return (key ^ key >> 32) * UINT64_C(0xbf58476d1ce4e5b9);
}

// A list is initialised when it is first asked for, so that a large table takes memory as it fills.
static inline struct kin_list *kin_table_at(const struct kin_table *t, uint64_t number)
{
    if (t->lists[number].next == NULL)
        kin_list_init(&t->lists[number]);
    return &t->lists[number];
}

// The list that holds the nodes with this key, among others.
static inline struct kin_list *kin_table_list(const struct kin_table *t, uint64_t key)
{
    return kin_table_at(t, kin_hash(key) >> (64 - t->bits));
}

// Walks what is in all lists, as KIN_LIST_EACH_OF().
#define KIN_TABLE_EACH_OF(type, it, t, member)                                                                         \
    for (uint64_t it##_list = 0; it##_list < UINT64_C(1) << (t)->bits; it##_list++)                                    \
        KIN_LIST_EACH_OF(type, it, kin_table_at(t, it##_list), member)

#endif
