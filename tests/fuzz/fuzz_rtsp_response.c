// What a client reads from a connection: replies, requests of the server, '$' blocks; then again with the lab's
// replies.
#include "message_check.h"
#include "stream_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct stream_frames frames;
    for (int lab = 0; lab < 2; lab++) {
        stream_check(kin_span_make(data, size), false, lab != 0, &frames);
        for (size_t i = 0; i < frames.count; i++)
            if (frames.list[i].kind != KIN_RTSP_FRAME_INTERLEAVED)
                message_check(frames.list[i].bytes, frames.list[i].head_len);
    }
    return 0;
}
