// As what a player gets a reel: by what its URL asks for ("?fmt=..."), else by what its User-Agent can take.
#ifndef DAEMON_PAYLOAD_CHOICE_H
#define DAEMON_PAYLOAD_CHOICE_H

#include "frames/frame.h"

#define PAYLOAD_REASON_MAX 576

struct payload_choice {
    enum frame_content content;
    enum kin_payload_format format;
    bool in_url;            // the control URL must carry ?fmt= so that SETUP makes the same choice
    uint16_t width, height; // pixels that the player will see
    uint8_t payload_type;   // of RTP
};

struct payload_request {
    struct kin_span query;      // behind '?' in the request's URL; may be empty
    struct kin_span user_agent; // the header's value; likewise
    const struct kin_reel *reel;
    const char *refusal; // why RFC 2435 cannot carry the reel, whatever is done to it; NULL: it can
    bool lossy;          // it can, but what that takes costs quality
};

// 0 and *ret; or an RTSP status and a phrase for the reply: 400 (a format that does not exist), 415 (the format cannot
// express the reel).
unsigned payload_choose(const struct payload_request *request, struct payload_choice *ret,
                        char ret_reason[PAYLOAD_REASON_MAX]);
// Of a lab client: the file as it is.
struct payload_choice payload_choice_lab(void);

// The track's control URL, relative: it names the format where the User-Agent alone would not lead to it.
const char *payload_choice_control(const struct payload_choice *choice);

// The log's word for it: "jpeg", "jpeg+onvif", "onvif", "xqt", "half", "lab".
const char *payload_choice_name(const struct payload_choice *choice);

#endif
