// '$' blocks and messages mixed: every byte consumed must be accounted for.
#include "stream_check.h"

// Only blank lines and swallowed lab headers may come between frames, so a '$' block starts right after a frame or
// blank lines.
static void check_gaps(const struct stream_frames *frames, const uint8_t *data)
{
    const uint8_t *end = data;
    for (size_t i = 0; i < frames->count; i++) {
        const struct kin_rtsp_frame *f = &frames->list[i];
        bool block = f->kind == KIN_RTSP_FRAME_INTERLEAVED;
        const uint8_t *start = f->bytes.p - (block ? 4 : 0);
        MUST(start >= end);
        MUST(!block || (start[0] == '$' && start[1] == f->channel && (start[2] << 8 | start[3]) == (int)f->bytes.n));
        for (const uint8_t *p = end; block && i == 0 && p < start; p++)
            MUST(*p == '\r' || *p == '\n');
        end = f->bytes.p + f->bytes.n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct stream_frames frames;
    for (int server = 0; server < 2; server++) {
        stream_check(kin_span_make(data, size), server != 0, false, &frames);
        check_gaps(&frames, data);
    }
    return 0;
}
