// Completes a frame of RFC 2435 with what its sender left out and its scan reveals.
#include "base/err.h"
#include "engine/rtp/jpeg_assembler_internal.h"
#include "jpeg/mcu.h"

#define RESTART_SEARCH_BYTES 32768 // how far into the scan an undeclared restart marker is searched for
#define FAILURES_MAX 25            // frames in a row whose MCUs cannot be counted, before giving up

static struct kin_span scan_of(const struct frame_in_progress *f)
{
    return kin_span_make(f->buf->data + f->scan_at, f->len - f->scan_at);
}

// The offset of the first RSTn (restart) or of the first other marker (!restart) in a scan; s.n when there is none.
static size_t find_marker(struct kin_span s, bool restart)
{
    size_t at = kin_span_find(s, 0xff);
    while (at + 1 < s.n) {
        uint8_t code = s.p[at + 1];
        bool is_restart = (code & 0xf8) == KIN_JPEG_RST0;
        if (code != 0 && code != 0xff && is_restart == restart)
            return at;
        at += code == 0xff ? 1 : 2;
        at += kin_span_find(kin_span_skip(s, at), 0xff);
    }
    return s.n;
}

// Puts a DRI segment in front of the scan header.
static int insert_dri(struct kin_jpeg_assembler *a, uint16_t interval)
{
    const uint8_t dri[] = {0xff, KIN_JPEG_DRI, 0, 4, (uint8_t)(interval >> 8), (uint8_t)interval};
    struct frame_in_progress *f = &a->frame;
    int err = assembler_reserve(a, sizeof dri + ASSEMBLER_EOI_BYTES);
    if (err != KIN_OK)
        return err;
    uint8_t *at = f->buf->data + f->sos_at;
    memmove(at + sizeof dri, at, f->len - f->sos_at);
    memcpy(at, dri, sizeof dri);
    f->len += sizeof dri;
    f->sos_at += sizeof dri;
    f->scan_at += sizeof dri;
    f->restart_interval = interval;
    return KIN_OK;
}

// ffmpeg passes restart markers on but does not send the restart interval: the number of MCUs before the first marker.
static int find_restart(struct kin_jpeg_assembler *a)
{
    struct frame_in_progress *f = &a->frame;
    struct kin_span scan = scan_of(f);
    bool all = a->search_whole_scan || a->stats.complete == 0;
    struct kin_span head = all ? scan : kin_span_first(scan, RESTART_SEARCH_BYTES);
    uint32_t mcus = 0;
    if (f->restart_interval > 0 || f->has_extension)
        return KIN_OK;
    size_t at = find_marker(head, true);
    if (at == head.n)
        return KIN_OK;
    a->search_whole_scan = a->search_whole_scan || at >= RESTART_SEARCH_BYTES;
    if (kin_jpeg_mcu_count(scan, f->type, true, &mcus) != KIN_OK || mcus == 0 || mcus > UINT16_MAX)
        return KIN_OK; // the decoder will conceal what it can
    return insert_dri(a, (uint16_t)mcus);
}

// Cuts off what follows an end marker, and adds one that is missing.
static void end_scan(struct frame_in_progress *f)
{
    const uint8_t *end = f->buf->data + f->len;
    if (f->len - f->scan_at >= 2 && end[-2] == 0xff && end[-1] == KIN_JPEG_EOI)
        return;
    struct kin_span scan = scan_of(f);
    size_t at = find_marker(scan, false);
    if (at < scan.n && scan.p[at + 1] == KIN_JPEG_EOI)
        f->len = f->scan_at + at;
    f->buf->data[f->len++] = 0xff;
    f->buf->data[f->len++] = KIN_JPEG_EOI;
}

static bool same_size(struct jpeg_size x, struct jpeg_size y)
{
    return x.width == y.width && x.height == y.height;
}

static bool was_checked(const struct kin_jpeg_assembler *a, struct jpeg_size *ret)
{
    for (unsigned i = 0; i < SIZES_CHECKED; i++) {
        if (a->checked[i].real.width > 0 && same_size(a->checked[i].header, a->frame.header)) {
            *ret = a->checked[i].real;
            return true;
        }
    }
    return false;
}

// Finds the real size, counting MCUs only once for each header; gives up after FAILURES_MAX scans that cannot be
// counted.
static bool check_size(struct kin_jpeg_assembler *a, struct jpeg_size *ret)
{
    const struct frame_in_progress *f = &a->frame;
    if (was_checked(a, ret))
        return true;
    bool has_dht = (a->extension.tables.present & KIN_JPEG_SLOTS_DHT) != 0;
    if (a->check_failures == FAILURES_MAX || (f->has_extension && has_dht))
        return false;
    if (!jpeg_size_guess(f->header, f->type, scan_of(f), ret)) {
        a->check_failures++;
        return false;
    }
    unsigned i = a->checked_next++ % SIZES_CHECKED;
    a->checked[i].header = f->header;
    a->checked[i].real = *ret;
    a->check_failures = 0;
    return true;
}

static void put_size(struct frame_in_progress *f)
{
    uint8_t *size = f->buf->data + f->sof_at;
    size[0] = (uint8_t)(f->real.height >> 8), size[1] = (uint8_t)f->real.height;
    size[2] = (uint8_t)(f->real.width >> 8), size[3] = (uint8_t)f->real.width;
}

bool assembler_use_known_size(struct kin_jpeg_assembler *a)
{
    struct frame_in_progress *f = &a->frame;
    if (!f->size_is_guess)
        return true;
    if (!was_checked(a, &f->real))
        return false;
    put_size(f);
    return true;
}

static int find_real_size(struct kin_jpeg_assembler *a)
{
    struct frame_in_progress *f = &a->frame;
    if (!check_size(a, &f->real))
        return f->real.width > 0 && f->real.height > 0 ? KIN_OK : KIN_EUNSUPPORTED;
    put_size(f);
    return KIN_OK;
}

// Some senders put the whole file after the payload header. No scan begins with SOI.
static bool is_file(struct kin_span scan)
{
    return scan.n > 2 && scan.p[0] == 0xff && scan.p[1] == KIN_JPEG_SOI && scan.p[2] == 0xff;
}

static int keep_file(struct frame_in_progress *f)
{
    struct kin_jpeg_info info;
    f->len -= f->scan_at;
    memmove(f->buf->data, f->buf->data + f->scan_at, f->len);
    if (kin_jpeg_walk(kin_span_make(f->buf->data, f->len), &info, NULL) != KIN_OK)
        return KIN_EBAD;
    f->len = info.length;
    if (!info.has_eoi) {
        f->buf->data[f->len++] = 0xff;
        f->buf->data[f->len++] = KIN_JPEG_EOI;
    }
    f->real = (struct jpeg_size){info.width, info.height};
    return KIN_OK;
}

int assembler_complete_rtp(struct kin_jpeg_assembler *a)
{
    if (is_file(scan_of(&a->frame)))
        return keep_file(&a->frame);
    int err = find_restart(a);
    if (err != KIN_OK)
        return err;
    end_scan(&a->frame);
    return a->frame.size_is_guess ? find_real_size(a) : KIN_OK;
}
