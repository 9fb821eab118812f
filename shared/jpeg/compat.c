// Whether RFC 2435 can express a JPEG, and by which header fields.
#include "jpeg/compat.h"

#define SCAN_MAX (1u << 24) // bytes: fragment offsets have 24 bits. Includes an EOI that the sender adds

const char *kin_jpeg_compat_str(enum kin_jpeg_compat compat)
{
    static const char *const texts[KIN_JPEG_COMPAT_COUNT] = {
#define X(name, text) text,
        KIN_JPEG_COMPAT_LIST(X)
#undef X
    };
    return (unsigned)compat < KIN_JPEG_COMPAT_COUNT ? texts[compat] : "unknown";
}

#define BIT(compat) (1u << (compat))
_Static_assert(KIN_JPEG_COMPAT_COUNT <= 32, "incompatibilities are bits of one word");

const char *kin_jpeg_incompatibilities_str(uint32_t incompatibilities, char *dst, size_t size)
{
    size_t len = 0;
    if (incompatibilities == 0)
        incompatibilities = BIT(KIN_JPEG_COMPAT_OK);
    for (unsigned i = 0; i < KIN_JPEG_COMPAT_COUNT; i++) {
        if ((incompatibilities & BIT(i)) == 0)
            continue;
        if (len > 0)
            len += kin_span_copy(kin_span_str(", "), dst + len, size - len);
        len += kin_span_copy(kin_span_str(kin_jpeg_compat_str((enum kin_jpeg_compat)i)), dst + len, size - len);
    }
    return dst;
}

struct kin_jpeg_ratio kin_jpeg_chroma_ratio(const struct kin_jpeg_info *info)
{
    const struct kin_jpeg_component *c = info->components;
    struct kin_jpeg_ratio r = {0, 0};
    if (info->component_count == 3 && c[1].h == c[2].h && c[1].v == c[2].v && c[0].h % c[1].h == 0 &&
        c[0].v % c[1].v == 0)
        r = (struct kin_jpeg_ratio){(uint8_t)(c[0].h / c[1].h), (uint8_t)(c[0].v / c[1].v)};
    return r;
}

// ratio, name, and the incompatibility unless the factors are the RFC's own
static const struct {
    struct kin_jpeg_ratio ratio;
    const char *name;
    enum kin_jpeg_compat compat;
} samplings[] = {
    {{1, 1}, "4:4:4", KIN_JPEG_COMPAT_SAMPLING_444},      {{1, 2}, "4:4:0", KIN_JPEG_COMPAT_SAMPLING_440},
    {{2, 1}, "4:2:2", KIN_JPEG_COMPAT_SAMPLING_MULTIPLE}, {{2, 2}, "4:2:0", KIN_JPEG_COMPAT_SAMPLING_MULTIPLE},
    {{4, 1}, "4:1:1", KIN_JPEG_COMPAT_SAMPLING_411},      {{4, 2}, "4:1:0", KIN_JPEG_COMPAT_SAMPLING},
};
#define SAMPLINGS (sizeof samplings / sizeof samplings[0])

