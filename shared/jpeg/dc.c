// Decodes the DC coefficients of a picture, interval by interval.
#include "jpeg/dc.h"

#include <stdlib.h>

#include "base/err.h"
#include "jpeg/compat.h"
#include "jpeg/dc_internal.h"
#include "jpeg/mcu.h"
#include "jpeg/table_set.h"
#include "jpeg/tables.h"

#define BLOCKS_MAX 10u // in an MCU (T.81 section B.2.3)
#define GRAY 128

struct component {
    unsigned h, v; // blocks in an MCU
    int step;      // of quantization
    uint8_t *samples;
    size_t stride;
};

struct kin_jpeg_dc {
    struct kin_jpeg_dc_tables tables;  // kept while the codes are the same
    bool made[KIN_JPEG_DC_PLANES_MAX]; // these tables are valid
    struct kin_jpeg_table_set set;     // what the picture defines
    // of the picture
    struct kin_jpeg_mcus mcus;
    unsigned component_count, block_count; // block_count: in an MCU
    struct component components[KIN_JPEG_DC_PLANES_MAX];
    struct kin_jpeg_dc_block blocks[BLOCKS_MAX];
    // buffers
    uint8_t *bytes, *samples; // without stuffing; of the planes
    int16_t *differences;
    size_t bytes_size, samples_size, differences_size;
};

int kin_jpeg_dc_new(struct kin_jpeg_dc **ret)
{
    struct kin_jpeg_dc *d = calloc(1, sizeof *d);
    if (d == NULL)
        return KIN_ENOMEM;
    *ret = d;
    return KIN_OK;
}

void kin_jpeg_dc_free(struct kin_jpeg_dc *d)
{
    if (d == NULL)
        return;
    free(d->bytes);
    free(d->samples);
    free(d->differences);
    free(d);
}

static bool has_known_blocks(const struct kin_jpeg_info *info)
{
    unsigned blocks = 0;
    for (unsigned i = 0; i < info->component_count; i++)
        blocks += info->component_count > 1 ? info->components[i].h * info->components[i].v : 1u;
    return blocks <= BLOCKS_MAX;
}

bool kin_jpeg_dc_supports(const struct kin_jpeg_info *info)
{
    bool known_count = info->component_count == 1 || info->component_count == 3;
    return kin_jpeg_is_one_scan(info) && info->bits == 8 && known_count && has_known_blocks(info);
}

// --- tables

static const struct kin_jpeg_huffman *standard_table(unsigned class, unsigned id)
{
    for (unsigned i = 0; i < 4; i++)
        if (kin_jpeg_standard_huffman[i].table_class == class && kin_jpeg_standard_huffman[i].id == id)
            return &kin_jpeg_standard_huffman[i];
    return NULL;
}

// A picture without this table means the standard one.
static int find_code(const struct kin_jpeg_table_set *set, unsigned class, unsigned id, struct kin_jpeg_dc_code *ret)
{
    unsigned slot = KIN_JPEG_MAX_TABLES * (1 + class) + id;
    const struct kin_jpeg_huffman *standard = standard_table(class, id);
    if ((set->present & KIN_JPEG_SLOT_DHT(class, id)) != 0)
        memcpy(ret, set->bytes[slot], set->length[slot]);
    else if (standard != NULL)
        memcpy(ret, standard->counts, 16u + standard->value_count);
    else
        return KIN_EBAD;
    return KIN_OK;
}

static int prepare_tables(struct kin_jpeg_dc *d, unsigned i, const struct kin_jpeg_component *c)
{
    struct kin_jpeg_dc_code codes[2] = {0};
    struct kin_jpeg_dc_code *made = &d->tables.codes[2 * i];
    if (find_code(&d->set, 0, c->td, &codes[0]) != KIN_OK || find_code(&d->set, 1, c->ta, &codes[1]) != KIN_OK)
        return KIN_EBAD;
    if (d->made[i] && memcmp(made, codes, sizeof codes) == 0)
        return KIN_OK;
    memcpy(made, codes, sizeof codes);
    d->made[i] = kin_jpeg_dc_tables_make(&d->tables, i) == KIN_OK;
    return d->made[i] ? KIN_OK : KIN_EBAD;
}

static int quantization_step(const struct kin_jpeg_table *t, int *ret)
{
    if (!t->present)
        return KIN_EBAD;
    *ret = t->precision == 0 ? t->data.p[0] : t->data.p[0] << 8 | t->data.p[1];
    return KIN_OK;
}

// --- the shape of the picture

// The components with the same codes share their tables, which are in the processor's cache then.
static unsigned tables_of(const struct kin_jpeg_info *info, unsigned i)
{
    for (unsigned other = 0; other < i; other++)
        if (info->components[other].td == info->components[i].td &&
            info->components[other].ta == info->components[i].ta)
            return other;
    return i;
}

