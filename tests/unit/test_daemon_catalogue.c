// From paths to reels and listings: what lies beneath the root, who shares a build, what is let go.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "film.h"
#include "library/beneath.h"
#include "library/catalogue.h"
#include "library/index_cache.h"
#include "library/listing.h"
#include "unit.h"

// --- a media directory, made once

static const struct conversion_survey whole; // nothing to repair

static char root[64];

static bool put(const char *name, struct kin_span bytes)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", root, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool good = fd >= 0 && write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n;
    if (fd >= 0)
        close(fd);
    return good;
}

static bool link_to(const char *name, const char *target)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", root, name);
    return symlink(target, path) == 0;
}

static const char *const names[] = {"reel2.mjpeg", "reel10.mjpeg", "notes.txt", ".hidden.mjpeg", "fifo",
                                    "escape",      "absolute",     "inside",    "sub/a.mjpeg",   "sub"};

static void clear_root(void)
{
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", root, names[i]);
        remove(path);
    }
    rmdir(root);
}

static bool fill_root(const struct film *film)
{
    char path[128];
    struct kin_span all = kin_span_make(film->bytes, film->n);
    snprintf(path, sizeof path, "%s/sub", root);
    bool good = mkdir(path, 0755) == 0;
    snprintf(path, sizeof path, "%s/fifo", root);
    good = good && mkfifo(path, 0644) == 0;
    return good && put("reel2.mjpeg", all) && put("reel10.mjpeg", film_frame(film, 0)) && put(".hidden.mjpeg", all) &&
           put("sub/a.mjpeg", all) && put("notes.txt", kin_span_str("no reel at all\n")) &&
           link_to("escape", "../../etc/passwd") && link_to("absolute", "/etc/passwd") &&
           link_to("inside", "sub/a.mjpeg");
}

// False while there is no memory.
static bool have_root(void)
{
    const struct film *film = film_shot();
    if (root[0] != '\0' || film == NULL)
        return root[0] != '\0';
    snprintf(root, sizeof root, "/tmp/kin-catalogue-XXXXXX");
    if (mkdtemp(root) == NULL || !fill_root(film))
        abort();
    atexit(clear_root);
    return true;
}

// --- beneath

static void unlink_in_root(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", root, name);
    unlink(path);
}

static void opens_only_what_lies_inside(void)
{
    static const struct {
        const char *path;
        int error;
    } table[] = {
        {"", 0},
        {"sub", 0},
        {"sub/a.mjpeg", 0},
        {"inside", 0},
        {"none", -ENOENT},
        {"reel2.mjpeg/x", -ENOTDIR},
        {".hidden.mjpeg", -ENOENT},
        {"sub/../reel2.mjpeg", -ENOENT}, // ".." counts as hidden
        {"..", -ENOENT},
        {".", -ENOENT},
        {"escape", -EXDEV},
        {"absolute", -EXDEV},
        {"/etc/passwd", -EXDEV},
        {"fifo", -EINVAL},
        {"link_up_and_down", 0},
        {"link_round", 0},
        {"link_out_and_in", -EXDEV},
        {"link_to_itself", -ELOOP},
        {"sub//a.mjpeg", 0},
        {"sub/none/a.mjpeg", -ENOENT},
    };
    static const char *const links[] = {"link_up_and_down", "link_round", "link_out_and_in", "link_to_itself"};
    struct beneath_file file = {.fd = -1};
    int dir = -1;
    CHECK(have_root());
    dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK(dir >= 0);
    CHECK(link_to("link_up_and_down", "sub/../sub/./a.mjpeg") && link_to("link_round", "link_up_and_down") &&
          link_to("link_out_and_in", "../x/reel2.mjpeg") && link_to("link_to_itself", "link_to_itself"));
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        int err = beneath_open(dir, table[i].path, &file);
        if (err == 0)
            close(file.fd);
        CHECK_INT(err, table[i].error);
    }
    CHECK_INT(beneath_status(-EXDEV, NULL), 403);
    CHECK_INT(beneath_status(-ENOENT, NULL), 404);
    CHECK_INT(beneath_status(-EMFILE, NULL), 503);
out:
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        unlink_in_root(links[i]);
    if (dir >= 0)
        close(dir);
}

