// Frames as sequences of the kitty graphics protocol: what a terminal would make of them.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "base/err.h"
#include "image_check.h"
#include "picture/kitty.h"
#include "picture/placeholder.h"
#include "picture/png.h"
#include "picture/shm.h"
#include "unit.h"

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

// The body of the chunk at *at, whose type and checksum are right; p NULL if not.
static struct kin_span next_chunk(struct kin_span png, size_t *at, const char *type)
{
    struct kin_span rest = kin_span_skip(png, *at);
    uint32_t n = rest.n >= 12 ? be32(rest.p) : 0;
    if (rest.n < 12 || n > rest.n - 12 || memcmp(rest.p + 4, type, 4) != 0 ||
        be32(rest.p + 8 + n) != crc32(0, rest.p + 4, (uInt)n + 4))
        return kin_span_make(NULL, 0);
    *at += 12 + n;
    return kin_span_make(rest.p + 8, n);
}

// Undoes the filter "up", in place: the lines lose their first byte.
static bool unfilter(uint8_t *p, size_t line, size_t height)
{
    for (size_t y = 0; y < height; y++) {
        const uint8_t *from = p + y * (line + 1);
        if (from[0] != 2)
            return false;
        for (size_t i = 0; i < line; i++)
            p[y * line + i] = (uint8_t)(from[1 + i] + (y > 0 ? p[(y - 1) * line + i] : 0));
    }
    return true;
}

// Decodes a PNG of 8-bit RGB. p NULL when it is none, or without memory.
static struct pixels decode_png(struct kin_span png, int width, int height)
{
    static const uint8_t kind[] = {8, 2, 0, 0, 0};
    struct pixels got = {0};
    size_t at = 8, line = (size_t)width * 3;
    uLongf n = (uLongf)((line + 1) * (size_t)height), want = n;
    struct kin_span header = next_chunk(png, &at, "IHDR"), data = next_chunk(png, &at, "IDAT");
    bool ends = next_chunk(png, &at, "IEND").p != NULL && at == png.n;
    if (!ends || !kin_span_starts(png, "\x89PNG\r\n\x1a\n") || header.n != 13 || memcmp(header.p + 8, kind, 5) != 0 ||
        be32(header.p) != (uint32_t)width || be32(header.p + 4) != (uint32_t)height)
        return got;
    uint8_t *p = malloc(n);
    if (p != NULL && uncompress(p, &n, data.p, data.n) == Z_OK && n == want && unfilter(p, line, (size_t)height))
        return (struct pixels){p, line * (size_t)height};
    free(p);
    return got;
}

TEST(png_keeps_every_pixel)
{
    static const struct {
        int width, height;
    } sizes[] = {{1, 1}, {5, 7}, {64, 33}, {1, 90}, {200, 1}};
    struct png *png = NULL;
    struct image_bytes out = {0};
    struct drawn d = {.rgb = NULL};
    struct pixels got = {0}, want = {0};
    CHECK_INT(png_new(&png), KIN_OK);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        d = draw(sizes[i].width, sizes[i].height, 4, 0);
        CHECK(d.rgb != NULL);
        out.n = 0;
        CHECK_INT(png_encode(png, &d.pixels, 0, &out), KIN_OK);
        want = pack(&d.pixels);
        got = decode_png(kin_span_make(out.p, out.n), sizes[i].width, sizes[i].height);
        CHECK(want.p != NULL && got.p != NULL);
        CHECK(pixels_psnr(&got, &want) == 99);
        free(got.p), free(want.p), free(d.rgb);
        got.p = want.p = d.rgb = NULL;
    }
out:
    free(got.p), free(want.p), free(d.rgb);
    image_bytes_deinit(&out);
    png_free(png);
}

