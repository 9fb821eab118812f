// Whether a JPEG fits the words of RFC 2435, and what they are.
#include "jpeg/fit.h"

#define SCAN_MAX (1u << 24) // fragment offsets have 24 bits; two bytes are for an EOI that the sender adds

const char *kin_jpeg_fit_str(enum kin_jpeg_fit fit)
{
    static const char *const texts[KIN_JPEG_FIT_COUNT] = {
#define X(name, text) text,
        KIN_JPEG_FIT_LIST(X)
#undef X
    };
    return (unsigned)fit < KIN_JPEG_FIT_COUNT ? texts[fit] : "unknown";
}

// Subsampling of chroma against luma. 0 means a ratio that is no whole number, or Cb and Cr that differ.
struct ratio {
    unsigned x, y;
};

static struct ratio chroma_ratio(const struct kin_jpeg_info *info)
{
    const struct kin_jpeg_component *c = info->components;
    struct ratio none = {0, 0};
    if (c[1].h != c[2].h || c[1].v != c[2].v || c[0].h % c[1].h != 0 || c[0].v % c[1].v != 0)
        return none;
    struct ratio r = {c[0].h / c[1].h, c[0].v / c[1].v};
    return r;
}

// name, ratio, why it does not fit unless the factors are the RFC's own
static const struct {
    struct ratio ratio;
    const char *name;
    enum kin_jpeg_fit fit;
} samplings[] = {
    {{1, 1}, "4:4:4", KIN_JPEG_FIT_SAMPLING_444},     {{1, 2}, "4:4:0", KIN_JPEG_FIT_SAMPLING_440},
    {{2, 1}, "4:2:2", KIN_JPEG_FIT_SAMPLING_FACTORS}, {{2, 2}, "4:2:0", KIN_JPEG_FIT_SAMPLING},
    {{4, 1}, "4:1:1", KIN_JPEG_FIT_SAMPLING_411},     {{4, 2}, "4:1:0", KIN_JPEG_FIT_SAMPLING},
};
#define SAMPLINGS (sizeof samplings / sizeof samplings[0])

static size_t find_sampling(const struct kin_jpeg_info *info)
{
    struct ratio r = chroma_ratio(info);
    size_t i = 0;
    while (i < SAMPLINGS && (samplings[i].ratio.x != r.x || samplings[i].ratio.y != r.y))
        i++;
    return i;
}

const char *kin_jpeg_sampling_str(const struct kin_jpeg_info *info)
{
    static const char *const by_count[] = {"none", "gray", "two components", NULL, "four components"};
    if (info->component_count != 3)
        return info->component_count <= 4 ? by_count[info->component_count] : "unknown";
    size_t i = find_sampling(info);
    return i < SAMPLINGS ? samplings[i].name : "unusual";
}

static enum kin_jpeg_fit check_coding(const struct kin_jpeg_info *info)
{
    if (info->sof == KIN_JPEG_SOF2)
        return KIN_JPEG_FIT_PROGRESSIVE;
    if (info->sof != KIN_JPEG_SOF0 && info->sof != KIN_JPEG_SOF1) // 8-bit SOF1 is coded as baseline is
        return KIN_JPEG_FIT_CODING;
    if (info->bits != 8)
        return KIN_JPEG_FIT_BITS;
    if (info->scan_count != 1 || info->first_scan_components != info->component_count)
        return KIN_JPEG_FIT_PROGRESSIVE;
    return KIN_JPEG_FIT_OK;
}

static enum kin_jpeg_fit check_components(const struct kin_jpeg_info *info)
{
    const struct kin_jpeg_component *c = info->components;
    if (info->component_count == 1)
        return KIN_JPEG_FIT_GRAY;
    if (info->component_count != 3)
        return KIN_JPEG_FIT_COMPONENTS;
    bool named_rgb = c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B';
    if (info->has_adobe ? info->adobe_transform == 0 : named_rgb)
        return KIN_JPEG_FIT_RGB;
    return info->standard_huffman ? KIN_JPEG_FIT_OK : KIN_JPEG_FIT_HUFFMAN;
}

static enum kin_jpeg_fit check_sampling(const struct kin_jpeg_info *info, uint8_t *ret_type)
{
    const struct kin_jpeg_component *c = info->components;
    bool chroma_1x1 = c[1].h == 1 && c[1].v == 1 && c[2].h == 1 && c[2].v == 1;
    if (chroma_1x1 && c[0].h == 2 && c[0].v <= 2) {
        *ret_type = (uint8_t)(c[0].v - 1);
        return KIN_JPEG_FIT_OK;
    }
    size_t i = find_sampling(info);
    return i < SAMPLINGS ? samplings[i].fit : KIN_JPEG_FIT_SAMPLING;
}

static enum kin_jpeg_fit check_quant(const struct kin_jpeg_info *info)
{
    const struct kin_jpeg_table *t[3];
    for (unsigned i = 0; i < 3; i++)
        t[i] = &info->dqt[info->components[i].tq];
    if (!t[0]->present || !t[1]->present || !t[2]->present)
        return KIN_JPEG_FIT_QUANT_MISSING;
    if (t[0]->precision != 0 || t[1]->precision != 0 || t[2]->precision != 0)
        return KIN_JPEG_FIT_QUANT_BITS;
    return kin_span_eq(t[1]->data, t[2]->data) ? KIN_JPEG_FIT_OK : KIN_JPEG_FIT_QUANT_CHROMA;
}

enum kin_jpeg_fit kin_jpeg_fit(const struct kin_jpeg_info *info, struct kin_jpeg_rtp *ret)
{
    uint8_t type = 0;
    enum kin_jpeg_fit fit = check_coding(info);
    if (fit == KIN_JPEG_FIT_OK)
        fit = check_components(info);
    if (fit == KIN_JPEG_FIT_OK)
        fit = check_sampling(info, &type);
    if (fit == KIN_JPEG_FIT_OK)
        fit = check_quant(info);
    if (fit == KIN_JPEG_FIT_OK && info->scan.n > SCAN_MAX - 2)
        fit = KIN_JPEG_FIT_TOO_LONG;
    if (fit != KIN_JPEG_FIT_OK)
        return fit;
    *ret = (struct kin_jpeg_rtp){
        .type = (uint8_t)(info->restart_interval > 0 ? type | 0x40 : type),
        .width = info->width,
        .height = info->height,
        .restart_interval = info->restart_interval,
        .quant = {info->dqt[info->components[0].tq].data, info->dqt[info->components[1].tq].data},
        .scan = info->scan,
    };
    return KIN_JPEG_FIT_OK;
}
