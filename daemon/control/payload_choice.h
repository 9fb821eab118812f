// Which payload format a player gets: what its URL names ("?fmt=..."), else what its User-Agent is known to play.
#ifndef DAEMON_PAYLOAD_CHOICE_H
#define DAEMON_PAYLOAD_CHOICE_H

#include "frames/frame.h"

#define PAYLOAD_REASON_MAX 576 // bytes of a reason phrase, NUL included

struct payload_choice {
    enum frame_content content;
    enum kin_payload_format format;
    bool repeat_in_control; // the control URL must carry ?fmt= so that SETUP makes the same choice
    uint16_t width, height; // pixels that the player will see; 0 for a lab client
    uint8_t payload_type;   // of RTP
};

struct payload_request {
    struct kin_span query;      // behind '?' in the request's URL; may be empty
    struct kin_span user_agent; // the header's value; likewise
    const struct kin_reel *reel;
    const char *refusal; // why RFC 2435 cannot carry the reel, even converted; NULL: it can
    bool lossy;          // it can, but only after a conversion that costs quality
};

// 0 and *ret; or an RTSP status and a phrase for the reply: 400 (a format that does not exist), 415 (the format cannot
// express the reel).
unsigned payload_choose(const struct payload_request *request, struct payload_choice *ret,
                        char ret_reason[PAYLOAD_REASON_MAX]);
// For a lab client: the file as it is.
struct payload_choice payload_choice_lab(void);

// The track's control URL, relative: it names the format where the User-Agent alone would not select it.
const char *payload_choice_control(const struct payload_choice *choice);

// Its name in the log: "jpeg", "jpeg+onvif", "onvif", "xqt", "half", "lab".
const char *payload_choice_name(const struct payload_choice *choice);

#endif