TEST(beneath_opens_only_what_lies_inside)
{
    CHECK_INT(beneath_probe(), 0);
    opens_only_what_lies_inside();
out:;
}

// Where a filter refuses openat2, every user got 503 and nobody was told.
TEST(beneath_without_openat2_is_as_strict)
{
    beneath_go_by_parts(true);
    opens_only_what_lies_inside();
    beneath_go_by_parts(false);
}

// --- index cache

static int open_reel(struct kin_reel **ret)
{
    const struct film *film = film_shot();
    struct kin_source *source = NULL;
    if (film == NULL || kin_source_from_span(kin_span_make(film->bytes, film->n), &source) != KIN_OK)
        return KIN_ENOMEM;
    int err = kin_reel_open(source, NULL, ret, NULL);
    kin_source_unref(source);
    return err;
}

TEST(index_cache_drops_the_oldest_unused)
{
    struct file_version v[3] = {{.inode = 1}, {.inode = 2}, {.inode = 3}};
    struct kin_reel *reel[3] = {NULL};
    struct index_entry *e[3];
    struct index_cache *c = index_cache_new();
    CHECK(c != NULL);
    for (unsigned i = 0; i < 3; i++)
        CHECK_INT(open_reel(&reel[i]), KIN_OK);
    size_t one = sizeof *reel[0] + reel[0]->frame_count * sizeof reel[0]->frames[0];
    index_cache_set_limit(c, 2 * one);
    for (unsigned i = 0; i < 2; i++) {
        e[i] = index_cache_add(c, &v[i]);
        CHECK(e[i] != NULL);
        CHECK(index_cache_ready(c, e[i], reel[i], &whole));
    }
    kin_reel_unref(reel[0]); // the viewer of the first one leaves; the second one is still watched
    reel[0] = NULL;
    e[2] = index_cache_add(c, &v[2]);
    CHECK(e[2] != NULL);
    CHECK(index_cache_ready(c, e[2], reel[2], &whole));
    CHECK(e[0]->reel == NULL && e[1]->reel != NULL);
    CHECK_INT(e[0]->facts.frames, FILM_FRAMES); // facts stay
    CHECK(index_cache_find(c, &v[0]) == e[0]);
    CHECK(!index_cache_ready(c, e[0], reel[1], &whole)); // no room beside those in use
out:
    for (unsigned i = 0; i < 3; i++)
        kin_reel_unref(reel[i]);
    index_cache_free(c);
}

static void count_drop(void *ctx, const struct kin_reel *reel)
{
    (void)reel;
    ++*(unsigned *)ctx;
}

// A question with a side effect: whether a reel is used was found out by dropping its frames, also of one that is.
TEST(index_cache_leaves_the_frames_of_reels_in_use)
{
    struct file_version v[2] = {{.inode = 1}, {.inode = 2}};
    struct kin_reel *reel[2] = {NULL};
    struct index_entry *e[2] = {NULL};
    unsigned drops = 0;
    struct index_cache *c = index_cache_new();
    CHECK(c != NULL);
    index_cache_on_drop(c, count_drop, &drops);
    for (unsigned i = 0; i < 2; i++)
        CHECK_INT(open_reel(&reel[i]), KIN_OK);
    size_t one = sizeof *reel[0] + reel[0]->frame_count * sizeof reel[0]->frames[0];
    index_cache_set_limit(c, one);
    e[0] = index_cache_add(c, &v[0]);
    e[1] = index_cache_add(c, &v[1]);
    CHECK(e[0] != NULL && e[1] != NULL);
    CHECK(index_cache_ready(c, e[0], reel[0], &whole));
    CHECK(!index_cache_ready(c, e[1], reel[1], &whole)); // the first one is played
    index_cache_tidy(c, 1);
    index_cache_tidy(c, 1 + INDEX_CACHE_KEEP_US);
    CHECK_INT(drops, 0);
    kin_reel_unref(reel[0]);
    reel[0] = NULL;
    CHECK(index_cache_ready(c, e[1], reel[1], &whole));
    CHECK_INT(drops, 1);
out:
    for (unsigned i = 0; i < 2; i++)
        if (e[i] != NULL && e[i]->state == INDEX_BUILDING)
            index_cache_remove(c, e[i]);
    kin_reel_unref(reel[0]);
    kin_reel_unref(reel[1]);
    index_cache_free(c);
}

