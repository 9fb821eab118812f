// Written indexes: they come back as they were, and whatever is wrong with one is noticed.
#include "container_data.h"
#include "media/index_file.h"

static const struct kin_index_key base_key = {
    .device = 3, .inode = UINT64_C(1) << 40, .mtime_ns = -5, .rate_num = 25, .rate_den = 1};

static struct bytes three(void)
{
    struct bytes b = room_begin();
    put_tiny_with_comment(&b, "kinora:fps=30000/1001");
    put_tiny(&b);
    put_str(&b, "junk");
    put_tiny(&b);
    put_tiny(&b);
    b.n -= 3; // cut off
    return b;
}

struct made {
    struct kin_source *source;
    struct kin_reel *reel;
    struct kin_buf *file;
    struct kin_index_key key;
};

static void make(struct made *m)
{
    struct bytes b = three();
    *m = (struct made){.key = base_key};
    m->key.size = b.n;
    CHECK_INT(kin_source_from_span(bytes_span(&b), &m->source), KIN_OK);
    CHECK_INT(kin_reel_open(m->source, NULL, &m->reel, NULL), KIN_OK);
    CHECK_INT(kin_index_file_write(m->reel, &m->key, &m->file), KIN_OK);
    CHECK_INT(m->file->len, kin_index_file_bytes(3));
out:
    return;
}

static void unmake(struct made *m)
{
    kin_buf_unref(m->file);
    kin_reel_unref(m->reel);
    kin_source_unref(m->source);
}

TEST(an_index_comes_back_as_it_was)
{
    struct made m;
    struct kin_reel *again = NULL;
    make(&m);
    CHECK(!unit_failed());
    struct kin_span file = unit_guarded(m.file->data, m.file->len);
    CHECK_INT(kin_index_file_read(file, &m.key, m.source, &again), KIN_OK);
    CHECK(strcmp(again->format, "raw") == 0);
    CHECK_INT(again->frame_count, 3);
    CHECK(memcmp(again->frames, m.reel->frames, 3 * sizeof again->frames[0]) == 0);
    CHECK_INT(again->duration_ts, m.reel->duration_ts);
    CHECK_INT(again->rate_num, 30000);
    CHECK_INT(again->rate_den, 1001);
    CHECK(again->rate_stated && again->truncated);
    CHECK_INT(again->junk_bytes, m.reel->junk_bytes);
    CHECK_INT(again->junk_runs, m.reel->junk_runs);
    CHECK_INT(again->largest_frame, m.reel->largest_frame);
    CHECK_INT(again->frame_bytes, m.reel->frame_bytes);
    CHECK_INT(again->width, 16);
    CHECK_INT(again->compat, KIN_JPEG_COMPAT_OK);
out:
    kin_reel_unref(again);
    unmake(&m);
}

// Tables that are said once, and places that are left out, come back too.
TEST(tables_in_force_come_back)
{
    static const uint8_t no_dqt = 69;
    struct bytes b = room_begin();
    struct made m = {.key = base_key};
    struct kin_reel *again = NULL;
    struct kin_buf *buf = NULL;
    struct kin_jpeg_info info;
    put_tiny(&b);
    put(&b, tiny_head, sizeof tiny_head);
    put(&b, tiny_body, sizeof tiny_body - 4); // breaks off
    for (unsigned i = 0; i < 3; i++) {
        put(&b, tiny_head, sizeof tiny_head);
        put(&b, tiny_body + no_dqt, sizeof tiny_body - no_dqt);
    }
    m.key.size = b.n;
    CHECK_INT(kin_source_from_span(bytes_span(&b), &m.source), KIN_OK);
    CHECK_INT(kin_reel_open(m.source, NULL, &m.reel, NULL), KIN_OK);
    CHECK_INT(m.reel->table_count, 1);
    CHECK_INT(kin_index_file_write(m.reel, &m.key, &m.file), KIN_OK);
    struct kin_span file = unit_guarded(m.file->data, m.file->len);
    CHECK_INT(kin_index_file_read(file, &m.key, m.source, &again), KIN_OK);
    CHECK_INT(again->left_out, 1);
    CHECK_INT(again->first_left_out, 2);
    CHECK_INT(again->table_count, 1);
    CHECK_INT(again->tables[0].from, m.reel->tables[0].from);
    CHECK_INT(kin_reel_read(again, 3, &buf), KIN_OK);
    CHECK_INT(kin_jpeg_walk(kin_buf_span(buf), &info, NULL), KIN_OK);
    CHECK(info.dqt[0].present);
out:
    kin_buf_unref(buf);
    kin_reel_unref(again);
    unmake(&m);
}

static void check_refused(const struct made *m, struct kin_span file, const struct kin_index_key *key, int want)
{
    struct kin_reel *again = NULL;
    CHECK_INT(kin_index_file_read(file, key, m->source, &again), want);
    CHECK(again == NULL);
out:
    kin_reel_unref(again);
}

TEST(another_version_of_the_file_is_noticed)
{
    struct made m;
    make(&m);
    CHECK(!unit_failed());
    struct kin_span file = kin_buf_span(m.file);
    struct kin_index_key keys[6] = {m.key, m.key, m.key, m.key, m.key, m.key};
    keys[0].device++;
    keys[1].inode++;
    keys[2].size++;
    keys[3].mtime_ns++;
    keys[4].rate_num++;
    keys[5].rate_den++;
    for (size_t i = 0; i < 6; i++)
        check_refused(&m, file, &keys[i], KIN_ECHANGED);
    container_room[0] = 'x'; // the first frame is none any more
    check_refused(&m, file, &m.key, KIN_ECHANGED);
out:
    unmake(&m);
}

TEST(damage_is_noticed_wherever_it_is)
{
    struct made m;
    make(&m);
    CHECK(!unit_failed());
    for (size_t i = 0; i < m.file->len; i++) {
        struct kin_span cut = unit_guarded(m.file->data, i);
        check_refused(&m, cut, &m.key, KIN_EBAD);
        m.file->data[i] ^= 0x10;
        check_refused(&m, kin_buf_span(m.file), &m.key, KIN_EBAD);
        m.file->data[i] ^= 0x10;
    }
out:
    unmake(&m);
}

// Sums that are right do not make numbers that are.
TEST(numbers_that_cannot_be_are_refused)
{
    struct made m;
    make(&m);
    CHECK(!unit_failed());
    struct kin_reel *r = m.reel;
    struct kin_reel_frame good[3];
    memcpy(good, r->frames, sizeof good);
    for (int i = 0; i < 8; i++) {
        struct kin_buf *file = NULL;
        memcpy(r->frames, good, sizeof good);
        r->frames[1].offset += i == 0 ? 1000000 : 0;
        r->frames[1].length += i == 1 ? 1000000 : 0;
        r->frames[1].length -= i == 2 ? (uint32_t)TINY_BYTES - 1 : 0;
        r->frames[1].ts = i == 3 ? 0 : r->frames[1].ts;
        r->frames[2].ts = i == 4 ? UINT64_MAX : r->frames[2].ts;
        r->frames[2].flags = i == 5 ? 2 : 0;
        r->frames[0].ts = i == 6 ? 1 : 0;
        r->rate_num = i == 7 ? 0 : 25;
        CHECK_INT(kin_index_file_write(r, &m.key, &file), KIN_OK);
        check_refused(&m, kin_buf_span(file), &m.key, KIN_EBAD);
        kin_buf_unref(file);
    }
out:
    unmake(&m);
}
