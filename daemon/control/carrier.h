// In which form a player gets a reel: by what its URL asks for ("?fmt=..."), else by what its User-Agent can take.
#ifndef DAEMON_CARRIER_H
#define DAEMON_CARRIER_H

#include "frames/frame.h"

#define CARRIER_REASON_MAX 576

struct carrier {
    enum frame_form form;
    bool asked;             // the URL names it, or would have to, to be given it again
    uint16_t width, height; // pixels that the player will see
    uint8_t payload_type;   // of RTP
};

struct carrier_ask {
    struct kin_span query;      // behind '?' in the request's URL; may be empty
    struct kin_span user_agent; // the header's value; likewise
    const struct kin_reel *reel;
    const char *refusal; // why RFC 2435 cannot carry the reel, whatever is done to it; NULL: it can
    bool lossy;          // it can, but what that takes costs quality
};

// 0 and *ret; or an RTSP status and a phrase for the reply: 400 (a form that does not exist), 415 (the form has no
// words for the reel).
unsigned carrier_choose(const struct carrier_ask *ask, struct carrier *ret, char ret_reason[CARRIER_REASON_MAX]);

// The track's control URL, relative: it names the form where the User-Agent alone would not lead to it.
const char *carrier_control(const struct carrier *carrier);

#endif
