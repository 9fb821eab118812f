// Plans of RFC 2435, alone or with the ONVIF header extension in the first packet.
//
// Body bytes are those of the scan followed by EOI.
#include <stdlib.h>

#include "base/err.h"
#include "base/wr.h"
#include "engine/rtp/rtp_plan_internal.h"
#include "jpeg/mcu.h"
#include "jpeg/tables.h"
#include "proto/rtp_jpeg.h"
#include "proto/rtp_onvif.h"

#define Q_TABLES_IN_BAND 255
#define Q_OF_THE_EXTENSION 50 // any computed Q: so no tables follow, and those of the extension override it
#define BODY_MAX (KIN_RTP_JPEG_OFFSET_MAX + 1u)

static const uint8_t eoi[2] = {0xff, KIN_JPEG_EOI};

struct heads { // what the packet headers of a frame say
    struct kin_span extension;
    struct kin_rtp_jpeg h; // of the first packet
    uint8_t tables[2 * KIN_JPEG_QUANT_BYTES];
};

static bool lies_within(struct kin_span s, const struct kin_buf *jpeg)
{
    const uint8_t *end = jpeg->data + jpeg->len;
    return s.n > 0 && s.p >= jpeg->data && s.p <= end && s.n <= (size_t)(end - s.p);
}

// The scan and the EOI behind it, if it is there.
static struct kin_span body_in_file(const struct kin_buf *jpeg, struct kin_span scan)
{
    struct kin_span rest = kin_span_skip(kin_buf_span(jpeg), (size_t)(scan.p - jpeg->data) + scan.n);
    bool has_eoi = rest.n >= sizeof eoi && memcmp(rest.p, eoi, sizeof eoi) == 0;
    return kin_span_make(scan.p, scan.n + (has_eoi ? sizeof eoi : 0));
}

static void write_heads(struct kin_rtp_plan *p, struct heads *heads)
{
    struct kin_wr w = kin_wr_init(p->heads, p->heads_bytes);
    kin_wr_put(&w, heads->extension);
    for (unsigned i = 0; i < p->count; i++) {
        heads->h.offset = (uint32_t)plan_body_at(p, i);
        heads->h.restart_count = p->shape.chunks != NULL ? p->shape.chunks[i].count : KIN_RTP_JPEG_NO_CHUNKS;
        kin_rtp_jpeg_write(&w, &heads->h);
        heads->h.has_quant = false;
    }
}

static int cut_at_markers(struct plan_shape *shape, const struct kin_jpeg_rtp *rtp)
{
    uint32_t mcus = kin_jpeg_mcu_expected(rtp->type & 1, rtp->width, rtp->height);
    struct plan_intervals intervals = {.scan = rtp->scan,
                                       .count = (mcus + rtp->restart_interval - 1u) / rtp->restart_interval};
    return plan_chunks(shape, &intervals, &shape->chunks, &shape->chunk_count);
}

// rtp: NULL if RFC 2435 alone cannot express the JPEG.
static int make(struct kin_buf *jpeg, struct kin_span scan, const struct kin_jpeg_rtp *rtp, struct heads *heads,
                size_t packet_bytes, struct kin_rtp_plan **ret)
{
    size_t body = scan.n + sizeof eoi;
    if (!lies_within(scan, jpeg) || body > BODY_MAX)
        return KIN_EINVAL;
    size_t rest_head = KIN_RTP_JPEG_HEADER_BYTES + (heads->h.has_restart ? KIN_RTP_JPEG_RESTART_BYTES : 0u);
    size_t quant = heads->h.has_quant ? KIN_RTP_JPEG_QUANT_BYTES + heads->h.tables.n : 0;
    struct plan_shape shape = {.in_file = body_in_file(jpeg, scan),
                               .body = body,
                               .extension = heads->extension.n,
                               .first_head = heads->extension.n + rest_head + quant,
                               .rest_head = rest_head};
    int err = plan_divide(&shape, packet_bytes);
    if (err == KIN_OK && rtp != NULL && rtp->restart_interval > 0)
        err = cut_at_markers(&shape, rtp);
    if (err != KIN_OK)
        return err;
    struct kin_rtp_plan *p = plan_new(jpeg, &shape);
    if (p == NULL) {
        free(shape.chunks);
        return KIN_ENOMEM;
    }
    write_heads(p, heads);
    *ret = p;
    return KIN_OK;
}

