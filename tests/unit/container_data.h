// Small container files made of the tiny JPEG, for the tests of their readers.
#ifndef CONTAINER_DATA_H
#define CONTAINER_DATA_H

#include "base/err.h"
#include "media/reel.h"
#include "media_data.h"
#include "unit.h"

#define ROOM_BYTES (64u * 1024u)

static uint8_t container_room[ROOM_BYTES];

static inline struct bytes room_begin(void)
{
    return (struct bytes){container_room, 0, sizeof container_room};
}

static inline void put_be(struct bytes *b, unsigned bytes, uint64_t v)
{
    for (unsigned i = bytes; i-- > 0;) {
        uint8_t byte = (uint8_t)(v >> 8 * i);
        put(b, &byte, 1);
    }
}

static inline void put_le(struct bytes *b, unsigned bytes, uint64_t v)
{
    for (unsigned i = 0; i < bytes; i++) {
        uint8_t byte = (uint8_t)(v >> 8 * i);
        put(b, &byte, 1);
    }
}

// Writes a number over what stands at `at`.
static inline void set_be32(struct bytes *b, size_t at, uint64_t v)
{
    struct bytes part = {b->p, at, at + 4};
    put_be(&part, 4, v);
}

static inline void set_le32(struct bytes *b, size_t at, uint64_t v)
{
    struct bytes part = {b->p, at, at + 4};
    put_le(&part, 4, v);
}

static inline int open_container(const struct bytes *b, struct kin_reel **ret, char *why)
{
    struct kin_source *source = NULL;
    int err = kin_source_from_span(unit_guarded(b->p, b->n), &source);
    if (err == KIN_OK)
        err = kin_reel_open(source, NULL, ret, why);
    kin_source_unref(source);
    return err;
}

// Every frame is the tiny JPEG, byte for byte, however long its chunk is.
static inline void check_tinies(struct kin_reel *reel)
{
    struct kin_buf *buf = NULL;
    for (uint32_t i = 0; i < reel->frame_count; i++) {
        CHECK_INT(kin_reel_read(reel, i, &buf), KIN_OK);
        CHECK_INT(buf->len, TINY_BYTES);
        CHECK(memcmp(buf->data, tiny_head, sizeof tiny_head) == 0);
        CHECK(memcmp(buf->data + sizeof tiny_head, tiny_body, sizeof tiny_body) == 0);
        kin_buf_unref(buf);
        buf = NULL;
    }
out:
    kin_buf_unref(buf);
}

// Cut off after every byte: a reel of complete frames that can be read, or a refusal with a reason; never more frames
// than the whole file has, and never fewer than a shorter one had. `most` is the number in the whole file. Does
// something only the first time that *done is false: with each allocation failing in turn it would take hours.
static inline void check_truncations(const struct bytes *whole, uint32_t most, bool *done)
{
    uint32_t before = 0;
    if (*done)
        return;
    *done = true;
    for (size_t n = 0; n < whole->n; n++) {
        struct bytes cut = {whole->p, n, n};
        struct kin_reel *reel = NULL;
        char why[KIN_MEDIA_WHY_MAX] = "";
        int err = open_container(&cut, &reel, why);
        uint32_t count = reel != NULL ? reel->frame_count : 0;
        if (reel != NULL)
            check_tinies(reel);
        kin_reel_unref(reel);
        if (unit_failed())
            return;
        CHECK((err == KIN_OK) == (count > 0));
        CHECK(err == KIN_OK || why[0] != '\0');
        CHECK(count >= before && count <= most);
        before = count;
    }
    CHECK(before >= most - 1);
out:
    return;
}

static inline void check_why(const struct bytes *b, int want, const char *what)
{
    struct kin_reel *reel = NULL;
    char why[KIN_MEDIA_WHY_MAX] = "";
    CHECK_INT(open_container(b, &reel, why), want);
    CHECK_SPAN(kin_span_str(why), what);
out:
    kin_reel_unref(reel);
}

#endif
