// The DC planes of any JPEG: within their sizes, and nothing that a decoder keeps of one picture shows in the next.
#include "base/err.h"
#include "jpeg/dc.h"
#include "jpeg/work.h"
#include "must.h"

#define PIXELS_MAX (1u << 22) // larger ones only take longer

static void check_planes(const struct kin_jpeg_info *info, const struct kin_jpeg_dc_picture *p)
{
    MUST(p->count == info->component_count);
    for (unsigned i = 0; i < p->count; i++) {
        const struct kin_jpeg_dc_plane *plane = &p->planes[i];
        MUST(plane->width > 0 && plane->height > 0 && plane->stride >= plane->width);
        MUST(plane->width <= (info->width + 7) / 8 && plane->height <= (info->height + 7) / 8);
        MUST(plane->h <= p->h && plane->v <= p->v);
    }
}

static bool is_same(const struct kin_jpeg_dc_picture *a, const struct kin_jpeg_dc_picture *b)
{
    if (a->count != b->count || a->damaged != b->damaged)
        return false;
    for (unsigned i = 0; i < a->count; i++)
        for (size_t y = 0; y < a->planes[i].height; y++)
            if (memcmp(a->planes[i].samples + y * a->planes[i].stride, b->planes[i].samples + y * b->planes[i].stride,
                       a->planes[i].width) != 0)
                return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct kin_jpeg_dc *kept; // as in the player, one for all pictures
    struct kin_span file = kin_span_make(data, size);
    struct kin_jpeg_dc *fresh = NULL;
    struct kin_jpeg_info info;
    struct kin_jpeg_dc_picture a, b;
    if (kin_jpeg_walk(file, &info, NULL) != KIN_OK || kin_jpeg_check_work(&info, size, NULL) != KIN_OK ||
        (uint32_t)info.width * info.height > PIXELS_MAX)
        return 0;
    if ((kept == NULL && kin_jpeg_dc_new(&kept) != KIN_OK) || kin_jpeg_dc_new(&fresh) != KIN_OK)
        return 0;
    int err = kin_jpeg_dc_decode(kept, file, &info, &a);
    MUST(kin_jpeg_dc_decode(fresh, file, &info, &b) == err);
    MUST((err == KIN_EUNSUPPORTED) == !kin_jpeg_dc_supports(&info));
    if (err == KIN_OK) {
        check_planes(&info, &a);
        MUST(is_same(&a, &b));
    }
    kin_jpeg_dc_free(fresh);
    return 0;
}
