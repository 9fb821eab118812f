// Frames into a file, and the frame rate into the first of them.
#include "commands/save_file.h"

#include "base/err.h"
#include "jpeg/markers.h"
#include "media/rate.h"

int save_file_open(struct save_file *f, const char *path)
{
    *f = (struct save_file){.path = path};
    return kin_output_open(&f->out, path, f->why);
}

// 23976 per 1000 s is 24000/1001, 24000 is 24/1.
static void rate_terms(uint32_t milli, uint32_t *num, uint32_t *den)
{
    uint32_t rounded = (milli + 500) / 1000 * 1000;
    uint32_t ntsc = (uint32_t)(((uint64_t)rounded * 1000 + 500) / 1001);
    bool is_ntsc = milli + 1 >= ntsc && milli <= ntsc + 1 && milli != rounded;
    *num = is_ntsc ? rounded : milli % 1000 == 0 ? milli / 1000 : milli;
    *den = is_ntsc ? 1001 : milli % 1000 == 0 ? 1 : 1000;
}

// Where a comment may stand: after SOI and a JFIF header, which must come first.
static size_t comment_place(struct kin_span jpeg)
{
    if (jpeg.n < 6 || jpeg.p[2] != 0xff || jpeg.p[3] != 0xe0)
        return jpeg.n < 2 ? jpeg.n : 2;
    size_t end = 4 + (size_t)(jpeg.p[4] << 8 | jpeg.p[5]);
    return end < jpeg.n ? end : 2;
}

// True when the JPEG can be stored byte for byte: its file states the rate, or the copy of a file that states none will
// be played at the same default rate.
static bool needs_no_comment(struct kin_span jpeg, uint32_t num, uint32_t den, bool is_copy)
{
    uint32_t stated_num, stated_den;
    return kin_rate_find_comment(jpeg, &stated_num, &stated_den) ||
           (is_copy && num == KIN_RATE_DEFAULT_NUM && den == KIN_RATE_DEFAULT_DEN);
}

// The comment as a JPEG segment. Returns its length, 0 when there is nothing to say.
static size_t make_comment(struct kin_span jpeg, uint32_t rate_milli, bool is_copy, char dst[KIN_RATE_COMMENT_MAX + 4])
{
    uint32_t num, den;
    rate_terms(rate_milli, &num, &den);
    if (!kin_rate_valid(num, den) || needs_no_comment(jpeg, num, den, is_copy))
        return 0;
    size_t n = kin_rate_format_comment(num, den, dst + 4);
    const uint8_t head[4] = {0xff, KIN_JPEG_COM, 0, (uint8_t)(n + 2)};
    memcpy(dst, head, sizeof head);
    return n + sizeof head;
}

int save_file_frame(struct save_file *f, struct kin_span jpeg, uint32_t rate_milli, bool is_copy)
{
    char comment[KIN_RATE_COMMENT_MAX + 4];
    size_t extra = f->frames == 0 ? make_comment(jpeg, rate_milli, is_copy, comment) : 0;
    size_t at = extra > 0 ? comment_place(jpeg) : 0;
    int err = kin_output_write(&f->out, kin_span_first(jpeg, at), f->why);
    if (err == KIN_OK)
        err = kin_output_write(&f->out, kin_span_make(comment, extra), f->why);
    if (err == KIN_OK)
        err = kin_output_write(&f->out, kin_span_skip(jpeg, at), f->why);
    if (err != KIN_OK) {
        kin_output_cut(&f->out, f->bytes); // part of a frame is useless
        return err;
    }
    f->bytes += jpeg.n + extra;
    f->frames++;
    return KIN_OK;
}

int save_file_end(struct save_file *f, bool complete, enum save_kept *ret)
{
    bool as_part = !complete && f->out.replaces;
    *ret = SAVE_KEPT_NOTHING;
    if (f->frames == 0) {
        kin_output_discard(&f->out);
        return KIN_OK;
    }
    int err = as_part ? kin_output_keep(&f->out, f->why) : kin_output_commit(&f->out, f->why);
    if (err == KIN_OK)
        *ret = as_part ? SAVE_KEPT_AS_PART : SAVE_KEPT;
    return err;
}
