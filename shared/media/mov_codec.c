// Recognises Motion-JPEG in a sample description: QuickTime has a fourcc for it, MP4 an object type inside 'mp4v'.
#include "base/rd.h"
#include "media/codec.h"
#include "media/mov.h"

#define OBJECT_JPEG 0x6cu      // ISO/IEC 14496-1 table 5: ITU-T T.81
#define VISUAL_ENTRY_BYTES 78u // of a VisualSampleEntry between its box header and the boxes in it
#define TAG_ES 3u
#define TAG_DECODER_CONFIG 4u
#define MAX_INNER_BOXES 32u

// The length of a descriptor (14496-1 section 8.3.3): seven bits per byte; the highest means that more follow.
static void skip_length(struct kin_rd *r)
{
    for (unsigned i = 0; i < 4; i++)
        if ((kin_rd_u8(r) & 0x80) == 0)
            return;
}

// The flags tell the optional fields of an ES_Descriptor: 0x80 depends-on, 0x40 URL, 0x20 clock.
static void skip_es_fields(struct kin_rd *r)
{
    kin_rd_be16(r);
    uint8_t flags = kin_rd_u8(r);
    if ((flags & 0x80) != 0)
        kin_rd_be16(r);
    if ((flags & 0x40) != 0)
        kin_rd_take(r, kin_rd_u8(r));
    if ((flags & 0x20) != 0)
        kin_rd_be16(r);
}

static bool esds_is_jpeg(struct kin_span body)
{
    struct kin_rd r = kin_rd_init(body);
    kin_rd_be32(&r); // version and flags
    if (kin_rd_u8(&r) != TAG_ES)
        return false;
    skip_length(&r);
    skip_es_fields(&r);
    if (kin_rd_u8(&r) != TAG_DECODER_CONFIG)
        return false;
    skip_length(&r);
    uint8_t object = kin_rd_u8(&r);
    return !r.bad && object == OBJECT_JPEG;
}

// The body of the first box of this type.
static bool find_box(struct kin_span boxes, const char *wanted, struct kin_span *ret)
{
    struct kin_rd r = kin_rd_init(boxes);
    for (unsigned i = 0; i < MAX_INNER_BOXES; i++) {
        uint32_t size = kin_rd_be32(&r);
        struct kin_span type = kin_rd_take(&r, 4);
        *ret = kin_rd_take(&r, size >= 8 ? size - 8 : 0);
        if (r.bad)
            return false;
        if (kin_span_is(type, wanted))
            return true;
    }
    return false;
}

void kin_mov_parse_stsd(struct kin_mov_track *t, struct kin_span body, uint64_t at)
{
    struct kin_rd r = kin_rd_init(body);
    kin_rd_be32(&r); // version and flags
    kin_rd_be32(&r); // number of entries: the first one counts
    uint32_t size = kin_rd_be32(&r);
    struct kin_span codec = kin_rd_take(&r, 4);
    if (r.bad)
        return;
    memcpy(t->codec, codec.p, sizeof t->codec);
    struct kin_span entry = kin_span_first(r.in, size >= 8 ? size - 8 : 0);
    struct kin_span boxes = kin_span_skip(entry, VISUAL_ENTRY_BYTES), box;
    bool is_mp4v = kin_span_is(codec, "mp4v");
    t->is_mjpeg = kin_codec_is_mjpeg(codec) || (is_mp4v && find_box(boxes, "esds", &box) && esds_is_jpeg(box));
    if (find_box(boxes, "jpgC", &box))
        t->prefix = (struct kin_mov_table){.at = at + (size_t)(box.p - body.p), .count = (uint32_t)box.n};
}
