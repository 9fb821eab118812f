// Reads a directory, gets the facts of each reel and writes the listing.
#include "library/listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json_wr.h"
#include "base/natural.h"
#include "base/text.h"
#include "ground/messages.h"
#include "ground/shortage.h"
#include "media/rate.h"
#include "proto/uri.h"

#define ENTRY_FIXED 320 // bytes of an entry's JSON besides its name
#define PATH_BYTES_MAX 4096
#define LOOK_EVERY 256u // names between two looks at the time
#define PROBLEM_MAX (KIN_MEDIA_WHY_MAX + 32)

// --- names

struct name {
    char *text;
    unsigned char type; // DT_...
};

struct names {
    struct name *items;
    size_t count, size;
    bool truncated;
};

static int compare_names(const void *a, const void *b)
{
    return kin_natural_compare(((const struct name *)a)->text, ((const struct name *)b)->text);
}

static void names_free(struct names *n)
{
    for (size_t i = 0; i < n->count; i++)
        free(n->items[i].text);
    free(n->items);
}

static int names_add(struct names *n, const struct dirent *d)
{
    if (n->count == n->size) {
        size_t size = n->size == 0 ? 64 : n->size * 2;
        struct name *items = realloc(n->items, size * sizeof *items);
        if (items == NULL)
            return KIN_ENOMEM;
        n->items = items;
        n->size = size;
    }
    n->items[n->count] = (struct name){strdup(d->d_name), d->d_type};
    if (n->items[n->count].text == NULL)
        return KIN_ENOMEM;
    n->count++;
    return KIN_OK;
}

static int read_names(const struct listing_source *source, int fd, struct names *ret)
{
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (dir == NULL) {
        if (fd >= 0)
            close(fd);
        return KIN_EIO;
    }
    int err = KIN_OK;
    const struct dirent *d = NULL;
    for (unsigned seen = 0; err == KIN_OK && (errno = 0, d = readdir(dir)) != NULL; seen++) {
        if (d->d_name[0] == '.')
            continue;
        bool late = seen % LOOK_EVERY == LOOK_EVERY - 1 && !source->has_time(source->ctx);
        ret->truncated = late || ret->count >= LISTING_ENTRIES_MAX;
        if (ret->truncated)
            break;
        err = names_add(ret, d);
    }
    if (err == KIN_OK && d == NULL && errno != 0)
        err = KIN_EIO;
    closedir(dir);
    if (ret->count > 0)
        qsort(ret->items, ret->count, sizeof ret->items[0], compare_names);
    return err;
}

// --- JSON

static bool is_plain_text(const char *name)
{
    struct kin_span s = kin_span_str(name);
    uint32_t c;
    for (size_t n; s.n > 0; s = kin_span_skip(s, n)) {
        n = kin_text_utf8(s, &c);
        if (n == 0 || kin_text_is_control(c))
            return false;
    }
    return true;
}

// JSON cannot hold a name that is not UTF-8, and screens cannot show control characters; "href" leads to such a file.
static void put_name(struct kin_wr *w, const char *name)
{
    char segment[3 * NAME_MAX + 1];
    kin_json_open(w, NULL, '{');
    kin_json_name(w, "name", name);
    if (!is_plain_text(name) && kin_uri_encode_path(kin_span_str(name), segment, sizeof segment) == KIN_OK)
        kin_json_str(w, "href", segment);
}

static void put_reel(struct kin_wr *w, const char *name, const struct index_facts *f, uint64_t bytes)
{
    char text[CONVERSION_SURVEY_TEXT_MAX];
    put_name(w, name);
    kin_json_str(w, "type", "reel");
    kin_json_uint(w, "width", f->width);
    kin_json_uint(w, "height", f->height);
    kin_json_uint(w, "frames", f->frames);
    kin_json_milli(w, "fps", kin_rate_milli(f->rate_num, f->rate_den));
    kin_json_milli(w, "duration", (f->duration_ts + 45) / 90);
    kin_json_uint(w, "bytes", bytes);
    if (f->survey.refusal != NULL)
        kin_json_name(w, "problem", conversion_survey_refusal(&f->survey, text));
    else if (f->survey.incompatibilities != 0)
        kin_json_str(w, "repair", kin_jpeg_loss_str(kin_jpeg_conversion_loss(f->survey.conversion)));
    kin_json_close(w, '}');
}

