// The ONVIF header extension (ONVIF Streaming specification, "JPEG over RTP"), found and written: marker segments of
// the JPEG that complete or override the headers of RFC 2435. Their contents are read by engine/jpeg_extension.
#ifndef KIN_PROTO_RTP_ONVIF_H
#define KIN_PROTO_RTP_ONVIF_H

#include "base/wr.h"
#include "jpeg/compat.h"
#include "proto/rtp.h"

#define KIN_RTP_ONVIF_FIRST 0xffd8 // profiles: of the first packet of a frame
#define KIN_RTP_ONVIF_NEXT 0xffff  // of later ones

#define KIN_RTP_ONVIF_BYTES_MAX 2048 // of an extension with its header; longer segments are not sent this way
#define KIN_RTP_ONVIF_HEADER_BYTES 4 // profile, length in words
#define KIN_RTP_ONVIF_SIZE_BYTES 24  // of an extension that gives only the size

// Finds the JPEG extension of a packet. Returns its profile, KIN_RTP_ONVIF_FIRST or _NEXT, or 0 when there is none.
uint16_t kin_rtp_onvif_find(const struct kin_rtp_packet *packet, struct kin_span *ret_data);

// Can the extension carry a JPEG with this result of kin_jpeg_compat()? It is limited to one interleaved baseline scan,
// gray or YCbCr.
bool kin_rtp_onvif_can(enum kin_jpeg_compat compat);

// Writes the size only, for a JPEG that fits RFC 2435 except for its size: profile, length and a frame header.
void kin_rtp_onvif_write_size(struct kin_wr *w, const struct kin_jpeg_rtp *rtp);

// Writes all that a decoder needs: the DQT, DHT, DRI and SOF segments of the file, unchanged, and its SOS at the end,
// padded to whole words. `info` is the result of kin_jpeg_walk() for this file. KIN_OK; KIN_ELIMIT: too long for the
// extension or the writer; KIN_EBAD: there is something else between the segments.
int kin_rtp_onvif_write_headers(struct kin_wr *w, struct kin_span file, const struct kin_jpeg_info *info);

#endif
