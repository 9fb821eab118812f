// A reel: detects the format, builds the index with its reader, and reads frames by number.
#include "media/reel.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "jpeg/mend.h"
#include "media/rate.h"
#include "media/reader.h"
#include "media/reel_builder.h"

#define BROKEN_LEAD_MAX 256u // broken frames at the beginning that are tolerated

const struct kin_reader *const kin_readers[] = {
    &kin_reader_lab, &kin_reader_raw, &kin_reader_avi, &kin_reader_mov, &kin_reader_mkv, &kin_reader_multipart, NULL};

static int probe(struct kin_source *source, struct kin_reel_builder *b, const struct kin_reader **ret)
{
    uint8_t head[KIN_READER_PROBE_BYTES];
    ptrdiff_t n = kin_source_read(source, 0, head, sizeof head);
    if (n < 0)
        return (int)n;
    int best = 0;
    for (const struct kin_reader *const *r = kin_readers; *r != NULL; r++) {
        int score = (*r)->probe(kin_span_make(head, (size_t)n));
        if (score > best) {
            best = score;
            *ret = *r;
        }
    }
    return best > 0 ? KIN_OK : kin_raw_find_middle(source, kin_span_make(head, (size_t)n), b, ret);
}

const char *kin_reel_probe(struct kin_source *source)
{
    const struct kin_reader *reader = NULL;
    struct kin_reel_builder b;
    int err = kin_reel_builder_init(&b, NULL, kin_source_size(source));
    if (err == KIN_OK)
        err = probe(source, &b, &reader);
    kin_reel_builder_deinit(&b);
    return err == KIN_OK ? reader->name : NULL;
}

// Drops what follows the JPEG of a chunk, if its end can be found.
static void cut_tail(struct kin_buf *buf)
{
    struct kin_jpeg_scanner scanner = {0};
    size_t used = 0;
    if (kin_jpeg_scanner_feed(&scanner, kin_buf_span(buf), &used) == KIN_JPEG_SCAN_END)
        buf->len = used;
}

// The error when the bytes of a frame are not a JPEG. A recording in progress only grows, which is no change.
static int missing_frame_error(const struct kin_source *source)
{
    bool grown;
    return kin_source_has_changed(source, &grown) && !grown ? KIN_ECHANGED : KIN_EBAD;
}

static int read_bytes(struct kin_source *source, const struct kin_reel_frame *frame, struct kin_buf **ret)
{
    struct kin_buf *buf = kin_buf_new(frame->length);
    if (buf == NULL)
        return KIN_ENOMEM;
    ptrdiff_t n = kin_source_read(source, frame->offset, buf->data, frame->length);
    if (n != (ptrdiff_t)frame->length) {
        kin_buf_unref(buf);
        return n < 0 ? (int)n : KIN_ECHANGED;
    }
    *ret = buf;
    return KIN_OK;
}

static int read_frame(const struct kin_reel *reel, uint32_t i, struct kin_buf **ret)
{
    struct kin_buf *buf = NULL, *mended = NULL;
    int err = read_bytes(reel->source, &reel->frames[i], &buf);
    if (err != KIN_OK)
        return err;
    err = kin_jpeg_mend(kin_buf_span(buf), kin_reel_tables_at(reel, i), &mended);
    if (err != KIN_OK || mended != NULL) {
        kin_buf_unref(buf);
        buf = mended;
    }
    if (err != KIN_OK)
        return err == KIN_EBAD ? missing_frame_error(reel->source) : err;
    if ((reel->frames[i].flags & KIN_REEL_FRAME_CHUNK) != 0)
        cut_tail(buf);
    *ret = buf;
    return KIN_OK;
}

// The reel keeps the facts of its first frame, but not its buffer, so spans into that are cleared.
static void clear_spans(struct kin_jpeg_info *info)
{
    info->scan = kin_span_make(NULL, 0);
    for (size_t i = 0; i < KIN_JPEG_MAX_TABLES; i++)
        info->dqt[i].data = kin_span_make(NULL, 0);
}