TEST(png_drops_bits_for_bytes)
{
    static const double least_db[] = {99, 48, 43, 37, 31};
    struct png *png = NULL;
    struct image_bytes out = {0};
    struct drawn d = draw(160, 90, 0, 12);
    struct pixels got = {0}, want = pack(&d.pixels);
    size_t before = SIZE_MAX;
    CHECK(d.rgb != NULL && want.p != NULL);
    CHECK_INT(png_new(&png), KIN_OK);
    for (unsigned drop = 0; drop <= PNG_DROP_MAX; drop++) {
        out.n = 0;
        CHECK_INT(png_encode(png, &d.pixels, drop, &out), KIN_OK);
        got = decode_png(kin_span_make(out.p, out.n), 160, 90);
        CHECK(got.p != NULL);
        CHECK(pixels_psnr(&got, &want) >= least_db[drop]);
        CHECK(out.n < before);
        before = out.n;
        free(got.p);
        got.p = NULL;
    }
out:
    free(got.p), free(want.p), free(d.rgb);
    image_bytes_deinit(&out);
    png_free(png);
}

// --- sequences

static const struct kitty_settings plain = {.first_id = 20};

// The PNG in the chunks of one frame, of which the first has these keys. False when they are not as the protocol wants.
static bool join_chunks(struct kin_span *rest, const char *keys, struct image_bytes *file)
{
    struct kin_span body, head;
    bool first = true, more = true;
    while (more) {
        if (!cut(rest, "\033_G", "\033\\", &body) || !kin_span_split(&body, ';', &head) || body.n > 4096)
            return false;
        more = kin_span_ends(head, "m=1");
        if (!more && !kin_span_ends(head, "m=0"))
            return false;
        if (first ? !kin_span_starts(head, keys) : head.n != 3 || (more && body.n != 4096))
            return false;
        if (!base64_decode(body, file))
            return false;
        first = false;
    }
    return true;
}

TEST(kitty_replaces_a_frame_by_the_next)
{
    struct kitty *k = NULL;
    struct image_bytes out = {0}, file = {0};
    struct drawn d = draw(120, 77, 8, 12);
    struct pixels got = {0}, want = pack(&d.pixels);
    struct image_request q = {.pixels = &d.pixels, .cols = 30, .rows = 10};
    CHECK(d.rgb != NULL && want.p != NULL);
    CHECK_INT(kitty_new(&plain, &k), KIN_OK);
    CHECK_INT(kitty_encode(k, &q, &out), KIN_OK);
    struct kin_span rest = kin_span_make(out.p, out.n);
    CHECK(join_chunks(&rest, "a=T,i=20,p=1,c=30,r=10,C=1,q=2,f=100,", &file));
    CHECK_INT(rest.n, 0);
    got = decode_png(kin_span_make(file.p, file.n), 120, 77);
    CHECK(got.p != NULL);
    CHECK(pixels_psnr(&got, &want) == 99);
    for (unsigned shown = 20, i = 0; i < 3; i++, shown ^= 1) {
        char keys[64], deleted[64];
        snprintf(keys, sizeof keys, "a=T,i=%u,p=1,", shown ^ 1);
        snprintf(deleted, sizeof deleted, "\033_Ga=d,d=I,i=%u,q=2\033\\", shown);
        out.n = file.n = 0;
        CHECK_INT(kitty_encode(k, &q, &out), KIN_OK);
        rest = kin_span_make(out.p, out.n);
        CHECK(join_chunks(&rest, keys, &file));
        CHECK_SPAN(rest, deleted);
    }
out:
    free(got.p), free(want.p), free(d.rgb);
    image_bytes_deinit(&file);
    image_bytes_deinit(&out);
    kitty_free(k);
}

TEST(kitty_comes_down_to_its_budget)
{
    struct kitty *k = NULL;
    struct image_bytes out = {0};
    struct drawn d = draw(160, 90, 0, 12);
    struct image_request q = {.pixels = &d.pixels, .cols = 40, .rows = 12};
    size_t full = 0;
    CHECK(d.rgb != NULL);
    CHECK_INT(kitty_new(&plain, &k), KIN_OK);
    for (int i = 0; i < 6; i++) {
        out.n = 0;
        CHECK_INT(kitty_encode(k, &q, &out), KIN_OK);
        full = i == 0 ? out.n : full;
        q.budget_bytes = full * 6 / 10;
    }
    CHECK(out.n <= q.budget_bytes);
    q.still = true;
    out.n = 0;
    CHECK_INT(kitty_encode(k, &q, &out), KIN_OK);
    CHECK(out.n >= full);
    q.still = false;
    q.budget_bytes = full * 2;
    for (int i = 0; i < 6; i++) {
        out.n = 0;
        CHECK_INT(kitty_encode(k, &q, &out), KIN_OK);
    }
    CHECK(out.n >= full);
out:
    free(d.rgb);
    image_bytes_deinit(&out);
    kitty_free(k);
}

