// The JPEG walk and the scanner on bytes of any kind: they agree on where an image ends, and what fits RFC 2435 can be
// rebuilt from its parts.
#include <stdlib.h>

#include "base/err.h"
#include "jpeg/compat.h"
#include "jpeg/conversion.h"
#include "jpeg/header.h"
#include "jpeg/mcu.h"
#include "must.h"

// Feeds pieces of varying length. Returns the offset where the scanner stopped.
static size_t scan(struct kin_span in, enum kin_jpeg_scan_result *ret)
{
    struct kin_jpeg_scanner s = {.state = 0};
    size_t at = 0, step = 1;
    *ret = KIN_JPEG_SCAN_MORE;
    while (at < in.n && *ret == KIN_JPEG_SCAN_MORE) {
        size_t used = 0;
        struct kin_span piece = kin_span_first(kin_span_skip(in, at), step);
        *ret = kin_jpeg_scanner_feed(&s, piece, &used);
        MUST(used <= piece.n && (*ret != KIN_JPEG_SCAN_MORE || used == piece.n));
        at += used;
        step = step * 5 % 257;
    }
    MUST(*ret == KIN_JPEG_SCAN_BAD || s.passed == at);
    return at;
}

static void check_scanner(struct kin_span in, const struct kin_jpeg_info *info)
{
    enum kin_jpeg_scan_result result, at_once;
    struct kin_jpeg_scanner s = {.state = 0};
    size_t used = 0;
    size_t end = scan(in, &result);
    at_once = kin_jpeg_scanner_feed(&s, in, &used);
    MUST(at_once == result && (result == KIN_JPEG_SCAN_BAD || used == end));
    if (info != NULL && info->has_eoi)
        MUST(result == KIN_JPEG_SCAN_END && end == info->length);
}

static void check_rebuilt(const struct kin_jpeg_rtp *rtp)
{
    uint8_t tables[128], header[KIN_JPEG_HEADER_MAX + 1];
    struct kin_jpeg_info info;
    uint32_t mcus = 0;
    memcpy(tables, rtp->quant[0].p, 64);
    memcpy(tables + 64, rtp->quant[1].p, 64);
    struct kin_jpeg_params params = {.type = rtp->type & 1, .width = rtp->width, .height = rtp->height};
    params.restart_interval = rtp->restart_interval;
    params.tables = kin_span_make(tables, sizeof tables);
    struct kin_wr w = kin_wr_init(header, KIN_JPEG_HEADER_MAX);
    MUST(kin_jpeg_header_write(&w, &params) == KIN_OK);
    header[w.len] = 0x12;
    MUST(kin_jpeg_walk(kin_span_make(header, w.len + 1), &info, NULL) == KIN_OK);
    MUST(info.width == rtp->width && info.height == rtp->height && info.standard_huffman);
    MUST(info.restart_interval == rtp->restart_interval);
    kin_jpeg_mcu_count(rtp->scan, rtp->type & 1, false, &mcus);
    kin_jpeg_mcu_count(rtp->scan, rtp->type & 1, true, &mcus);
    MUST(kin_jpeg_mcu_expected(rtp->type & 1, rtp->width, rtp->height) > 0);
}

// Every incompatibility has a name, and either a conversion or none.
static void check_incompatibilities(const struct kin_jpeg_info *info, bool fits)
{
    char text[KIN_JPEG_INCOMPATIBILITIES_MAX];
    uint32_t incompatibilities = kin_jpeg_incompatibilities(info);
    enum kin_jpeg_conversion conversion = kin_jpeg_conversion(incompatibilities);
    enum kin_jpeg_loss loss = kin_jpeg_conversion_loss(conversion);
    MUST((incompatibilities == 0) == fits && (conversion == KIN_JPEG_CONVERSION_NOTHING) == fits);
    MUST((loss == KIN_JPEG_LOSS_NONE) == fits && loss < KIN_JPEG_LOSS_COUNT);
    MUST(kin_jpeg_incompatibilities_str(incompatibilities, text, sizeof text) == text && text[0] != '\0');
    MUST(kin_jpeg_conversion_str(conversion)[0] != '\0' && kin_jpeg_loss_str(loss)[0] != '\0');
    for (size_t size = 1; size < 8; size++)
        MUST(strlen(kin_jpeg_incompatibilities_str(incompatibilities, text, size)) < size);
}

static void check_info(struct kin_span in, const struct kin_jpeg_info *info)
{
    struct kin_jpeg_rtp rtp;
    MUST(info->length <= in.n && info->scan_count > 0 && info->width > 0 && info->height > 0);
    MUST(info->scan_offset + info->scan.n <= info->length);
    MUST(info->scan.p == in.p + info->scan_offset);
    MUST(kin_jpeg_sampling_str(info) != NULL);
    enum kin_jpeg_compat compat = kin_jpeg_compat(info, &rtp);
    MUST(kin_jpeg_compat_str(compat) != NULL);
    check_incompatibilities(info, compat == KIN_JPEG_COMPAT_OK);
    if (compat == KIN_JPEG_COMPAT_OK)
        check_rebuilt(&rtp);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kin_span in = kin_span_make(data, size);
    struct kin_jpeg_info info;
    const char *why = NULL;
    int err = kin_jpeg_walk(in, &info, &why);
    MUST(err == KIN_OK || (err == KIN_EBAD && why != NULL));
    if (err == KIN_OK)
        check_info(in, &info);
    check_scanner(in, err == KIN_OK ? &info : NULL);
    return 0;
}