static int inspect(struct kin_reel *reel, struct kin_reel_builder *b, uint32_t i)
{
    struct kin_buf *buf = NULL;
    const char *why = "there is none";
    int err = read_frame(reel, i, &buf);
    if (err != KIN_OK && err != KIN_EBAD)
        return err;
    if (err == KIN_OK)
        err = kin_jpeg_walk(kin_buf_span(buf), &reel->first, &why);
    if (err == KIN_OK) {
        struct kin_jpeg_rtp rtp;
        reel->compat = kin_jpeg_compat(&reel->first, &rtp);
        reel->width = reel->first.width;
        reel->height = reel->first.height;
        if (!b->timed && b->rate_num == 0)
            reel->rate_stated = kin_rate_find_comment(kin_buf_span(buf), &reel->rate_num, &reel->rate_den);
        clear_spans(&reel->first);
    } else if (i == 0) {
        kin_reel_builder_why(b, "frame 1 at offset %" PRIu64 " is a broken JPEG: %s", reel->frames[0].offset, why);
    }
    kin_buf_unref(buf);
    return err;
}

// Drops the table changes of the first n frames, except the last, which stays in force.
static void drop_leading_tables(struct kin_reel *reel, uint32_t n)
{
    uint32_t gone = 0;
    while (gone + 1 < reel->table_count && reel->tables[gone + 1].from <= n)
        gone++;
    reel->table_count -= gone;
    if (gone > 0)
        memmove(reel->tables, reel->tables + gone, reel->table_count * sizeof reel->tables[0]);
    for (uint32_t i = 0; i < reel->table_count; i++)
        reel->tables[i].from -= reel->tables[i].from < n ? reel->tables[i].from : n;
}

static void drop_leading(struct kin_reel *reel, struct kin_reel_builder *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        kin_reel_builder_junk(b, reel->frames[i].length);
        reel->frame_bytes -= reel->frames[i].length;
    }
    if (b->left_out == 0 || b->first_left_out > 1)
        b->first_left_out = 1;
    b->left_out += n;
    reel->frame_count -= n;
    memmove(reel->frames, reel->frames + n, reel->frame_count * sizeof reel->frames[0]);
    drop_leading_tables(reel, n);
}

// The reel begins with the first intact frame: a recording often starts in the middle of a picture.
static int inspect_first(struct kin_reel *reel, struct kin_reel_builder *b)
{
    int first_err = inspect(reel, b, 0), err = first_err;
    for (uint32_t i = 1; err == KIN_EBAD && i < reel->frame_count && i < BROKEN_LEAD_MAX; i++) {
        err = inspect(reel, b, i);
        if (err == KIN_OK)
            drop_leading(reel, b, i);
    }
    return err == KIN_EBAD ? first_err : err;
}

// Whether some frame lasts more than 5/4 of the nominal duration.
static bool is_uneven(const struct kin_reel *reel)
{
    uint64_t usual = kin_reel_frame_ts(1, reel->rate_num, reel->rate_den);
    for (uint32_t i = 0; i < reel->frame_count; i++) {
        uint64_t end = i + 1 < reel->frame_count ? reel->frames[i + 1].ts : reel->duration_ts;
        if (4 * (end - reel->frames[i].ts) > 5 * usual + 4)
            return true;
    }
    return false;
}

// Keeps the container's times, shifted so that the reel begins at 0. A last frame of unknown duration lasts as long as
// the previous one.
static void keep_times(struct kin_reel *reel, const struct kin_reel_builder *b)
{
    uint32_t last = reel->frame_count - 1;
    uint64_t first_ts = reel->frames[0].ts, last_ts = reel->frames[last].ts;
    uint64_t length = kin_reel_frame_ts(1, reel->rate_num, reel->rate_den);
    if (last > 0 && b->rate_num == 0)
        length = last_ts - reel->frames[last - 1].ts;
    uint64_t end = b->end_ts > last_ts ? b->end_ts : last_ts + length;
    for (uint32_t i = 0; i < reel->frame_count; i++)
        reel->frames[i].ts -= first_ts;
    reel->duration_ts = end - first_ts;
    reel->rate_stated = true;
    if (b->rate_num == 0)
        kin_rate_mean(reel->frame_count, reel->duration_ts, &reel->rate_num, &reel->rate_den);
    reel->uneven = is_uneven(reel);
}

