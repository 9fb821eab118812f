// Any bytes as a Matroska file: no crash, every refusal explained, every frame within the file.
#include "reel_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kin_span file = kin_span_make(data, size);
    check_reader(&kin_reader_mkv, file, FRAMES_IN_ORDER);
    check_open(file);
    return 0;
}
