// Inside of a connection, shared by connection.c (life, input, output) and connection_events.c (requests).
#ifndef DAEMON_CONNECTION_INTERNAL_H
#define DAEMON_CONNECTION_INTERNAL_H

#include "control/connection.h"
#include "control/session.h"
#include "library/catalogue.h"

struct connection;

struct connection_session {
    struct session session;
    struct connection *connection;
    unsigned slot; // of the machine
};

struct connection {
    struct kin_list node;
    struct connections *all;
    struct kin_stream *stream; // NULL when it is gone and only sessions over UDP live on
    struct kin_rtsp_server *machine;
    struct kin_timer *timer; // of the machine, or `answer_by`
    union kin_addr peer;
    struct catalogue_request *query;    // that the catalogue works on, or NULL
    struct kin_rtsp_server_event event; // the request that waits for it; its path is in query_path
    char *query_path;
    struct send_account *account; // of the stream; closed when that is
    unsigned holds;               // references of the stream and the machine: the last one frees this
    bool counted;                 // among LIMITS_CONNECTIONS
    size_t replies_queued;        // bytes of replies that the peer has not taken, at most
    bool half_closed;             // the peer has closed its side; its last request is still answered ...
    kin_us answer_by;             // ... until then
    bool paused;                  // no input is read until the reply is made and sent
    bool dropped;                 // it holds memory that others need: nothing more is sent
    bool broken;                  // a reply could not be sent whole
    struct connection_session sessions[KIN_RTSP_SERVER_SESSIONS];
};

// Serves the machine's events until there is none.
void connection_serve(struct connection *c);
// Replies to a DESCRIBE with these bytes, which are not copied; or with 503 when too much waits to be sent.
void connection_reply_body(struct connection *c, const char *content_type, struct kin_buf *body);
// Sends the machine's output, arms the timer, pauses or resumes input, ends what is over. May free c.
void connection_settle(struct connection *c);
// The stream is closed (what is queued is still sent); sessions over UDP live on. c stays valid until _settle.
void connection_hang_up(struct connection *c);
// Ends the media of one session.
void connection_end_session(struct connection *c, unsigned slot, const char *reason);
kin_us connection_now(const struct connection *c);

#endif
