// What the files of the player share:
//   player.c          creation, events
//   player_rtsp.c     events of the RTSP machine
//   player_media.c    frames from arrival to their time, the end
//   player_command.c  commands
//   player_outage.c   what an outage took
//   player_cache.c    how soon the picture moves, how deep the cache is, and the pace of the picture
//   player_fill.c     how fast the server delivers
#ifndef KIN_ENGINE_PLAYER_INTERNAL_H
#define KIN_ENGINE_PLAYER_INTERNAL_H

#include "engine/play/player.h"

#define SCALE_NORMAL KIN_TIMELINE_SCALE
#define SPEED_NORMAL KIN_FILL_SPEED_NORMAL

// player.c
void player_set_state(struct kin_player *p, kin_us now, enum kin_player_state state);
// A new event, which is the caller's to fill.
struct kin_player_event *player_emit(struct kin_player *p, enum kin_player_event_kind kind);
struct kin_player_event *player_notify(struct kin_player *p, enum kin_player_notice code);
// Withdraws the last notice if it is about this.
void player_clear_notice(struct kin_player *p, enum kin_player_topic kind);

// player_media.c
void player_on_frame(struct kin_player *p, kin_us now, const struct kin_media_frame *f);
void player_show(struct kin_player *p, const struct kin_playout_frame *f, bool look_back);
void player_check_trouble(struct kin_player *p);       // says why there is no picture
void player_finish(struct kin_player *p, bool broken); // no more frames will come
void player_run_pending(struct kin_player *p, kin_us now);
bool player_is_leaving(const struct kin_player *p); // what is shown is from before a jump that is under way

// player_outage.c
bool player_may_play_again(const struct kin_player *p); // what an outage took may be asked for now
void player_check_outage(struct kin_player *p, kin_us now);
void player_silent(struct kin_player *p, kin_us now); // nothing comes any more
// The connection is over. True: it is made again; false: that is the end.
bool player_lost(struct kin_player *p, kin_us now, enum kin_rtsp_client_trouble trouble);
void player_found(struct kin_player *p);     // a new one plays
void player_resume_at(struct kin_player *p); // a new one has described the reel: decides where to go on
void player_outage_tick(struct kin_player *p, kin_us now);
kin_us player_outage_deadline(const struct kin_player *p);

// player_command.c
void player_reconnect(struct kin_player *p, kin_us now); // from seek_to
void player_request_transport(struct kin_player *p);     // unless SETUP is under way
int player_request_play(struct kin_player *p, kin_us now, bool from_given, kin_us from);
kin_us player_place(const struct kin_player *p);          // where a new session should continue
kin_us player_range_start(const struct kin_player *p);    // where the reel begins in the wanted direction
bool player_drop_speed(struct kin_player *p, kin_us now); // sends a PLAY refused perhaps for its Speed again without it
bool player_cache_is_plain(const struct kin_player *p);   // at normal scale, and no jump is under way
void player_play_by_picture(struct kin_player *p, kin_us now); // requests the frames from the picture on again

// player_cache.c
void player_cache_init(struct kin_player *p);
void player_cache_restart(struct kin_player *p);          // frames come at another pace, or from another place
void player_cache_away(struct kin_player *p, kin_us now); // frames have waited for us
void player_cache_frame(struct kin_player *p, kin_us now, int64_t ts);
void player_cache_tick(struct kin_player *p, kin_us now);

// player_fill.c
bool player_is_thinned(const struct kin_player *p); // the server leaves out frames for want of network
void player_fill_described(struct kin_player *p);
void player_fill_ask(struct kin_player *p, kin_us now, bool jumps);               // before a PLAY
void player_fill_answered(struct kin_player *p, kin_us now, int32_t speed_milli); // 0 = refused
// The reply to a change of pace.
void player_fill_paced(struct kin_player *p, kin_us now, const struct kin_rtsp_client_event *e);
void player_fill_tick(struct kin_player *p, kin_us now);
kin_us player_fill_deadline(const struct kin_player *p);

#endif
