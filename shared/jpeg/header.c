// The headers of a JPEG file from RTP/JPEG parameters (RFC 2435 appendix B).
#include "jpeg/header.h"

#include "base/err.h"
#include "jpeg/markers.h"
#include "jpeg/tables.h"

#define TABLES_MAX KIN_JPEG_QUANT_TABLES_MAX

struct table_list {
    unsigned count;
    struct kin_span data[TABLES_MAX];
    bool wide[TABLES_MAX]; // 16-bit entries
};

static int split_tables(struct kin_span tables, uint8_t precision, struct table_list *ret)
{
    ret->count = 0;
    while (tables.n > 0) {
        if (ret->count == TABLES_MAX)
            return KIN_EBAD;
        bool wide = (precision >> ret->count & 1) != 0;
        size_t size = wide ? 2 * KIN_JPEG_QUANT_BYTES : KIN_JPEG_QUANT_BYTES;
        if (tables.n < size)
            return KIN_EBAD;
        ret->wide[ret->count] = wide;
        ret->data[ret->count++] = kin_span_first(tables, size);
        tables = kin_span_skip(tables, size);
    }
    return KIN_OK;
}

static void write_app0(struct kin_wr *w)
{
    // JFIF 1.01, no unit, aspect ratio 1:1, no thumbnail
    static const uint8_t jfif[] = {0xff, KIN_JPEG_APP0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0};
    kin_wr_bytes(w, jfif, sizeof jfif);
}

static void write_dqt(struct kin_wr *w, const struct table_list *tables)
{
    size_t length = 2;
    for (unsigned i = 0; i < tables->count; i++)
        length += 1 + tables->data[i].n;
    kin_wr_be16(w, 0xff00 | KIN_JPEG_DQT);
    kin_wr_be16(w, (unsigned)length);
    for (unsigned i = 0; i < tables->count; i++) {
        kin_wr_u8(w, (tables->wide[i] ? 0x10u : 0u) | i);
        kin_wr_put(w, tables->data[i]);
    }
}

static unsigned table_of(unsigned component, unsigned tables)
{
    unsigned last = tables == TABLES_MAX ? 1 : tables > 0 ? tables - 1 : 1;
    return component < last ? component : last;
}

void kin_jpeg_header_write_sof(struct kin_wr *w, const struct kin_jpeg_params *params, unsigned tables)
{
    kin_wr_be16(w, 0xff00 | KIN_JPEG_SOF0);
    kin_wr_be16(w, 17);
    kin_wr_u8(w, 8);
    kin_wr_be16(w, params->height);
    kin_wr_be16(w, params->width);
    kin_wr_u8(w, 3);
    for (unsigned i = 0; i < 3; i++) {
        kin_wr_u8(w, i + 1);
        kin_wr_u8(w, i > 0 ? 0x11 : params->type == 1 ? 0x22 : 0x21);
        kin_wr_u8(w, table_of(i, tables));
    }
}

static void write_dri(struct kin_wr *w, uint16_t interval)
{
    if (interval == 0)
        return;
    kin_wr_be16(w, 0xff00 | KIN_JPEG_DRI);
    kin_wr_be16(w, 4);
    kin_wr_be16(w, interval);
}

// Writes `sos` if it has `count` components; else one interleaved scan in which the first uses Huffman tables 0, the
// others 1.
static void write_sos(struct kin_wr *w, struct kin_span sos, unsigned count, const uint8_t ids[KIN_JPEG_MAX_COMPONENTS])
{
    if (sos.n == 8u + 2 * count && sos.p[4] == count) {
        kin_wr_put(w, sos);
        return;
    }
    kin_wr_be16(w, 0xff00 | KIN_JPEG_SOS);
    kin_wr_be16(w, 6 + 2 * count);
    kin_wr_u8(w, count);
    for (unsigned i = 0; i < count; i++) {
        kin_wr_u8(w, ids[i]);
        kin_wr_u8(w, i > 0 ? 0x11 : 0);
    }
    kin_wr_be24(w, 0x003f00); // Ss 0, Se 63, Ah 0 Al 0
}

// Reads the component identifiers of a whole SOF segment. Their number, or KIN_EBAD.
static int sof_ids(struct kin_span sof, uint8_t ret[KIN_JPEG_MAX_COMPONENTS])
{
    if (sof.n < 10 || sof.p[9] < 1 || sof.p[9] > KIN_JPEG_MAX_COMPONENTS || sof.n < 10 + 3u * sof.p[9])
        return KIN_EBAD;
    for (unsigned i = 0; i < sof.p[9]; i++)
        ret[i] = sof.p[10 + 3 * i];
    return sof.p[9];
}

static int check(const struct kin_jpeg_params *params, const struct table_list *tables)
{
    if (params->sof.n == 0 && (params->width == 0 || params->height == 0 || params->type > 1))
        return KIN_EBAD;
    return tables->count > 0 || params->segments.n > 0 ? KIN_OK : KIN_EBAD;
}

int kin_jpeg_header_write(struct kin_wr *w, const struct kin_jpeg_params *params)
{
    struct table_list tables;
    uint8_t ids[KIN_JPEG_MAX_COMPONENTS] = {1, 2, 3, 0};
    int components = 3;
    if (split_tables(params->tables, params->precision, &tables) != KIN_OK || check(params, &tables) != KIN_OK)
        return KIN_EBAD;
    if (params->sof.n > 0)
        components = sof_ids(params->sof, ids);
    if (components < 0)
        return KIN_EBAD;
    kin_wr_be16(w, 0xff00 | KIN_JPEG_SOI);
    write_app0(w);
    if (tables.count > 0)
        write_dqt(w, &tables);
    if (params->sof.n == 0)
        kin_jpeg_header_write_sof(w, params, tables.count);
    kin_wr_put(w, params->sof);
    kin_wr_put(w, kin_jpeg_standard_dht());
    kin_wr_put(w, params->segments);
    write_dri(w, params->restart_interval);
    write_sos(w, params->sos, (unsigned)components, ids);
    return w->bad ? KIN_ELIMIT : KIN_OK;
}
