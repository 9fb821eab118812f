// Converts decoded pictures of any kind to what the JPEG compressor takes: 4:2:0, 8 bits, full range, BT.601, upright.
#ifndef PREP_SCALER_H
#define PREP_SCALER_H

#include "dimensions.h"
#include "drawing/picture.h"
#include "turn.h"

struct AVFrame;
struct scaler;

// Makes a scaler to pictures of this size (after turning). KIN_OK, KIN_ENOMEM, KIN_ERANGE.
int scaler_new(struct dimensions size, struct turn turn, struct scaler **ret);
void scaler_free(struct scaler *s); // accepts NULL

// *ret is borrowed until the next call. Size and pixel format may change from frame to frame. KIN_OK, KIN_ENOMEM,
// KIN_EUNSUPPORTED (a pixel format that libswscale does not read).
int scaler_run(struct scaler *s, const struct AVFrame *frame, const struct kin_picture **ret);

#endif
