// The 8x8 cosine transform of JPEG in floating point: orthonormal, so that a rounding error in a coefficient is an
// error of the same energy in the samples (T.81 section A.3.3).
#ifndef KIN_JPEG_DCT_H
#define KIN_JPEG_DCT_H

#define KIN_DCT_SIZE 8

// Both take and give rows of eight: samples (around zero) by line, coefficients by vertical frequency.
void kin_dct_forward(const float samples[64], float ret[64]);
void kin_dct_inverse(const float coefficients[64], float ret[64]);

#endif
