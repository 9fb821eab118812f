// Typed header values: each parser gets the whole input; its result is written and must read the same.
#include "base/err.h"
#include "must.h"
#include "proto/rtsp_hdr.h"

static void check_transport(struct kin_span in)
{
    static char text[2][16384];
    struct kin_span list = in;
    struct kin_rtsp_transport t;
    struct kin_rtsp_transport again;
    int err;
    while (kin_rtsp_transport_next(&list, &t, &err)) {
        MUST(err == KIN_OK || err == KIN_EUNSUPPORTED || err == KIN_EBAD);
        MUST(fuzz_inside(in, t.destination) && fuzz_inside(in, t.source) && fuzz_inside(in, t.mode));
        struct kin_wr first = kin_wr_init(text[0], sizeof text[0]);
        kin_rtsp_transport_write(&first, &t);
        if (err != KIN_OK || first.bad)
            continue;
        struct kin_span written = kin_wr_span(&first);
        MUST(kin_rtsp_transport_next(&written, &again, &err) && err == KIN_OK && written.n == 0);
        struct kin_wr second = kin_wr_init(text[1], sizeof text[1]);
        kin_rtsp_transport_write(&second, &again);
        MUST(kin_span_eq(kin_wr_span(&first), kin_wr_span(&second)));
    }
}

static void check_range(struct kin_span in)
{
    char text[128];
    struct kin_rtsp_range r;
    struct kin_rtsp_range again;
    if (kin_rtsp_range_parse(in, &r) != KIN_OK)
        return;
    MUST(r.start >= 0 && r.end >= 0 && r.start <= KIN_RTSP_RANGE_MAX_US && r.end <= KIN_RTSP_RANGE_MAX_US);
    struct kin_wr w = kin_wr_init(text, sizeof text);
    kin_rtsp_range_write(&w, &r);
    MUST(!w.bad && kin_rtsp_range_parse(kin_wr_span(&w), &again) == KIN_OK);
    MUST(again.now == r.now && again.start_given == r.start_given && again.start == r.start);
    MUST(again.end_given == r.end_given && again.end == r.end && again.unit == r.unit);
}

static void check_pause(struct kin_span in)
{
    struct kin_rtsp_range r;
    if (kin_rtsp_pause_parse(in, &r) == KIN_OK)
        MUST(r.now != r.start_given && !r.end_given && r.start >= 0 && r.start <= KIN_RTSP_RANGE_MAX_US);
}

static void check_scale(struct kin_span in)
{
    char text[32];
    int32_t milli, again;
    if (kin_rtsp_scale_parse(in, &milli) != KIN_OK)
        return;
    struct kin_wr w = kin_wr_init(text, sizeof text);
    kin_rtsp_scale_write(&w, milli);
    MUST(!w.bad && kin_rtsp_scale_parse(kin_wr_span(&w), &again) == KIN_OK && again == milli);
}

static void check_session(struct kin_span in)
{
    struct kin_span id;
    uint32_t timeout;
    if (kin_rtsp_session_parse(in, &id, &timeout) == KIN_OK)
        MUST(id.n > 0 && id.n <= KIN_RTSP_SESSION_MAX && fuzz_inside(in, id) && timeout > 0);
}

static void check_rtp_info(struct kin_span in)
{
    struct kin_span list = in;
    struct kin_rtsp_rtp_info info;
    while (kin_rtsp_rtp_info_next(&list, &info))
        MUST(fuzz_inside(in, info.url));
}

static void check_message(struct kin_span in)
{
    static struct kin_rtsp_msg m = {.headers = {{{(const uint8_t *)"CSeq", 4}, {NULL, 0}}}, .header_count = 1};
    uint32_t cseq;
    m.headers[0].value = in;
    kin_rtsp_cseq(&m, &cseq);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kin_span in = kin_span_make(data, size);
    check_transport(in);
    check_range(in);
    check_pause(in);
    check_session(in);
    check_rtp_info(in);
    check_message(in);
    check_scale(in);
    MUST(kin_rtsp_public_parse(in) < UINT32_C(1) << KIN_RTSP_UNKNOWN);
    kin_rtsp_accepts(in, "application/sdp");
    return 0;
}
