// Makes indexes by way of the store, with progress in the log.
#include "library/index_build.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "ground/journal.h"
#include "ground/messages.h"
#include "media/stills.h"

struct progress {
    const struct index_job *job;
    kin_us logged_at;
};

static kin_us now_of(const struct index_job *job)
{
    return job->clock != NULL ? job->clock() : kin_clock_mono_us();
}

static bool on_progress(void *ctx, uint64_t done, uint64_t total)
{
    struct progress *p = ctx;
    char quoted[JOURNAL_QUOTED_MAX];
    kin_us now = now_of(p->job);
    unsigned permille = total > 0 ? (unsigned)((double)done * 1000.0 / (double)total) : 0;
    if (p->job->permille != NULL)
        atomic_store(p->job->permille, permille < 1000 ? permille : 999);
    if (now - p->logged_at >= INDEX_BUILD_LOG_US) {
        p->logged_at = now;
        journal(JOURNAL_REEL, KIN_LOG_INFO, MSG_INDEXING, journal_quote(kin_span_str(p->job->path), quoted),
                permille / 10);
    }
    if (p->job->tick != NULL)
        p->job->tick(p->job->ctx);
    return !atomic_load(p->job->stopping);
}

static struct kin_reel_options options_of(const struct index_job *job, struct progress *progress)
{
    *progress = (struct progress){.job = job, .logged_at = now_of(job)};
    return (struct kin_reel_options){
        .rate_num = job->rate_num, .rate_den = job->rate_den, .progress = on_progress, .ctx = progress};
}

static int read_through(const struct index_job *job, struct kin_source *source, struct kin_reel **ret, char *why)
{
    struct progress progress;
    struct kin_reel_options options = options_of(job, &progress);
    int err = kin_reel_open(source, &options, ret, why);
    if (err == KIN_OK)
        index_store_save(job->store, &job->file.version, job->rate_num, job->rate_den, *ret);
    return err;
}

static int open_stills(const struct index_job *job, struct kin_reel **ret, char *why)
{
    struct progress progress;
    struct kin_reel_options options = options_of(job, &progress);
    int err = kin_stills_open(job->file.fd, &options, ret, why);
    close(job->file.fd);
    return err;
}

int index_build(const struct index_job *job, struct kin_reel **ret, char why[KIN_MEDIA_WHY_MAX])
{
    struct kin_source *source = NULL;
    why[0] = '\0';
    if (job->file.is_stills)
        return open_stills(job, ret, why);
    int err = kin_source_from_fd(job->file.fd, &source);
    if (err != KIN_OK) {
        close(job->file.fd);
        return err;
    }
    struct kin_reel *reel = index_store_load(job->store, &job->file.version, job->rate_num, job->rate_den, source);
    if (reel != NULL)
        *ret = reel;
    else
        err = read_through(job, source, ret, why);
    kin_source_unref(source);
    return err;
}

void index_log(const struct kin_reel *reel, const char *path)
{
    char quoted[JOURNAL_QUOTED_MAX];
    journal(JOURNAL_REEL, KIN_LOG_DEBUG, MSG_REEL_INDEXED, journal_quote(kin_span_str(path), quoted), reel->frame_count,
            reel->width, reel->height, reel->format);
    if (reel->junk_runs > 0 || reel->truncated || reel->left_out > 0)
        journal(JOURNAL_REEL, KIN_LOG_NOTICE, MSG_REEL_DAMAGED, quoted, (unsigned long long)reel->junk_bytes,
                reel->junk_runs, reel->truncated ? "yes" : "no", reel->left_out, reel->first_left_out);
    if (reel->records > 0)
        journal(JOURNAL_REEL, KIN_LOG_NOTICE, MSG_REEL_JOINED, quoted, reel->records, reel->frame_count);
}
