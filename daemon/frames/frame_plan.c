// Plans of packets: one for each payload format that a frame is wanted in.
#include <stdlib.h>

#include "base/err.h"
#include "frames/frame.h"
#include "ground/messages.h"
#include "proto/rtp.h"

static int plan_jpeg(const struct frame_plan *p, struct kin_rtp_plan **ret, const char **ret_why)
{
    struct kin_jpeg_rtp rtp;
    enum kin_jpeg_compat compat = kin_jpeg_compat(&p->frame->info, &rtp);
    *ret_why = kin_jpeg_compat_str(compat);
    if (compat != KIN_JPEG_COMPAT_OK)
        return KIN_EUNSUPPORTED;
    if (p->format == KIN_PAYLOAD_JPEG_SIZED)
        return kin_rtp_plan_jpeg_sized(p->frame->jpeg, &rtp, p->packet_bytes, ret);
    return kin_rtp_plan_jpeg(p->frame->jpeg, &rtp, p->packet_bytes, ret);
}

static int plan_onvif(const struct frame_plan *p, struct kin_rtp_plan **ret, const char **ret_why)
{
    *ret_why = MSG_FRAME_NOT_ONVIF;
    int err = kin_rtp_plan_onvif(p->frame->jpeg, &p->frame->info, p->packet_bytes, ret);
    return err == KIN_ENOMEM || err == KIN_OK ? err : KIN_EUNSUPPORTED;
}

static int plan_packets(const struct frame_plan *p, struct kin_rtp_plan **ret, const char **ret_why)
{
    const struct frame *f = p->frame;
    *ret_why = f->why;
    if (f->error != KIN_OK)
        return f->error;
    if (p->format == KIN_PAYLOAD_WHOLE_FILE)
        return kin_rtp_plan_lab(f->jpeg, p->packet_bytes, ret);
    if (f->walk_error != KIN_OK)
        return f->walk_error;
    if (p->format == KIN_PAYLOAD_JPEG_ONVIF)
        return plan_onvif(p, ret, ret_why);
    if (p->format == KIN_PAYLOAD_XQT)
        return kin_rtp_plan_xqt(f->jpeg, &f->info, p->packet_bytes, ret);
    return plan_jpeg(p, ret, ret_why);
}

static size_t effective_packet_bytes(const struct frame *f, const struct frame_want *want)
{
    if (want->format != KIN_PAYLOAD_WHOLE_FILE || f->jpeg == NULL)
        return want->packet_bytes;
    return f->jpeg->len + KIN_RTP_HEADER_BYTES <= want->packet_bytes ? KIN_RTP_PLAN_DATAGRAM : KIN_RTP_PLAN_LAB_MIN;
}

int frame_plan(struct frame *f, const struct frame_want *want, const struct frame_plan **ret)
{
    struct frame_plan p = {
        .frame = f, .format = want->format, .packet_bytes = effective_packet_bytes(f, want), .next = f->plans};
    unsigned count = 0;
    for (const struct frame_plan *made = f->plans; made != NULL; made = made->next, count++) {
        if (made->format == p.format && made->packet_bytes == p.packet_bytes) {
            *ret = made;
            return KIN_OK;
        }
    }
    if (count == FRAME_PLANS_MAX)
        return KIN_ELIMIT;
    // An error of the frame itself is kept as a plan; only our own lack of memory is not.
    p.error = plan_packets(&p, &p.packets, &p.why);
    struct frame_plan *plan = p.error != KIN_ENOMEM || f->error != KIN_OK ? malloc(sizeof *plan) : NULL;
    if (plan == NULL) {
        kin_rtp_plan_free(p.packets);
        return KIN_ENOMEM;
    }
    *plan = p;
    *ret = f->plans = plan;
    return KIN_OK;
}