// Converts places to times: all last equally long, and the reel begins with the place of its first frame.
static void set_times(struct kin_reel *reel, const struct kin_reel_builder *b)
{
    uint32_t first = (uint32_t)reel->frames[0].ts;
    for (uint32_t i = 0; i < reel->frame_count; i++) {
        uint32_t place = (uint32_t)reel->frames[i].ts - first;
        reel->frames[i].ts = kin_reel_frame_ts(place, reel->rate_num, reel->rate_den);
    }
    reel->duration_ts = kin_reel_frame_ts(b->places - first, reel->rate_num, reel->rate_den);
    reel->rate_stated = reel->rate_stated || b->rate_num != 0;
    reel->uneven = is_uneven(reel);
}

static void set_options(struct kin_reel *reel, const struct kin_reel_builder *b)
{
    const struct kin_reel_options *options = b->options;
    if (b->rate_num != 0) {
        reel->rate_num = b->rate_num;
        reel->rate_den = b->rate_den;
        return;
    }
    bool given = options->rate_num != 0;
    reel->rate_num = given ? options->rate_num : KIN_RATE_DEFAULT_NUM;
    reel->rate_den = given ? options->rate_den : KIN_RATE_DEFAULT_DEN;
}

static uint64_t new_id(void)
{
    static atomic_ullong last;
    return atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
}

// Makes the reel from what the builder has collected (at least one frame).
static int finish(struct kin_source *source, const char *format, struct kin_reel_builder *b, struct kin_reel **ret)
{
    struct kin_reel *reel = malloc(sizeof *reel);
    if (reel == NULL)
        return KIN_ENOMEM;
    *reel = (struct kin_reel){
        .id = new_id(),
        .source = kin_source_ref(source),
        .format = format,
        .frame_count = b->count,
        .largest_frame = b->largest,
        .frame_bytes = b->frame_bytes,
        .truncated = b->truncated,
        .records = b->records != b->count ? b->records : 0,
    };
    kin_ref_init(&reel->refs);
    kin_reel_builder_drop_false_times(b);
    set_options(reel, b);
    reel->frames = kin_reel_builder_take(b);
    int err = kin_reel_find_tables(reel, b);
    if (err == KIN_OK)
        err = inspect_first(reel, b);
    if (err != KIN_OK) {
        kin_reel_unref(reel);
        return err;
    }
    reel->junk_bytes = b->junk_bytes;
    reel->junk_runs = b->junk_runs;
    reel->left_out = b->left_out + (b->begin > 0);
    reel->first_left_out = b->begin > 0 ? 1 : b->first_left_out;
    if (b->timed)
        keep_times(reel, b);
    else
        set_times(reel, b);
    *ret = reel;
    return KIN_OK;
}

int kin_reel_restore(const struct kin_reel *facts, struct kin_reel **ret)
{
    struct kin_reel_builder unused = {.timed = true}; // the rate is known
    struct kin_reel *reel = malloc(sizeof *reel);
    if (reel == NULL)
        return KIN_ENOMEM;
    *reel = *facts;
    reel->id = new_id();
    kin_ref_init(&reel->refs);
    reel->uneven = is_uneven(reel);
    int err = inspect(reel, &unused, 0);
    if (err != KIN_OK) {
        free(reel);
        return err == KIN_EBAD ? KIN_ECHANGED : err;
    }
    kin_source_ref(reel->source);
    *ret = reel;
    return KIN_OK;
}

static int index_by_content(struct kin_source *source, struct kin_reel_builder *b, const char **ret_format)
{
    const struct kin_reader *reader = NULL;
    int err = probe(source, b, &reader);
    if (err == KIN_EUNSUPPORTED)
        kin_reel_builder_why(b, "%s", kin_source_size(source) == 0 ? "the file is empty" : "not a Motion-JPEG reel");
    if (err != KIN_OK)
        return err;
    *ret_format = reader->name;
    struct kin_window window;
    err = kin_window_init(&window, source);
    if (err == KIN_OK)
        err = reader->index(&window, b);
    kin_window_deinit(&window);
    return err;
}

