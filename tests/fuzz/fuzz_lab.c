// The lab dialect: a connection locked to it, and the request parser on frames and on the raw bytes.
#include "base/err.h"
#include "proto/lab.h"
#include "stream_check.h"

static void check_request(struct kin_span text)
{
    struct kin_lab_request r;
    if (kin_lab_request_parse(text, &r) != KIN_OK)
        return;
    MUST(r.method_text.n > 0 && fuzz_inside(text, r.method_text) && fuzz_inside(text, r.file));
    MUST(!r.has_port || r.rtp_port > 0);
    char reply[128];
    struct kin_wr w = kin_wr_init(reply, sizeof reply);
    kin_lab_reply_write(&w, 200, r.cseq, r.session);
    MUST(!w.bad);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct stream_frames frames;
    struct kin_span in = kin_span_make(data, size);
    check_request(in);
    for (int lab = 0; lab < 2; lab++) {
        stream_check(in, true, lab != 0, &frames);
        for (size_t i = 0; i < frames.count; i++)
            if (frames.list[i].kind == KIN_RTSP_FRAME_LAB)
                check_request(frames.list[i].bytes);
    }
    return 0;
}
