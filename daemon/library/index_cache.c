// A hash of entries and one list of them by last use, for both kinds of eviction: indexes first, then entries.
#include "library/index_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"

#define TABLE_BITS 10

struct index_cache {
    struct kin_table by_version; // struct index_entry
    struct kin_list lists[1 << TABLE_BITS];
    struct kin_list by_use; // oldest first
    size_t entries, reels, reels_max, bytes, limit;
    void (*release)(void *ctx, const struct kin_reel *reel);
    void *release_ctx;
};

static struct index_facts facts_of(const struct kin_reel *reel, const struct conversion_survey *survey)
{
    return (struct index_facts){.width = reel->width,
                                .height = reel->height,
                                .frames = reel->frame_count,
                                .rate_num = reel->rate_num,
                                .rate_den = reel->rate_den,
                                .duration_ts = reel->duration_ts,
                                .survey = *survey};
}

struct index_cache *index_cache_new(void)
{
    struct index_cache *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    kin_table_init(&c->by_version, c->lists, TABLE_BITS);
    kin_list_init(&c->by_use);
    c->reels_max = INDEX_CACHE_REELS_MAX;
    return c;
}

void index_cache_free(struct index_cache *c)
{
    if (c == NULL)
        return;
    index_cache_clear(c);
    free(c);
}

static struct kin_list *list_of(struct index_cache *c, const struct file_version *v)
{
    return kin_table_list(&c->by_version, kin_hash(v->inode ^ kin_hash(v->device)) ^ (uint64_t)v->mtime_ns ^ v->size);
}

static bool same_version(const struct file_version *a, const struct file_version *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size && a->mtime_ns == b->mtime_ns;
}

struct index_entry *index_cache_find(struct index_cache *c, const struct file_version *version)
{
    KIN_LIST_EACH_OF(struct index_entry, entry, list_of(c, version), by_version) {
        if (!same_version(&entry->version, version))
            continue;
        kin_list_remove(&entry->by_use);
        kin_list_push_back(&c->by_use, &entry->by_use);
        entry->used_at = 0;
        return entry;
    }
    return NULL;
}

// --- letting go

static void drop_reel(struct index_cache *c, struct index_entry *entry)
{
    if (entry->reel == NULL)
        return;
    if (c->release != NULL)
        c->release(c->release_ctx, entry->reel);
    kin_reel_unref(entry->reel);
    entry->reel = NULL;
    c->bytes -= entry->reel_bytes;
    c->reels--;
}

void index_cache_on_drop(struct index_cache *c, void (*release)(void *ctx, const struct kin_reel *reel), void *ctx)
{
    c->release = release;
    c->release_ctx = ctx;
}

static bool is_used(const struct index_entry *entry)
{
    if (entry->reel == NULL)
        return entry->state == INDEX_BUILDING;
    return kin_ref_is_shared(&entry->reel->refs);
}

bool index_cache_move(struct index_cache *c, struct index_entry *entry, const struct file_version *version)
{
    if (same_version(&entry->version, version))
        return true;
    if (index_cache_find(c, version) != NULL)
        return false;
    kin_list_remove(&entry->by_version);
    entry->version = *version;
    kin_list_push_back(list_of(c, version), &entry->by_version);
    return true;
}

void index_cache_remove(struct index_cache *c, struct index_entry *entry)
{
    drop_reel(c, entry);
    kin_list_remove(&entry->by_version);
    kin_list_remove(&entry->by_use);
    c->entries--;
    free(entry);
}

void index_cache_clear(struct index_cache *c)
{
    KIN_LIST_EACH_OF(struct index_entry, entry, &c->by_use, by_use) {
        if (entry->state == INDEX_BUILDING)
            continue;
        index_cache_remove(c, entry);
    }
}

// Drops indexes that nobody uses, the longest unused first, until `more` bytes fit.
static void make_room(struct index_cache *c, size_t more)
{
    KIN_LIST_EACH_OF(struct index_entry, entry, &c->by_use, by_use) {
        if (c->bytes + more <= c->limit && c->reels < c->reels_max)
            return;
        if (!is_used(entry))
            drop_reel(c, entry);
    }
}

void index_cache_set_limit(struct index_cache *c, size_t bytes)
{
    c->limit = bytes;
    make_room(c, 0);
}

void index_cache_set_reels(struct index_cache *c, size_t count)
{
    c->reels_max = count < INDEX_CACHE_REELS_MAX ? count : INDEX_CACHE_REELS_MAX;
}

// An index that is new since the last call counts as used now.
void index_cache_tidy(struct index_cache *c, kin_us now)
{
    KIN_LIST_EACH_OF(struct index_entry, entry, &c->by_use, by_use) {
        if (entry->reel == NULL)
            continue;
        bool fresh = entry->used_at == 0 || now - entry->used_at < INDEX_CACHE_KEEP_US;
        if (entry->used_at == 0 || (!fresh && is_used(entry)))
            entry->used_at = now;
        else if (!fresh)
            drop_reel(c, entry);
    }
}

static bool forget_oldest(struct index_cache *c)
{
    KIN_LIST_EACH_OF(struct index_entry, entry, &c->by_use, by_use) {
        if (!is_used(entry)) {
            index_cache_remove(c, entry);
            return true;
        }
    }
    return false;
}

// --- coming in

struct index_entry *index_cache_add(struct index_cache *c, const struct file_version *version)
{
    if (c->entries >= INDEX_CACHE_ENTRIES_MAX && !forget_oldest(c))
        return NULL;
    struct index_entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return NULL;
    entry->version = *version;
    entry->state = INDEX_BUILDING;
    kin_list_push_back(list_of(c, version), &entry->by_version);
    kin_list_push_back(&c->by_use, &entry->by_use);
    c->entries++;
    return entry;
}

void index_cache_building(struct index_entry *entry)
{
    entry->state = INDEX_BUILDING;
}

void index_cache_survey_logged(struct index_entry *entry, bool logged)
{
    entry->survey_logged = logged;
}

bool index_cache_ready(struct index_cache *c, struct index_entry *entry, struct kin_reel *reel,
                       const struct conversion_survey *survey)
{
    size_t bytes = sizeof *reel + (size_t)reel->frame_count * sizeof reel->frames[0];
    entry->state = INDEX_READY;
    entry->facts = facts_of(reel, survey);
    drop_reel(c, entry);
    make_room(c, bytes);
    if (c->bytes + bytes > c->limit)
        return false;
    entry->reel = kin_reel_ref(reel);
    entry->used_at = 0;
    entry->reel_bytes = bytes;
    c->bytes += bytes;
    c->reels++;
    return true;
}

void index_cache_failed(struct index_cache *c, struct index_entry *entry, int err, const char *why)
{
    drop_reel(c, entry);
    entry->state = INDEX_FAILED;
    entry->err = err;
    kin_span_copy(kin_span_str(why), entry->why, sizeof entry->why);
}
