// The cosine transform of JPEG along the lines of blocks, in floating point (T.81 section A.3.3). The transform of a
// block is one along its lines and one along its columns, in any order. A filter that works along lines can therefore
// leave the columns transformed: line v then holds the part of the samples with vertical frequency v.
//
// Orthonormal: a rounding error in a coefficient is an error of the same energy in the samples.
#ifndef KIN_JPEG_DCT_H
#define KIN_JPEG_DCT_H

#include <stddef.h>
#include <stdint.h>

#define KIN_DCT_SIZE 8

// Dequantizes (both arrays in natural order) and transforms to eight samples around zero in each of eight lines, which
// lie `stride` samples apart. Returns which lines are not all zero: bit v for line v.
unsigned kin_dct_inverse_lines(const int16_t coefficients[64], const uint16_t steps[64], float *ret, size_t stride);

// The inverse. `scales` is 1 / step. Coefficients are rounded and clamped to what baseline coding has codes for: -1023
// to 1023.
void kin_dct_forward_lines(const float *samples, size_t stride, const float scales[64], int16_t ret[64]);

#endif
