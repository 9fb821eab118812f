// The cosine transform as two products of 8x8 matrices, in the order that lets a compiler use vectors.
#include "jpeg/dct.h"

#define N KIN_DCT_SIZE

// cos(k pi / 16) / 2; the first row needs cos(pi/4) / 2 twice.
#define C1 0.490392640f
#define C2 0.461939766f
#define C3 0.415734806f
#define C4 0.353553391f
#define C5 0.277785117f
#define C6 0.191341716f
#define C7 0.097545161f

// basis[u * N + x]: frequency u at place x.
static const float basis[N * N] = {
    C4, C4,  C4,  C4,  C4,  C4,  C4,  C4,  //
    C1, C3,  C5,  C7,  -C7, -C5, -C3, -C1, //
    C2, C6,  -C6, -C2, -C2, -C6, C6,  C2,  //
    C3, -C7, -C1, -C5, C5,  C1,  C7,  -C3, //
    C4, -C4, -C4, C4,  C4,  -C4, -C4, C4,  //
    C5, -C1, C7,  C3,  -C3, -C7, C1,  -C5, //
    C6, -C2, C2,  -C6, -C6, C2,  -C2, C6,  //
    C7, -C5, C3,  -C1, C1,  -C3, C5,  -C7, //
};
// The same, transposed.
static const float turned[N * N] = {
    C4, C1,  C2,  C3,  C4,  C5,  C6,  C7,  //
    C4, C3,  C6,  -C7, -C4, -C1, -C2, -C5, //
    C4, C5,  -C6, -C1, -C4, C7,  C2,  C3,  //
    C4, C7,  -C2, -C5, C4,  C3,  -C6, -C1, //
    C4, -C7, -C2, C5,  C4,  -C3, -C6, C1,  //
    C4, -C5, -C6, C1,  -C4, -C7, C2,  -C3, //
    C4, -C3, C6,  C7,  -C4, C1,  -C2, C5,  //
    C4, -C1, C2,  -C3, C4,  -C5, C6,  -C7, //
};

// One row of a product: the rows of b weighted by a row of a. Compilers make vectors of the inner loop.
static void weigh(const float *a, const float *b, float *restrict ret)
{
    float sum[N] = {0};
    for (int k = 0; k < N; k++)
        for (int i = 0; i < N; i++)
            sum[i] += a[k] * b[k * N + i];
    for (int i = 0; i < N; i++)
        ret[i] = sum[i];
}

static void multiply(const float *a, const float *b, float *restrict ret)
{
    for (int row = 0; row < N; row++)
        weigh(a + row * N, b, ret + row * N);
}

void kin_dct_forward(const float samples[64], float ret[64])
{
    float half[N * N];
    multiply(samples, turned, half);
    multiply(basis, half, ret);
}

void kin_dct_inverse(const float coefficients[64], float ret[64])
{
    float half[N * N];
    multiply(coefficients, basis, half);
    multiply(turned, half, ret);
}
