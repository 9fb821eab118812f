// Session descriptions for one JPEG video stream (RFC 4566/8866, RFC 2326 appendix C): write ours, read anybody's.
#ifndef KIN_PROTO_SDP_H
#define KIN_PROTO_SDP_H

#include "base/span.h"
#include "base/time.h"
#include "base/wr.h"
#include "proto/rtp_flexfec.h"
#include "proto/rtp_payload.h"
#include "proto/rtp_rtx.h"

struct kin_sdp_out {
    uint64_t session_id, version;
    struct kin_span name;           // s=; cleaned, "-" when empty
    bool ipv6;                      // address family of c= and o=
    struct kin_span address;        // o= unicast address of the server; empty = unspecified
    kin_us duration;                // a=range:npt=0-duration; < 0 for none: then it is a broadcast
    uint32_t rate_milli;            // frames per 1000 s, a=framerate; 0 for none
    uint32_t uneven_frames;         // a=x-frames: number of frames when their durations differ; 0 for none
    uint16_t width, height;         // a=x-dimensions, a=framesize; 0 for none
    uint32_t bandwidth_kbps;        // b=AS; 0 for none
    enum kin_payload_format format; // XQT; every other format is described as JPEG
    uint8_t payload_type;           // KIN_RTP_PT_JPEG, or a dynamic one, 96..127
    enum kin_rtp_repair repair;     // other than NONE: RTP/AVPF with generic NACK (RFC 4585)
    uint8_t rtx_payload_type;       // with REPAIR_RTX: of retransmissions (RFC 4588)
    uint8_t fec_payload_type;       // of parity (RFC 8627), 0 for none
    const char *control;            // media level, "track1"
    const char *tool;               // a=tool, NULL for none
};
// Appends the description; all text in it is cleaned of control bytes. The caller tests w->bad.
void kin_sdp_write(struct kin_wr *w, const struct kin_sdp_out *sdp);

// The first media section that carries JPEG, or a later one of the same stream that offers feedback.
struct kin_sdp_video {
    struct kin_span session_control; // "*" or empty when absent
    struct kin_span session_name;
    struct kin_span control; // a=control of the media, empty when absent
    uint8_t payload_type;
    enum kin_payload_format format; // JPEG or XQT
    uint32_t clock_hz;              // 90000 unless rtpmap says otherwise
    bool feedback;                  // profile is AVPF/SAVPF
    bool secure;                    // SAVP/SAVPF
    enum kin_rtp_repair repair;     // what a generic NACK gets: a=rtcp-fb, a=fmtp apt
    uint8_t rtx_payload_type;       // with REPAIR_RTX
    uint8_t fec_payload_type;       // of parity (flexfec), 0: none is offered
    bool duration_given;
    kin_us duration;        // from a=range (media or session level) when it has an end
    uint32_t rate_milli;    // from a=framerate ("24", "23.976") or 0
    uint32_t uneven_frames; // from a=x-frames, which only kinorad sends: a gap in time is then no loss; or 0
    uint16_t width, height; // from a=x-dimensions, else a=framesize, else a=cliprect; or 0
};
// KIN_OK; KIN_EBAD when this is no SDP (must start v=0); KIN_EUNSUPPORTED when no m=video line offers JPEG, and then
// *ret_found (may be NULL) names what was offered, e.g. "H264". Unknown lines and attributes are skipped. Static
// payload type 26 needs no rtpmap; dynamic ones are found by rtpmap JPEG/90000, X-QT, X-QUICKTIME. Of the formats of an
// m= line the first KIN_SDP_FORMAT_MAX are looked at. All spans borrow from text (ret_found may be a constant).
#define KIN_SDP_FORMAT_MAX 32
int kin_sdp_parse(struct kin_span text, struct kin_sdp_video *ret, struct kin_span *ret_found);

#endif
