// Reels as kinora-prep writes them: lab, raw, and AVI in several parts, read back chunk by chunk.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "avi_header.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/rd.h"
#include "unit.h"
#include "writer.h"

#define FACTS(FORMAT)                                                                                                  \
    {                                                                                                                  \
        .format = (FORMAT), .width = 640, .height = 479, .rate_num = 24000, .rate_den = 1001                           \
    }

static char folder[] = "/tmp/kin-prep-XXXXXX";
static char path[sizeof folder + 8], part[sizeof folder + 16];

__attribute__((constructor)) static void make_folder(void)
{
    if (mkdtemp(folder) == NULL)
        abort();
    snprintf(path, sizeof path, "%s/reel", folder);
    snprintf(part, sizeof part, "%s/reel.part", folder);
}

__attribute__((destructor)) static void remove_folder(void)
{
    unlink(path);
    rmdir(folder);
}

// The file that was written, or NULL.
static struct kin_buf *read_back(void)
{
    FILE *in = fopen(path, "rb");
    struct kin_buf *buf = kin_buf_new(65536);
    if (in != NULL && buf != NULL)
        buf->len = fread(buf->data, 1, buf->len, in);
    if (in != NULL)
        fclose(in);
    return buf;
}

static uint32_t le32(struct kin_span s, size_t at)
{
    return s.p[at] | (uint32_t)s.p[at + 1] << 8 | (uint32_t)s.p[at + 2] << 16 | (uint32_t)s.p[at + 3] << 24;
}

static bool named(struct kin_span s, size_t at, const char *name)
{
    return kin_span_starts(kin_span_skip(s, at), name);
}

// Frame n: n + 1 times the byte n.
static struct kin_span frame(uint8_t bytes[256], unsigned n)
{
    memset(bytes, (int)n, n + 1);
    return kin_span_make(bytes, n + 1);
}

static int write_frames(struct writer *w, unsigned count)
{
    uint8_t bytes[256];
    int err = KIN_OK;
    for (unsigned n = 0; err == KIN_OK && n < count; n++)
        err = writer_frame(w, frame(bytes, n));
    return err == KIN_OK ? writer_commit(w) : err;
}

TEST(plain_formats)
{
    struct writer_facts raw = FACTS(WRITER_RAW), lab = FACTS(WRITER_LAB);
    struct writer w = {.output = {.fd = -1}};
    struct kin_buf *got = NULL;
    CHECK_INT(writer_open(&w, path, &raw), KIN_OK);
    CHECK(access(part, F_OK) == 0);
    CHECK_INT(write_frames(&w, 3), KIN_OK);
    CHECK(access(part, F_OK) != 0);
    got = read_back();
    CHECK(got != NULL);
    CHECK(kin_span_eq(kin_buf_span(got), kin_span_make("\0\1\1\2\2\2", 6)));
    CHECK_INT(writer_open(&w, path, &lab), KIN_OK);
    CHECK_INT(write_frames(&w, 2), KIN_OK);
    kin_buf_unref(got);
    got = read_back();
    CHECK(got != NULL);
    CHECK(kin_span_eq(kin_buf_span(got), kin_span_make("00001\0"
                                                       "00002\1\1",
                                                       13)));
out:
    kin_buf_unref(got);
    writer_discard(&w);
}

TEST(a_lab_frame_of_six_digits)
{
    struct writer_facts lab = FACTS(WRITER_LAB);
    struct writer w = {.output = {.fd = -1}};
    uint8_t *bytes = calloc(1, WRITER_LAB_MAX_BYTES + 1);
    CHECK(bytes != NULL);
    CHECK_INT(writer_open(&w, path, &lab), KIN_OK);
    CHECK_INT(writer_frame(&w, kin_span_make(bytes, WRITER_LAB_MAX_BYTES)), KIN_OK);
    CHECK_INT(writer_frame(&w, kin_span_make(bytes, WRITER_LAB_MAX_BYTES + 1)), KIN_ELIMIT);
    CHECK(kin_span_starts(kin_span_str(w.why), "frame 2 has 100000 bytes"));
out:
    writer_discard(&w);
    free(bytes);
    if (access(part, F_OK) == 0)
        unit_fail(__FILE__, __LINE__, "a discarded reel leaves its part");
}

// Two runs that wrote the same part mixed their frames.
TEST(one_run_at_a_time)
{
    struct writer_facts raw = FACTS(WRITER_RAW);
    struct writer first = {.output = {.fd = -1}}, second = {.output = {.fd = -1}};
    struct kin_buf *got = NULL;
    CHECK_INT(writer_open(&first, path, &raw), KIN_OK);
    int err = writer_open(&second, path, &raw);
    CHECK(err != KIN_OK);
    if (err != KIN_ENOMEM)
        CHECK(kin_span_find_str(kin_span_str(second.why), "another run") < strlen(second.why));
    CHECK_INT(access(part, F_OK), 0);
    CHECK_INT(write_frames(&first, 2), KIN_OK);
    CHECK_INT(writer_open(&second, path, &raw), KIN_OK); // now it may
    CHECK_INT(write_frames(&second, 1), KIN_OK);
    got = read_back();
    CHECK(got != NULL);
    CHECK_INT(got->len, 1);
out:
    kin_buf_unref(got);
    writer_discard(&first);
    writer_discard(&second);
}