// Its index is still being made, or it has not been looked at: only that and the size are known.
static void put_unfinished(struct kin_wr *w, const char *name, unsigned permille, uint64_t bytes)
{
    put_name(w, name);
    kin_json_str(w, "type", "reel");
    kin_json_milli(w, "indexing", permille);
    kin_json_uint(w, "bytes", bytes);
    kin_json_close(w, '}');
}

static void put_directory(struct kin_wr *w, const char *name)
{
    put_name(w, name);
    kin_json_str(w, "type", "directory");
    kin_json_close(w, '}');
}

// --- entries

// One listing while it is written.
struct writer {
    const struct listing_source *source;
    int root, directory; // descriptors
    const char *path;
    struct kin_wr w;
    unsigned unservable; // files so far
    struct {
        char *name; // owned
        char problem[PROBLEM_MAX];
    } examples[LISTING_EXAMPLES_MAX];
};

static void note_unservable(struct writer *l, const char *name, const char *problem)
{
    unsigned n = l->unservable++;
    if (n >= LISTING_EXAMPLES_MAX)
        return;
    l->examples[n].name = strdup(name); // without memory it is only counted
    snprintf(l->examples[n].problem, PROBLEM_MAX, "%s", problem);
}

static const char *system_problem(int error)
{
    switch (error) {
    case -EXDEV:
        return MSG_FILE_OUTSIDE;
    case -ELOOP:
        return MSG_FILE_LINK_LOOP;
    case -ENOENT:
        return MSG_FILE_LINK_DANGLING;
    case -EACCES:
    case -EPERM:
        return MSG_FILE_FORBIDDEN;
    case -EINVAL:
    case -ENXIO:
        return MSG_FILE_NOT_REGULAR;
    default:
        return MSG_FILE_NOT_NOW;
    }
}

// An entry that there was no time to look at. Links count as files.
static void put_unseen(struct writer *l, const struct name *name)
{
    if (name->type == DT_DIR)
        put_directory(&l->w, name->text);
    else if (name->type == DT_REG || name->type == DT_LNK || name->type == DT_UNKNOWN)
        put_unfinished(&l->w, name->text, 0, 0);
}

static void put_facts(struct writer *l, const char *name, int err, const struct index_facts *facts, const char *why,
                      uint64_t bytes)
{
    if (err == KIN_OK)
        put_reel(&l->w, name, facts, bytes);
    else if (err == KIN_EAGAIN)
        put_unfinished(&l->w, name, facts->permille, bytes);
    else
        note_unservable(l, name, why[0] != '\0' ? why : err == KIN_EUNSUPPORTED ? MSG_NO_REEL : kin_err_str(err));
}

static void put_file(struct writer *l, const char *name, const char *full, const struct beneath_file *file)
{
    struct index_facts facts;
    char why[KIN_MEDIA_WHY_MAX] = "";
    int err = l->source->facts(l->source->ctx, file, full, &facts, why);
    put_facts(l, name, err, &facts, why, file->version.size);
}

static void put_open(struct writer *l, const struct name *name, const char *full, struct beneath_file *file)
{
    if (l->source->recognise(l->source->ctx, file) != KIN_OK)
        put_unseen(l, name);
    else if (file->is_directory)
        put_directory(&l->w, name->text);
    else
        put_file(l, name->text, full, file);
}

static void put_opened(struct writer *l, const struct name *name)
{
    char full[PATH_BYTES_MAX];
    struct beneath_file file;
    int n = snprintf(full, sizeof full, "%s%s%s", l->path, *l->path != '\0' ? "/" : "", name->text);
    int err = n < 0 || (size_t)n >= sizeof full ? -ENAMETOOLONG : beneath_open(l->root, full, &file);
    if (err != 0) {
        note_unservable(l, name->text, system_problem(err));
        return;
    }
    put_open(l, name, full, &file);
    close(file.fd);
}

// Most files are known, and need not be opened again.
static bool put_known(struct writer *l, const char *name)
{
    struct beneath_file file;
    struct index_facts facts;
    char why[KIN_MEDIA_WHY_MAX] = "";
    if (!beneath_is_file(l->directory, name, &file))
        return false;
    int err = l->source->known(l->source->ctx, &file.version, &facts, why);
    if (err != KIN_EAGAIN)
        put_facts(l, name, err, &facts, why, file.version.size);
    return err != KIN_EAGAIN;
}

