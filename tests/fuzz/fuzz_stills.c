// A directory of stills with any names and contents, some of which change between opening and reading: the reel has the
// files that exist, in natural order, and no file is read beyond its end.
//
// The input: records of a byte of kind (0-3 file, 4 link to the file before, 5 directory, 6 FIFO; 8 the file is cut
// after opening, 16 it is removed then, 32 it grows then), a byte of length and the name, two bytes of length and the
// contents. A JPEG stands for contents that are empty. At most FILES_MAX files.
#include "jpeg/table_set.h"
#include "media/stills.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "must.h"
#include "reel_check.h"
#include "script.h"

enum { KIND = 7, LINK = 4, FOLDER = 5, FIFO = 6, CUT = 8, REMOVE = 16, GROW = 32 };

#define FILES_MAX 12
#define NAME_MAX_BYTES 40
#define READS_PER_FILE 4096 // bytes that opening may read beyond READS_PER_BYTE

// Gray, 8x8: as small as a JPEG can be.
static const uint8_t picture[] = {
    0xff, 0xd8, 0xff, 0xdb, 0, 67, 0, 1,    1, 1,    1,    1, 1, 1, 1, 1, 1, 1,  1, 1,    1,    1,    1,    1, 1,
    1,    1,    1,    1,    1, 1,  1, 1,    1, 1,    1,    1, 1, 1, 1, 1, 1, 1,  1, 1,    1,    1,    1,    1, 1,
    1,    1,    1,    1,    1, 1,  1, 1,    1, 1,    1,    1, 1, 1, 1, 1, 1, 1,  1, 1,    1,    0xff, 0xc0, 0, 11,
    8,    0,    8,    0,    8, 1,  1, 0x11, 0, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x2b, 0xff, 0xd9};

struct entry {
    char name[NAME_MAX_BYTES + 1];
    uint8_t kind;
    size_t size;
};

struct folder {
    int fd;
    struct entry entries[FILES_MAX];
    unsigned count;
    uint64_t bytes;
};

// --- the directory

