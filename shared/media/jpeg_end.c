// Finds the beginning of a JPEG in a chunk, and follows its segments through a file.
#include "media/jpeg_end.h"

#include <inttypes.h>

#include "base/err.h"
#include "jpeg/segments.h"

int kin_jpeg_chunk_lead(struct kin_window *w, uint64_t at, uint64_t length, uint64_t *ret_lead)
{
    struct kin_span s;
    size_t most = KIN_JPEG_LEAD_MAX + 3, want = length < most ? (size_t)length : most;
    int err = kin_window_at(w, at, length < 2 ? want : 2, &s);
    if (err == KIN_OK && !kin_span_starts(s, "\xff\xd8")) // as nearly always
        err = kin_window_at(w, at, want, &s);
    if (err != KIN_OK)
        return err;
    s = kin_span_first(s, want);
    size_t lead = kin_jpeg_find_soi(s);
    *ret_lead = lead < s.n ? lead : length;
    return KIN_OK;
}

static int too_long(struct kin_jpeg_walk *w, uint64_t start)
{
    kin_reel_builder_why(w->b, "frame %" PRIu32 " at offset %" PRIu64 " does not end within %u MiB",
                         kin_reel_builder_count(w->b) + 1, start, KIN_FRAME_MAX_BYTES >> 20);
    return KIN_ELIMIT;
}

int kin_jpeg_walk_end(struct kin_jpeg_walk *w, uint64_t *at, enum kin_jpeg_scan_result *ret)
{
    struct kin_jpeg_scanner scanner = {0};
    uint64_t start = *at;
    for (;;) {
        struct kin_span s;
        int err = kin_window_at(w->window, *at, 1, &s);
        if (err == KIN_OK)
            err = kin_reel_builder_walked(w->b, *at);
        if (err != KIN_OK)
            return err;
        size_t used = 0;
        *ret = s.n > 0 ? kin_jpeg_scanner_feed(&scanner, s, &used) : KIN_JPEG_SCAN_MORE;
        *at += *ret == KIN_JPEG_SCAN_MORE ? s.n : used;
        w->in_scan = scanner.in_scan;
        if (*ret != KIN_JPEG_SCAN_BAD && *at - start > KIN_FRAME_MAX_BYTES)
            return too_long(w, start);
        if (*ret != KIN_JPEG_SCAN_MORE || s.n == 0)
            return KIN_OK;
    }
}
