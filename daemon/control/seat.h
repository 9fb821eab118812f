// One session's place: its reel, its viewer, what it counts against, and the log lines of its start and end.
#ifndef DAEMON_SEAT_H
#define DAEMON_SEAT_H

#include "control/payload_choice.h"
#include "delivery/viewer.h"
#include "engine/play_range.h"
#include "engine/rtsp_server.h"
#include "ground/limits.h"

struct seat {
    struct viewer *viewer; // NULL: the seat is free
    struct kin_reel *reel;
    char *path;
    enum kin_lower_transport lower_transport;
    struct payload_choice payload;
    struct limits *limits;
    union kin_addr peer; // the control connection's
    kin_us since;
    void (*on_end)(void *ctx, enum kin_media_end why);
    void *ctx;
};

struct seat_params {
    const struct delivery *delivery;
    struct kin_stream *stream;
    struct send_account *account; // of the stream
    struct limits *limits;
    struct kin_reel *reel;
    const char *path;
    struct kin_rtsp_server_transport transport;
    struct payload_choice payload;
    struct kin_lab_choice lab_choice; // of a lab client: what goes before the settings
    bool loop;
    void (*on_end)(void *ctx, enum kin_media_end why); // as viewer_params
    void *ctx;
};

// Takes the seat for a session. 0; or an RTSP status (453, 461, 503) and *ret_reason, which may become NULL.
unsigned seat_take(struct seat *seat, const struct seat_params *params, const char **ret_reason);
// Stops its media with RTCP BYE, gives back what it holds and logs its end. Harmless on a free seat.
void seat_leave(struct seat *seat, const char *reason, kin_us now);

struct seat_play {
    bool playing, has_rate; // has_rate: Scale or Speed was given
    bool has_frame;         // instead of a range
    struct kin_play_asked asked;
    uint32_t frame;
};
// Plays what is asked for. KIN_OK and *ret, or KIN_ERANGE.
int seat_play(struct seat *seat, const struct seat_play *play, struct kin_rtsp_server_play *ret);
// Stops now. *ret: the time of the frame that would come next.
void seat_pause(struct seat *seat, kin_us *ret);
// Stops at that time, which lies in what is being played; *ret: the time of the frame that would come next then.
// KIN_OK, or KIN_ERANGE.
int seat_pause_at(struct seat *seat, kin_us at, kin_us *ret);

#endif