TEST(index_cache_takes_a_newer_version)
{
    struct file_version old = {.inode = 1, .size = 1}, newer = {.inode = 1, .size = 2}, taken = {.inode = 2};
    struct index_entry *e = NULL, *other = NULL;
    struct index_cache *c = index_cache_new();
    CHECK(c != NULL);
    e = index_cache_add(c, &old);
    other = index_cache_add(c, &taken);
    CHECK(e != NULL && other != NULL);
    CHECK(index_cache_move(c, e, &newer));
    CHECK(index_cache_find(c, &old) == NULL && index_cache_find(c, &newer) == e);
    CHECK(!index_cache_move(c, e, &taken));
out:
    if (e != NULL)
        index_cache_remove(c, e);
    if (other != NULL)
        index_cache_remove(c, other);
    index_cache_free(c);
}

TEST(index_cache_lets_go_after_a_while)
{
    struct file_version v = {.inode = 1};
    struct kin_reel *reel = NULL;
    struct index_entry *e = NULL;
    struct index_cache *c = index_cache_new();
    CHECK(c != NULL);
    index_cache_set_limit(c, 1 << 20);
    CHECK_INT(open_reel(&reel), KIN_OK);
    e = index_cache_add(c, &v);
    CHECK(e != NULL && index_cache_ready(c, e, reel, &whole));
    index_cache_tidy(c, 1);
    index_cache_tidy(c, 1 + INDEX_CACHE_KEEP_US); // still watched
    CHECK(e->reel != NULL);
    kin_reel_unref(reel);
    reel = NULL;
    index_cache_tidy(c, 2 * INDEX_CACHE_KEEP_US);
    CHECK(e->reel != NULL);
    index_cache_tidy(c, 1 + 2 * INDEX_CACHE_KEEP_US);
    CHECK(e->reel == NULL);
out:
    kin_reel_unref(reel);
    index_cache_free(c);
}

TEST(index_cache_remembers_failures_by_version)
{
    struct file_version v = {.inode = 1, .size = 10}, newer = {.inode = 1, .size = 11};
    struct index_cache *c = index_cache_new();
    CHECK(c != NULL);
    struct index_entry *e = index_cache_add(c, &v);
    CHECK(e != NULL);
    index_cache_failed(c, e, KIN_EUNSUPPORTED, "no JPEG");
    CHECK(index_cache_find(c, &v) == e && e->state == INDEX_FAILED);
    CHECK(index_cache_find(c, &newer) == NULL);
    index_cache_clear(c);
    CHECK(index_cache_find(c, &v) == NULL);
out:
    index_cache_free(c);
}

// --- the whole way, on a worker

struct asked {
    struct worker *worker;
    unsigned due;
    unsigned status[4];
    struct kin_reel *reel[4];
    bool is_directory;
    char listing[2048];
    struct one {
        struct asked *all;
        unsigned i;
    } one[4];
};

static void on_answer(void *ctx, const struct catalogue_answer *answer)
{
    struct one *one = ctx;
    struct asked *a = one->all;
    a->status[one->i] = answer->status;
    a->is_directory = answer->is_directory;
    a->reel[one->i] = answer->reel != NULL ? kin_reel_ref(answer->reel) : NULL;
    if (answer->listing != NULL)
        kin_span_copy(kin_buf_span(answer->listing), a->listing, sizeof a->listing);
    if (--a->due == 0)
        worker_stop(a->worker);
}

