// The ONVIF header extension of JPEG.
#include "proto/rtp_onvif.h"

#include "base/err.h"
#include "base/rd.h"
#include "jpeg/header.h"
#include "jpeg/segments.h"
#include "jpeg/tables.h"

#define WORD 4u
#define PADDING 0xff
#define REPLAY 0xabac // a profile: three words, then possibly the extension of JPEG
#define REPLAY_BYTES 12

uint16_t kin_rtp_onvif_find(const struct kin_rtp_packet *packet, struct kin_span *ret_data)
{
    uint16_t profile = packet->extension_profile;
    struct kin_span data = packet->extension;
    if (!packet->has_extension)
        return 0;
    if (profile == REPLAY && data.n >= REPLAY_BYTES + 4) {
        struct kin_rd r = kin_rd_init(kin_span_skip(data, REPLAY_BYTES));
        profile = kin_rd_be16(&r);
        data = kin_rd_take(&r, 4u * kin_rd_be16(&r));
        if (r.bad)
            return 0;
    }
    if (profile != KIN_RTP_ONVIF_FIRST && profile != KIN_RTP_ONVIF_NEXT)
        return 0;
    *ret_data = data;
    return profile;
}

bool kin_rtp_onvif_can(enum kin_jpeg_compat compat)
{
    static const bool can[KIN_JPEG_COMPAT_COUNT] = {
        [KIN_JPEG_COMPAT_OK] = true,           [KIN_JPEG_COMPAT_HUFFMAN] = true,
        [KIN_JPEG_COMPAT_GRAY] = true,         [KIN_JPEG_COMPAT_SAMPLING_444] = true,
        [KIN_JPEG_COMPAT_SAMPLING_440] = true, [KIN_JPEG_COMPAT_SAMPLING_411] = true,
        [KIN_JPEG_COMPAT_SAMPLING] = true,     [KIN_JPEG_COMPAT_SAMPLING_FACTORS] = true,
        [KIN_JPEG_COMPAT_QUANT_BITS] = true,   [KIN_JPEG_COMPAT_QUANT_CHROMA] = true,
    };
    return (unsigned)compat < KIN_JPEG_COMPAT_COUNT && can[compat];
}

static void write_header(struct kin_wr *w, size_t bytes)
{
    kin_wr_be16(w, KIN_RTP_ONVIF_FIRST);
    kin_wr_be16(w, (unsigned)(bytes / WORD));
}

void kin_rtp_onvif_write_size(struct kin_wr *w, const struct kin_jpeg_rtp *rtp)
{
    write_header(w, KIN_RTP_ONVIF_SIZE_BYTES - KIN_RTP_ONVIF_HEADER_BYTES);
    struct kin_jpeg_params params = {.type = rtp->type & 1, .width = rtp->width, .height = rtp->height};
    kin_jpeg_header_write_sof(w, &params, 2);
    kin_wr_u8(w, PADDING);
}

static bool is_wanted(uint8_t marker)
{
    return marker == KIN_JPEG_DQT || marker == KIN_JPEG_DHT || marker == KIN_JPEG_DRI || marker == KIN_JPEG_SOF0 ||
           marker == KIN_JPEG_SOF1;
}

// The wanted segments before the scan; *ret_sos is the last segment, that of the scan itself.
static int write_segments(struct kin_wr *w, struct kin_span headers, struct kin_span *ret_sos)
{
    struct kin_jpeg_segments segments = {.file = headers, .at = 2}; // behind SOI
    struct kin_jpeg_segment s = {.marker = 0};
    while (kin_jpeg_segments_next(&segments, &s))
        if (is_wanted(s.marker))
            kin_wr_put(w, s.bytes);
    *ret_sos = s.bytes;
    return s.marker == KIN_JPEG_SOS ? KIN_OK : KIN_EBAD;
}

int kin_rtp_onvif_write_headers(struct kin_wr *w, struct kin_span file, const struct kin_jpeg_info *info)
{
    uint8_t room[KIN_RTP_ONVIF_BYTES_MAX - KIN_RTP_ONVIF_HEADER_BYTES];
    struct kin_wr segments = kin_wr_init(room, sizeof room);
    struct kin_span sos = {NULL, 0};
    if (!info->has_dht) // tables of an earlier frame would persist
        kin_wr_put(&segments, kin_jpeg_standard_dht());
    int err = write_segments(&segments, kin_span_first(file, info->scan_offset), &sos);
    if (err != KIN_OK)
        return err;
    while ((segments.len + sos.n) % WORD != 0 && !segments.bad)
        kin_wr_u8(&segments, PADDING);
    kin_wr_put(&segments, sos);
    if (segments.bad)
        return KIN_ELIMIT;
    write_header(w, segments.len);
    kin_wr_put(w, kin_wr_span(&segments));
    return w->bad ? KIN_ELIMIT : KIN_OK;
}
