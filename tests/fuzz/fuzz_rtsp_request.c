// What a server reads from a connection: requests of both dialects and '$' blocks.
#include "message_check.h"
#include "stream_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct stream_frames frames;
    stream_check(kin_span_make(data, size), true, false, &frames);
    for (size_t i = 0; i < frames.count; i++)
        if (frames.list[i].kind == KIN_RTSP_FRAME_MESSAGE)
            message_check(frames.list[i].bytes, frames.list[i].head_len);
    return 0;
}
