// Quantization tables as RFC 2435 needs them: 8 bits, one for both Cb and Cr.
#include <limits.h>

#include "base/err.h"
#include "jpeg/rewrite_internal.h"

#define STEP_MAX 255u
#define STEP_MIN 2u // fine relative to steps above STEP_MAX; legal coefficients (up to 1024) still have codes

// Reduces a step to 8 bits. Nothing is lost where the new step divides the old one.
static uint16_t narrow(unsigned step)
{
    if (step <= STEP_MAX)
        return (uint16_t)(step > 0 ? step : 1);
    unsigned divisor = STEP_MAX;
    while (divisor > STEP_MIN && step % divisor != 0)
        divisor--;
    return (uint16_t)divisor;
}

// The finer of two steps: the component with the coarser one then loses little.
static uint16_t shared_step(unsigned a, unsigned b)
{
    uint16_t x = narrow(a), y = narrow(b);
    return x < y ? x : y;
}

static const UINT16 *table_of(struct kin_jpeg_run *r, int ci)
{
    const jpeg_component_info *c = &r->library.in.comp_info[ci];
    if (c->quant_table == NULL)
        kin_jpeg_library_fail(&r->library, KIN_EBAD, "a component without a scan");
    return c->quant_table->quantval;
}

void kin_jpeg_run_choose_steps(struct kin_jpeg_run *r, bool luma_only)
{
    const UINT16 *y = table_of(r, 0);
    const UINT16 *cb = luma_only ? y : table_of(r, 1);
    const UINT16 *cr = luma_only ? y : table_of(r, 2);
    for (int k = 0; k < DCTSIZE2; k++) {
        r->steps[0][k] = narrow(y[k]);
        r->steps[1][k] = shared_step(cb[k], cr[k]);
    }
}

void kin_jpeg_run_refine_steps(struct kin_jpeg_run *r, int table, unsigned by)
{
    for (int k = 0; k < DCTSIZE2; k++)
        r->steps[table][k] = (uint16_t)((r->steps[table][k] + by - 1) / by);
}

static JCOEF requantized(int coefficient, int from, int to)
{
    int value = coefficient * from; // 16 bits times 16 bits: fits
    int rounded = value >= 0 ? (value + to / 2) / to : -((-value + to / 2) / to);
    return (JCOEF)(rounded > SHRT_MAX ? SHRT_MAX : rounded < SHRT_MIN ? SHRT_MIN : rounded);
}

void kin_jpeg_requantize(JCOEF block[DCTSIZE2], const uint16_t from[DCTSIZE2], const uint16_t to[DCTSIZE2])
{
    for (int k = 0; k < DCTSIZE2; k++)
        if (from[k] != to[k] && block[k] != 0)
            block[k] = requantized(block[k], from[k], to[k]);
}