TEST(kitty_refuses_what_cannot_be_drawn)
{
    struct kitty *k = NULL;
    struct image_bytes out = {0};
    struct drawn d = draw(4, 4, 0, 0);
    struct canvas_pixels huge = {d.rgb, IMAGE_SIDE_MAX, IMAGE_SIDE_MAX, 3 * IMAGE_SIDE_MAX};
    struct canvas_pixels wide = {d.rgb, IMAGE_SIDE_MAX + 1, 1, 4};
    struct image_request q = {.pixels = &d.pixels, .cols = 0, .rows = 3};
    CHECK(d.rgb != NULL);
    CHECK_INT(kitty_new(&plain, &k), KIN_OK);
    CHECK_INT(kitty_encode(k, &q, &out), KIN_EINVAL);
    q.cols = 3, q.pixels = NULL;
    CHECK_INT(kitty_encode(k, &q, &out), KIN_EINVAL);
    q.pixels = &huge;
    CHECK_INT(kitty_encode(k, &q, &out), KIN_ELIMIT);
    q.pixels = &wide;
    CHECK_INT(kitty_encode(k, &q, &out), KIN_ELIMIT);
    CHECK_INT(kitty_placeholders(k, 0, 3, &out), KIN_EINVAL);
    CHECK_INT(kitty_placeholders(k, 3, PLACEHOLDER_CELLS_MAX + 1, &out), KIN_ELIMIT);
    q.pixels = &d.pixels;
    out.n = out.size = IMAGE_BYTES_MAX - 20; // as if it were full; nothing is read or written
    CHECK_INT(kitty_encode(k, &q, &out), KIN_ELIMIT);
    CHECK(out.n == IMAGE_BYTES_MAX - 20 && out.err == KIN_OK);
    out.n = 0;
    CHECK_INT(kitty_encode(k, &q, &out), KIN_OK);
out:
    free(d.rgb);
    image_bytes_deinit(&out);
    kitty_free(k);
}

TEST(kitty_asks_and_deletes)
{
    struct image_bytes out = {0};
    struct kitty_settings tmux = {.first_id = 30, .tmux = true};
    CHECK_INT(kitty_query(false, &out), KIN_OK);
    CHECK_SPAN(kin_span_make(out.p, out.n), "\033_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\033\\");
    out.n = 0;
    CHECK_INT(kitty_query(true, &out), KIN_OK);
    CHECK_SPAN(kin_span_make(out.p, out.n), "\033Ptmux;\033\033_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\033\033\\\033\\");
    out.n = 0;
    CHECK_INT(kitty_delete(&tmux, &out), KIN_OK);
    CHECK_SPAN(kin_span_make(out.p, out.n), "\033Ptmux;\033\033_Ga=d,d=I,i=30,q=2\033\033\\\033\\"
                                            "\033Ptmux;\033\033_Ga=d,d=I,i=31,q=2\033\033\\\033\\");
out:
    image_bytes_deinit(&out);
}

// --- tmux

TEST(kitty_in_tmux_is_one_virtual_image)
{
    struct kitty_settings tmux = {.first_id = 30, .tmux = true};
    struct kitty *k = NULL;
    struct image_bytes out = {0};
    struct drawn d = draw(60, 40, 0, 12);
    struct image_request q = {.pixels = &d.pixels, .cols = 7, .rows = 3};
    struct kin_span body;
    CHECK(d.rgb != NULL);
    CHECK_INT(kitty_new(&tmux, &k), KIN_OK);
    for (int i = 0; i < 2; i++) {
        out.n = 0;
        CHECK_INT(kitty_encode(k, &q, &out), KIN_OK);
        struct kin_span rest = kin_span_make(out.p, out.n);
        CHECK(kin_span_starts(rest, "\033Ptmux;\033\033_Ga=T,i=30,p=1,c=7,r=3,C=1,q=2,U=1,f=100,m="));
        while (rest.n > 0) {
            CHECK(kin_span_starts(rest, "\033Ptmux;\033\033_G"));
            CHECK(cut(&rest, "\033Ptmux;\033\033_G", "\033\033\\\033\\", &body));
            CHECK_INT(kin_span_find(body, '\033'), body.n);
        }
    }
    out.n = 0;
    CHECK_INT(kitty_placeholders(k, 2, 2, &out), KIN_OK);
    CHECK_SPAN(kin_span_make(out.p, out.n),
               "\0337\033[0;38;5;30m\U0010EEEE\u0305\u0305\U0010EEEE\u0305\u030D\0338"
               "\033[B\0337\033[0;38;5;30m\U0010EEEE\u030D\u0305\U0010EEEE\u030D\u030D\0338");
out:
    free(d.rgb);
    image_bytes_deinit(&out);
    kitty_free(k);
}

