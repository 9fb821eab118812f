// Intrusive doubly linked list. A head and a free node point at themselves.
#ifndef KIN_BASE_LIST_H
#define KIN_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct kin_list {
    struct kin_list *prev;
    struct kin_list *next;
};

#define KIN_CONTAINER(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

// Walks the nodes; the current one may be removed (and freed) on the way.
#define KIN_LIST_EACH(it, head)                                                                                        \
    for (struct kin_list *it = (head)->next, *it##_next = it->next; it != (head); it = it##_next, it##_next = it->next)

// The same for what the nodes are members of: `it` is a `type *`.
#define KIN_LIST_EACH_OF(type, it, head, member)                                                                       \
    for (type *it = KIN_CONTAINER((head)->next, type, member),                                                         \
              *it##_next = KIN_CONTAINER(it->member.next, type, member);                                               \
         &it->member != (head); it = it##_next, it##_next = KIN_CONTAINER(it->member.next, type, member))

static inline void kin_list_init(struct kin_list *l)
{
    l->prev = l;
    l->next = l;
}

static inline bool kin_list_empty(const struct kin_list *l)
{
    return l->next == l;
}

static inline void kin_list_push_back(struct kin_list *head, struct kin_list *node)
{
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}

// Takes a node out of whatever list it is in; harmless on a free node.
static inline void kin_list_remove(struct kin_list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    kin_list_init(node);
}

#endif
