// From a path to a reel or a listing. Nothing here blocks the loop: files are opened on libuv's pool, indexes built and
// directories read by a few threads of the catalogue's own, so that long builds never hold up the reading of frames.
// An index is built once per file version; whoever asks meanwhile waits for the same build.
#ifndef DAEMON_CATALOGUE_H
#define DAEMON_CATALOGUE_H

#include "base/buf.h"
#include "media/reel.h"
#include "repair.h"
#include "worker.h"

#define CATALOGUE_BUILDERS 2
#define CATALOGUE_WAITING_MAX 64 // builds in the queue to which a listing adds
#define CATALOGUE_REASON_MAX 224
#define CATALOGUE_ROOT_MAX 4096

struct catalogue;
struct catalogue_request;

struct catalogue_settings {
    const char *root;
    uint32_t rate_num, rate_den; // of reels that do not say
    size_t index_bytes;
    const char *index_dir;            // indexes on disk, fixed by catalogue_new; NULL or "" = none
    uint64_t index_dir_bytes;         // of them all
    struct frame_cache *frames;       // told when an index is dropped; may be NULL
    struct conversion_memory *memory; // for trying out rewrites, fixed by catalogue_new; NULL: no bound
};

// Opens the root and starts the builders. KIN_OK; KIN_ENOMEM; KIN_EIO and KIN_ENOENT with errno set: the root cannot
// be opened.
int catalogue_new(const struct catalogue_settings *settings, struct catalogue **ret);
// The same for a reload, any thread. On failure all stays as it was.
int catalogue_configure(struct catalogue *c, const struct catalogue_settings *settings);
// After every worker's loop has ended, before the workers are deinitialised. Accepts NULL.
void catalogue_free(struct catalogue *c);
// Lets long builds end early; call it when the workers are told to stop.
void catalogue_stop(struct catalogue *c);

struct catalogue_answer {
    unsigned status;    // 200, else the RTSP status that explains the failure
    const char *reason; // phrase for the reply, or NULL for the standard one
    bool is_directory;
    struct kin_reel *reel;   // of a file; borrowed: take a reference to keep it
    struct repair repair;    // of the reel
    struct kin_buf *listing; // of a directory, when asked for: JSON; likewise
};
typedef void catalogue_fn(void *ctx, const struct catalogue_answer *answer);

// Asks for `path` (decoded, relative, "" = root): the reel, or the fact that it is a directory and, with `listing`,
// what is in it. Calls done once on w's loop, never from inside this call. KIN_OK or KIN_ENOMEM.
int catalogue_ask(struct catalogue *c, struct worker *w, const char *path, bool listing, catalogue_fn *done, void *ctx,
                  struct catalogue_request **ret);
void catalogue_cancel(struct catalogue_request *r); // no callback after; the request frees itself; accepts NULL

// Now and then, any thread: lets go of what was not used for long.
void catalogue_tidy(struct catalogue *c, kin_us now);

// --- for listing.c, on a builder's thread
struct index_facts;
struct beneath_file;
// The facts of an open file, which lies at `path`: remembered, or found by a builder, for whom this waits until then.
// Closes file->fd. KIN_OK; KIN_EAGAIN: it is a reel, but its index is still being made (ret->permille says how far);
// else what kin_reel_open says.
int catalogue_facts(struct catalogue *c, struct beneath_file *file, const char *path, kin_us until,
                    struct index_facts *ret);
bool catalogue_stopping(struct catalogue *c);

#endif
