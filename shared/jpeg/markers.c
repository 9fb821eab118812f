// Walks the marker segments of a JPEG that is in memory (T.81 Annex B).
#include "jpeg/markers.h"

#include "base/err.h"
#include "base/rd.h"
#include "jpeg/segments.h"
#include "jpeg/tables.h"
#include "jpeg/work.h"

enum { SLOT_EMPTY, SLOT_LUMA, SLOT_CHROMA, SLOT_OTHER }; // which of the standard tables a Huffman slot holds

struct walk {
    struct kin_span file;
    size_t at;      // offset of the first byte not read
    size_t stray;   // bytes of the header that belong to no segment
    uint8_t marker; // of the segment that is read
    bool to_scan;   // the first one, whose bytes are not read
    struct kin_jpeg_info info;
    uint8_t huffman[2][KIN_JPEG_MAX_TABLES]; // class, id
    uint8_t scanned;                         // bit i: component i was in a scan
    const char *why;
};

static int bad(struct walk *w, const char *why)
{
    w->why = why;
    return KIN_EBAD;
}

static int read_sof_component(struct walk *w, struct kin_rd *r, struct kin_jpeg_component *c)
{
    c->id = kin_rd_u8(r);
    uint8_t factors = kin_rd_u8(r);
    c->h = factors >> 4;
    c->v = factors & 15;
    c->tq = kin_rd_u8(r);
    if (r->bad)
        return bad(w, "frame header too short");
    if (c->h < 1 || c->h > 4 || c->v < 1 || c->v > 4)
        return bad(w, "sampling factor out of range");
    if (c->tq >= KIN_JPEG_MAX_TABLES)
        return bad(w, "quantization table number out of range");
    return KIN_OK;
}

static int read_sof(struct walk *w, struct kin_rd r)
{
    struct kin_jpeg_info *info = &w->info;
    if (info->sof != 0)
        return bad(w, "a second frame header");
    info->bits = kin_rd_u8(&r);
    info->height = kin_rd_be16(&r);
    info->width = kin_rd_be16(&r);
    info->component_count = kin_rd_u8(&r);
    if (r.bad)
        return bad(w, "frame header too short");
    if (info->width == 0 || info->height == 0)
        return bad(w, "no width or height");
    if (info->component_count < 1 || info->component_count > KIN_JPEG_MAX_COMPONENTS)
        return bad(w, "number of components out of range");
    for (unsigned i = 0; i < info->component_count; i++)
        if (read_sof_component(w, &r, &info->components[i]) != KIN_OK)
            return KIN_EBAD;
    info->sof = w->marker;
    return KIN_OK;
}

static int read_dqt(struct walk *w, struct kin_rd r)
{
    while (r.in.n > 0) {
        uint8_t head = kin_rd_u8(&r);
        uint8_t precision = head >> 4;
        uint8_t id = head & 15;
        if (precision > 1 || id >= KIN_JPEG_MAX_TABLES)
            return bad(w, "quantization table number out of range");
        struct kin_span data = kin_rd_take(&r, (size_t)KIN_JPEG_QUANT_BYTES << precision);
        if (r.bad)
            return bad(w, "quantization table too short");
        if (w->info.scan_count == 0 || !w->info.dqt[id].present) // tables after the first scan are not for it
            w->info.dqt[id] = (struct kin_jpeg_table){true, precision, data};
    }
    return KIN_OK;
}

