// Stills: the sorted names of a directory, and a source that presents the files back to back. Each read opens its file,
// in the directory and never through a link.
#include "media/stills.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/natural.h"
#include "base/text.h"
#include "jpeg/segments.h"
#include "media/reel_builder.h"

#define REPORT_EVERY 64u  // files between two reports of progress
#define CHECK_EVERY 1024u // names between two calls of go_on()
#define OTHER_BYTES 100u  // of the name of an entry that is not a JPEG

struct still {
    char *name;
    uint64_t offset; // in the source
    uint64_t size;
    int64_t mtime_ns;
};

struct stills {
    int dir;
    struct still *items;
    size_t count, room;
};

// --- names

static void stills_free(void *ctx)
{
    struct stills *s = ctx;
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->count; i++)
        free(s->items[i].name);
    free(s->items);
    if (s->dir >= 0)
        close(s->dir);
    free(s);
}

static bool is_jpeg_name(const char *name)
{
    static const char *const suffixes[] = {".jpg", ".jpeg", ".jpe"};
    struct kin_span s = kin_span_str(name);
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        size_t n = strlen(suffixes[i]);
        if (s.n > n && kin_span_case_is(kin_span_skip(s, s.n - n), suffixes[i]))
            return true;
    }
    return false;
}

static int grow(struct stills *s)
{
    if (s->count < s->room)
        return KIN_OK;
    if (s->count >= KIN_STILLS_MOST)
        return KIN_ELIMIT;
    size_t room = s->room == 0 ? 64 : s->room * 2;
    struct still *items = realloc(s->items, room * sizeof *items);
    if (items == NULL)
        return KIN_ENOMEM;
    s->items = items;
    s->room = room;
    return KIN_OK;
}