static int prepare_component(struct kin_jpeg_dc *d, const struct kin_jpeg_info *info, unsigned i)
{
    const struct kin_jpeg_component *from = &info->components[i];
    struct component *c = &d->components[i];
    bool alone = info->component_count == 1;
    unsigned tables = tables_of(info, i);
    c->h = alone ? 1 : from->h;
    c->v = alone ? 1 : from->v;
    c->stride = (size_t)d->mcus.columns * c->h;
    if (quantization_step(&info->dqt[from->tq], &c->step) != KIN_OK)
        return KIN_EBAD;
    for (unsigned n = 0; n < c->h * c->v; n++)
        d->blocks[d->block_count++].pair = tables;
    return tables == i ? prepare_tables(d, i, from) : KIN_OK;
}

static void link_blocks(struct kin_jpeg_dc *d)
{
    for (unsigned i = 0; i < d->block_count; i++) {
        struct kin_jpeg_dc_block *b = &d->blocks[i];
        b->next = i + 1 < d->block_count ? 1 : -(int32_t)i;
        b->rest = (uintptr_t)d->tables.lookups[2 * b->pair + 1];
        b->begin = b->rest ^ (uintptr_t)d->tables.lookups[2 * b[b->next].pair];
    }
}

static int prepare_shape(struct kin_jpeg_dc *d, struct kin_span jpeg, const struct kin_jpeg_info *info)
{
    d->set.present = 0;
    kin_jpeg_find_needs(jpeg, &d->set);
    d->mcus = kin_jpeg_mcus(info);
    d->component_count = info->component_count;
    d->block_count = 0;
    for (unsigned i = 0; i < info->component_count; i++)
        if (prepare_component(d, info, i) != KIN_OK)
            return KIN_EBAD;
    link_blocks(d);
    return KIN_OK;
}

// --- room

static int grow(void **buffer, size_t *size, size_t wanted)
{
    if (wanted <= *size)
        return KIN_OK;
    void *p = realloc(*buffer, wanted);
    if (p == NULL)
        return KIN_ENOMEM;
    *buffer = p;
    *size = wanted;
    return KIN_OK;
}

// The longest interval is decoded at once.
static int make_room(struct kin_jpeg_dc *d, size_t bytes, uint32_t interval)
{
    size_t samples = 0;
    for (unsigned i = 0; i < d->component_count; i++)
        samples += (size_t)d->mcus.count * d->components[i].h * d->components[i].v;
    size_t differences = (size_t)interval * d->block_count * sizeof *d->differences;
    if (grow((void **)&d->bytes, &d->bytes_size, bytes + KIN_JPEG_DC_PADDING) != KIN_OK ||
        grow((void **)&d->samples, &d->samples_size, samples) != KIN_OK ||
        grow((void **)&d->differences, &d->differences_size, differences) != KIN_OK)
        return KIN_ENOMEM;
    memset(d->samples, GRAY, samples);
    samples = 0;
    for (unsigned i = 0; i < d->component_count; i++) {
        d->components[i].samples = d->samples + samples;
        samples += (size_t)d->mcus.count * d->components[i].h * d->components[i].v;
    }
    return KIN_OK;
}

// --- the scan

// Copies bytes without the stuffing (T.81 section F.1.2.3), up to a marker. Moves *scan to the marker.
static size_t unstuff(uint8_t *to, struct kin_span *scan)
{
    size_t n = 0;
    for (;;) {
        size_t plain = kin_span_find(*scan, 0xff);
        struct kin_span rest = kin_span_skip(*scan, plain);
        while (rest.n > 2 && rest.p[1] == 0xff) // fill bytes
            rest = kin_span_skip(rest, 1);
        bool stuffed = rest.n > 1 && rest.p[1] == 0;
        memcpy(to + n, scan->p, plain + stuffed);
        n += plain + stuffed;
        *scan = kin_span_skip(rest, stuffed ? 2 : 0);
        if (!stuffed)
            break;
    }
    memset(to + n, 0, KIN_JPEG_DC_PADDING);
    return n;
}

