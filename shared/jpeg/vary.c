// Variants: coefficients in, perhaps coarser coefficients out.
#include "jpeg/vary.h"

#include "base/err.h"
#include "jpeg/library.h"
#include "jpeg/mcu.h"
#include "jpeg/segments.h"

#define COMMENT "quality step " // a digit follows
#define EIGHTS 8u
#define STEP_MAX 255u // of a table with 8 bits

static const struct kin_jpeg_library_limits limits = {KIN_JPEG_VARY_MEMORY_MAX, KIN_JPEG_VARY_BYTES_MAX,
                                                      KIN_JPEG_SCANS_MAX};

// How much coarser a step is, in eighths: the average of a block, which is kept finer, or blocks would show; what
// varies slowly within it (frequencies that add up to less than `fine`), and the rest. Doubling drops all values of 1,
// which are most of them, and a smaller factor hardly any.
static const struct step {
    uint8_t average, slow, rest, fine;
    uint16_t share; // of the bytes of film, in thousandths
} steps[KIN_JPEG_QUALITY_STEPS + 1] = {
    {8, 8, 8, 0, 1000}, {8, 8, 16, 4, 740}, {12, 16, 16, 0, 570}, {20, 32, 32, 0, 400}, {32, 64, 64, 0, 280}};

unsigned kin_jpeg_quality_share(unsigned quality)
{
    return steps[quality].share;
}

struct varying {
    struct kin_jpeg_library library;
    const struct kin_jpeg_info *info;
    struct kin_jpeg_variant variant;
};

// --- coarser

// k: in natural order.
static unsigned factor(const struct step *step, int k)
{
    if (k == 0)
        return step->average;
    return k / DCTSIZE + k % DCTSIZE < step->fine ? step->slow : step->rest;
}

static void coarsen_table(struct kin_jpeg_library *l, JQUANT_TBL *table, const struct step *step)
{
    for (int k = 0; k < DCTSIZE2; k++) {
        unsigned value = table->quantval[k];
        unsigned coarser = (value * factor(step, k) + EIGHTS / 2) / EIGHTS;
        if (value == 0)
            kin_jpeg_library_fail(l, KIN_EBAD, "a quantization step is 0");
        if (value < STEP_MAX)
            table->quantval[k] = (UINT16)(coarser < STEP_MAX ? coarser : STEP_MAX);
    }
}

// To the nearest step, to the smaller one of two: small values are the more frequent, and cost less.
static JCOEF requantized(int coefficient, int from, int to)
{
    int value = coefficient * from, half = (to - 1) / 2;
    return (JCOEF)(value >= 0 ? (value + half) / to : -((-value + half) / to));
}

static void coarsen_block(JCOEF block[DCTSIZE2], const UINT16 from[DCTSIZE2], const UINT16 to[DCTSIZE2])
{
    for (int k = 0; k < DCTSIZE2; k++)
        if (block[k] != 0)
            block[k] = requantized(block[k], from[k], to[k]);
}

static void coarsen_plane(struct varying *v, jvirt_barray_ptr plane, int ci)
{
    j_common_ptr in = (j_common_ptr)&v->library.in;
    const jpeg_component_info *c = &v->library.in.comp_info[ci];
    const JQUANT_TBL *to = v->library.out.quant_tbl_ptrs[c->quant_tbl_no];
    if (c->quant_table == NULL || to == NULL)
        kin_jpeg_library_fail(&v->library, KIN_EBAD, "a quantization table is missing");
    for (JDIMENSION row = 0; row < c->height_in_blocks; row++) {
        kin_jpeg_library_check(&v->library);
        JBLOCKROW blocks = in->mem->access_virt_barray(in, plane, row, 1, TRUE)[0];
        for (JDIMENSION i = 0; i < c->width_in_blocks; i++)
            coarsen_block(blocks[i], c->quant_table->quantval, to->quantval);
    }
}

