// Decoding for the screen at any size: no file costs more than its pixels and bytes allow.
//
// The input: the wanted width and height (two bytes each, 0 to 4095; with 4096 in the height the file is then decoded
// once more, as if a part of it were missing), then the file.
#include "picture/decode.h"

#include <time.h>

#include "base/err.h"
#include "base/rd.h"
#include "jpeg/markers.h"
#include "jpeg/work.h"
#include "must.h"

// CPU time, which does not depend on the load of the machine: a scan of the largest picture of this target takes 10 ms
// at most, and ten times that with sanitizers.
#define PIXELS_MAX (1u << 20) // larger pictures only take longer
#define CPU_S_MAX 8.0

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void check_picture(const struct decode_result *r, int want_width, int want_height)
{
    MUST(r->rgb != NULL && r->width > 0 && r->height > 0 && r->stride >= (size_t)r->width * 3);
    MUST(r->width <= r->full_width && r->height <= r->full_height);
    bool full = r->width == r->full_width && r->height == r->full_height;
    MUST(full || (r->width >= want_width && r->height >= want_height));
    unsigned sum = 0;
    for (int y = 0; y < r->height; y++) // for the sanitizer
        sum += r->rgb[(size_t)y * r->stride] + r->rgb[(size_t)y * r->stride + (size_t)r->width * 3 - 1];
    MUST(sum <= 2u * 255u * (unsigned)r->height);
}

// Each scan costs a pass over the picture.
static void check_scans(struct kin_span file, int err)
{
    struct kin_jpeg_info info;
    if (kin_jpeg_walk(file, &info, NULL) == KIN_OK && info.scan_count > KIN_JPEG_SCANS_MAX)
        MUST(err != KIN_OK);
}

static void decode(struct decoder *d, struct kin_span file, int want_width, int want_height)
{
    struct decode_result r;
    const char *why = NULL;
    int err = decoder_decode(d, file, want_width, want_height, &r, &why);
    MUST((err == KIN_OK) == (why == NULL));
    MUST(err == KIN_OK || err == KIN_EBAD || err == KIN_ELIMIT || err == KIN_EUNSUPPORTED || err == KIN_ENOMEM);
    if (err == KIN_OK)
        check_picture(&r, want_width, want_height);
}

// Gaps as jpeg/bands.h makes them, for a picture of that size.
static void decode_partial(struct decoder *d, struct kin_span file, int want_width, int want_height)
{
    struct decode_result whole, r;
    if (decoder_decode(d, file, want_width, want_height, &whole, NULL) != KIN_OK)
        return;
    struct kin_jpeg_gaps gaps = {.count = 2, .mcu_width = 16, .mcu_height = 8};
    gaps.columns = (uint16_t)((whole.full_width + 15) / 16);
    uint32_t mcus = gaps.columns * (((uint32_t)whole.full_height + 7) / 8);
    gaps.mcus[0].to = (mcus + 2) / 3;
    gaps.mcus[1].from = mcus - mcus / 3;
    gaps.mcus[1].to = mcus;
    struct decode_frame f = {.jpeg = file, .number = 1, .gaps = &gaps};
    for (int i = 0; i < 2; i++, f.number++) { // at its own size, then behind one of another
        int err = decoder_decode_frame(d, &f, want_width >> i, want_height >> i, &r, NULL);
        MUST(err == KIN_OK || i > 0); // a picture does not depend on the one before
        if (err == KIN_OK)
            check_picture(&r, want_width >> i, want_height >> i);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct decoder *d; // as in the player, one for all pictures
    struct kin_rd r = kin_rd_init(kin_span_make(data, size));
    int want_width = kin_rd_be16(&r) & 0xfff, want_height = kin_rd_be16(&r) & 0x1fff;
    bool partial = want_height > 0xfff;
    want_height &= 0xfff;
    int width = 0, height = 0;
    if (r.bad || (d == NULL && decoder_new(&d) != KIN_OK))
        return 0;
    double start = cpu_s();
    int err = decoder_open(d, r.in, &width, &height, NULL);
    MUST(err != KIN_OK || (width > 0 && height > 0));
    check_scans(r.in, err);
    if (err == KIN_OK && (size_t)width * (size_t)height <= PIXELS_MAX)
        (partial ? decode_partial : decode)(d, r.in, want_width, want_height);
    MUST(cpu_s() - start < CPU_S_MAX);
    return 0;
}