static int read_dht(struct walk *w, struct kin_rd r)
{
    w->info.has_dht = true;
    while (r.in.n > 0) {
        uint8_t head = kin_rd_u8(&r);
        struct kin_span counts = kin_rd_take(&r, 16);
        size_t total = 0;
        for (size_t i = 0; i < counts.n; i++)
            total += counts.p[i];
        if (head >> 4 > 1 || (head & 15) >= KIN_JPEG_MAX_TABLES)
            return bad(w, "Huffman table number out of range");
        if (total > 256)
            return bad(w, "more than 256 Huffman codes");
        kin_rd_take(&r, total);
        if (r.bad)
            return bad(w, "Huffman table too short");
        struct kin_span data = kin_span_make(counts.p, counts.n + total);
        const struct kin_jpeg_huffman *h = kin_jpeg_find_standard_huffman(head >> 4, data);
        w->huffman[head >> 4][head & 15] = h == NULL ? SLOT_OTHER : h->id == 0 ? SLOT_LUMA : SLOT_CHROMA;
    }
    return KIN_OK;
}

static int read_dri(struct walk *w, struct kin_rd r)
{
    uint16_t interval = kin_rd_be16(&r);
    if (r.bad || r.in.n != 0)
        return bad(w, "restart interval of a wrong length");
    if (w->info.scan_count == 0)
        w->info.restart_interval = interval;
    return KIN_OK;
}

static int read_app0(struct walk *w, struct kin_rd r)
{
    if (kin_span_starts(r.in, "JFIF") && r.in.n >= 14 && r.in.p[4] == 0) // version, density, size of a thumbnail
        w->info.has_jfif = true;
    return KIN_OK;
}

static int read_app14(struct walk *w, struct kin_rd r)
{
    if (kin_span_starts(r.in, "Adobe") && r.in.n >= 12) { // "Adobe", version, two flag words, transform
        w->info.has_adobe = true;
        w->info.adobe_transform = r.in.p[11];
    }
    return KIN_OK;
}

// Finds the component that a scan calls `id`, searching from `from` on, since scans keep the order of the frame (T.81
// B.2.3). So files that give all components the same id are accepted, as in libjpeg.
static int find_component(struct walk *w, uint8_t id, unsigned from, unsigned *ret)
{
    const struct kin_jpeg_info *info = &w->info;
    for (unsigned i = 0; i < info->component_count; i++) {
        unsigned component = (from + i) % info->component_count;
        if (info->components[component].id != id)
            continue;
        if (from + i >= info->component_count)
            return bad(w, "a component twice in a scan, or out of the frame's order");
        *ret = component;
        return KIN_OK;
    }
    return bad(w, "a scan of a component that the frame does not have");
}

// Motion-JPEG in AVI and from UVC cameras leaves DHT out; ids 0 and 1 then stand for the standard tables.
static bool slot_is_standard(const struct walk *w, unsigned table_class, uint8_t id, unsigned component)
{
    uint8_t slot = w->huffman[table_class][id];
    if (slot == SLOT_EMPTY && id <= 1)
        slot = id == 0 ? SLOT_LUMA : SLOT_CHROMA;
    return slot == (component == 0 ? SLOT_LUMA : SLOT_CHROMA);
}

// *next: index of the first component that may follow.
static int read_scan_component(struct walk *w, struct kin_rd *r, unsigned *next)
{
    uint8_t id = kin_rd_u8(r);
    uint8_t tables = kin_rd_u8(r);
    unsigned i = 0;
    if (find_component(w, id, *next, &i) != KIN_OK)
        return KIN_EBAD;
    uint8_t td = tables >> 4;
    uint8_t ta = tables & 15;
    if (td >= KIN_JPEG_MAX_TABLES || ta >= KIN_JPEG_MAX_TABLES)
        return bad(w, "Huffman table number out of range");
    if (!slot_is_standard(w, 0, td, i) || !slot_is_standard(w, 1, ta, i))
        w->info.standard_huffman = false;
    if ((w->scanned >> i & 1) == 0) {
        w->info.components[i].td = td;
        w->info.components[i].ta = ta;
        w->scanned = (uint8_t)(w->scanned | 1u << i);
    }
    w->info.blocks += kin_jpeg_component_blocks(&w->info, i);
    *next = i + 1;
    return KIN_OK;
}

