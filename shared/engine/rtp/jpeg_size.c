// Guesses the size of a picture whose header does not give it.
#include "engine/rtp/jpeg_size.h"

#include "base/err.h"
#include "jpeg/mcu.h"
#include "proto/rtp_jpeg.h"

// Common sizes above 2040 pixels: cameras, screens, films.
static const struct jpeg_size usual[] = {
    {3840, 2160}, {2560, 1440}, {2560, 1920}, {2592, 1944}, {2592, 1520}, {2688, 1520}, {2688, 1512}, {2304, 1296},
    {2304, 1728}, {2048, 1536}, {2048, 1152}, {2048, 1080}, {2048, 2048}, {2560, 1600}, {2560, 1080}, {2560, 2048},
    {2880, 1620}, {2880, 1800}, {2960, 1668}, {3008, 1688}, {3072, 1728}, {3072, 2048}, {3200, 1800}, {3264, 2448},
    {3440, 1440}, {3840, 1080}, {3840, 1600}, {3840, 2400}, {4000, 3000}, {4096, 2160}, {4096, 3072}, {5120, 2880},
    {5120, 1440}, {7680, 4320}, {1080, 2160}, {1440, 2560}, {2160, 3840}, {2048, 3072}, {3000, 3000}, {4096, 4096},
};
#define USUAL (sizeof usual / sizeof usual[0])
#define MODULUS 2048  // pixels after which a byte that counts blocks of 8 starts over
#define TURNS_MAX 8   // of a dimension: up to 16384 pixels
#define ROUNDED_OFF 7 // pixels at most that rounding down takes away

static bool dimension_agrees(uint16_t header, uint16_t pixels)
{
    unsigned blocks = (pixels + 7u) / 8;
    return (blocks & 0xff) == header / 8u || (header == 0 && pixels > KIN_RTP_JPEG_DIMENSION_MAX);
}

bool jpeg_size_agrees(struct jpeg_size header, struct jpeg_size size)
{
    if (size.width == 0 || size.height == 0)
        return false;
    bool large = size.width > KIN_RTP_JPEG_DIMENSION_MAX || size.height > KIN_RTP_JPEG_DIMENSION_MAX;
    if (header.width == 0 && header.height == 0)
        return large; // both are 0 when one is too large
    return dimension_agrees(header.width, size.width) && dimension_agrees(header.height, size.height);
}

static bool has_mcus(struct jpeg_size size, uint8_t type, uint32_t mcus)
{
    return size.width > 0 && size.height > 0 && kin_jpeg_mcu_expected(type, size.width, size.height) == mcus;
}

// Is a closer to a square than b?
static bool is_squarer(struct jpeg_size a, struct jpeg_size b)
{
    uint32_t a_long = a.width > a.height ? a.width : a.height, a_short = a.width > a.height ? a.height : a.width;
    uint32_t b_long = b.width > b.height ? b.width : b.height, b_short = b.width > b.height ? b.height : b.width;
    return (uint64_t)a_long * b_short < (uint64_t)b_long * a_short;
}

// The size closest to a square with this number of MCUs, of all that equal `least` modulo MODULUS in both dimensions.
// Landscape wins over the same portrait size.
static bool find_modulo(struct jpeg_size least, uint8_t type, uint32_t mcus, struct jpeg_size *ret)
{
    struct jpeg_size best = {0, 0};
    for (unsigned i = 0; i < TURNS_MAX * TURNS_MAX; i++) {
        unsigned w = TURNS_MAX - 1 - i / TURNS_MAX, h = i % TURNS_MAX;
        struct jpeg_size size = {(uint16_t)(least.width + w * MODULUS), (uint16_t)(least.height + h * MODULUS)};
        if (has_mcus(size, type, mcus) && (best.width == 0 || is_squarer(size, best)))
            best = size;
    }
    if (best.width > 0)
        *ret = best;
    return best.width > 0;
}

static bool find_unusual(struct jpeg_size header, uint8_t type, uint32_t mcus, struct jpeg_size *ret)
{
    if (header.width == 0 && header.height == 0) // says nothing at all
        return false;
    for (unsigned i = 0; i < 4; i++) {
        struct jpeg_size least = {(uint16_t)(header.width + (i & 1) * ROUNDED_OFF),
                                  (uint16_t)(header.height + (i >> 1) * ROUNDED_OFF)};
        if (find_modulo(least, type, mcus, ret))
            return true;
    }
    return false;
}

bool jpeg_size_guess(struct jpeg_size header, uint8_t type, struct kin_span scan, struct jpeg_size *ret)
{
    uint32_t mcus = 0;
    if (kin_jpeg_mcu_count(scan, type, false, &mcus) != KIN_OK)
        return false;
    if (has_mcus(header, type, mcus)) {
        *ret = header;
        return true;
    }
    for (size_t i = 0; i < USUAL; i++) {
        if (jpeg_size_agrees(header, usual[i]) && has_mcus(usual[i], type, mcus)) {
            *ret = usual[i];
            return true;
        }
    }
    return find_unusual(header, type, mcus, ret);
}
