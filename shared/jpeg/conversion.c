// The conversion for each incompatibility.
#include "jpeg/conversion.h"

static const enum kin_jpeg_conversion conversions[KIN_JPEG_COMPAT_COUNT] = {
    [KIN_JPEG_COMPAT_OK] = KIN_JPEG_CONVERSION_NOTHING,
    [KIN_JPEG_COMPAT_PROGRESSIVE] = KIN_JPEG_CONVERSION_BASELINE,
    [KIN_JPEG_COMPAT_CODING] = KIN_JPEG_CONVERSION_BASELINE,
    [KIN_JPEG_COMPAT_PROCESS] = KIN_JPEG_CONVERSION_IMPOSSIBLE,
    [KIN_JPEG_COMPAT_BITS] = KIN_JPEG_CONVERSION_IMPOSSIBLE,
    [KIN_JPEG_COMPAT_GRAY] = KIN_JPEG_CONVERSION_COLOURLESS,
    [KIN_JPEG_COMPAT_CMYK] = KIN_JPEG_CONVERSION_REENCODE,
    [KIN_JPEG_COMPAT_COMPONENTS] = KIN_JPEG_CONVERSION_IMPOSSIBLE,
    [KIN_JPEG_COMPAT_RGB] = KIN_JPEG_CONVERSION_REENCODE,
    [KIN_JPEG_COMPAT_HUFFMAN] = KIN_JPEG_CONVERSION_HUFFMAN,
    [KIN_JPEG_COMPAT_SAMPLING_444] = KIN_JPEG_CONVERSION_RESAMPLE,
    [KIN_JPEG_COMPAT_SAMPLING_440] = KIN_JPEG_CONVERSION_RESAMPLE,
    [KIN_JPEG_COMPAT_SAMPLING_411] = KIN_JPEG_CONVERSION_RESAMPLE,
    [KIN_JPEG_COMPAT_SAMPLING_FACTORS] = KIN_JPEG_CONVERSION_FACTORS,
    [KIN_JPEG_COMPAT_SAMPLING_MULTIPLE] = KIN_JPEG_CONVERSION_FACTORS,
    [KIN_JPEG_COMPAT_SAMPLING] = KIN_JPEG_CONVERSION_REENCODE,
    [KIN_JPEG_COMPAT_QUANT_FORM] = KIN_JPEG_CONVERSION_TABLES,
    [KIN_JPEG_COMPAT_QUANT_BITS] = KIN_JPEG_CONVERSION_REQUANTIZE,
    [KIN_JPEG_COMPAT_QUANT_CHROMA] = KIN_JPEG_CONVERSION_REQUANTIZE,
    [KIN_JPEG_COMPAT_QUANT_MISSING] = KIN_JPEG_CONVERSION_IMPOSSIBLE,
    [KIN_JPEG_COMPAT_TOO_LONG] = KIN_JPEG_CONVERSION_IMPOSSIBLE,
};

enum kin_jpeg_conversion kin_jpeg_conversion(uint32_t incompatibilities)
{
    enum kin_jpeg_conversion most = KIN_JPEG_CONVERSION_NOTHING;
    for (unsigned i = 0; i < KIN_JPEG_COMPAT_COUNT; i++)
        if ((incompatibilities >> i & 1) != 0 && conversions[i] > most)
            most = conversions[i];
    return most;
}

const char *kin_jpeg_conversion_str(enum kin_jpeg_conversion conversion)
{
    static const char *const texts[KIN_JPEG_CONVERSION_COUNT] = {
#define X(name, loss, text) text,
        KIN_JPEG_CONVERSION_LIST(X)
#undef X
    };
    return (unsigned)conversion < KIN_JPEG_CONVERSION_COUNT ? texts[conversion] : "unknown";
}

enum kin_jpeg_loss kin_jpeg_conversion_loss(enum kin_jpeg_conversion conversion)
{
    static const enum kin_jpeg_loss losses[KIN_JPEG_CONVERSION_COUNT] = {
#define X(name, loss, text) loss,
        KIN_JPEG_CONVERSION_LIST(X)
#undef X
    };
    return (unsigned)conversion < KIN_JPEG_CONVERSION_COUNT ? losses[conversion] : KIN_JPEG_LOSS_REFUSED;
}

const char *kin_jpeg_loss_str(enum kin_jpeg_loss loss)
{
    static const char *const texts[KIN_JPEG_LOSS_COUNT] = {"none", "lossless", "converted", "refused"};
    return (unsigned)loss < KIN_JPEG_LOSS_COUNT ? texts[loss] : "unknown";
}
