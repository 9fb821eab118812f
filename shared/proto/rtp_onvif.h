// The ONVIF header extension (ONVIF Streaming specification, "JPEG over RTP"), to find and to write: marker segments of
// the JPEG that complete or overrule the headers of RFC 2435. What a stream's extensions say: engine/jpeg_extension.
#ifndef KIN_PROTO_RTP_ONVIF_H
#define KIN_PROTO_RTP_ONVIF_H

#include "base/wr.h"
#include "jpeg/compat.h"
#include "proto/rtp.h"

#define KIN_RTP_ONVIF_FIRST 0xffd8 // profiles: of the first packet of a frame
#define KIN_RTP_ONVIF_NEXT 0xffff  // of later ones

#define KIN_RTP_ONVIF_BYTES_MAX 2048 // of an extension with its header; segments above that are not sent this way
#define KIN_RTP_ONVIF_HEADER_BYTES 4 // profile, length in words
#define KIN_RTP_ONVIF_SIZE_BYTES 24  // of an extension that says the size alone

// The profile of the JPEG extension of a packet and its data: KIN_RTP_ONVIF_FIRST or _NEXT, 0 when it has none.
uint16_t kin_rtp_onvif_find(const struct kin_rtp_packet *packet, struct kin_span *ret_data);

// Can the extension say what RFC 2435 cannot express? It knows one interleaved baseline scan of gray or YCbCr.
bool kin_rtp_onvif_can(enum kin_jpeg_compat compat);

// The size alone, for a JPEG that fits RFC 2435 but for its size: profile, length and a frame header.
void kin_rtp_onvif_write_size(struct kin_wr *w, const struct kin_jpeg_rtp *rtp);

// All that the decoder needs: the DQT, DHT, DRI and SOF segments of the file as they stand there, and its SOS at the
// end, padded to whole words. `info` is what kin_jpeg_walk() said about the file. KIN_OK; KIN_ELIMIT: the writer is too
// small; KIN_EBAD: there is something else between the segments.
int kin_rtp_onvif_write_headers(struct kin_wr *w, struct kin_span file, const struct kin_jpeg_info *info);

#endif