static int write_file(const struct folder *f, struct entry *e, struct kin_span contents)
{
    int fd = openat(f->fd, e->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    MUST(write(fd, contents.p, contents.n) == (ssize_t)contents.n);
    e->size = contents.n;
    close(fd);
    return 0;
}

static int make_entry(const struct folder *f, struct entry *e, struct kin_span contents)
{
    switch (e->kind & KIND) {
    case LINK:
        return f->count > 0 ? symlinkat(f->entries[f->count - 1].name, f->fd, e->name) : -1;
    case FOLDER:
        return mkdirat(f->fd, e->name, 0700);
    case FIFO:
        return mkfifoat(f->fd, e->name, 0600);
    default:
        return write_file(f, e, contents);
    }
}

static bool is_name(struct kin_span name)
{
    return name.n > 0 && memchr(name.p, '/', name.n) == NULL && memchr(name.p, '\0', name.n) == NULL &&
           !kin_span_is(name, ".") && !kin_span_is(name, "..");
}

static void add_entry(struct folder *f, struct kin_rd *r)
{
    struct entry *e = &f->entries[f->count];
    *e = (struct entry){.kind = kin_rd_u8(r)};
    struct kin_span name = kin_rd_take(r, kin_rd_u8(r) % (NAME_MAX_BYTES + 1));
    struct kin_span contents = kin_rd_take(r, kin_rd_be16(r));
    if (r->bad || !is_name(name))
        return;
    kin_span_copy(name, e->name, sizeof e->name);
    if (contents.n == 0)
        contents = kin_span_make(picture, sizeof picture);
    if (make_entry(f, e, contents) != 0)
        return;
    f->count++;
    f->bytes += e->name[0] != '.' ? e->size : 0; // hidden files do not count
}

// Some files are no longer what they were.
static void change(const struct folder *f)
{
    for (unsigned i = 0; i < f->count; i++) {
        const struct entry *e = &f->entries[i];
        int fd = (e->kind & KIND) < LINK ? openat(f->fd, e->name, O_WRONLY | O_CLOEXEC) : -1;
        if (fd < 0)
            continue;
        if ((e->kind & CUT) != 0)
            MUST(ftruncate(fd, (off_t)(e->size / 2)) == 0);
        else if ((e->kind & GROW) != 0)
            MUST(ftruncate(fd, (off_t)(e->size * 2 + 1)) == 0);
        close(fd);
        if ((e->kind & REMOVE) != 0)
            unlinkat(f->fd, e->name, 0);
    }
}

static void remove_all(const struct folder *f)
{
    for (unsigned i = 0; i < f->count; i++)
        if (unlinkat(f->fd, f->entries[i].name, 0) != 0)
            unlinkat(f->fd, f->entries[i].name, AT_REMOVEDIR);
}

// --- what must hold

// Whatever became of the file, its frame begins like a JPEG, and only tables can have been added to it.
static void check_reads(struct kin_reel *reel)
{
    for (uint32_t i = 0; i < reel->frame_count; i++) {
        struct kin_buf *buf = NULL;
        int err = kin_reel_read(reel, i, &buf);
        MUST((err == KIN_OK) == (buf != NULL));
        size_t most = reel->frames[i].length + (reel->table_count > 0 ? KIN_JPEG_TABLE_SET_BYTES : 0);
        MUST(err != KIN_OK || (buf->len >= 2 && buf->len <= most));
        MUST(err != KIN_OK || (buf->data[0] == 0xff && buf->data[1] == 0xd8));
        kin_buf_unref(buf);
    }
}

static bool is_patient(void *ctx, uint64_t done, uint64_t total)
{
    unsigned *left = (unsigned *)ctx;
    MUST(done <= total);
    return *left > 0 && (*left)-- > 0;
}

// Canceled sooner or later.
static void check_canceled(const struct folder *f)
{
    for (unsigned patience = 0; patience < 3; patience++) {
        unsigned left = patience;
        struct kin_reel_options options = {.rate_num = 5, .rate_den = 1, .progress = is_patient, .ctx = &left};
        struct kin_reel *reel = NULL;
        int err = kin_stills_open(f->fd, &options, &reel, NULL);
        MUST((err == KIN_OK) == (reel != NULL) && (err != KIN_ECANCELED || left == 0));
        kin_reel_unref(reel);
    }
}

static void check(const struct folder *f)
{
    struct kin_stills_version before, after;
    struct kin_reel *reel = NULL;
    char why[KIN_MEDIA_WHY_MAX] = "";
    int err = kin_stills_scan(f->fd, NULL, NULL, &before);
    MUST(err == KIN_OK || err == KIN_EUNSUPPORTED);
    int opened = kin_stills_open(f->fd, NULL, &reel, why);
    MUST((opened == KIN_OK) == (reel != NULL) && (opened == KIN_OK) == (why[0] == '\0'));
    MUST(err == KIN_OK || opened == err);
    MUST(err != KIN_OK || (before.count >= KIN_STILLS_LEAST && before.bytes == f->bytes));
    if (reel == NULL)
        return;
    MUST(reel->frame_count <= before.count && reel->junk_bytes + reel->frame_bytes <= before.bytes);
    MUST(kin_source_bytes_read(reel->source) <= READS_PER_BYTE * f->bytes + READS_PER_FILE * (uint64_t)f->count);
    check_times(reel);
    check_reads(reel);
    MUST(kin_stills_scan(f->fd, NULL, NULL, &after) == KIN_OK && after.digest == before.digest);
    change(f);
    check_reads(reel);
    kin_reel_unref(reel);
}

static int open_folder(char path[64])
{
    snprintf(path, 64, "%s/kinora-stills-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    MUST(mkdtemp(path) != NULL);
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    struct kin_rd r = kin_rd_init(kin_span_make(data, size));
    struct folder f = {.fd = open_folder(path)};
    MUST(f.fd >= 0);
    while (!r.bad && r.in.n > 0 && f.count < FILES_MAX)
        add_entry(&f, &r);
    check(&f);
    check_canceled(&f);
    remove_all(&f);
    close(f.fd);
    MUST(rmdir(path) == 0);
    return 0;
}
