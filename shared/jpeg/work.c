// Limits the work of decoding a JPEG.
#include "jpeg/work.h"

#include "base/err.h"

static const char many_scans[] = "more than 64 scans";

static int fail(const char **ret_why, const char *why)
{
    if (ret_why != NULL)
        *ret_why = why;
    return KIN_ELIMIT;
}

int kin_jpeg_check_work(const struct kin_jpeg_info *info, size_t bytes, const char **ret_why)
{
    if (info->scan_count > KIN_JPEG_SCANS_MAX)
        return fail(ret_why, many_scans);
    if (info->blocks > KIN_JPEG_BLOCKS_FREE && (info->blocks - KIN_JPEG_BLOCKS_FREE) / KIN_JPEG_BLOCKS_PER_BYTE > bytes)
        return fail(ret_why, "too few bytes for a picture of this size");
    return KIN_OK;
}

// Counts SOS markers, without which no scan begins.
static bool has_many_scans(struct kin_span file)
{
    unsigned scans = 0;
    for (size_t at = 0; at < file.n && scans <= KIN_JPEG_SCANS_MAX; at++) {
        at += kin_span_find(kin_span_skip(file, at), 0xff);
        scans += at + 1 < file.n && file.p[at + 1] == KIN_JPEG_SOS;
    }
    return scans > KIN_JPEG_SCANS_MAX;
}

int kin_jpeg_check_file_work(struct kin_span file, const char **ret_why)
{
    struct kin_jpeg_info info;
    if (kin_jpeg_walk(file, &info, NULL) == KIN_OK)
        return kin_jpeg_check_work(&info, file.n, ret_why);
    return has_many_scans(file) ? fail(ret_why, many_scans) : KIN_OK;
}

uint64_t kin_jpeg_component_blocks(const struct kin_jpeg_info *info, unsigned i)
{
    unsigned h = 1, v = 1;
    for (unsigned k = 0; k < info->component_count; k++) {
        h = info->components[k].h > h ? info->components[k].h : h;
        v = info->components[k].v > v ? info->components[k].v : v;
    }
    uint64_t columns = (info->width + 8u * h - 1) / (8u * h), rows = (info->height + 8u * v - 1) / (8u * v);
    return columns * rows * info->components[i].h * info->components[i].v;
}