// Asks for up to four paths at once and waits for the answers. False without memory.
static bool ask(struct asked *a, const char *const paths[], unsigned count, bool listing)
{
    struct catalogue_settings settings = {.root = root, .rate_num = 24, .rate_den = 1, .index_bytes = 1 << 20};
    struct catalogue *c = NULL;
    struct worker worker;
    *a = (struct asked){.worker = &worker};
    if (!have_root() || worker_init(&worker, &(struct worker_params){.index = 0}) != KIN_OK)
        return false;
    bool good = catalogue_new(&settings, &c) == KIN_OK;
    for (unsigned i = 0; good && i < count; i++) {
        struct catalogue_request *r = NULL;
        a->one[i] = (struct one){a, i};
        struct catalogue_query question = {
            .worker = &worker, .path = paths[i], .listing = listing, .done = on_answer, .ctx = &a->one[i]};
        good = catalogue_query(c, &question, &r) == KIN_OK;
        a->due += good;
    }
    if (a->due == 0)
        worker_stop(&worker);
    worker_run(&worker);
    catalogue_free(c);
    worker_deinit(&worker);
    return good;
}

static void asked_free(struct asked *a)
{
    for (unsigned i = 0; i < 4; i++)
        kin_reel_unref(a->reel[i]);
}

TEST(catalogue_shares_one_build)
{
    struct asked a = {.due = 0};
    CHECK(ask(&a, (const char *const[]){"reel2.mjpeg", "reel2.mjpeg", "reel2.mjpeg", "reel2.mjpeg"}, 4, false));
    for (unsigned i = 0; i < 4; i++) {
        CHECK_INT(a.status[i], 200);
        CHECK(a.reel[i] != NULL && a.reel[i] == a.reel[0]);
    }
    CHECK_INT(a.reel[0]->frame_count, FILM_FRAMES);
out:
    asked_free(&a);
}

TEST(catalogue_explains_failures)
{
    struct asked a = {.due = 0};
    CHECK(ask(&a, (const char *const[]){"none", "notes.txt", "escape", "fifo"}, 4, false));
    CHECK_INT(a.status[0], 404);
    CHECK_INT(a.status[1], 415);
    CHECK_INT(a.status[2], 403);
    CHECK_INT(a.status[3], 403);
    asked_free(&a);
    CHECK(ask(&a, (const char *const[]){"sub"}, 1, false));
    CHECK_INT(a.status[0], 200);
    CHECK(a.is_directory && a.reel[0] == NULL);
out:
    asked_free(&a);
}

TEST(catalogue_lists_reels_and_directories)
{
    struct asked a = {.due = 0};
    CHECK(ask(&a, (const char *const[]){""}, 1, true));
    CHECK_INT(a.status[0], 200);
    const char *two = strstr(a.listing, "\"name\":\"reel2.mjpeg\",\"type\":\"reel\",\"width\":320,\"height\":240,");
    const char *ten = strstr(a.listing, "\"name\":\"reel10.mjpeg\"");
    CHECK(strncmp(a.listing, "{\"path\":\"/\",\"entries\":[", 23) == 0);
    CHECK(two != NULL && ten != NULL && two < ten);
    CHECK(strstr(a.listing, "{\"name\":\"sub\",\"type\":\"directory\"}") != NULL);
    CHECK(strstr(a.listing, "{\"name\":\"inside\",\"type\":\"reel\"") != NULL);
    CHECK(strstr(a.listing, "hidden") == NULL);
    const char *rest = strstr(a.listing, "],\"unservable\":{\"count\":4,\"examples\":[");
    CHECK(rest != NULL);
    CHECK(strstr(a.listing, "notes") > rest && strstr(a.listing, "escape") > rest && strstr(a.listing, "fifo") > rest);
    CHECK(strstr(rest, "{\"name\":\"notes.txt\",\"problem\":\"not a Motion-JPEG reel\"}") != NULL);
    CHECK(strstr(rest, "{\"name\":\"fifo\",\"problem\":\"not a regular file\"}") != NULL);
    CHECK(strstr(a.listing, "},]") == NULL && strstr(a.listing, ",,") == NULL);
    CHECK(strstr(a.listing, "]}") != NULL);
    asked_free(&a);
    CHECK(ask(&a, (const char *const[]){"sub"}, 1, true));
    CHECK(strncmp(a.listing, "{\"path\":\"/sub\",\"entries\":[{\"name\":\"a.mjpeg\"", 43) == 0);
out:
    asked_free(&a);
}

