// What the ONVIF header extension says about the frames of a stream (ONVIF Streaming specification, "JPEG over RTP").
// Tables persist from frame to frame, the restart interval does not.
#ifndef KIN_ENGINE_JPEG_EXTENSION_H
#define KIN_ENGINE_JPEG_EXTENSION_H

#include "jpeg/table_set.h"

#define JPEG_EXTENSION_SOF_MAX (2 + 8 + 3 * KIN_JPEG_MAX_COMPONENTS)
#define JPEG_EXTENSION_SOS_MAX (2 + 6 + 2 * KIN_JPEG_MAX_COMPONENTS)

struct jpeg_extension {
    struct kin_jpeg_table_set tables;
    uint8_t sof[JPEG_EXTENSION_SOF_MAX]; // the whole segment, of this frame or an earlier one
    uint8_t sof_n;
    uint8_t sos[JPEG_EXTENSION_SOS_MAX];              // the whole segment, of this frame
    uint8_t sos_n;                                    // 0: not sent
    bool frame_has_sof, frame_has_dqt, frame_has_dri; // sent in this frame
    uint16_t restart_interval;                        // of this frame
};

void jpeg_extension_begin_frame(struct jpeg_extension *e);

// Adds marker segments. KIN_OK; KIN_EBAD: lengths do not add up, or contents that no JPEG has.
int jpeg_extension_feed(struct jpeg_extension *e, struct kin_span segments);

#endif
