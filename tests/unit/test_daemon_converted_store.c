// Repaired frames on disk: found again, bounded, overwritten in order, and never in the way of playing.
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#include "frames/converted_store.h"
#include "unit.h"

#define ROOM 4096u
#define BYTES 1000u // of a frame: four fit
#define THREADS 4
#define ROUNDS 60

static struct converted_key key_of(uint32_t frame)
{
    return (struct converted_key){.reel = 7, .frame = frame};
}

static void put(struct converted_store *s, uint32_t frame, size_t bytes)
{
    uint8_t jpeg[ROOM];
    struct converted_key key = key_of(frame);
    memset(jpeg, (int)frame, sizeof jpeg);
    converted_store_put(s, &key, KIN_JPEG_COMPAT_GRAY, kin_span_make(jpeg, bytes));
}

static bool is(const struct kin_buf *b, uint32_t frame, size_t bytes)
{
    if (b->len != bytes)
        return false;
    for (size_t i = 0; i < bytes; i++)
        if (b->data[i] != (uint8_t)frame)
            return false;
    return true;
}

// 1: it is there as it was put; 0: it is not there; -1: it is wrong.
static int look(struct converted_store *s, uint32_t frame, size_t bytes)
{
    enum kin_jpeg_compat compat = KIN_JPEG_COMPAT_OK;
    struct converted_key key = key_of(frame);
    struct kin_buf *b = converted_store_get(s, &key, &compat);
    if (b == NULL)
        return 0;
    int found = is(b, frame, bytes) && compat == KIN_JPEG_COMPAT_GRAY ? 1 : -1;
    kin_buf_unref(b);
    return found;
}

TEST(a_frame_is_found_by_reel_number_and_size)
{
    enum kin_jpeg_compat compat;
    struct converted_store *s = converted_store_open("/tmp", ROOM);
    CHECK(s != NULL);
    put(s, 3, BYTES);
    struct converted_key half = {.reel = 7, .frame = 3, .half = true};
    struct converted_key other_reel = {.reel = 8, .frame = 3};
    CHECK_INT(look(s, 3, BYTES), 1);
    CHECK_INT(look(s, 4, BYTES), 0);
    CHECK(converted_store_get(s, &half, &compat) == NULL);
    CHECK(converted_store_get(s, &other_reel, &compat) == NULL);
out:
    converted_store_close(s);
}

TEST(the_oldest_give_way)
{
    struct converted_store *s = converted_store_open("/tmp", ROOM);
    CHECK(s != NULL);
    for (uint32_t i = 0; i < 40; i++) {
        put(s, i, BYTES);
        CHECK_INT(look(s, i, BYTES), 1);
        for (uint32_t k = 0; k < i; k++)
            CHECK_INT(look(s, k, BYTES), k + 4 > i ? 1 : 0);
    }
out:
    converted_store_close(s);
}

TEST(what_is_there_is_not_written_again)
{
    struct converted_store *s = converted_store_open("/tmp", ROOM);
    CHECK(s != NULL);
    put(s, 5, BYTES);
    put(s, 5, 500);
    CHECK_INT(look(s, 5, BYTES), 1);
out:
    converted_store_close(s);
}

TEST(a_frame_of_more_than_a_quarter_is_not_kept)
{
    struct converted_store *s = converted_store_open("/tmp", ROOM);
    put(s, 1, ROOM / 4 + 1);
    CHECK_INT(look(s, 1, ROOM / 4 + 1), 0);
    put(s, 1, ROOM / 4);
    CHECK(look(s, 1, ROOM / 4) >= 0);
out:
    converted_store_close(s);
}

TEST(without_a_directory_nothing_is_kept)
{
    CHECK(converted_store_open(NULL, ROOM) == NULL);
    CHECK(converted_store_open("", ROOM) == NULL);
    put(NULL, 1, BYTES);
    CHECK_INT(look(NULL, 1, BYTES), 0);
    converted_store_close(NULL);
    struct converted_store *s = converted_store_open("/nonexistent/place", ROOM);
    put(s, 1, BYTES);
    put(s, 2, BYTES);
    CHECK_INT(look(s, 1, BYTES), 0);
    converted_store_close(s);
out:;
}

// A file size limit stands for the full disk. What was there is given up too, and the space with it.
TEST(a_full_disk_is_given_back)
{
    struct rlimit old, small;
    struct converted_store *s = converted_store_open("/tmp", ROOM);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 2 * BYTES + 10;
    put(s, 1, BYTES);
    setrlimit(RLIMIT_FSIZE, &small);
    put(s, 2, BYTES);
    put(s, 3, BYTES);
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, handler);
    CHECK_INT(look(s, 1, BYTES), 0);
    CHECK_INT(look(s, 3, BYTES), 0);
    put(s, 4, BYTES);
    CHECK_INT(look(s, 4, BYTES), 0);
out:
    converted_store_close(s);
}

struct crowd {
    struct converted_store *store;
    bool good;
};

static void use(void *arg)
{
    struct crowd *c = (struct crowd *)arg;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        put(c->store, i % 11, BYTES);
        for (uint32_t k = 0; k < 11; k++)
            c->good = c->good && look(c->store, k, BYTES) >= 0;
    }
}

TEST(many_threads_never_see_a_frame_that_is_being_overwritten)
{
    uv_thread_t threads[THREADS];
    struct crowd crowds[THREADS];
    unsigned count = 0;
    struct converted_store *s = converted_store_open("/tmp", ROOM);
    for (; s != NULL && count < THREADS; count++) {
        crowds[count] = (struct crowd){s, true};
        if (uv_thread_create(&threads[count], use, &crowds[count]) != 0)
            break;
    }
    for (unsigned i = 0; i < count; i++)
        uv_thread_join(&threads[i]);
    for (unsigned i = 0; i < count; i++)
        CHECK(crowds[i].good);
    CHECK(s != NULL);
    CHECK_INT(count, THREADS);
out:
    converted_store_close(s);
}