static int read_sos(struct walk *w, struct kin_rd r)
{
    uint8_t count = kin_rd_u8(&r);
    unsigned next = 0;
    if (w->info.sof == 0)
        return bad(w, "a scan before the frame header");
    if (count < 1 || count > w->info.component_count || r.in.n != 2u * count + 3u)
        return bad(w, "scan header of a wrong length");
    for (unsigned n = 0; n < count; n++)
        if (read_scan_component(w, &r, &next) != KIN_OK)
            return KIN_EBAD;
    if (w->info.scan_count == 0)
        w->info.first_scan_components = count;
    w->info.scan_count++;
    return KIN_OK;
}

// The reader for each range of markers; NULL: such segments are skipped. Other markers are invalid in a JPEG.
static const struct {
    uint8_t first, last;
    int (*read)(struct walk *w, struct kin_rd r);
} segments[] = {
    {KIN_JPEG_SOF0, 0xc3, read_sof},
    {KIN_JPEG_DHT, KIN_JPEG_DHT, read_dht},
    {0xc5, 0xc7, read_sof},
    {0xc9, 0xcb, read_sof},
    {KIN_JPEG_DAC, KIN_JPEG_DAC, NULL},
    {0xcd, 0xcf, read_sof},
    {KIN_JPEG_SOS, KIN_JPEG_SOS, read_sos},
    {KIN_JPEG_DQT, KIN_JPEG_DQT, read_dqt},
    {0xdc, 0xdc, NULL}, // DNL
    {KIN_JPEG_DRI, KIN_JPEG_DRI, read_dri},
    {0xde, 0xdf, NULL}, // DHP, EXP
    {KIN_JPEG_APP0, KIN_JPEG_APP0, read_app0},
    {0xe1, 0xed, NULL},
    {KIN_JPEG_APP14, KIN_JPEG_APP14, read_app14},
    {0xef, KIN_JPEG_COM, NULL},
};

static int read_segment(struct walk *w, uint8_t marker, struct kin_span body)
{
    w->marker = marker;
    for (size_t i = 0; i < sizeof segments / sizeof segments[0]; i++)
        if (marker >= segments[i].first && marker <= segments[i].last)
            return segments[i].read != NULL ? segments[i].read(w, kin_rd_init(body)) : KIN_OK;
    return bad(w, "an unknown marker");
}

// Skips entropy-coded bytes up to the FF of the marker that ends them, or to the end of the file.
static void skip_scan(struct walk *w)
{
    struct kin_span file = w->file;
    while (w->at < file.n) {
        w->at += kin_span_find(kin_span_skip(file, w->at), 0xff);
        size_t code = w->at + 1;
        while (code < file.n && file.p[code] == 0xff)
            code++;
        if (code >= file.n) {
            w->at = file.n;
            return;
        }
        uint8_t c = file.p[code];
        if (c != 0 && (c & 0xf8) != KIN_JPEG_RST0)
            return;
        w->at = code + 1;
    }
}

// The file ends early. That is an error only if no scan has begun.
static int end_of_file(struct walk *w, const char *why)
{
    if (w->info.scan_count == 0)
        return bad(w, why);
    w->at = w->file.n;
    return KIN_EMORE;
}

// Skips to the next marker that a header may have.
static int next_header_marker(struct walk *w, uint8_t *ret)
{
    struct kin_span file = w->file;
    while (w->stray <= KIN_JPEG_STRAY_MAX) {
        size_t skipped = kin_span_find(kin_span_skip(file, w->at), 0xff);
        w->at += skipped;
        while (w->at < file.n && file.p[w->at] == 0xff)
            w->at++;
        if (w->at >= file.n)
            return bad(w, "the file ends before the picture");
        uint8_t code = file.p[w->at++];
        bool found = kin_jpeg_is_header_marker(code) || (code == KIN_JPEG_EOI && w->info.sof != 0);
        w->stray += skipped + (found ? 0 : 2);
        *ret = code;
        if (found)
            return KIN_OK;
    }
    return bad(w, "too many bytes that belong to no segment");
}

