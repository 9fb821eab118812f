// Searching and sorting the library.
#include "model/library_order.h"

#include <stdlib.h>
#include <string.h>

struct order {
    const struct listing_entry *entries;
    enum library_sort sort;
};

static double weight(const struct listing_entry *e, enum library_sort sort)
{
    if (e->is_directory)
        return 0;
    switch (sort) {
    case LIBRARY_BY_DURATION:
        return e->duration;
    case LIBRARY_BY_SIZE:
        return (double)e->bytes;
    case LIBRARY_BY_PICTURE:
        return (double)e->width * e->height;
    case LIBRARY_BY_NAME:
    case LIBRARY_SORT_COUNT:
        break;
    }
    return 0;
}

static int compare(const void *a, const void *b, void *ctx)
{
    const struct order *o = ctx;
    uint16_t i = *(const uint16_t *)a, k = *(const uint16_t *)b;
    const struct listing_entry *one = &o->entries[i], *other = &o->entries[k];
    double difference = weight(other, o->sort) - weight(one, o->sort);
    if (one->is_directory != other->is_directory)
        return one->is_directory ? -1 : 1;
    if (difference < 0 || difference > 0)
        return difference < 0 ? -1 : 1;
    return i - k;
}

// What is found begins before the name's ending, which most have in common.
static bool matches(const struct listing_entry *e, const char *search)
{
    const char *found = strcasestr(e->name, search), *ending = e->is_directory ? NULL : strrchr(e->name, '.');
    return search[0] == '\0' || (found != NULL && (ending == NULL || found < ending));
}

size_t library_order(const struct listing *l, enum library_sort sort, const char *search, uint16_t lines[LISTING_MAX])
{
    struct order o = {l->entries, sort};
    size_t count = 0;
    for (size_t i = 0; i < l->count; i++)
        if (matches(&l->entries[i], search))
            lines[count++] = (uint16_t)i;
    qsort_r(lines, count, sizeof *lines, compare, &o);
    return count;
}
