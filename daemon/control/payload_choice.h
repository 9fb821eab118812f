// Which payload format a player gets, how lost packets are sent again, and whether parity is sent: what its URL names
// ("?fmt=...", "?rtx=1", "?fec=1"), else what its User-Agent is known to play.
#ifndef DAEMON_PAYLOAD_CHOICE_H
#define DAEMON_PAYLOAD_CHOICE_H

#include "frames/frame.h"
#include "proto/rtp_rtx.h"

#define PAYLOAD_REASON_MAX 576 // bytes of a reason phrase, NUL included

struct payload_choice {
    enum frame_content content;
    enum kin_payload_format format;
    bool repeat_in_control;     // the control URL must carry ?fmt= so that SETUP makes the same choice
    uint16_t width, height;     // pixels that the player will see; 0 for a lab client
    uint8_t payload_type;       // of RTP
    enum kin_rtp_repair repair; // what a player gets that asks for a lost packet, over UDP
    uint8_t rtx_payload_type;   // with REPAIR_RTX
    bool repeat_rtx;            // the control URL must carry ?rtx= likewise
    uint8_t fec_payload_type;   // of parity, over UDP; 0: none is sent
    bool long_packets;          // the player takes longer packets over TCP than over UDP
};

struct payload_request {
    struct kin_span query;      // behind '?' in the request's URL; may be empty
    struct kin_span user_agent; // the header's value; likewise
    const struct kin_reel *reel;
    const char *refusal; // why RFC 2435 cannot carry the reel, even converted; NULL: it can
    bool lossy;          // it can, but only after a conversion that costs quality
    bool retransmit;     // lost packets may be sent again
    bool fec;            // parity may be sent
};

// 0 and *ret; or an RTSP status and a phrase for the reply: 400 (a format that does not exist), 415 (the format cannot
// express the reel).
unsigned payload_choose(const struct payload_request *request, struct payload_choice *ret,
                        char ret_reason[PAYLOAD_REASON_MAX]);
// For a lab client: the file as it is.
struct payload_choice payload_choice_lab(void);

// The track's control URL, relative: it names what the User-Agent alone would not select.
#define PAYLOAD_CONTROL_MAX 64
const char *payload_choice_control(const struct payload_choice *choice, char dst[PAYLOAD_CONTROL_MAX]);

// Its name in the log: "jpeg", "jpeg+onvif", "onvif", "xqt", "half", "lab".
const char *payload_choice_name(const struct payload_choice *choice);

#endif