static int next_marker(struct walk *w, uint8_t *ret)
{
    if (w->info.scan_count == 0)
        return next_header_marker(w, ret);
    if (w->at < w->file.n && w->file.p[w->at] != 0xff)
        return bad(w, "bytes where a marker must be");
    while (w->at < w->file.n && w->file.p[w->at] == 0xff)
        w->at++;
    if (w->at >= w->file.n)
        return end_of_file(w, "the file ends before the picture");
    *ret = w->file.p[w->at++];
    return KIN_OK;
}

// A second SOI before the frame header: of what came before it only the tables stay in force.
static int start_again(struct walk *w)
{
    if (w->info.sof != 0)
        return bad(w, "a second image begins inside this one");
    w->info.restart_interval = 0;
    w->stray += 2;
    return KIN_EMORE;
}

static int next_segment(struct walk *w, uint8_t marker)
{
    struct kin_rd r = kin_rd_init(kin_span_skip(w->file, w->at));
    uint16_t length = kin_rd_be16(&r);
    if (!r.bad && length < 2 && marker >= KIN_JPEG_APP0 && w->info.scan_count == 0) {
        w->stray += 4; // a comment without a length
        w->at += 2;
        return KIN_OK;
    }
    if (!r.bad && length < 2)
        return bad(w, "segment without a length");
    struct kin_span body = kin_rd_take(&r, (size_t)length - 2);
    if (r.bad)
        return end_of_file(w, "segment length past the end of the file");
    w->at += length;
    return read_segment(w, marker, body);
}

static void read_scan(struct walk *w)
{
    size_t from = w->at;
    skip_scan(w);
    if (w->info.scan_count == 1) {
        w->info.scan_offset = from;
        w->info.scan = kin_span_make(w->file.p + from, w->at - from);
    }
}

// Reads one marker with its segment or scan. KIN_EMORE while the image goes on.
static int step(struct walk *w)
{
    uint8_t marker = 0;
    int err = next_marker(w, &marker);
    if (err != KIN_OK)
        return err;
    if (marker == KIN_JPEG_EOI) {
        w->info.has_eoi = true;
        return w->info.scan_count > 0 ? KIN_OK : bad(w, "the image ends before the picture");
    }
    if (marker == KIN_JPEG_SOI)
        return start_again(w);
    if (marker == KIN_JPEG_TEM || (marker & 0xf8) == KIN_JPEG_RST0)
        return KIN_EMORE;
    err = next_segment(w, marker);
    if (err == KIN_OK && marker == KIN_JPEG_SOS && !w->to_scan)
        read_scan(w);
    return err == KIN_OK ? KIN_EMORE : err;
}

static int walk(struct kin_span file, bool to_scan, struct kin_jpeg_info *ret, const char **ret_why)
{
    struct walk w = {.file = file, .at = 2, .to_scan = to_scan, .info = {.standard_huffman = true}};
    int err = KIN_EMORE;
    if (file.n < 4 || file.p[0] != 0xff || file.p[1] != KIN_JPEG_SOI)
        err = bad(&w, "no JPEG: it does not begin with FF D8");
    while (err == KIN_EMORE) {
        if (w.info.scan_count > 0 && (to_scan || w.at >= file.n))
            break;
        err = step(&w);
    }
    if (err == KIN_EBAD) {
        if (ret_why != NULL)
            *ret_why = w.why;
        return KIN_EBAD;
    }
    w.info.length = w.at;
    w.info.contiguous = w.stray == 0;
    *ret = w.info;
    return KIN_OK;
}

int kin_jpeg_walk(struct kin_span file, struct kin_jpeg_info *ret, const char **ret_why)
{
    return walk(file, false, ret, ret_why);
}

int kin_jpeg_walk_to_scan(struct kin_span file, struct kin_jpeg_info *ret)
{
    return walk(file, true, ret, NULL);
}