static uint8_t sample_of(int coefficient, int step)
{
    int value = GRAY + ((coefficient * step + 4) >> 3);
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

// Adds up the differences of a component in `count` MCUs from `mcu` on. `from`: of its first block. h and v are those
// of the component: constants where it matters.
static inline void place(const struct kin_jpeg_dc *d, const struct component *c, unsigned h, unsigned v,
                         const int16_t *from, uint32_t mcu, uint32_t count)
{
    unsigned column = mcu % d->mcus.columns, columns = d->mcus.columns, blocks = d->block_count;
    size_t stride = c->stride;
    uint8_t *to = c->samples + (size_t)(mcu / columns) * v * stride + (size_t)column * h;
    int16_t value = 0;
    int step = c->step;
    for (; count > 0; count--, from += blocks, to += h) {
        if (column++ == columns) {
            to += (v - 1) * stride;
            column = 1;
        }
        for (unsigned y = 0; y < v; y++) {
            for (unsigned x = 0; x < h; x++) {
                value = (int16_t)(value + from[y * h + x]);
                to[y * stride + x] = sample_of(value, step);
            }
        }
    }
}

static void place_component(const struct kin_jpeg_dc *d, const struct component *c, const int16_t *from, uint32_t mcu,
                            uint32_t count)
{
    if (c->h == 1 && c->v == 1)
        place(d, c, 1, 1, from, mcu, count);
    else if (c->h == 2 && c->v == 2)
        place(d, c, 2, 2, from, mcu, count);
    else
        place(d, c, c->h, c->v, from, mcu, count);
}

// Decodes `count` MCUs from `mcu` on out of n bytes. False when there are fewer, or when the bytes are not all used.
static bool decode_interval(struct kin_jpeg_dc *d, size_t n, uint32_t mcu, uint32_t count)
{
    bool damaged = false;
    size_t wanted = (size_t)count * d->block_count;
    size_t blocks = kin_jpeg_dc_walk(kin_span_make(d->bytes, n), &d->tables, d->blocks, wanted, d->differences,
                                     &damaged);
    const int16_t *from = d->differences;
    for (unsigned i = 0; i < d->component_count; i++) {
        const struct component *c = &d->components[i];
        place_component(d, c, from, mcu, (uint32_t)(blocks / d->block_count));
        from += c->h * c->v;
    }
    return !damaged;
}

// Reads the marker behind an interval and returns the number of the next one, as libjpeg does: some may be missing, and
// what cannot follow is skipped. *damaged is set when it is not simply the next; 0 at the end.
static uint32_t next_interval(struct kin_span *scan, uint32_t interval, bool *damaged)
{
    while (scan->n >= 2) {
        unsigned ahead = (scan->p[1] - interval) & 7;
        *scan = kin_span_skip(*scan, 2);
        *damaged = *damaged || ahead != 0;
        if (ahead < 6)
            return interval + 1 + (ahead < 3 ? ahead : 0);
        *scan = kin_span_skip(*scan, kin_span_find(*scan, 0xff));
    }
    *damaged = true;
    return 0;
}

static bool decode_scan(struct kin_jpeg_dc *d, struct kin_span scan, uint32_t per_interval)
{
    uint32_t count = d->mcus.count, interval = 0;
    bool damaged = false;
    while ((uint64_t)interval * per_interval < count) {
        uint32_t mcu = interval * per_interval, left = count - mcu;
        size_t n = unstuff(d->bytes, &scan);
        if (!decode_interval(d, n, mcu, left < per_interval ? left : per_interval))
            damaged = true;
        if (left <= per_interval)
            break;
        interval = next_interval(&scan, interval, &damaged);
        if (interval == 0)
            break;
    }
    return !damaged;
}

// --- the whole

static uint16_t eighth(unsigned size, unsigned factor, unsigned largest)
{
    unsigned samples = (size * factor + largest - 1) / largest;
    return (uint16_t)((samples + 7) / 8);
}

static struct kin_jpeg_dc_picture picture_of(const struct kin_jpeg_dc *d, const struct kin_jpeg_info *info)
{
    struct kin_jpeg_dc_picture p = {
        .count = d->component_count, .h = (uint8_t)(d->mcus.width / 8), .v = (uint8_t)(d->mcus.height / 8)};
    for (unsigned i = 0; i < p.count; i++) {
        const struct component *c = &d->components[i];
        p.planes[i] = (struct kin_jpeg_dc_plane){.samples = c->samples,
                                                 .stride = c->stride,
                                                 .width = eighth(info->width, c->h, p.h),
                                                 .height = eighth(info->height, c->v, p.v),
                                                 .h = (uint8_t)c->h,
                                                 .v = (uint8_t)c->v};
    }
    return p;
}

int kin_jpeg_dc_decode(struct kin_jpeg_dc *d, struct kin_span jpeg, const struct kin_jpeg_info *info,
                       struct kin_jpeg_dc_picture *ret)
{
    if (!kin_jpeg_dc_supports(info))
        return KIN_EUNSUPPORTED;
    int err = prepare_shape(d, jpeg, info);
    bool whole = info->restart_interval == 0 || info->restart_interval > d->mcus.count;
    uint32_t per_interval = whole ? d->mcus.count : info->restart_interval;
    if (err == KIN_OK)
        err = make_room(d, info->scan.n, per_interval);
    if (err != KIN_OK)
        return err;
    bool damaged = !decode_scan(d, info->scan, per_interval);
    *ret = picture_of(d, info);
    ret->damaged = damaged;
    return KIN_OK;
}
