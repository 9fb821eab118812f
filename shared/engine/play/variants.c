// Variants of frames: what is wanted, and what can be had.
#include "engine/play/variants.h"

static const struct kin_jpeg_variant plain = {.quality = 0};

void kin_variants_init(struct kin_variants *v, bool can)
{
    *v = (struct kin_variants){.can = can, .rest = KIN_VARIANTS_REST_US};
}

static bool choose(struct kin_variants *v)
{
    struct kin_jpeg_variant before = v->now;
    v->now = v->can && v->rests_to == 0 ? v->wanted : plain;
    v->missed = kin_jpeg_variant_is(v->now, before) ? v->missed : 0;
    return !kin_jpeg_variant_is(v->now, before);
}

bool kin_variants_want(struct kin_variants *v, struct kin_jpeg_variant variant)
{
    v->wanted = variant;
    return choose(v);
}

struct kin_jpeg_variant kin_variants_ask(struct kin_variants *v, kin_us now, bool again)
{
    if (!again) {
        v->asked = v->now;
        v->asked_at = now;
    } else if (now >= kin_variants_until(v)) {
        kin_variants_missed(v);
    }
    return v->asked;
}

kin_us kin_variants_until(const struct kin_variants *v)
{
    if (kin_jpeg_variant_is_plain(v->asked))
        return KIN_US_NEVER;
    return v->asked_at + (v->missed == 0 ? KIN_VARIANTS_WAIT_US : 0);
}

void kin_variants_missed(struct kin_variants *v)
{
    v->missed += !kin_jpeg_variant_is_plain(v->asked);
    v->asked = plain;
}

bool kin_variants_took(struct kin_variants *v, kin_us now)
{
    if (!kin_jpeg_variant_is_plain(v->asked)) {
        v->missed = 0;
        v->rest = KIN_VARIANTS_REST_US;
    }
    if (v->missed < KIN_VARIANTS_MISSED)
        return false;
    v->rests_to = now + v->rest;
    v->rest = kin_us_min(2 * v->rest, KIN_VARIANTS_REST_MAX_US);
    return choose(v);
}

bool kin_variants_resume(struct kin_variants *v, kin_us now)
{
    if (v->rests_to == 0 || now < v->rests_to)
        return false;
    v->rests_to = 0;
    choose(v);
    return true;
}