TEST(catalogue_cancels)
{
    struct catalogue_settings settings = {.rate_num = 24, .rate_den = 1, .index_bytes = 1 << 20};
    struct asked a = {.due = 100};
    struct catalogue *c = NULL;
    struct catalogue_request *r = NULL;
    struct worker worker;
    bool made = false;
    CHECK(have_root());
    settings.root = root;
    made = worker_init(&worker, &(struct worker_params){.index = 0}) == KIN_OK;
    CHECK(made);
    CHECK_INT(catalogue_new(&settings, &c), KIN_OK);
    a.one[0] = (struct one){&a, 0};
    struct catalogue_query question = {.worker = &worker, .path = "reel2.mjpeg", .done = on_answer, .ctx = &a.one[0]};
    CHECK_INT(catalogue_query(c, &question, &r), KIN_OK);
    catalogue_cancel(r);
    worker_stop(&worker);
    worker_run(&worker);
    CHECK_INT(a.due, 100);
out:
    if (made) {
        worker_stop(&worker);
        worker_run(&worker);
    }
    catalogue_free(c);
    if (made)
        worker_deinit(&worker);
}

TEST(catalogue_keeps_its_root_when_a_reload_fails)
{
    struct catalogue_settings good = {.rate_num = 24, .rate_den = 1, .index_bytes = 1 << 20};
    struct catalogue_settings bad = {.root = "/nonexistent", .rate_num = 1, .rate_den = 1, .index_bytes = 1};
    struct catalogue *c = NULL;
    CHECK(have_root());
    good.root = root;
    CHECK_INT(catalogue_new(&good, &c), KIN_OK);
    CHECK_INT(catalogue_configure(c, &bad), KIN_ENOENT);
    CHECK_INT(catalogue_configure(c, &good), KIN_OK);
out:
    catalogue_free(c);
}

// --- work that nobody waits for any more

#define LONG_FILES 40
#define LONG_BYTES (INT64_C(1) << 42) // a hole of 4 TiB behind one picture: its index takes hours

static char long_root[64];

static void clear_long_root(void)
{
    char path[128];
    for (unsigned i = 0; i < LONG_FILES; i++) {
        snprintf(path, sizeof path, "%s/long%u.mjpeg", long_root, i);
        remove(path);
    }
    snprintf(path, sizeof path, "%s/short.mjpeg", long_root);
    remove(path);
    rmdir(long_root);
}

static bool put_long(const struct film *film, const char *path, off_t bytes)
{
    struct kin_span jpeg = film_frame(film, 0);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool good = fd >= 0 && write(fd, jpeg.p, jpeg.n) == (ssize_t)jpeg.n && (bytes == 0 || ftruncate(fd, bytes) == 0);
    if (fd >= 0)
        close(fd);
    return good;
}

// False while there is no memory, or where no file may be that long.
static bool have_long_root(void)
{
    char path[128];
    const struct film *film = film_shot();
    static bool good;
    if (long_root[0] != '\0' || film == NULL)
        return good;
    snprintf(long_root, sizeof long_root, "/tmp/kin-long-XXXXXX");
    if (mkdtemp(long_root) == NULL)
        abort();
    atexit(clear_long_root);
    good = true;
    for (unsigned i = 0; good && i < LONG_FILES; i++) {
        snprintf(path, sizeof path, "%s/long%u.mjpeg", long_root, i);
        good = put_long(film, path, LONG_BYTES);
    }
    snprintf(path, sizeof path, "%s/short.mjpeg", long_root);
    good = good && put_long(film, path, 0);
    return good;
}