TEST(what_a_killed_run_left_is_taken_over)
{
    struct writer_facts raw = FACTS(WRITER_RAW);
    struct writer w = {.output = {.fd = -1}};
    struct kin_buf *got = NULL;
    FILE *left = fopen(part, "wb");
    CHECK(left != NULL);
    CHECK(fputs("half a file", left) >= 0);
    CHECK_INT(fclose(left), 0);
    CHECK_INT(writer_open(&w, path, &raw), KIN_OK);
    CHECK_INT(write_frames(&w, 2), KIN_OK);
    got = read_back();
    CHECK(got != NULL);
    CHECK(kin_span_eq(kin_buf_span(got), kin_span_make("\0\1\1", 3)));
out:
    kin_buf_unref(got);
    writer_discard(&w);
    unlink(part);
}

TEST(the_mode_of_the_old_file_stays)
{
    struct writer_facts raw = FACTS(WRITER_RAW);
    struct writer w = {.output = {.fd = -1}};
    struct stat st;
    CHECK_INT(writer_open(&w, path, &raw), KIN_OK);
    CHECK_INT(write_frames(&w, 1), KIN_OK);
    CHECK_INT(chmod(path, 0600), 0);
    CHECK_INT(writer_open(&w, path, &raw), KIN_OK);
    CHECK_INT(write_frames(&w, 2), KIN_OK);
    CHECK_INT(stat(path, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    CHECK_INT(st.st_size, 3);
out:
    writer_discard(&w);
    unlink(path);
}

TEST(the_format_goes_by_the_name)
{
    CHECK_INT(writer_format_of(WRITER_AUTO, "a.mjpeg"), WRITER_RAW);
    CHECK_INT(writer_format_of(WRITER_AUTO, "a.AVI"), WRITER_AVI);
    CHECK_INT(writer_format_of(WRITER_AUTO, "avi"), WRITER_RAW);
    CHECK_INT(writer_format_of(WRITER_LAB, "a.avi"), WRITER_LAB);
    CHECK(writer_states_rate(WRITER_AVI) && !writer_states_rate(WRITER_LAB));
out:;
}

// The chunks of a movi list that begins at `at`: frames first..., then their index. Returns how many frames.
static unsigned check_movi(struct kin_span file, size_t at, unsigned first)
{
    uint8_t bytes[256];
    size_t end = at + 8 + le32(file, at + 4), base = at + 8, place = at + 12;
    unsigned n = first;
    CHECK(named(file, at, "LIST") && named(file, base, "movi") && end <= file.n);
    for (; named(file, place, "00dc"); n++) {
        size_t length = le32(file, place + 4);
        CHECK(kin_span_eq(kin_span_first(kin_span_skip(file, place + 8), length), frame(bytes, n)));
        place += 8 + length + (length & 1);
    }
    CHECK(named(file, place, "ix00"));
    CHECK_INT(place + 8 + le32(file, place + 4), end);
    CHECK_INT(le32(file, place + 12), n - first);
    CHECK_INT(le32(file, place + 20), base);
    for (unsigned i = first; i < n; i++) {
        size_t entry = place + 32 + 8 * (i - first);
        CHECK(named(file, base + le32(file, entry) - 8, "00dc"));
        CHECK_INT(le32(file, entry + 4), i + 1);
    }
    return n - first;
out:
    return 0;
}

static void check_header(struct kin_span file, unsigned frames, unsigned in_first)
{
    struct kin_span rest = kin_span_first(file, AVI_HEADER_BYTES);
    size_t avih = kin_span_find_str(rest, "avih"), strh = kin_span_find_str(rest, "strh");
    size_t dmlh = kin_span_find_str(rest, "dmlh");
    CHECK(named(file, 0, "RIFF") && named(file, 8, "AVI LIST") && named(file, AVI_MOVI_AT, "LIST"));
    CHECK_INT(le32(file, 16), AVI_HDRL_BYTES);
    CHECK_INT(le32(file, avih + 8), 41708);
    CHECK_INT(le32(file, avih + 8 + 16), in_first);
    CHECK_INT(le32(file, strh + 8 + 20), 1001);
    CHECK_INT(le32(file, strh + 8 + 24), 24000);
    CHECK_INT(le32(file, strh + 8 + 32), frames);
    CHECK_INT(le32(file, strh + 8 + 36), frames); // the longest frame, too
    CHECK_INT(le32(file, dmlh + 8), frames);
out:;
}

// Each part that the index of indexes names begins where the one before it ends.
static void check_parts(struct kin_span file, unsigned parts, unsigned frames)
{
    size_t indx = kin_span_find_str(file, "indx"), at = 0;
    unsigned seen = 0;
    CHECK_INT(le32(file, indx + 12), parts);
    for (unsigned i = 0; i < parts; i++) {
        size_t entry = indx + 32 + 16 * (size_t)i;
        CHECK(named(file, at, "RIFF") && named(file, at + 8, i == 0 ? "AVI " : "AVIX"));
        unsigned here = check_movi(file, i == 0 ? AVI_MOVI_AT : at + 12, seen);
        CHECK(named(file, le32(file, entry), "ix00"));
        CHECK_INT(le32(file, entry + 8), le32(file, le32(file, entry) + 4) + 8);
        CHECK_INT(le32(file, entry + 12), here);
        at += 8 + le32(file, at + 4);
        seen += here;
    }
    CHECK_INT(at, file.n);
    CHECK_INT(seen, frames);
out:;
}

static void check_old_index(struct kin_span file, unsigned frames)
{
    size_t idx1 = AVI_MOVI_AT + 8 + le32(file, AVI_MOVI_AT + 4), base = AVI_MOVI_AT + 8;
    CHECK(named(file, idx1, "idx1"));
    CHECK_INT(le32(file, idx1 + 4), 16 * frames);
    CHECK_INT(idx1 + 8 + 16 * frames, le32(file, 4) + 8);
    for (unsigned i = 0; i < frames; i++) {
        size_t entry = idx1 + 8 + 16 * (size_t)i;
        CHECK(named(file, entry, "00dc") && named(file, base + le32(file, entry + 8), "00dc"));
        CHECK_INT(le32(file, entry + 12), i + 1);
    }
out:;
}

TEST(avi_of_one_part)
{
    struct writer_facts facts = FACTS(WRITER_AVI);
    struct writer w = {.output = {.fd = -1}};
    struct kin_buf *got = NULL;
    CHECK_INT(writer_open(&w, path, &facts), KIN_OK);
    CHECK_INT(write_frames(&w, 20), KIN_OK);
    got = read_back();
    CHECK(got != NULL);
    check_header(kin_buf_span(got), 20, 20);
    check_parts(kin_buf_span(got), 1, 20);
    check_old_index(kin_buf_span(got), 20);
out:
    kin_buf_unref(got);
    writer_discard(&w);
}

TEST(avi_of_many_parts)
{
    struct writer_facts facts = FACTS(WRITER_AVI);
    struct writer w = {.output = {.fd = -1}};
    struct kin_buf *got = NULL;
    CHECK_INT(writer_open(&w, path, &facts), KIN_OK);
    w.avi.part_bytes = AVI_HEADER_BYTES + 1000;
    CHECK_INT(write_frames(&w, 200), KIN_OK);
    got = read_back();
    CHECK(got != NULL);
    unsigned first = w.avi.parts[0].frames, parts = w.avi.part_count;
    CHECK(first < 100 && parts > 3 && parts < 100);
    check_header(kin_buf_span(got), 200, first);
    check_parts(kin_buf_span(got), parts, 200);
    check_old_index(kin_buf_span(got), first);
out:
    kin_buf_unref(got);
    writer_discard(&w);
}

TEST(avi_has_an_end)
{
    struct writer_facts facts = FACTS(WRITER_AVI);
    struct writer w = {.output = {.fd = -1}};
    uint8_t bytes[256];
    int err = KIN_OK;
    CHECK_INT(writer_open(&w, path, &facts), KIN_OK);
    w.avi.part_bytes = 1; // a part for each frame
    unsigned n = 0;
    for (; err == KIN_OK && n <= AVI_MAX_PARTS; n++)
        err = writer_frame(&w, frame(bytes, 1));
    CHECK_INT(n, AVI_MAX_PARTS + 1);
    CHECK_INT(err, KIN_ELIMIT);
    CHECK(w.why[0] != '\0');
out:
    writer_discard(&w);
}

TEST(avi_needs_a_file_that_can_be_patched)
{
    struct writer_facts facts = FACTS(WRITER_AVI);
    struct writer w = {.output = {.fd = -1}};
    int ends[2] = {-1, -1}, out = -1;
    CHECK(pipe(ends) == 0);
    fflush(stdout);
    out = dup(STDOUT_FILENO);
    CHECK(out >= 0 && dup2(ends[1], STDOUT_FILENO) >= 0);
    int err = writer_open(&w, "-", &facts);
    CHECK(dup2(out, STDOUT_FILENO) >= 0);
    CHECK_INT(err, KIN_EUNSUPPORTED);
    CHECK(w.why[0] != '\0');
out:
    if (out >= 0)
        close(out);
    if (ends[0] >= 0)
        close(ends[0]);
    if (ends[1] >= 0)
        close(ends[1]);
}