static void coarsen(struct varying *v, jvirt_barray_ptr *planes)
{
    struct jpeg_compress_struct *out = &v->library.out;
    for (int i = 0; i < NUM_QUANT_TBLS; i++)
        if (out->quant_tbl_ptrs[i] != NULL)
            coarsen_table(&v->library, out->quant_tbl_ptrs[i], &steps[v->variant.quality]);
    for (int ci = 0; ci < v->library.in.num_components; ci++)
        coarsen_plane(v, planes[ci], ci);
}

static void comment(struct varying *v)
{
    JOCTET text[] = COMMENT "0";
    text[sizeof COMMENT - 1] = (JOCTET)('0' + v->variant.quality);
    jpeg_write_marker(&v->library.out, JPEG_COM, text, sizeof COMMENT);
}

unsigned kin_jpeg_quality_of(struct kin_span jpeg)
{
    struct kin_jpeg_segments segments = {.file = jpeg, .at = 2};
    struct kin_jpeg_segment s;
    while (kin_jpeg_segments_next(&segments, &s) && s.marker != KIN_JPEG_SOS) {
        if (s.marker != KIN_JPEG_COM || s.body.n != sizeof COMMENT || !kin_span_starts(s.body, COMMENT))
            continue;
        unsigned quality = s.body.p[sizeof COMMENT - 1] - (unsigned)'0';
        return quality <= KIN_JPEG_QUALITY_STEPS ? quality : 0;
    }
    return 0;
}

// --- less to lose

// MCUs in a restart interval, so that several fit into a packet.
static unsigned interval_for(const struct varying *v)
{
    uint64_t mcus = kin_jpeg_mcus(v->info).count;
    uint64_t bytes = v->info->scan.n * (uint64_t)steps[v->variant.quality].share / 1000 + 1;
    uint64_t interval = mcus * KIN_JPEG_VARY_INTERVAL_BYTES / bytes;
    return interval < 1 ? 1 : interval > UINT16_MAX ? UINT16_MAX : (unsigned)interval;
}

static void write(void *ctx)
{
    struct varying *v = ctx;
    struct kin_jpeg_library *l = &v->library;
    kin_jpeg_library_read_header(l, v->info);
    jvirt_barray_ptr *planes = jpeg_read_coefficients(&l->in);
    jpeg_copy_critical_parameters(&l->in, &l->out);
    if (v->variant.quality > 0)
        coarsen(v, planes);
    l->out.optimize_coding = !v->info->standard_huffman;
    l->out.restart_interval = l->in.restart_interval;
    if (v->variant.bands && l->in.restart_interval == 0)
        l->out.restart_interval = interval_for(v);
    jpeg_write_coefficients(&l->out, planes);
    if (v->variant.quality > 0)
        comment(v);
    jpeg_finish_compress(&l->out);
}

// --- the whole

size_t kin_jpeg_vary_memory(const struct kin_jpeg_info *info)
{
    return kin_jpeg_library_coefficient_bytes(info);
}

static int check_limits(const struct kin_jpeg_info *info, size_t bytes, const char **ret_why)
{
    if ((uint64_t)info->width * info->height > KIN_JPEG_VARY_PIXELS_MAX) {
        *ret_why = "the picture is too large";
        return KIN_ELIMIT;
    }
    return kin_jpeg_check_work(info, bytes, ret_why);
}

int kin_jpeg_vary(struct kin_span jpeg, const struct kin_jpeg_info *info, struct kin_jpeg_variant variant,
                  const atomic_bool *canceled, struct kin_buf **ret, const char **ret_why)
{
    const char *ignored;
    const char **why = ret_why != NULL ? ret_why : &ignored;
    struct varying v = {.info = info, .variant = variant};
    int err = check_limits(info, jpeg.n, why);
    if (err != KIN_OK)
        return err;
    err = kin_jpeg_library_init(&v.library, jpeg, &limits);
    v.library.canceled = canceled;
    if (err == KIN_OK)
        err = kin_jpeg_library_run(&v.library, write, &v);
    if (err == KIN_OK)
        err = kin_jpeg_library_copy_output(&v.library, ret);
    if (err != KIN_OK)
        *why = v.library.why;
    kin_jpeg_library_deinit(&v.library);
    return err;
}