static unsigned open_descriptors(void)
{
    unsigned n = 0;
    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

struct crowd;
struct client {
    struct crowd *crowd;
    struct catalogue_request *request; // NULL once answered: it is gone then
};

struct crowd {
    struct worker worker;
    struct catalogue *catalogue;
    struct client clients[LONG_FILES], first, second;
    unsigned answers, status;
    bool have_worker;
};

static void on_crowd_answer(void *ctx, const struct catalogue_answer *answer)
{
    struct client *client = ctx;
    client->request = NULL;
    client->crowd->answers++;
    client->crowd->status = answer->status;
}

static bool crowd_open(struct crowd *crowd)
{
    struct catalogue_settings settings = {.root = long_root, .rate_num = 24, .rate_den = 1, .index_bytes = 1 << 20};
    *crowd = (struct crowd){.answers = 0};
    if (!have_long_root() || worker_init(&crowd->worker, &(struct worker_params){.index = 0}) != KIN_OK)
        return false;
    crowd->have_worker = true;
    return catalogue_new(&settings, &crowd->catalogue) == KIN_OK;
}

static void crowd_close(struct crowd *crowd)
{
    catalogue_free(crowd->catalogue);
    if (crowd->have_worker)
        worker_deinit(&crowd->worker);
}

static bool crowd_ask(struct crowd *crowd, const char *path, struct client *client)
{
    struct catalogue_query question = {.worker = &crowd->worker, .path = path, .done = on_crowd_answer, .ctx = client};
    client->crowd = crowd;
    return catalogue_query(crowd->catalogue, &question, &client->request) == KIN_OK;
}

static bool crowd_ask_all(struct crowd *crowd)
{
    char path[32];
    struct catalogue_stats stats = {0};
    for (unsigned i = 0; i < LONG_FILES; i++) {
        snprintf(path, sizeof path, "long%u.mjpeg", i);
        if (!crowd_ask(crowd, path, &crowd->clients[i]))
            return false;
    }
    while (stats.builds < LONG_FILES && crowd->answers == 0) { // all are looked up; an answer: out of memory
        catalogue_stats(crowd->catalogue, &stats);
        uv_run(&crowd->worker.loop.uv, UV_RUN_NOWAIT);
    }
    return crowd->answers == 0;
}

static unsigned crowd_wait(struct crowd *crowd)
{
    while (crowd->answers == 0)
        uv_run(&crowd->worker.loop.uv, UV_RUN_ONCE);
    return crowd->status;
}

// Each of these left an open file in a queue, and an index that took its time while others waited.
TEST(abandoned_builds_hold_up_nobody)
{
    struct crowd crowd;
    struct catalogue_stats stats;
    if (!crowd_open(&crowd))
        goto out;
    unsigned before = open_descriptors();
    CHECK(crowd_ask_all(&crowd));
    unsigned during = open_descriptors();
    CHECK(during <= before + CATALOGUE_BUILD_THREADS);
    for (unsigned i = 0; i < LONG_FILES; i++)
        catalogue_cancel(crowd.clients[i].request);
    catalogue_stats(crowd.catalogue, &stats);
    CHECK_INT(stats.builds, 0);
    CHECK(crowd_ask(&crowd, "short.mjpeg", &crowd.first));
    CHECK_INT(crowd_wait(&crowd), 200);
out:
    crowd_close(&crowd);
}

// The clients have closed their side, and may be gone.
TEST(who_may_be_gone_lets_others_go_first)
{
    struct crowd crowd;
    if (!crowd_open(&crowd))
        goto out;
    CHECK(crowd_ask_all(&crowd));
    for (unsigned i = 0; i < LONG_FILES; i++)
        catalogue_yield(crowd.clients[i].request);
    CHECK(crowd_ask(&crowd, "short.mjpeg", &crowd.first));
    CHECK_INT(crowd_wait(&crowd), 200);
    for (unsigned i = 0; i < LONG_FILES; i++)
        catalogue_cancel(crowd.clients[i].request);
out:
    crowd_close(&crowd);
}

TEST(a_stop_ends_long_builds_and_answers)
{
    struct crowd crowd;
    if (!crowd_open(&crowd))
        goto out;
    CHECK(crowd_ask_all(&crowd));
    catalogue_stop(crowd.catalogue);
    while (crowd.answers < LONG_FILES)
        uv_run(&crowd.worker.loop.uv, UV_RUN_ONCE);
    CHECK_INT(crowd.status, 503);
out:
    crowd_close(&crowd);
}

// One that waits for it still is enough.
TEST(a_build_goes_on_for_who_still_waits)
{
    struct crowd crowd;
    if (!crowd_open(&crowd))
        goto out;
    CHECK(crowd_ask(&crowd, "short.mjpeg", &crowd.first) && crowd_ask(&crowd, "short.mjpeg", &crowd.second));
    catalogue_cancel(crowd.first.request);
    CHECK_INT(crowd_wait(&crowd), 200);
    CHECK_INT(crowd.answers, 1);
out:
    crowd_close(&crowd);
}
