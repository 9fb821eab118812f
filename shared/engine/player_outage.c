// A client's playback: what an outage took is played from where the picture stopped.
#include "base/err.h"
#include "engine/player_internal.h"

bool player_may_play_again(const struct kin_player *p)
{
    bool plays = p->state == KIN_PLAYER_PLAYING && !p->wanted.pause && !p->media.gate.shut;
    return plays && p->pending.what == PENDING_NOTHING && p->rtsp != NULL && kin_rtsp_client_idle(p->rtsp) &&
           kin_rtsp_client_state(p->rtsp) == KIN_RTSP_CLIENT_PLAYING;
}

void player_check_outage(struct kin_player *p, kin_us now)
{
    if (!p->media.again.wanted || p->plays_again)
        return;
    if (player_request_play(p, now, true, p->media.again.place) == KIN_OK)
        p->plays_again = true;
    else
        kin_media_receiver_refused(&p->media);
}