TEST(placeholders_name_297_rows_and_columns)
{
    char cell[PLACEHOLDER_BYTES_MAX];
    CHECK_SPAN(kin_span_make(cell, placeholder_write(30, 35, cell)), "\U0010EEEE\u0483\u0592");
    CHECK_SPAN(kin_span_make(cell, placeholder_write(255, 296, cell)), "\U0010EEEE\uA8E5\U0001D244");
    CHECK_SPAN(kin_span_make(cell, placeholder_write(283, 0, cell)), "\U0010EEEE\U00010A0F\u0305");
    CHECK_INT(placeholder_write(297, 0, cell), 0);
    CHECK_INT(placeholder_write(0, 297, cell), 0);
    CHECK_INT(placeholder_write(-1, 0, cell), 0);
out:
    return;
}

// --- shared memory

TEST(kitty_puts_pixels_into_shared_memory)
{
    struct kitty_settings local = {.first_id = 20, .local = true};
    struct kitty *k = NULL;
    struct image_bytes out = {0}, name = {0};
    struct drawn d = draw(9, 5, 8, 0);
    struct pixels want = pack(&d.pixels);
    struct image_request q = {.pixels = &d.pixels, .cols = 3, .rows = 2};
    uint8_t got[9 * 5 * 3 + 1];
    int fd = -1;
    CHECK(d.rgb != NULL && want.p != NULL);
    CHECK_INT(kitty_new(&local, &k), KIN_OK);
    CHECK_INT(kitty_encode(k, &q, &out), KIN_OK);
    struct kin_span rest = kin_span_make(out.p, out.n), body, head;
    CHECK(cut(&rest, "\033_G", "\033\\", &body) && kin_span_split(&body, ';', &head));
    CHECK_SPAN(head, "a=T,i=20,p=1,c=3,r=2,C=1,q=2,f=24,t=s,s=9,v=5");
    CHECK(base64_decode(body, &name));
    image_bytes_put(&name, kin_span_make("", 1));
    CHECK_INT(name.err, KIN_OK);
    fd = shm_open((const char *)name.p, O_RDONLY, 0);
    CHECK(fd >= 0);
    CHECK_INT(read(fd, got, sizeof got), 9 * 5 * 3);
    CHECK(memcmp(got, want.p, want.n) == 0);
    kitty_free(k);
    k = NULL;
    CHECK(shm_open((const char *)name.p, O_RDONLY, 0) < 0);
out:
    if (fd >= 0)
        close(fd);
    free(want.p), free(d.rgb);
    image_bytes_deinit(&name);
    image_bytes_deinit(&out);
    kitty_free(k);
}

TEST(shared_memory_that_nobody_takes_is_bounded)
{
    struct shm s = {0};
    struct drawn d = draw(3, 2, 0, 0);
    char first[SHM_NAME_MAX] = "";
    const char *name = NULL;
    CHECK(d.rgb != NULL);
    for (int i = 0; i <= SHM_OBJECTS_MAX; i++) {
        CHECK_INT(shm_write(&s, &d.pixels, &name), KIN_OK);
        if (i == 0)
            snprintf(first, sizeof first, "%s", name);
    }
    CHECK(shm_unlink(first) != 0);
    CHECK(shm_unlink(name) == 0);
    shm_deinit(&s);
    CHECK(shm_unlink(s.names[1]) != 0);
out:
    shm_deinit(&s);
    free(d.rgb);
}
