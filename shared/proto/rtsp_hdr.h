// Typed header values: Transport, Session, Range, RTP-Info, Scale and the like. Parsers borrow, writers append.
#ifndef KIN_PROTO_RTSP_HDR_H
#define KIN_PROTO_RTSP_HDR_H

#include "base/span.h"
#include "base/time.h"
#include "base/wr.h"
#include "proto/lower_transport.h"
#include "proto/rtsp_msg.h"

// CSeq: decimal, at most 2^32-1. KIN_EBAD when absent or not a number.
int kin_rtsp_cseq(const struct kin_rtsp_msg *msg, uint32_t *ret);

// --- Transport (RFC 2326 section 12.39)
enum kin_rtsp_profile { KIN_RTSP_AVP, KIN_RTSP_AVPF, KIN_RTSP_SAVP, KIN_RTSP_SAVPF, KIN_RTSP_PROFILE_OTHER };

struct kin_rtsp_transport {
    enum kin_rtsp_profile profile;
    enum kin_lower_transport lower_transport;
    bool lower_transport_given; // "/UDP" or "/TCP" was written; if not, "interleaved=" alone also means TCP
    bool unicast, multicast;    // as written; neither: the RFC's default is multicast, real servers mean unicast
    bool has_interleaved, has_client_port, has_server_port, has_ssrc;
    uint8_t interleaved[2];  // channels; the second is first+1 when not given
    uint16_t client_port[2]; // [1] == 0 when only one port was given
    bool client_port_pair;   // "a-b" was written
    uint16_t server_port[2]; // likewise
    uint32_t ssrc;
    struct kin_span destination, source;
    struct kin_span mode; // without quotes; empty when absent
    bool record;          // mode is RECORD or RECEIVE, in any case
};

// Takes the next transport-spec off a comma-separated list. False at the end of the list; else *ret_err is KIN_OK,
// KIN_EUNSUPPORTED (unknown protocol: to be skipped) or KIN_EBAD (malformed: port 70000, "client_port=x", a reversed
// range). Unknown parameters are skipped, the last of repeated ones counts, an unreadable ssrc is ignored, and port 0
// is left to the caller.
bool kin_rtsp_transport_next(struct kin_span *list, struct kin_rtsp_transport *ret, int *ret_err);
// One transport-spec, e.g. "RTP/AVP;unicast;client_port=4000-4001;server_port=6000-6001;ssrc=0000ABCD". "/TCP" always
// and "/UDP" only with lower_transport_given is written. Bytes that would end a parameter become '_'.
void kin_rtsp_transport_write(struct kin_wr *w, const struct kin_rtsp_transport *t);

// --- X-Adaptation, of SETUP: "no" where the client wants every frame, whatever the network carries. Not of any
// standard: servers that do not know it ignore it (RFC 2326 section 12).
#define KIN_RTSP_ADAPTATION "X-Adaptation"
#define KIN_RTSP_ADAPTATION_NO "no"

// --- Session: "id;timeout=60", spaces tolerated. timeout_s is 60 when absent, 0 or no number. KIN_EBAD when id is
// empty or longer than KIN_RTSP_SESSION_MAX.
#define KIN_RTSP_SESSION_MAX 128
#define KIN_RTSP_SESSION_TIMEOUT_S 60
int kin_rtsp_session_parse(struct kin_span value, struct kin_span *ret_id, uint32_t *ret_timeout_s);

// --- Range (section 12.29): half-open [start, end), times from the start of the reel
enum kin_rtsp_range_unit {
    KIN_RTSP_NPT,
    KIN_RTSP_SMPTE,         // means SMPTE_30_DROP (section 3.5)
    KIN_RTSP_SMPTE_30_DROP, // 29.97 frames/s
    KIN_RTSP_SMPTE_25,
    KIN_RTSP_RANGE_UNIT_COUNT
};

struct kin_rtsp_range {
    enum kin_rtsp_range_unit unit;
    bool start_given;
    bool now; // "npt=now-"
    bool end_given;
    kin_us start, end;
};
// KIN_OK; KIN_ERANGE for absolute times ("clock=", section 3.7), which lie outside every reel; KIN_EUNSUPPORTED for
// other units; KIN_EBAD. Understands npt in seconds with fraction and as h:mm:ss.frac, SMPTE as h:mm:ss[:ff[.sub]]
// (sub: hundredths of a frame; a frame number that drop-frame omits means the next one), "now-", open ends, "-b", and a
// trailing ";time=...". Times are clamped to KIN_RTSP_RANGE_MAX_US. `end` may lie before `start` (backward play):
// whether that makes sense is left to the caller.
#define KIN_RTSP_RANGE_MAX_US (INT64_C(1000000000) * KIN_US_PER_S)
int kin_rtsp_range_parse(struct kin_span value, struct kin_rtsp_range *ret);
// The one time of a PAUSE (section 10.6), "npt=21" or "npt=21-": in `start`, or `now`. Results as above.
int kin_rtsp_pause_parse(struct kin_span value, struct kin_rtsp_range *ret);
// In its unit: "npt=1.500-10.000", six decimals where three are not exact; "smpte-25=00:00:01:12.50-". Without a start
// "npt=now-" or "npt=-10.000".
void kin_rtsp_range_write(struct kin_wr *w, const struct kin_rtsp_range *range);
void kin_rtsp_write_range(struct kin_wr *w, const struct kin_rtsp_range *range); // the header

// --- RTP-Info (section 12.33): one entry per call, false at the end. Commas and semicolons inside a URL are kept.
struct kin_rtsp_rtp_info {
    struct kin_span url;
    bool has_seq, has_rtptime;
    uint16_t seq;
    uint32_t rtptime;
};
bool kin_rtsp_rtp_info_next(struct kin_span *list, struct kin_rtsp_rtp_info *ret);

// --- Scale, Speed: signed decimal in thousandths (1.5 -> 1500), clamped to a million (1000000.0); only zero becomes 0.
// KIN_EBAD when not a number.
int kin_rtsp_scale_parse(struct kin_span value, int32_t *ret_milli);
void kin_rtsp_scale_write(struct kin_wr *w, int32_t milli);                  // "1.0", "-4.0", "0.125"
void kin_rtsp_write_rate(struct kin_wr *w, const char *name, int32_t milli); // the header

// --- Public/Allow: bit (1 << method) for each method named.
uint32_t kin_rtsp_public_parse(struct kin_span value);

// True when an Accept value (may be empty = anything) admits the media type, "*/*" and "type/*" included.
bool kin_rtsp_accepts(struct kin_span accept, const char *media_type);

#endif