// The reason when a file makes its reader read the same bytes over and over.
static void report_read_limit(struct kin_reel_builder *b)
{
    if (b->why[0] == '\0')
        kin_reel_builder_why(b, "what it says of itself leads in circles");
}

int kin_reel_from_builder(struct kin_source *source, const char *format, int err, struct kin_reel_builder *b,
                          struct kin_reel **ret, char why[KIN_MEDIA_WHY_MAX])
{
    if (err == KIN_OK && b->count == 0) {
        err = b->too_long ? KIN_ELIMIT : KIN_EBAD;
        if (!b->too_long)
            kin_reel_builder_why(b, "%s",
                                 b->truncated ? "the only frame is cut off" : "there is no complete frame in it");
    }
    if (err == KIN_OK)
        err = finish(source, format, b, ret);
    if (err != KIN_OK && why != NULL)
        snprintf(why, KIN_MEDIA_WHY_MAX, "%s", b->why[0] != '\0' ? b->why : kin_err_str(err));
    kin_reel_builder_deinit(b);
    return err;
}

int kin_reel_builder_init(struct kin_reel_builder *b, const struct kin_reel_options *options, uint64_t total)
{
    static const struct kin_reel_options none;
    *b = (struct kin_reel_builder){.options = options != NULL ? options : &none, .total = total};
    if (b->options->rate_num == 0 || kin_rate_valid(b->options->rate_num, b->options->rate_den))
        return KIN_OK;
    kin_reel_builder_why(b, "frame rate out of range");
    return KIN_EINVAL;
}

int kin_reel_open(struct kin_source *source, const struct kin_reel_options *options, struct kin_reel **ret,
                  char why[KIN_MEDIA_WHY_MAX])
{
    struct kin_reel_builder b;
    const char *format = NULL;
    int err = kin_reel_builder_init(&b, options, kin_source_size(source));
    uint64_t size = kin_source_size(source), most = (UINT64_MAX - KIN_REEL_READS_FREE) / KIN_REEL_READS_PER_BYTE;
    kin_source_limit_reads(source, size < most ? size * KIN_REEL_READS_PER_BYTE + KIN_REEL_READS_FREE : UINT64_MAX);
    if (err == KIN_OK)
        err = index_by_content(source, &b, &format);
    if (err == KIN_ELIMIT)
        report_read_limit(&b);
    err = kin_reel_from_builder(source, format, err, &b, ret, why);
    kin_source_limit_reads(source, UINT64_MAX);
    return err;
}

struct kin_reel *kin_reel_ref(struct kin_reel *reel)
{
    kin_ref_add(&reel->refs);
    return reel;
}

void kin_reel_unref(struct kin_reel *reel)
{
    if (reel == NULL || !kin_ref_drop(&reel->refs))
        return;
    kin_source_unref(reel->source);
    free(reel->frames);
    free(reel->tables);
    free(reel);
}

int kin_reel_read(struct kin_reel *reel, uint32_t i, struct kin_buf **ret)
{
    return i < reel->frame_count ? read_frame(reel, i, ret) : KIN_ERANGE;
}

uint32_t kin_reel_find(const struct kin_reel *reel, uint64_t ts)
{
    if (ts >= reel->duration_ts)
        return reel->frame_count;
    uint32_t low = 0, high = reel->frame_count; // frames[low].ts <= ts < frames[high].ts
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        if (reel->frames[mid].ts <= ts)
            low = mid;
        else
            high = mid;
    }
    return low;
}

uint64_t kin_reel_frame_ts(uint32_t i, uint32_t rate_num, uint32_t rate_den)
{
    if (rate_num == 0)
        return 0;
    // i * 90000 * den may need 81 bits, so this divides first and carries the remainder.
    uint64_t ticks = (uint64_t)i * KIN_RTP_CLOCK_HZ;
    uint64_t whole = ticks / rate_num, rest = ticks % rate_num;
    return whole * rate_den + (rest * rate_den + rate_num / 2) / rate_num;
}
