// What the files of a session share:
//   session.c            birth, death, commands, the turn
//   session_events.c     events of the player and the RTSP machine
//   session_transport.c  sockets and blocks
//   session_stats.c      statistics
//
// Every entry from outside is bracketed by rtsp_link_enter() and rtsp_link_leave(), which also does what is due. A
// handler may close the session inside a callback: the memory is freed when the last bracket is left.
#ifndef TUI_SESSION_INTERNAL_H
#define TUI_SESSION_INTERNAL_H

#include "client/rtsp_link.h"
#include "client/session.h"
#include "engine/play/player.h"
#include "io/datagram.h"
#include "text/sentences.h"

#define URL_MAX 4096
#define SPEED_NORMAL 1000

struct session {
    struct kin_loop *loop;
    struct session_options opts;
    struct session_handler on;
    void *ctx;
    char url[URL_MAX + 1];
    struct session_info info;
    struct kin_player player;
    struct rtsp_link link;    // the connection; closed: no callback any more
    char words[SENTENCE_MAX]; // the sentence of the current RTSP event
    const char *hint;         // what may help against it, or ""
    struct transport {
        bool set_up; // media may arrive and reports may be sent
        bool tcp;
        struct kin_datagram *udp[2];
        uint8_t channels[2];
        union kin_addr server[2]; // where RTP and RTCP are sent: always the host of the connection; port 0 = unknown
        union kin_addr source;    // the other host that packets may come from
        kin_us nat_keepalive_at;
    } transport;
};

// session.c
int session_start(struct session *s); // begins a connection: KIN_OK, KIN_EBAD, KIN_ENOMEM
void session_say(struct session *s, bool is_error, const char *sentence);

// session_events.c
void session_on_rtsp(void *ctx, const struct kin_rtsp_client_event *e);
void session_dispatch(struct session *s); // passes on the events of the player

// session_transport.c
void session_open_transport(struct session *s);  // opens the sockets for a SETUP
void session_close_transport(struct session *s); // nothing is received or sent any more
// The transport of the reply to SETUP. KIN_PLAYER_NOTICE_COUNT, or why it cannot be used.
enum kin_player_notice session_apply_transport(struct session *s, const struct kin_rtsp_transport *t);
void session_on_interleaved(struct session *s, uint8_t channel, struct kin_span bytes);
void session_report(struct session *s); // sends the RTCP report and the NAT keepalive that are due
void session_nat_keepalive(struct session *s);
void session_goodbye(struct session *s); // RTCP BYE
kin_us session_report_deadline(const struct session *s);

// session_stats.c
struct kin_receive_live session_live(const struct session *s); // counters of what is open now

#endif
