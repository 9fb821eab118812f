// One RTSP session (RFC 2326 section 1.3): its reel, its viewer, the limit that it counts against, and the log lines of
// its start and end.
#ifndef DAEMON_SESSION_H
#define DAEMON_SESSION_H

#include "control/payload_choice.h"
#include "delivery/viewer.h"
#include "engine/play/play_range.h"
#include "engine/rtsp/rtsp_server.h"
#include "ground/limits.h"

struct session {
    struct viewer *viewer; // NULL: the session is not set up
    struct kin_reel *reel;
    char *path;
    enum kin_lower_transport lower_transport;
    struct payload_choice payload;
    struct limits *limits;
    union kin_addr peer; // the control connection's
    kin_us since;
};

struct session_params {
    const struct delivery *delivery;
    struct kin_stream *stream;
    struct send_account *account; // of the stream
    struct limits *limits;
    struct kin_reel *reel;
    const char *path;
    struct kin_rtsp_server_transport transport;
    struct payload_choice payload;
    struct kin_lab_choice lab_choice; // of a lab client: overrides the settings
    bool loop;
    bool adapt;                                        // send less where the network does not carry all
    void (*on_end)(void *ctx, enum kin_media_end why); // as viewer_params
    void *ctx;
};

// Sets it up. 0; or an RTSP status (453, 461, 503) and *ret_reason, which may become NULL.
unsigned session_open(struct session *session, const struct session_params *params, const char **ret_reason);
// Stops its media with RTCP BYE, gives back what it holds and logs its end. Harmless on one that is not set up.
void session_close(struct session *session, const char *reason, kin_us now);

struct session_play {
    bool playing, has_rate; // has_rate: Scale or Speed was given
    bool has_frame;         // instead of a range
    struct kin_play_request request;
    uint32_t frame;
};
// Plays what is asked for. KIN_OK and *ret, or KIN_ERANGE.
int session_play(struct session *session, const struct session_play *play, struct kin_rtsp_server_play *ret);
// Stops now. *ret: the time of the frame that would come next.
void session_pause(struct session *session, kin_us *ret);
// Stops at that time, which lies in what is being played; *ret: the time of the frame that would come next then.
// KIN_OK, or KIN_ERANGE.
int session_pause_at(struct session *session, kin_us at, kin_us *ret);

#endif
