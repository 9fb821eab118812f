// Reads a directory, asks for the facts of each reel and writes the listing.
#include "listing.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/natural.h"
#include "base/text.h"
#include "base/wr.h"
#include "beneath.h"
#include "index_build.h"
#include "index_cache.h"

#define ENTRY_FIXED 320 // bytes of an entry's JSON besides its name
#define PATH_BYTES_MAX 4096

// --- names

static int compare_names(const void *a, const void *b)
{
    return kin_natural_compare(*(char *const *)a, *(char *const *)b);
}

struct names {
    char **items;
    size_t count, size;
    bool truncated;
};

static void names_free(struct names *n)
{
    for (size_t i = 0; i < n->count; i++)
        free(n->items[i]);
    free(n->items);
}

static int names_add(struct names *n, const char *name)
{
    if (n->count == n->size) {
        size_t size = n->size == 0 ? 64 : n->size * 2;
        char **items = realloc(n->items, size * sizeof *items);
        if (items == NULL)
            return KIN_ENOMEM;
        n->items = items;
        n->size = size;
    }
    n->items[n->count] = strdup(name);
    if (n->items[n->count] == NULL)
        return KIN_ENOMEM;
    n->count++;
    return KIN_OK;
}

// JSON must be UTF-8, so a name that is not cannot be told.
static bool is_listable(const char *name)
{
    struct kin_span s = kin_span_str(name);
    uint32_t c;
    if (s.n == 0 || s.p[0] == '.')
        return false;
    for (size_t n; s.n > 0; s = kin_span_skip(s, n)) {
        n = kin_text_utf8(s, &c);
        if (n == 0)
            return false;
    }
    return true;
}

static int read_names(int fd, struct names *ret)
{
    DIR *dir = fdopendir(fd);
    if (dir == NULL) {
        close(fd);
        return KIN_EIO;
    }
    int err = KIN_OK;
    const struct dirent *d = NULL;
    while (err == KIN_OK && (errno = 0, d = readdir(dir)) != NULL) {
        if (!is_listable(d->d_name))
            continue;
        ret->truncated = ret->count >= LISTING_ENTRIES_MAX;
        if (ret->truncated)
            break;
        err = names_add(ret, d->d_name);
    }
    if (err == KIN_OK && d == NULL && errno != 0)
        err = KIN_EIO;
    closedir(dir);
    if (ret->count > 0)
        qsort(ret->items, ret->count, sizeof ret->items[0], compare_names);
    return err;
}

// --- JSON

static void put_escaped(struct kin_wr *w, const char *text)
{
    struct kin_span rest = kin_span_str(text);
    while (rest.n > 0) {
        uint32_t c = rest.p[0];
        size_t n = kin_text_utf8(rest, &c);
        if (c == '"' || c == '\\')
            kin_wr_u8(w, '\\');
        if (n > 0 && kin_text_is_control(c))
            kin_wr_fmt(w, "\\u%04x", (unsigned)c);
        else
            kin_wr_put(w, kin_span_first(rest, n > 0 ? n : 1));
        rest = kin_span_skip(rest, n > 0 ? n : 1);
    }
}

static void put_string(struct kin_wr *w, const char *text)
{
    kin_wr_u8(w, '"');
    put_escaped(w, text);
    kin_wr_u8(w, '"');
}

// Thousandths without needless zeros, but with one decimal: 24.0, 23.976.
static void put_milli(struct kin_wr *w, uint64_t milli)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%llu.%03u", (unsigned long long)(milli / 1000), (unsigned)(milli % 1000));
    while (n > 2 && text[n - 1] == '0' && text[n - 2] != '.')
        n--;
    kin_wr_bytes(w, text, (size_t)n);
}

static void put_reel(struct kin_wr *w, const char *name, const struct index_facts *f, uint64_t bytes)
{
    uint64_t fps_milli = ((uint64_t)f->rate_num * 1000 + f->rate_den / 2) / f->rate_den;
    kin_wr_str(w, "{\"name\":");
    put_string(w, name);
    kin_wr_fmt(w, ",\"type\":\"reel\",\"width\":%u,\"height\":%u,\"frames\":%u,\"fps\":", f->width, f->height,
               f->frames);
    put_milli(w, fps_milli);
    kin_wr_str(w, ",\"duration\":");
    put_milli(w, (f->duration_ts + 45) / 90);
    kin_wr_fmt(w, ",\"bytes\":%llu", (unsigned long long)bytes);
    char text[REPAIR_TEXT_MAX];
    if (f->repair.refusal != NULL) {
        kin_wr_str(w, ",\"problem\":");
        put_string(w, repair_refusal(&f->repair, text));
    } else if (f->repair.obstacles != 0) {
        kin_wr_str(w, ",\"repair\":");
        put_string(w, kin_jpeg_loss_str(kin_jpeg_remedy_loss(f->repair.remedy)));
    }
    kin_wr_u8(w, '}');
}