static void put_seen(struct writer *l, const struct name *name)
{
    if (!put_known(l, name->text))
        put_opened(l, name);
}

// Writes one entry, or nothing when it is neither reel nor directory. False: it did not fit.
static bool put_entry(struct writer *l, const struct name *name)
{
    struct kin_wr *w = &l->w;
    size_t before = w->len;
    if (l->source->has_time(l->source->ctx))
        put_seen(l, name);
    else
        put_unseen(l, name);
    bool fits = !w->bad;
    if (!fits)
        w->len = before;
    w->bad = false;
    return fits;
}

// --- the listing

static void put_unservable(struct writer *l)
{
    struct kin_wr *w = &l->w;
    if (l->unservable == 0)
        return;
    kin_json_open(w, "unservable", '{');
    kin_json_uint(w, "count", l->unservable);
    kin_json_open(w, "examples", '[');
    for (unsigned i = 0; i < LISTING_EXAMPLES_MAX; i++) {
        if (l->examples[i].name == NULL)
            continue;
        put_name(w, l->examples[i].name);
        kin_json_name(w, "problem", l->examples[i].problem);
        kin_json_close(w, '}');
    }
    kin_json_close(w, ']');
    kin_json_close(w, '}');
}

#define NAME_BYTE_MAX (KIN_JSON_BYTE_MAX + 3) // of an entry, for each byte of its name: there, and in its URL
// What stands behind the entries, at most: the name of an example has up to 255 bytes.
#define ENDING_MAX (128 + LISTING_EXAMPLES_MAX * (64 + NAME_BYTE_MAX * 255 + KIN_JSON_BYTE_MAX * PROBLEM_MAX))

static size_t room_for(const char *path, const struct names *names)
{
    size_t n = ENTRY_FIXED + KIN_JSON_BYTE_MAX * strlen(path);
    for (size_t i = 0; i < names->count; i++)
        n += ENTRY_FIXED + NAME_BYTE_MAX * strlen(names->items[i].text);
    return (n < LISTING_BYTES_MAX ? n : LISTING_BYTES_MAX) + ENDING_MAX;
}

static int write_entries(struct writer *l, const struct names *names, struct kin_buf *buf)
{
    bool complete = true;
    char path[PATH_BYTES_MAX + 1];
    snprintf(path, sizeof path, "/%s", l->path);
    l->w = kin_wr_init(buf->data, buf->len - ENDING_MAX);
    kin_json_open(&l->w, NULL, '{');
    kin_json_name(&l->w, "path", path);
    kin_json_open(&l->w, "entries", '[');
    if (l->w.bad)
        return KIN_ELIMIT;
    for (size_t i = 0; i < names->count && complete; i++)
        complete = put_entry(l, &names->items[i]);
    l->w.size = buf->len;
    kin_json_close(&l->w, ']');
    if (!complete || names->truncated)
        kin_json_bool(&l->w, "truncated", true);
    put_unservable(l);
    kin_json_close(&l->w, '}');
    buf->len = l->w.len;
    return KIN_OK;
}

static int write_listing(struct writer *l, const struct names *names, struct kin_buf **ret)
{
    struct kin_buf *buf = kin_buf_new(room_for(l->path, names));
    int err = buf != NULL ? write_entries(l, names, buf) : KIN_ENOMEM;
    for (unsigned i = 0; i < LISTING_EXAMPLES_MAX; i++)
        free(l->examples[i].name);
    if (err == KIN_OK)
        *ret = buf;
    else
        kin_buf_unref(buf);
    return err;
}

int listing_make(const struct listing_source *source, int root, const char *path, struct kin_buf **ret)
{
    struct names names = {0};
    struct beneath_file dir;
    if (beneath_open(root, path, &dir) != 0)
        return KIN_EIO;
    struct writer l = {.source = source, .root = root, .directory = dir.fd, .path = path};
    int names_fd = fcntl(dir.fd, F_DUPFD_CLOEXEC, 0);
    if (names_fd < 0)
        shortage_note(errno);
    int err = read_names(source, names_fd, &names);
    if (err == KIN_OK)
        err = write_listing(&l, &names, ret);
    names_free(&names);
    close(dir.fd);
    return err;
}
