// The ONVIF header extension: marker segments that complete or override the headers of RFC 2435.
#include "engine/jpeg_extension.h"

#include "base/err.h"
#include "base/rd.h"

void jpeg_extension_begin_frame(struct jpeg_extension *e)
{
    e->frame_has_sof = e->frame_has_dqt = e->frame_has_dri = false;
    e->restart_interval = 0;
    e->sos_n = 0;
}

static void store(struct jpeg_extension_table *table, uint8_t head, struct kin_span a, struct kin_span b)
{
    struct kin_wr w = kin_wr_init(table->bytes, sizeof table->bytes);
    kin_wr_u8(&w, head);
    kin_wr_put(&w, a);
    kin_wr_put(&w, b);
    table->n = w.bad ? 0 : (uint16_t)w.len;
}

static int feed_dqt(struct jpeg_extension *e, struct kin_rd r)
{
    while (r.in.n > 0) {
        uint8_t head = kin_rd_u8(&r);
        struct kin_span data = kin_rd_take(&r, head >> 4 != 0 ? 128 : 64);
        if (r.bad || head >> 4 > 1 || (head & 15) >= KIN_JPEG_MAX_TABLES)
            return KIN_EBAD;
        store(&e->dqt[head & 15], head, data, kin_span_make(NULL, 0));
        e->frame_has_dqt = true;
    }
    return KIN_OK;
}

static int feed_dht(struct jpeg_extension *e, struct kin_rd r)
{
    while (r.in.n > 0) {
        uint8_t head = kin_rd_u8(&r);
        struct kin_span counts = kin_rd_take(&r, 16);
        size_t total = 0;
        for (size_t i = 0; i < counts.n; i++)
            total += counts.p[i];
        struct kin_span values = kin_rd_take(&r, total);
        if (r.bad || total > 256 || head >> 4 > 1 || (head & 15) >= KIN_JPEG_MAX_TABLES)
            return KIN_EBAD;
        store(&e->dht[(head >> 4) * KIN_JPEG_MAX_TABLES + (head & 15)], head, counts, values);
        e->has_dht = true;
    }
    return KIN_OK;
}

static int feed_sof(struct jpeg_extension *e, uint8_t marker, struct kin_span body)
{
    struct kin_wr w = kin_wr_init(e->sof, sizeof e->sof);
    if (body.n < 9 || body.p[5] < 1 || body.p[5] > KIN_JPEG_MAX_COMPONENTS || body.n != 6 + 3u * body.p[5] ||
        (body.p[1] | body.p[2]) == 0 || (body.p[3] | body.p[4]) == 0)
        return KIN_EBAD;
    kin_wr_be16(&w, 0xff00u | marker);
    kin_wr_be16(&w, (unsigned)body.n + 2);
    kin_wr_put(&w, body);
    e->sof_n = (uint8_t)w.len;
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
    struct kin_wr w = kin_wr_init(e->sos, sizeof e->sos);
    if (body.n < 1 || body.p[0] < 1 || body.p[0] > KIN_JPEG_MAX_COMPONENTS || body.n != 4 + 2u * body.p[0])
        return KIN_EBAD;
    kin_wr_be16(&w, 0xff00u | KIN_JPEG_SOS);
    kin_wr_be16(&w, (unsigned)body.n + 2);
    kin_wr_put(&w, body);
    e->sos_n = (uint8_t)w.len;
    return KIN_OK;
}

// APPn and COM are dropped.
static int feed_segment(struct jpeg_extension *e, uint8_t marker, struct kin_span body)
{
    if (marker == KIN_JPEG_DQT)
        return feed_dqt(e, kin_rd_init(body));
    if (marker == KIN_JPEG_DHT)
        return feed_dht(e, kin_rd_init(body));
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

static void write_table(struct kin_wr *w, uint8_t marker, const struct jpeg_extension_table *table)
{
    if (table->n == 0)
        return;
    kin_wr_be16(w, 0xff00u | marker);
    kin_wr_be16(w, table->n + 2u);
    kin_wr_bytes(w, table->bytes, table->n);
}

void jpeg_extension_write(const struct jpeg_extension *e, bool with_dqt, struct kin_wr *w)
{
    for (unsigned i = 0; i < KIN_JPEG_MAX_TABLES && with_dqt; i++)
        write_table(w, KIN_JPEG_DQT, &e->dqt[i]);
    for (unsigned i = 0; i < 2 * KIN_JPEG_MAX_TABLES; i++)
        write_table(w, KIN_JPEG_DHT, &e->dht[i]);
}