static size_t find_sampling(const struct kin_jpeg_info *info)
{
    struct kin_jpeg_ratio r = kin_jpeg_chroma_ratio(info);
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

// Judges the coding process, which T.81 table B.1 lists by frame header.
static uint32_t coding_incompatibilities(const struct kin_jpeg_info *info)
{
    bool sequential = info->sof == KIN_JPEG_SOF0 || info->sof == KIN_JPEG_SOF1; // 8-bit SOF1 is coded as baseline is
    bool arithmetic = info->sof == 0xc9 || info->sof == 0xca;
    uint32_t found = info->bits != 8 ? BIT(KIN_JPEG_COMPAT_BITS) : 0;
    if (info->sof == KIN_JPEG_SOF2)
        found |= BIT(KIN_JPEG_COMPAT_PROGRESSIVE);
    else if (arithmetic)
        found |= BIT(KIN_JPEG_COMPAT_CODING);
    else if (!sequential)
        found |= BIT(KIN_JPEG_COMPAT_PROCESS);
    else if (info->scan_count != 1 || info->first_scan_components != info->component_count)
        found |= BIT(KIN_JPEG_COMPAT_PROGRESSIVE);
    else if (!info->standard_huffman)
        found |= BIT(KIN_JPEG_COMPAT_HUFFMAN);
    return found;
}

static uint32_t component_incompatibilities(const struct kin_jpeg_info *info)
{
    static const enum kin_jpeg_compat by_count[] = {
        [1] = KIN_JPEG_COMPAT_GRAY, [2] = KIN_JPEG_COMPAT_COMPONENTS, [4] = KIN_JPEG_COMPAT_CMYK};
    const struct kin_jpeg_component *c = info->components;
    if (info->component_count != 3)
        return BIT(by_count[info->component_count]);
    bool named_rgb = c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B';
    bool rgb = info->has_adobe ? info->adobe_transform == 0 : named_rgb;
    return rgb && !info->has_jfif ? BIT(KIN_JPEG_COMPAT_RGB) : 0; // as libjpeg and most other decoders decide
}

// Only for three components.
static uint32_t sampling_incompatibilities(const struct kin_jpeg_info *info)
{
    const struct kin_jpeg_component *c = info->components;
    bool chroma_1x1 = c[1].h == 1 && c[1].v == 1 && c[2].h == 1 && c[2].v == 1;
    bool as_ffmpeg = c[0].h == 2 && c[0].v == 2 && c[1].h == 1 && c[1].v == 2 && c[2].h == 1 && c[2].v == 2;
    if (info->component_count != 3 || (chroma_1x1 && c[0].h == 2 && c[0].v <= 2))
        return 0;
    if (as_ffmpeg)
        return BIT(KIN_JPEG_COMPAT_SAMPLING_FACTORS);
    size_t i = find_sampling(info);
    return BIT(i < SAMPLINGS ? samplings[i].compat : KIN_JPEG_COMPAT_SAMPLING);
}

static bool has_step_above_255(const struct kin_jpeg_table *t)
{
    for (size_t i = 0; t->precision != 0 && i + 1 < t->data.n; i += 2)
        if (t->data.p[i] != 0)
            return true;
    return false;
}

static uint32_t quant_incompatibilities(const struct kin_jpeg_info *info)
{
    const struct kin_jpeg_table *t[KIN_JPEG_MAX_COMPONENTS];
    uint32_t found = 0;
    for (unsigned i = 0; i < info->component_count; i++) {
        t[i] = &info->dqt[info->components[i].tq];
        if (!t[i]->present)
            return BIT(KIN_JPEG_COMPAT_QUANT_MISSING);
        if (t[i]->precision != 0)
            found |= BIT(has_step_above_255(t[i]) ? KIN_JPEG_COMPAT_QUANT_BITS : KIN_JPEG_COMPAT_QUANT_FORM);
    }
    if (info->component_count == 3 && !kin_span_eq(t[1]->data, t[2]->data))
        found |= BIT(KIN_JPEG_COMPAT_QUANT_CHROMA);
    return found;
}

uint32_t kin_jpeg_incompatibilities(const struct kin_jpeg_info *info)
{
    uint32_t found = coding_incompatibilities(info) | component_incompatibilities(info) |
                     sampling_incompatibilities(info) | quant_incompatibilities(info);
    return info->scan.n > SCAN_MAX - 2 ? found | BIT(KIN_JPEG_COMPAT_TOO_LONG) : found;
}

static enum kin_jpeg_compat first_of(uint32_t incompatibilities)
{
    unsigned i = 0;
    while (i < KIN_JPEG_COMPAT_COUNT && (incompatibilities >> i & 1) == 0)
        i++;
    return i < KIN_JPEG_COMPAT_COUNT ? (enum kin_jpeg_compat)i : KIN_JPEG_COMPAT_OK;
}

enum kin_jpeg_compat kin_jpeg_compat(const struct kin_jpeg_info *info, struct kin_jpeg_rtp *ret)
{
    uint32_t incompatibilities = kin_jpeg_incompatibilities(info);
    if (incompatibilities != 0)
        return first_of(incompatibilities);
    unsigned type = info->components[0].v - 1u; // 4:2:2 or 4:2:0
    *ret = (struct kin_jpeg_rtp){
        .type = (uint8_t)(info->restart_interval > 0 ? type | 0x40 : type),
        .width = info->width,
        .height = info->height,
        .restart_interval = info->restart_interval,
        .quant = {info->dqt[info->components[0].tq].data, info->dqt[info->components[1].tq].data},
        .scan = info->scan,
    };
    return KIN_JPEG_COMPAT_OK;
}
