// What is known of files, by file version: facts of reels (kept long), their indexes (kept while memory allows) and
// files that are not reels. Not thread-safe: the catalogue locks.
#ifndef DAEMON_INDEX_CACHE_H
#define DAEMON_INDEX_CACHE_H

#include "base/list.h"
#include "base/time.h"
#include "library/beneath.h"
#include "library/conversion_survey.h"
#include "media/reel.h"

#define INDEX_CACHE_ENTRIES_MAX 20000 // files whose facts are remembered
#define INDEX_CACHE_REELS_MAX 256     // indexes, each with its file open; above that, none is kept unused

#define INDEX_CACHE_KEEP_US (600 * KIN_US_PER_S) // an index that nobody uses is dropped after this, and its file closed

struct index_facts {
    uint16_t width, height;
    uint32_t frames, rate_num, rate_den;
    uint64_t duration_ts; // 90 kHz
    struct conversion_survey survey;
    unsigned permille; // progress of the index, while the rest is not known
};

struct build_work; // of the catalogue

enum index_state { INDEX_BUILDING, INDEX_READY, INDEX_FAILED };

struct index_entry {
    struct kin_list by_version, by_use; // nodes
    struct file_version version;
    enum index_state state;
    struct build_work *build; // while BUILDING; else NULL
    struct index_facts facts; // READY
    bool survey_logged;
    kin_us used_at;        // as far as index_cache_tidy() has seen
    struct kin_reel *reel; // READY; NULL when it was dropped to save memory
    size_t reel_bytes;
    int err; // FAILED
    char why[KIN_MEDIA_WHY_MAX];
};

struct index_cache;

struct index_cache *index_cache_new(void); // NULL when out of memory
// No entry may be BUILDING. Accepts NULL.
void index_cache_free(struct index_cache *c);
void index_cache_set_limit(struct index_cache *c, size_t bytes);
// At most INDEX_CACHE_REELS_MAX; takes effect when the next index is added.
void index_cache_set_reels(struct index_cache *c, size_t count);

// Sets the function that is called when an unused index is dropped, so that others (the frame cache) drop what they
// keep of the reel. It is called under the lock that guards this cache.
void index_cache_on_drop(struct index_cache *c, void (*release)(void *ctx, const struct kin_reel *reel), void *ctx);

// NULL when unknown. Counts as a use.
struct index_entry *index_cache_find(struct index_cache *c, const struct file_version *version);
// A new entry, BUILDING. NULL when out of memory, or when so many are being built that none can be let go.
struct index_entry *index_cache_add(struct index_cache *c, const struct file_version *version);
// It is built, once more: -> BUILDING. `build` is the caller's to set.
void index_cache_building(struct index_entry *entry);
// Whether the log has said what the conversion of its reel takes.
void index_cache_survey_logged(struct index_entry *entry, bool logged);
// BUILDING -> READY; takes a reference of its own to the reel. False: there is no memory to keep the index.
bool index_cache_ready(struct index_cache *c, struct index_entry *entry, struct kin_reel *reel,
                       const struct conversion_survey *survey);
void index_cache_failed(struct index_cache *c, struct index_entry *entry, int err, const char *why);
// The file turned out to have another version. False, and nothing changes, when that one has an entry already.
bool index_cache_move(struct index_cache *c, struct index_entry *entry, const struct file_version *version);
void index_cache_remove(struct index_cache *c, struct index_entry *entry); // not while somebody waits for it
// Forgets everything that is not being built (the frame rate for reels changed).
void index_cache_clear(struct index_cache *c);
// Drops indexes that were not used for INDEX_CACHE_KEEP_US: each holds a file open, which may have been deleted.
void index_cache_tidy(struct index_cache *c, kin_us now);

#endif
