// Which remedy goes with which obstacle.
#include "jpeg/remedy.h"

static const enum kin_jpeg_remedy remedies[KIN_JPEG_FIT_COUNT] = {
    [KIN_JPEG_FIT_OK] = KIN_JPEG_REMEDY_NOTHING,
    [KIN_JPEG_FIT_PROGRESSIVE] = KIN_JPEG_REMEDY_BASELINE,
    [KIN_JPEG_FIT_CODING] = KIN_JPEG_REMEDY_BASELINE,
    [KIN_JPEG_FIT_PROCESS] = KIN_JPEG_REMEDY_IMPOSSIBLE,
    [KIN_JPEG_FIT_BITS] = KIN_JPEG_REMEDY_IMPOSSIBLE,
    [KIN_JPEG_FIT_GRAY] = KIN_JPEG_REMEDY_COLOURLESS,
    [KIN_JPEG_FIT_CMYK] = KIN_JPEG_REMEDY_REENCODE,
    [KIN_JPEG_FIT_COMPONENTS] = KIN_JPEG_REMEDY_IMPOSSIBLE,
    [KIN_JPEG_FIT_RGB] = KIN_JPEG_REMEDY_REENCODE,
    [KIN_JPEG_FIT_HUFFMAN] = KIN_JPEG_REMEDY_HUFFMAN,
    [KIN_JPEG_FIT_SAMPLING_444] = KIN_JPEG_REMEDY_RESAMPLE,
    [KIN_JPEG_FIT_SAMPLING_440] = KIN_JPEG_REMEDY_RESAMPLE,
    [KIN_JPEG_FIT_SAMPLING_411] = KIN_JPEG_REMEDY_RESAMPLE,
    [KIN_JPEG_FIT_SAMPLING_FACTORS] = KIN_JPEG_REMEDY_FACTORS,
    [KIN_JPEG_FIT_SAMPLING_MULTIPLE] = KIN_JPEG_REMEDY_FACTORS,
    [KIN_JPEG_FIT_SAMPLING] = KIN_JPEG_REMEDY_REENCODE,
    [KIN_JPEG_FIT_QUANT_FORM] = KIN_JPEG_REMEDY_TABLES,
    [KIN_JPEG_FIT_QUANT_BITS] = KIN_JPEG_REMEDY_REQUANTIZE,
    [KIN_JPEG_FIT_QUANT_CHROMA] = KIN_JPEG_REMEDY_REQUANTIZE,
    [KIN_JPEG_FIT_QUANT_MISSING] = KIN_JPEG_REMEDY_IMPOSSIBLE,
    [KIN_JPEG_FIT_TOO_LONG] = KIN_JPEG_REMEDY_IMPOSSIBLE,
};

enum kin_jpeg_remedy kin_jpeg_remedy(uint32_t obstacles)
{
    enum kin_jpeg_remedy most = KIN_JPEG_REMEDY_NOTHING;
    for (unsigned i = 0; i < KIN_JPEG_FIT_COUNT; i++)
        if ((obstacles >> i & 1) != 0 && remedies[i] > most)
            most = remedies[i];
    return most;
}

const char *kin_jpeg_remedy_str(enum kin_jpeg_remedy remedy)
{
    static const char *const texts[KIN_JPEG_REMEDY_COUNT] = {
#define X(name, loss, text) text,
        KIN_JPEG_REMEDY_LIST(X)
#undef X
    };
    return (unsigned)remedy < KIN_JPEG_REMEDY_COUNT ? texts[remedy] : "unknown";
}

enum kin_jpeg_loss kin_jpeg_remedy_loss(enum kin_jpeg_remedy remedy)
{
    static const enum kin_jpeg_loss losses[KIN_JPEG_REMEDY_COUNT] = {
#define X(name, loss, text) loss,
        KIN_JPEG_REMEDY_LIST(X)
#undef X
    };
    return (unsigned)remedy < KIN_JPEG_REMEDY_COUNT ? losses[remedy] : KIN_JPEG_LOSS_REFUSED;
}

const char *kin_jpeg_loss_str(enum kin_jpeg_loss loss)
{
    static const char *const texts[KIN_JPEG_LOSS_COUNT] = {"none", "lossless", "converted", "refused"};
    return (unsigned)loss < KIN_JPEG_LOSS_COUNT ? texts[loss] : "unknown";
}
