// jpeg/dct: the transform along lines is the one of the standard, and comes back.
#include <math.h>
#include <stdlib.h>

#include "jpeg/dct.h"
#include "unit.h"

#define N KIN_DCT_SIZE
#define STRIDE 11

static const uint16_t ones[64] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

// T.81 section A.3.3, one of its two sums.
static double sample_at(const int16_t *line, int x)
{
    double sum = line[0] / sqrt(8);
    for (int u = 1; u < N; u++)
        sum += line[u] / 2.0 * cos((2 * x + 1) * u * acos(-1) / 16);
    return sum;
}

static void make_block(int16_t block[64], unsigned seed)
{
    for (int k = 0; k < 64; k++) {
        seed = seed * 1103515245 + 12345;
        block[k] = (int16_t)((int)(seed >> 16 & 0x7ff) - 1023);
        if (block[k] > 1023)
            block[k] = 1023;
    }
}

TEST(each_line_is_transformed_as_the_standard_says)
{
    int16_t block[64];
    float samples[N * STRIDE];
    make_block(block, 1);
    CHECK_INT(kin_dct_inverse_lines(block, ones, samples, STRIDE), 0xff);
    for (int v = 0; v < N; v++)
        for (int x = 0; x < N; x++)
            CHECK(fabs((double)samples[v * STRIDE + x] - sample_at(block + v * N, x)) < 0.01);
out:;
}

TEST(there_and_back_is_the_same)
{
    int16_t block[64], back[64];
    float samples[N * STRIDE], scales[64];
    uint16_t steps[64];
    for (unsigned seed = 0; seed < 50; seed++) {
        make_block(block, seed);
        for (int k = 0; k < 64; k++) {
            steps[k] = (uint16_t)(1 + (seed * 37 + (unsigned)k * 11) % 255);
            scales[k] = 1 / (float)steps[k];
        }
        (void)kin_dct_inverse_lines(block, steps, samples, STRIDE);
        kin_dct_forward_lines(samples, STRIDE, scales, back);
        for (int k = 0; k < 64; k++)
            CHECK_INT(back[k], block[k]);
    }
out:;
}

TEST(lines_with_nothing_in_them_are_told_and_stay_so)
{
    int16_t block[64] = {[2 * N] = 5, [7 * N + 7] = -3}, back[64];
    float samples[N * STRIDE], scales[64];
    for (int k = 0; k < 64; k++)
        scales[k] = 1;
    CHECK_INT(kin_dct_inverse_lines(block, ones, samples, STRIDE), 1u << 2 | 1u << 7);
    for (int x = 0; x < N; x++) {
        CHECK(samples[x] == 0);
        CHECK(fabsf(samples[2 * STRIDE + x] - 5 / sqrtf(8)) < 0.0001f);
    }
    kin_dct_forward_lines(samples, STRIDE, scales, back);
    for (int k = 0; k < 64; k++)
        CHECK_INT(back[k], block[k]);
out:;
}

// The largest steps and coefficients of a hostile file; what comes out has codes all the same.
TEST(coefficients_stay_within_what_baseline_has_codes_for)
{
    int16_t block[64], back[64];
    uint16_t steps[64];
    float samples[N * STRIDE], scales[64];
    for (int k = 0; k < 64; k++) {
        block[k] = k % 3 == 0 ? INT16_MIN : INT16_MAX;
        steps[k] = UINT16_MAX;
        scales[k] = 1;
    }
    (void)kin_dct_inverse_lines(block, steps, samples, STRIDE);
    kin_dct_forward_lines(samples, STRIDE, scales, back);
    for (int k = 0; k < 64; k++)
        CHECK(abs(back[k]) == 1023);
out:;
}
