// The ONVIF header extension: marker segments that complete or override the headers of RFC 2435.
#include "engine/rtp/jpeg_extension.h"

#include "base/err.h"
#include "base/rd.h"

void jpeg_extension_begin_frame(struct jpeg_extension *e)
{
    e->frame_has_sof = e->frame_has_dqt = e->frame_has_dri = false;
    e->restart_interval = 0;
    e->sos_n = 0;
}

static int feed_tables(struct jpeg_extension *e, uint8_t marker, struct kin_span body)
{
    if (kin_jpeg_table_set_read(&e->tables, marker, body) == 0)
        return KIN_EBAD;
    e->frame_has_dqt = e->frame_has_dqt || marker == KIN_JPEG_DQT;
    return KIN_OK;
}

// Stores the whole segment; dst has room for it. Returns its length.
static uint8_t store(uint8_t *dst, uint8_t marker, struct kin_span body)
{
    struct kin_wr w = kin_wr_init(dst, 4 + body.n);
    kin_wr_be16(&w, 0xff00u | marker);
    kin_wr_be16(&w, (unsigned)body.n + 2);
    kin_wr_put(&w, body);
    return (uint8_t)w.len;
}

static int feed_sof(struct jpeg_extension *e, uint8_t marker, struct kin_span body)
{
    if (body.n < 9 || body.p[5] < 1 || body.p[5] > KIN_JPEG_MAX_COMPONENTS || body.n != 6 + 3u * body.p[5] ||
        (body.p[1] | body.p[2]) == 0 || (body.p[3] | body.p[4]) == 0)
        return KIN_EBAD;
    e->sof_n = store(e->sof, marker, body);
    e->frame_has_sof = true;
    return KIN_OK;
}

static int feed_dri(struct jpeg_extension *e, struct kin_rd r)
{
    e->restart_interval = kin_rd_be16(&r);
    e->frame_has_dri = true;
    return r.bad ? KIN_EBAD : KIN_OK;
}

static int feed_sos(struct jpeg_extension *e, struct kin_span body)
{
    if (body.n < 1 || body.p[0] < 1 || body.p[0] > KIN_JPEG_MAX_COMPONENTS || body.n != 4 + 2u * body.p[0])
        return KIN_EBAD;
    e->sos_n = store(e->sos, KIN_JPEG_SOS, body);
    return KIN_OK;
}

// APPn and COM are dropped.
static int feed_segment(struct jpeg_extension *e, uint8_t marker, struct kin_span body)
{
    if (marker == KIN_JPEG_DQT || marker == KIN_JPEG_DHT)
        return feed_tables(e, marker, body);
    if (marker == KIN_JPEG_DRI)
        return feed_dri(e, kin_rd_init(body));
    if (marker == KIN_JPEG_SOF0 || marker == KIN_JPEG_SOF1)
        return feed_sof(e, marker, body);
    if (marker == KIN_JPEG_SOS)
        return feed_sos(e, body);
    return marker >= KIN_JPEG_SOF0 ? KIN_OK : KIN_EBAD;
}

int jpeg_extension_feed(struct jpeg_extension *e, struct kin_span segments)
{
    struct kin_rd r = kin_rd_init(segments);
    while (r.in.n > 0) {
        if (kin_rd_u8(&r) != 0xff)
            return KIN_EBAD;
        while (r.in.n > 0 && r.in.p[0] == 0xff) // padding
            kin_rd_u8(&r);
        if (r.in.n == 0)
            return KIN_OK;
        uint8_t marker = kin_rd_u8(&r);
        if (marker == KIN_JPEG_SOI)
            continue;
        uint16_t length = kin_rd_be16(&r);
        struct kin_span body = kin_rd_take(&r, length < 2 ? SIZE_MAX : length - 2u);
        if (r.bad || feed_segment(e, marker, body) != KIN_OK)
            return KIN_EBAD;
    }
    return KIN_OK;
}