// Its index is still being made: only that and the size are known.
static void put_unfinished(struct kin_wr *w, const char *name, const struct index_facts *f, uint64_t bytes)
{
    kin_wr_str(w, "{\"name\":");
    put_string(w, name);
    kin_wr_str(w, ",\"type\":\"reel\",\"indexing\":");
    put_milli(w, f->permille);
    kin_wr_fmt(w, ",\"bytes\":%llu}", (unsigned long long)bytes);
}

static void put_directory(struct kin_wr *w, const char *name)
{
    kin_wr_str(w, "{\"name\":");
    put_string(w, name);
    kin_wr_str(w, ",\"type\":\"directory\"}");
}

// --- entries

// What is listed, and until when to wait for indexes that are not there yet.
struct place {
    struct catalogue *catalogue;
    int root;
    const char *path;
    kin_us until;
};

// Writes one entry, or nothing when it is neither reel nor directory. False: it did not fit.
static bool put_entry(const struct place *l, const char *name, struct kin_wr *w)
{
    struct catalogue *c = l->catalogue;
    const char *path = l->path;
    char full[PATH_BYTES_MAX];
    struct beneath_file file;
    struct index_facts facts;
    size_t before = w->len;
    int n = snprintf(full, sizeof full, "%s%s%s", path, *path != '\0' ? "/" : "", name);
    if (n < 0 || (size_t)n >= sizeof full || beneath_open(l->root, full, &file) != 0)
        return true;
    bool first = w->len > 0 && w->p[w->len - 1] == '[';
    if (!first)
        kin_wr_u8(w, ',');
    index_recognise(&file);
    if (file.is_directory) {
        close(file.fd);
        put_directory(w, name);
    } else {
        int err = catalogue_facts(c, &file, full, l->until, &facts);
        if (err == KIN_OK)
            put_reel(w, name, &facts, file.version.size);
        else if (err == KIN_EAGAIN)
            put_unfinished(w, name, &facts, file.version.size);
        else
            w->len = before;
    }
    if (!w->bad)
        return true;
    w->len = before;
    w->bad = false;
    return false;
}

static size_t room_for(const char *path, const struct names *names)
{
    size_t n = ENTRY_FIXED + 6 * strlen(path);
    for (size_t i = 0; i < names->count; i++)
        n += ENTRY_FIXED + 6 * strlen(names->items[i]);
    return n < LISTING_BYTES_MAX ? n : LISTING_BYTES_MAX;
}

static int write_entries(const struct place *l, const struct names *names, struct kin_buf *buf)
{
    static const char ending[] = "],\"truncated\":true}";
    struct kin_wr w = kin_wr_init(buf->data, buf->len - sizeof ending);
    bool complete = true;
    kin_wr_str(&w, "{\"path\":\"/");
    put_escaped(&w, l->path);
    kin_wr_str(&w, "\",\"entries\":[");
    if (w.bad)
        return KIN_ELIMIT;
    for (size_t i = 0; i < names->count && complete; i++) {
        if (catalogue_stopping(l->catalogue))
            return KIN_ECANCELED;
        complete = put_entry(l, names->items[i], &w);
    }
    w.size = buf->len;
    kin_wr_str(&w, complete && !names->truncated ? "]}" : ending);
    buf->len = w.len;
    return KIN_OK;
}

int listing_make(struct catalogue *c, int root, const char *path, int fd, struct kin_buf **ret)
{
    struct names names = {0};
    struct kin_buf *buf = NULL;
    int err = read_names(fd, &names);
    if (err == KIN_OK) {
        buf = kin_buf_new(room_for(path, &names));
        struct place l = {.catalogue = c, .root = root, .path = path, .until = kin_clock_mono_us() + LISTING_WAIT_US};
        err = buf != NULL ? write_entries(&l, &names, buf) : KIN_ENOMEM;
    }
    names_free(&names);
    if (err != KIN_OK) {
        kin_buf_unref(buf);
        return err;
    }
    *ret = buf;
    return KIN_OK;
}
