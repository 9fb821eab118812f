// The ONVIF header extension of JPEG.
#include "proto/rtp_onvif.h"

#include "base/err.h"
#include "base/rd.h"
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
    kin_wr_be16(w, 0xff00u | KIN_JPEG_SOF0);
    kin_wr_be16(w, 17);
    kin_wr_u8(w, 8);
    kin_wr_be16(w, rtp->height);
    kin_wr_be16(w, rtp->width);
    kin_wr_u8(w, 3);
    for (unsigned i = 0; i < 3; i++) {
        kin_wr_u8(w, i + 1);
        kin_wr_u8(w, i > 0 ? 0x11 : (rtp->type & 1) != 0 ? 0x22 : 0x21);
        kin_wr_u8(w, i > 0);
    }
    kin_wr_u8(w, PADDING);
}

// One segment off the head of r: its marker, and all its bytes with marker and length.
static int take_segment(struct kin_rd *r, uint8_t *ret_marker, struct kin_span *ret)
{
    while (r->in.n >= 2 && r->in.p[0] == 0xff && r->in.p[1] == 0xff) // fill bytes
        kin_rd_u8(r);
    struct kin_rd ahead = *r;
    if (kin_rd_u8(&ahead) != 0xff)
        return KIN_EBAD;
    *ret_marker = kin_rd_u8(&ahead);
    uint16_t length = kin_rd_be16(&ahead);
    *ret = kin_rd_take(r, 2u + length);
    return r->bad || ahead.bad || length < 2 ? KIN_EBAD : KIN_OK;
}

static bool is_wanted(uint8_t marker)
{
    return marker == KIN_JPEG_DQT || marker == KIN_JPEG_DHT || marker == KIN_JPEG_DRI || marker == KIN_JPEG_SOF0 ||
           marker == KIN_JPEG_SOF1;
}

// The wanted segments before the scan; *ret_sos is the last segment, that of the scan itself.
static int write_segments(struct kin_wr *w, struct kin_rd r, struct kin_span *ret_sos)
{
    uint8_t marker = 0;
    while (r.in.n > 0) {
        if (take_segment(&r, &marker, ret_sos) != KIN_OK)
            return KIN_EBAD;
        if (is_wanted(marker))
            kin_wr_put(w, *ret_sos);
    }
    return marker == KIN_JPEG_SOS ? KIN_OK : KIN_EBAD;
}

int kin_rtp_onvif_write_headers(struct kin_wr *w, struct kin_span file, const struct kin_jpeg_info *info)
{
    uint8_t room[KIN_RTP_ONVIF_BYTES_MAX - KIN_RTP_ONVIF_HEADER_BYTES];
    struct kin_wr segments = kin_wr_init(room, sizeof room);
    struct kin_span sos = {NULL, 0};
    if (!info->has_dht) // tables of an earlier frame would persist
        kin_wr_put(&segments, kin_jpeg_standard_dht());
    struct kin_span headers = kin_span_skip(kin_span_first(file, info->scan_offset), 2);
    int err = write_segments(&segments, kin_rd_init(headers), &sos);
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
