// The cosine transform as products of 4x4 matrices, ordered so that a compiler can vectorise them: even frequencies are
// symmetric about the middle of a line, odd ones antisymmetric.
#include "jpeg/dct.h"

#include <stdbool.h>
#include <string.h>

#define N KIN_DCT_SIZE
#define HALF (N / 2)
#define LARGEST 1023.0f

// cos(k pi / 16) / 2; the first frequency needs cos(pi/4) / 2.
#define C1 0.490392640f
#define C2 0.461939766f
#define C3 0.415734806f
#define C4 0.353553391f
#define C5 0.277785117f
#define C6 0.191341716f
#define C7 0.097545161f

// [k][x]: frequency 2k (even) or 2k + 1 (odd) at sample x.
static const float even[HALF][HALF] = {{C4, C4, C4, C4}, {C2, C6, -C6, -C2}, {C4, -C4, -C4, C4}, {C6, -C2, C2, -C6}};
static const float odd[HALF][HALF] = {{C1, C3, C5, C7}, {C3, -C7, -C1, -C5}, {C5, -C1, C7, C3}, {C7, -C5, C3, -C1}};
// [x][k]: `even` transposed; `odd` is its own transpose.
static const float even_turned[HALF][HALF] = {
    {C4, C2, C4, C6}, {C4, C6, -C4, -C2}, {C4, -C6, -C4, C2}, {C4, -C2, C4, -C6}};

// The sum of the rows of a matrix, weighted by a vector.
static inline void weigh(const float weights[HALF], const float rows[HALF][HALF], float ret[HALF])
{
    float sum[HALF] = {0};
    for (int k = 0; k < HALF; k++)
        for (int i = 0; i < HALF; i++)
            sum[i] += weights[k] * rows[k][i];
    memcpy(ret, sum, sizeof sum);
}

static inline void inverse_line(const int16_t *coefficients, const uint16_t *steps, float *restrict ret)
{
    float f[2][HALF], e[HALF], o[HALF];
    for (int k = 0; k < N; k++)
        f[k % 2][k / 2] = (float)(coefficients[k] * steps[k]);
    weigh(f[0], even, e);
    weigh(f[1], odd, o);
    for (int x = 0; x < HALF; x++) {
        ret[x] = e[x] + o[x];
        ret[N - 1 - x] = e[x] - o[x];
    }
}

// Most lines of most blocks have only a mean.
static inline void fill_line(float mean, float *restrict ret)
{
    for (int x = 0; x < N; x++)
        ret[x] = mean * C4;
}

unsigned kin_dct_inverse_lines(const int16_t coefficients[64], const uint16_t steps[64], float *ret, size_t stride)
{
    static const int16_t zeros[N];
    unsigned nonzero = 0;
    for (int v = 0; v < N; v++, coefficients += N, steps += N, ret += stride) {
        if (memcmp(coefficients + 1, zeros + 1, sizeof zeros - sizeof zeros[0]) == 0)
            fill_line((float)(coefficients[0] * steps[0]), ret);
        else
            inverse_line(coefficients, steps, ret);
        nonzero |= (unsigned)(memcmp(coefficients, zeros, sizeof zeros) != 0) << v;
    }
    return nonzero;
}

// Rounds half up. The value is made positive before truncation, which avoids a call of the maths library.
static inline int16_t rounded(float value)
{
    value = value < -LARGEST ? -LARGEST : value;
    value = value > LARGEST ? LARGEST : value;
    return (int16_t)((int)(value + (LARGEST + 1.5f)) - (int)(LARGEST + 1));
}

static inline void forward_line(const float *samples, const float *scales, int16_t *restrict ret)
{
    float e[HALF], o[HALF], f[2][HALF], line[N];
    for (int x = 0; x < HALF; x++) {
        e[x] = samples[x] + samples[N - 1 - x];
        o[x] = samples[x] - samples[N - 1 - x];
    }
    weigh(e, even_turned, f[0]);
    weigh(o, odd, f[1]);
    for (int k = 0; k < N; k++)
        line[k] = f[k % 2][k / 2];
    for (int k = 0; k < N; k++)
        ret[k] = rounded(line[k] * scales[k]);
}

static bool is_zero(const float line[N])
{
    bool zero = true;
    for (int k = 0; k < N; k++)
        zero &= line[k] == 0;
    return zero;
}

void kin_dct_forward_lines(const float *samples, size_t stride, const float scales[64], int16_t ret[64])
{
    for (int v = 0; v < N; v++, samples += stride, scales += N, ret += N) {
        if (is_zero(samples))
            memset(ret, 0, N * sizeof *ret);
        else
            forward_line(samples, scales, ret);
    }
}
