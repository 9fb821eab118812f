// Any bytes as a QuickTime or MP4 file: no crash, every refusal explained, every frame within the file.
#include "reel_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kin_span file = kin_span_make(data, size);
    check_reader(&kin_reader_mov, file, FRAMES_ANYWHERE);
    check_open(file);
    return 0;
}
