// From any JPEG through every plan to the assembler: packets keep their lengths, and what RFC 2435, the ONVIF extension
// or QuickTime's payload carries comes out with its original headers and scan.
#include "base/err.h"
#include "engine/rtp/jpeg_assembler.h"
#include "engine/rtp/rtp_plan.h"
#include "must.h"

#define PACKET_BYTES 1000
#define JPEG_BYTES_MAX (1u << 20)

// One packet through the wire's format; `room` holds it.
static void feed(struct kin_jpeg_assembler *a, const struct kin_rtp_plan *plan, unsigned i, uint8_t room[PACKET_BYTES])
{
    struct kin_rtp_plan_packet p = kin_rtp_plan_packet(plan, i);
    struct kin_wr w = kin_wr_init(room, PACKET_BYTES);
    struct kin_rtp_arrival arrival = {.new_source = i == 0, .seq = i};
    struct kin_rtp_header h = {.marker = p.marker, .seq = (uint16_t)i};
    kin_rtp_write(kin_wr_room(&w, KIN_RTP_HEADER_BYTES), &h);
    if (p.extension > 0)
        kin_rtp_write_extended(room);
    kin_wr_put(&w, p.head);
    kin_wr_put(&w, p.body);
    kin_wr_put(&w, p.tail);
    MUST(!w.bad && p.marker == (i + 1 == kin_rtp_plan_count(plan)));
    MUST(p.marker || p.body.n > 0);
    MUST(kin_rtp_parse(kin_wr_span(&w), &arrival.packet) == KIN_OK);
    MUST((arrival.packet.extension.n > 0) == (p.extension > 0));
    (void)kin_jpeg_assembler_feed(a, &arrival);
}

static bool send(const struct kin_rtp_plan *plan, enum kin_payload_format format, struct kin_jpeg_frame *ret)
{
    struct kin_jpeg_assembler_options options = {.format = format};
    struct kin_jpeg_assembler *a = kin_jpeg_assembler_new(&options);
    uint8_t room[PACKET_BYTES];
    if (a == NULL)
        return false;
    for (unsigned i = 0; i < kin_rtp_plan_count(plan); i++)
        feed(a, plan, i, room);
    bool came = kin_jpeg_assembler_event(a, ret);
    kin_jpeg_assembler_free(a);
    return came;
}

static void check_whole(const struct kin_rtp_plan *plan, const struct kin_jpeg_info *info, struct kin_span file)
{
    struct kin_jpeg_frame f = {.jpeg = NULL};
    if (!send(plan, KIN_PAYLOAD_XQT, &f))
        return; // a file that does not end where its markers say
    struct kin_span got = kin_buf_span(f.jpeg);
    size_t n = got.n < info->length ? got.n : info->length;
    MUST(f.width > 0 && kin_span_eq(kin_span_first(got, n), kin_span_first(file, n)));
    kin_buf_unref(f.jpeg);
}

// RFC 2435 does not tell SOF0 and SOF1 apart: SOF1 with 8-bit samples arrives as SOF0.
static void check_extended(const struct kin_rtp_plan *plan, const struct kin_jpeg_info *info, uint8_t sof)
{
    struct kin_jpeg_frame f = {.jpeg = NULL};
    struct kin_jpeg_info got;
    if (!send(plan, KIN_PAYLOAD_JPEG, &f))
        return;
    if (kin_jpeg_walk(kin_buf_span(f.jpeg), &got, NULL) == KIN_OK) {
        MUST(got.width == info->width && got.height == info->height);
        MUST(got.component_count == info->component_count && got.sof == sof);
    }
    kin_buf_unref(f.jpeg);
}

static void try_all(struct kin_buf *jpeg, const struct kin_jpeg_info *info)
{
    struct kin_rtp_plan *plan = NULL;
    struct kin_jpeg_rtp rtp;
    if (kin_rtp_plan_xqt(jpeg, info, PACKET_BYTES, &plan) == KIN_OK)
        check_whole(plan, info, kin_buf_span(jpeg));
    kin_rtp_plan_free(plan);
    plan = NULL;
    if (kin_rtp_plan_onvif(jpeg, info, PACKET_BYTES, &plan) == KIN_OK)
        check_extended(plan, info, info->sof);
    kin_rtp_plan_free(plan);
    plan = NULL;
    bool fits = kin_jpeg_compat(info, &rtp) == KIN_JPEG_COMPAT_OK;
    if (fits && kin_rtp_plan_jpeg_sized(jpeg, &rtp, PACKET_BYTES, &plan) == KIN_OK)
        check_extended(plan, info, KIN_JPEG_SOF0);
    kin_rtp_plan_free(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kin_jpeg_info info;
    struct kin_buf *jpeg = size >= 2 && size <= JPEG_BYTES_MAX ? kin_buf_copy(kin_span_make(data, size)) : NULL;
    if (jpeg != NULL && kin_jpeg_walk(kin_buf_span(jpeg), &info, NULL) == KIN_OK)
        try_all(jpeg, &info);
    kin_buf_unref(jpeg);
    return 0;
}
