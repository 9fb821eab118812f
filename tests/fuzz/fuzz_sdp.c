// Session descriptions: the result lies inside the text, and reads the same after being written by us.
#include "base/err.h"
#include "must.h"
#include "proto/sdp.h"

static void check_written(const struct kin_sdp_video *v)
{
    static char text[65536];
    struct kin_sdp_out out = {.name = v->session_name,
                              .address = v->control,
                              .duration = v->duration_given ? v->duration : -1,
                              .rate_milli = v->rate_milli,
                              .width = v->width,
                              .height = v->height,
                              .format = KIN_PAYLOAD_JPEG,
                              .payload_type = 26,
                              .control = "track1"};
    struct kin_sdp_video again;
    struct kin_wr w = kin_wr_init(text, sizeof text);
    kin_sdp_write(&w, &out);
    if (w.bad)
        return;
    MUST(kin_sdp_parse(kin_wr_span(&w), &again, NULL) == KIN_OK);
    MUST(again.format == KIN_PAYLOAD_JPEG && again.payload_type == 26 && kin_span_is(again.control, "track1"));
    MUST(again.rate_milli == v->rate_milli && again.width == v->width && again.height == v->height);
    MUST(again.duration_given == v->duration_given);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kin_span in = kin_span_make(data, size);
    struct kin_sdp_video v;
    struct kin_span found = kin_span_make(NULL, 0);
    int err = kin_sdp_parse(in, &v, &found);
    MUST(err == KIN_OK || err == KIN_EBAD || err == KIN_EUNSUPPORTED);
    if (err != KIN_OK)
        return 0;
    MUST(fuzz_inside(in, v.control) && fuzz_inside(in, v.session_control) && fuzz_inside(in, v.session_name));
    MUST(v.format != KIN_PAYLOAD_UNKNOWN && v.payload_type < 128 && v.clock_hz > 0);
    MUST((v.width == 0) == (v.height == 0) && (!v.duration_given || v.duration >= 0));
    check_written(&v);
    return 0;
}