static int64_t mtime_ns(const struct stat *st)
{
    return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

static int add_name(struct stills *s, const char *name)
{
    struct stat st;
    if (!is_jpeg_name(name) || fstatat(s->dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
        return KIN_EUNSUPPORTED;
    int err = grow(s);
    if (err != KIN_OK)
        return err;
    char *copy = strdup(name);
    if (copy == NULL)
        return KIN_ENOMEM;
    s->items[s->count++] = (struct still){.name = copy, .size = (uint64_t)st.st_size, .mtime_ns = mtime_ns(&st)};
    return KIN_OK;
}

static int compare(const void *a, const void *b)
{
    const struct still *x = a, *y = b;
    return kin_natural_compare(x->name, y->name);
}

struct scan_control { // how the caller of a directory scan takes part in it
    bool (*go_on)(void *ctx);
    void *ctx;
    char *other; // NULL, or OTHER_BYTES for the escaped name of the first entry that is not a JPEG
};

static bool may_continue(const struct scan_control *p, unsigned seen)
{
    return p->go_on == NULL || seen % CHECK_EVERY != CHECK_EVERY - 1 || p->go_on(p->ctx);
}

static int read_names(struct stills *s, DIR *dir, const struct scan_control *p)
{
    const struct dirent *d = NULL;
    int err = KIN_OK;
    for (unsigned seen = 0; err == KIN_OK && (errno = 0, d = readdir(dir)) != NULL; seen++) {
        if (!may_continue(p, seen))
            err = KIN_ECANCELED;
        else if (d->d_name[0] != '.')
            err = add_name(s, d->d_name);
        if (err == KIN_EUNSUPPORTED && p->other != NULL)
            kin_text_escape(kin_span_str(d->d_name), p->other, OTHER_BYTES);
    }
    if (err == KIN_OK && errno != 0)
        err = KIN_EIO;
    if (err == KIN_OK && s->count < KIN_STILLS_LEAST)
        err = KIN_EUNSUPPORTED;
    return err;
}

static void lay_out(struct stills *s)
{
    uint64_t offset = 0;
    qsort(s->items, s->count, sizeof s->items[0], compare);
    for (size_t i = 0; i < s->count; i++) {
        s->items[i].offset = offset;
        offset += s->items[i].size;
    }
}

// The directory's stills, sorted; the caller frees.
static int stills_new(int dir_fd, const struct scan_control *p, struct stills **ret)
{
    struct stills *s = calloc(1, sizeof *s);
    if (s == NULL)
        return KIN_ENOMEM;
    s->dir = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int again = s->dir >= 0 ? openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    DIR *dir = again >= 0 ? fdopendir(again) : NULL;
    int err = dir != NULL ? read_names(s, dir, p) : kin_source_error(errno);
    if (dir != NULL)
        closedir(dir);
    else if (again >= 0)
        close(again);
    if (err != KIN_OK) {
        stills_free(s);
        return err;
    }
    lay_out(s);
    *ret = s;
    return KIN_OK;
}

static uint64_t mix(uint64_t h, struct kin_span bytes)
{
    for (size_t i = 0; i < bytes.n; i++)
        h = (h ^ bytes.p[i]) * UINT64_C(0x100000001b3);
    return h;
}

int kin_stills_scan(int dir_fd, bool (*go_on)(void *ctx), void *ctx, struct kin_stills_version *ret)
{
    struct stills *s = NULL;
    int err = stills_new(dir_fd, &(struct scan_control){.go_on = go_on, .ctx = ctx}, &s);
    if (err != KIN_OK)
        return err;
    const struct still *last = &s->items[s->count - 1];
    struct kin_stills_version v = {.count = (uint32_t)s->count, .bytes = last->offset + last->size};
    v.digest = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < s->count; i++) {
        const struct still *item = &s->items[i];
        v.digest = mix(v.digest, kin_span_make(item->name, strlen(item->name) + 1));
        v.digest = mix(v.digest, kin_span_make(&item->size, sizeof item->size));
        v.digest = mix(v.digest, kin_span_make(&item->mtime_ns, sizeof item->mtime_ns));
    }
    stills_free(s);
    *ret = v;
    return KIN_OK;
}

// --- the source

static const struct still *find(const struct stills *s, uint64_t offset)
{
    size_t low = 0, high = s->count;
    while (high - low > 1) {
        size_t mid = low + (high - low) / 2;
        if (s->items[mid].offset <= offset)
            low = mid;
        else
            high = mid;
    }
    return &s->items[low];
}

// Reads from one file only, since a frame never spans two.
static ptrdiff_t read_still(void *ctx, uint64_t offset, void *dst, size_t n)
{
    const struct stills *s = ctx;
    const struct still *item = find(s, offset);
    struct kin_source *file = NULL;
    struct stat st;
    int fd = openat(s->dir, item->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ELOOP || errno == EACCES ? 0 : kin_source_error(errno);
    int err = kin_source_from_fd(fd, &file);
    if (err != KIN_OK) {
        close(fd);
        return err == KIN_EUNSUPPORTED ? 0 : err;
    }
    bool same = fstat(fd, &st) == 0 && (uint64_t)st.st_size == item->size && mtime_ns(&st) == item->mtime_ns;
    ptrdiff_t got = same ? kin_source_read(file, offset - item->offset, dst, n) : 0;
    kin_source_unref(file);
    return got;
}

static int index_still(struct stills *s, const struct still *item, struct kin_reel_builder *b)
{
    uint8_t head[KIN_JPEG_LEAD_MAX + 3];
    ptrdiff_t n = read_still(s, item->offset, head, item->size < sizeof head ? (size_t)item->size : sizeof head);
    if (n < 0)
        return (int)n;
    size_t lead = kin_jpeg_find_soi(kin_span_make(head, (size_t)n));
    if (lead == (size_t)n)
        return kin_reel_builder_leave_out(b, item->size);
    return kin_reel_builder_add_chunk(b, item->offset + lead, item->size - lead); // cameras append more pictures
}

// Adds all files; one that is a JPEG only by its name is left out.
static int index_stills(struct stills *s, struct kin_reel_builder *b)
{
    int err = KIN_OK;
    for (size_t i = 0; err == KIN_OK && i < s->count; i++) {
        err = index_still(s, &s->items[i], b);
        if (err == KIN_OK && i % REPORT_EVERY == 0)
            err = kin_reel_builder_progress(b, s->items[i].offset);
    }
    return err;
}

// go_on() of kin_stills_open() while it reads the names.
static bool reports_progress(void *ctx)
{
    const struct kin_reel_options *options = ctx;
    return options->progress == NULL || options->progress(options->ctx, 0, 0);
}

static void format_reason(int err, const char *other, char why[KIN_MEDIA_WHY_MAX])
{
    if (err != KIN_EUNSUPPORTED)
        snprintf(why, KIN_MEDIA_WHY_MAX, "%s", kin_err_str(err));
    else if (other[0] != '\0')
        snprintf(why, KIN_MEDIA_WHY_MAX, "not a directory of nothing but JPEGs: \"%s\" is none", other);
    else
        snprintf(why, KIN_MEDIA_WHY_MAX, "not a directory of at least %u JPEGs", KIN_STILLS_LEAST);
}

int kin_stills_open(int dir_fd, const struct kin_reel_options *options, struct kin_reel **ret,
                    char why[KIN_MEDIA_WHY_MAX])
{
    struct stills *s = NULL;
    struct kin_source *source = NULL;
    struct kin_reel_options copy = options != NULL ? *options : (struct kin_reel_options){0};
    char other[OTHER_BYTES] = "";
    int err = stills_new(dir_fd, &(struct scan_control){reports_progress, &copy, other}, &s);
    if (err != KIN_OK) {
        if (why != NULL)
            format_reason(err, other, why);
        return err;
    }
    const struct still *last = &s->items[s->count - 1];
    uint64_t bytes = last->offset + last->size;
    struct kin_source_reader reader = {.read = read_still, .free = stills_free, .ctx = s};
    err = kin_source_from_reader(&reader, bytes, &source);
    if (err != KIN_OK) {
        stills_free(s);
        return err;
    }
    struct kin_reel_builder b;
    err = kin_reel_builder_init(&b, options, bytes);
    if (err == KIN_OK)
        err = index_stills(s, &b);
    err = kin_reel_from_builder(source, "stills", err, &b, ret, why);
    if (err == KIN_OK)
        (*ret)->separate_files = true;
    kin_source_unref(source);
    return err;
}
