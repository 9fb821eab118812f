// Checks whether bytes that look like a Matroska element can be one.
#include "media/mkv_resync.h"

#include "base/err.h"
#include "media/mkv_block.h"
#include "media/mkv_id.h"

#define ANY UINT64_MAX

static const struct {
    uint32_t id;
    uint64_t most; // bytes
} known[] = {
    {0x1a45dfa3, ANY}, // the head of another file
    {KIN_MKV_SEGMENT, ANY},
    {0x114d9b74, ANY}, // SeekHead
    {KIN_MKV_INFO, ANY},
    {KIN_MKV_TRACKS, ANY},
    {0x1c53bb6b, ANY}, // Cues
    {0x1254c367, ANY}, // Tags
    {0x1043a770, ANY}, // Chapters
    {0x1941a469, ANY}, // Attachments
    {KIN_MKV_CLUSTER, ANY},
    {KIN_MKV_TIMESTAMP, 8},
    {0x5854, ANY}, // SilentTracks
    {0xa7, 8},     // Position
    {0xab, 8},     // PrevSize
    {KIN_MKV_SIMPLE_BLOCK, ANY},
    {0xaf, ANY}, // EncryptedBlock
    {KIN_MKV_BLOCK_GROUP, ANY},
    {KIN_MKV_BLOCK, ANY},
    {0xa2, ANY},   // BlockVirtual
    {0x75a1, ANY}, // BlockAdditions
    {0x9b, 8},     // BlockDuration
    {0xfa, 8},     // ReferencePriority
    {0xfb, 8},     // ReferenceBlock
    {0xfd, 8},     // ReferenceVirtual
    {0xa4, ANY},   // CodecState
    {0x75a2, 8},   // DiscardPadding
    {0x8e, ANY},   // Slices
    {0xc8, ANY},   // ReferenceFrame
    {0xec, ANY},   // Void
    {0xbf, 4},     // CRC-32
};

bool kin_mkv_is_known(const struct kin_ebml_element *e)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (e->id == known[i].id)
            return known[i].most == ANY || (!e->unknown && e->end - e->body <= known[i].most);
    return false;
}

// Parses an element whose length fits into the file. *s moves to its body.
static bool parse(struct kin_span *s, uint64_t at, uint64_t size, struct kin_ebml_element *ret)
{
    if (kin_ebml_parse(*s, at, size, ret) != KIN_OK || ret->unknown || ret->cut)
        return false;
    *s = kin_span_skip(*s, (size_t)(ret->body - at));
    return true;
}

static bool is_frame(struct kin_span s, uint64_t at, uint64_t size, uint64_t track)
{
    struct kin_ebml_element e;
    struct kin_mkv_block block;
    if (!parse(&s, at, size, &e) || (e.id == KIN_MKV_BLOCK_GROUP && !parse(&s, e.body, e.end, &e)))
        return false;
    if (e.id != KIN_MKV_SIMPLE_BLOCK && e.id != KIN_MKV_BLOCK)
        return false;
    uint64_t length = e.end - e.body;
    s = length < s.n ? kin_span_first(s, (size_t)length) : s;
    return kin_mkv_block_parse(s, length, &block) == KIN_OK && block.track == track &&
           kin_span_starts(kin_span_skip(s, block.head_bytes), "\xff\xd8");
}

bool kin_mkv_is_start(struct kin_span s, uint64_t at, uint64_t size, uint64_t track)
{
    struct kin_ebml_element e;
    if (s.n == 0 || (s.p[0] != 0x1f && s.p[0] != KIN_MKV_TIMESTAMP && (s.p[0] & 0xfc) != KIN_MKV_BLOCK_GROUP))
        return false;
    if (s.p[0] == 0x1f)
        return kin_ebml_parse(s, at, size, &e) == KIN_OK && e.id == KIN_MKV_CLUSTER;
    if (s.p[0] != KIN_MKV_TIMESTAMP)
        return is_frame(s, at, size, track);
    return parse(&s, at, size, &e) && e.end - e.body <= 8 && e.end > e.body &&
           is_frame(kin_span_skip(s, (size_t)(e.end - e.body)), e.end, size, track);
}
