// The header of an AVI. Sources: Microsoft's AVI RIFF File Reference (AVIMAINHEADER, AVISTREAMHEADER,
// BITMAPINFOHEADER) and the OpenDML AVI File Format Extensions 1.02 (indx, dmlh).
#include "avi_header.h"

#define HAS_INDEX 0x10u // AVIF_HASINDEX
#define ANY_QUALITY UINT32_MAX
#define LONGS_PER_SUPER_ENTRY 4
#define INDEX_OF_INDEXES 0
#define BITS_PER_PIXEL 24u

void avi_put_list(struct kin_wr *w, const char *list, uint64_t length, const char *kind)
{
    kin_wr_str(w, list);
    kin_wr_le32(w, (uint32_t)length);
    kin_wr_str(w, kind);
}

static void put_chunk(struct kin_wr *w, const char *name, uint32_t length)
{
    kin_wr_str(w, name);
    kin_wr_le32(w, length);
}

static void put_zeros(struct kin_wr *w, unsigned longs)
{
    while (longs-- > 0)
        kin_wr_le32(w, 0);
}

static uint32_t us_per_frame(const struct avi *a)
{
    uint64_t us = (UINT64_C(1000000) * a->rate_den + a->rate_num / 2) / a->rate_num;
    return us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

static void put_main(struct kin_wr *w, const struct avi *a)
{
    put_chunk(w, "avih", 56);
    kin_wr_le32(w, us_per_frame(a));
    put_zeros(w, 2); // bytes a second (unknown), padding
    kin_wr_le32(w, HAS_INDEX);
    kin_wr_le32(w, a->part_count > 0 ? a->parts[0].frames : 0); // of the first part only
    kin_wr_le32(w, 0);
    kin_wr_le32(w, 1); // streams
    kin_wr_le32(w, a->largest);
    kin_wr_le32(w, a->width);
    kin_wr_le32(w, a->height);
    put_zeros(w, 4);
}

static void put_stream(struct kin_wr *w, const struct avi *a)
{
    put_chunk(w, "strh", 56);
    kin_wr_str(w, "vidsMJPG");
    put_zeros(w, 3); // flags, priority and language, initial frames
    kin_wr_le32(w, a->rate_den);
    kin_wr_le32(w, a->rate_num);
    kin_wr_le32(w, 0); // start
    kin_wr_le32(w, (uint32_t)a->frames);
    kin_wr_le32(w, a->largest);
    kin_wr_le32(w, ANY_QUALITY);
    put_zeros(w, 2); // sample size, left and top
    kin_wr_le16(w, a->width);
    kin_wr_le16(w, a->height);
}

static void put_format(struct kin_wr *w, const struct avi *a)
{
    put_chunk(w, "strf", 40);
    kin_wr_le32(w, 40);
    kin_wr_le32(w, a->width);
    kin_wr_le32(w, a->height);
    kin_wr_le16(w, 1); // planes
    kin_wr_le16(w, BITS_PER_PIXEL);
    kin_wr_str(w, "MJPG");
    kin_wr_le32(w, (uint32_t)a->width * a->height * (BITS_PER_PIXEL / 8));
    put_zeros(w, 4);
}

// The index of the indexes: one entry for each part.
static void put_super(struct kin_wr *w, const struct avi *a)
{
    put_chunk(w, "indx", AVI_SUPER_BYTES);
    kin_wr_le16(w, LONGS_PER_SUPER_ENTRY);
    kin_wr_le16(w, INDEX_OF_INDEXES);
    kin_wr_le32(w, a->part_count);
    kin_wr_str(w, AVI_FRAME_CHUNK);
    put_zeros(w, 3);
    for (uint32_t i = 0; i < AVI_MAX_PARTS; i++) {
        const struct avi_part *p = &a->parts[i]; // zeros beyond part_count
        kin_wr_le64(w, p->index_at);
        kin_wr_le32(w, p->index_bytes);
        kin_wr_le32(w, p->frames);
    }
}

void avi_put_header(struct kin_wr *w, const struct avi *a)
{
    avi_put_list(w, "RIFF", a->first_end - AVI_CHUNK_HEAD, "AVI ");
    avi_put_list(w, "LIST", AVI_HDRL_BYTES, "hdrl");
    put_main(w, a);
    avi_put_list(w, "LIST", AVI_STRL_BYTES, "strl");
    put_stream(w, a);
    put_format(w, a);
    put_super(w, a);
    avi_put_list(w, "LIST", 4 + 8 + 4, "odml");
    put_chunk(w, "dmlh", 4);
    kin_wr_le32(w, (uint32_t)a->frames);
    avi_put_list(w, "LIST", a->first_movi_end - AVI_MOVI_AT - AVI_CHUNK_HEAD, "movi");
}