static int heads_of(const struct kin_jpeg_rtp *rtp, struct heads *heads)
{
    if (rtp->quant[0].n != KIN_JPEG_QUANT_BYTES || rtp->quant[1].n != KIN_JPEG_QUANT_BYTES)
        return KIN_EINVAL;
    memcpy(heads->tables, rtp->quant[0].p, KIN_JPEG_QUANT_BYTES);
    memcpy(heads->tables + KIN_JPEG_QUANT_BYTES, rtp->quant[1].p, KIN_JPEG_QUANT_BYTES);
    heads->h = (struct kin_rtp_jpeg){.type = rtp->type,
                                     .q = Q_TABLES_IN_BAND,
                                     .width = rtp->width,
                                     .height = rtp->height,
                                     .has_restart = rtp->restart_interval > 0,
                                     .restart_interval = rtp->restart_interval,
                                     .restart_count = KIN_RTP_JPEG_NO_CHUNKS,
                                     .has_quant = true,
                                     .tables = kin_span_make(heads->tables, sizeof heads->tables)};
    return KIN_OK;
}

int kin_rtp_plan_jpeg(struct kin_buf *jpeg, const struct kin_jpeg_rtp *rtp, size_t packet_bytes,
                      struct kin_rtp_plan **ret)
{
    struct heads heads = {.extension = {NULL, 0}};
    int err = heads_of(rtp, &heads);
    return err == KIN_OK ? make(jpeg, rtp->scan, rtp, &heads, packet_bytes, ret) : err;
}

int kin_rtp_plan_jpeg_sized(struct kin_buf *jpeg, const struct kin_jpeg_rtp *rtp, size_t packet_bytes,
                            struct kin_rtp_plan **ret)
{
    uint8_t room[KIN_RTP_ONVIF_SIZE_BYTES];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    struct heads heads = {.extension = {NULL, 0}};
    int err = heads_of(rtp, &heads);
    if (err != KIN_OK)
        return err;
    kin_rtp_onvif_write_size(&w, rtp);
    heads.extension = kin_wr_span(&w);
    return make(jpeg, rtp->scan, rtp, &heads, packet_bytes, ret);
}

// A main header that comes as close as it can; the extension carries what RFC 2435 cannot express.
static void approximate(const struct kin_jpeg_info *info, struct heads *heads)
{
    heads->h = (struct kin_rtp_jpeg){
        .type = info->components[0].v > 1, .q = Q_OF_THE_EXTENSION, .width = info->width, .height = info->height};
}

int kin_rtp_plan_onvif(struct kin_buf *jpeg, const struct kin_jpeg_info *info, size_t packet_bytes,
                       struct kin_rtp_plan **ret)
{
    uint8_t room[KIN_RTP_ONVIF_BYTES_MAX];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    struct kin_jpeg_rtp rtp;
    struct heads heads = {.extension = {NULL, 0}};
    enum kin_jpeg_compat compat = kin_jpeg_compat(info, &rtp);
    int err = kin_rtp_onvif_can(compat) ? KIN_OK : KIN_EUNSUPPORTED;
    if (err == KIN_OK)
        err = kin_rtp_onvif_write_headers(&w, kin_buf_span(jpeg), info);
    if (err == KIN_OK && compat == KIN_JPEG_COMPAT_OK)
        err = heads_of(&rtp, &heads);
    else if (err == KIN_OK)
        approximate(info, &heads);
    heads.extension = kin_wr_span(&w);
    if (err == KIN_OK)
        err = make(jpeg, info->scan, NULL, &heads, packet_bytes, ret);
    return err;
}
