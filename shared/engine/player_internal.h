// What the files of the player share:
//   player.c          birth and death, events, the turn
//   player_rtsp.c     what the events of the RTSP machine mean
//   player_media.c    frames to their due time, the end
//   player_command.c  what it is told to do
#ifndef KIN_ENGINE_PLAYER_INTERNAL_H
#define KIN_ENGINE_PLAYER_INTERNAL_H

#include "engine/player.h"

#define SCALE_NORMAL KIN_TIMELINE_SCALE
#define SPEED_NORMAL 1000

// player.c
void player_set_state(struct kin_player *p, kin_us now, enum kin_player_state state);
// A new event, which is the caller's to fill.
struct kin_player_event *player_emit(struct kin_player *p, enum kin_player_event_kind kind);
struct kin_player_event *player_notify(struct kin_player *p, enum kin_player_notice code);
// The last notice holds no more, if it was of this kind.
void player_clear_notice(struct kin_player *p, enum kin_player_topic kind);

// player_media.c
void player_on_frame(struct kin_player *p, kin_us now, const struct kin_media_frame *f);
void player_show(struct kin_player *p, const struct kin_playout_frame *f, bool look_back);
void player_check_trouble(struct kin_player *p);       // says why there is no picture
void player_finish(struct kin_player *p, bool broken); // no more frames will come
void player_run_pending(struct kin_player *p, kin_us now);
bool player_is_leaving(const struct kin_player *p); // what is shown is of the place that a jump has yet to leave

// player_command.c
void player_request_transport(struct kin_player *p); // unless SETUP is on its way
int player_request_play(struct kin_player *p, kin_us now, bool from_given, kin_us from);
kin_us player_place(const struct kin_player *p);          // where a new session goes on
kin_us player_range_start(const struct kin_player *p);    // where the whole reel begins in the direction that is wanted
bool player_drop_speed(struct kin_player *p, kin_us now); // PLAY was refused, perhaps for its Speed: asked for again
bool player_cache_is_plain(const struct kin_player *p);   // it holds every frame, in order, and will keep them

#endif
