// Client engines against server engines: what loss, delay, reordering, duplicates and an outage do to the picture.
#include "fixture.h"

#define FRAMES 96 // 4 s

TEST(every_frame_arrives_on_a_clear_day)
{
    struct fixture *w = NULL;
    CHECK_INT(fixture_new(&w, FRAMES, KIN_RTSP_CLIENT_AUTO, true), KIN_OK);
    fixture_run(w, 6 * SEC);
    CHECK_INT(w->sender.stats.frames_sent, FRAMES);
    CHECK_INT(complete(w), FRAMES);
    CHECK_INT(shown(w), FRAMES);
    CHECK_INT(w->out_of_order, 0);
    CHECK_INT(packets(w).lost + packets(w).reordered + packets(w).duplicate + partial(w), 0);
    CHECK_INT(packets(w).received, w->media.sent - w->reports_sent);
    CHECK(ended(w));
    CHECK_INT(kin_playout_stats(w->player.media.playout)->late, 0);
    CHECK(w->bytes_received > 0);
out:
    fixture_free(w);
}

TEST(reordering_and_doubles_do_no_harm)
{
    struct fixture *w = NULL;
    CHECK_INT(fixture_new(&w, FRAMES, KIN_RTSP_CLIENT_AUTO, true), KIN_OK);
    w->link_conditions = (struct link_conditions){.delay = 50 * MS, .jitter = 15 * MS, .duplicate = 50};
    fixture_run(w, 6 * SEC);
    CHECK_INT(complete(w), FRAMES);
    CHECK_INT(shown(w), FRAMES);
    CHECK_INT(w->out_of_order, 0);
    CHECK_INT(packets(w).lost, 0);
    CHECK(packets(w).reordered > 0);
    CHECK(w->media.doubled > 0);
    CHECK_INT(packets(w).duplicate, w->media.doubled);
out:
    fixture_free(w);
}

TEST(lost_packets_lose_their_frames_and_no_others)
{
    struct fixture *w = NULL;
    CHECK_INT(fixture_new(&w, FRAMES, KIN_RTSP_CLIENT_AUTO, true), KIN_OK);
    w->link_conditions = (struct link_conditions){.delay = 20 * MS, .loss = 20};
    fixture_run(w, 6 * SEC);
    CHECK(w->media.dropped > 0);
    CHECK(packets(w).lost <= w->media.dropped && packets(w).lost + 4 >= w->media.dropped); // except at the ends
    CHECK(complete(w) < FRAMES && complete(w) + w->media.dropped >= FRAMES);
    CHECK_INT(shown(w), complete(w));
    CHECK_INT(w->out_of_order, 0);
out:
    fixture_free(w);
}

TEST(a_blackout_is_survived)
{
    struct fixture *w = NULL;
    CHECK_INT(fixture_new(&w, 2 * FRAMES, KIN_RTSP_CLIENT_AUTO, true), KIN_OK);
    w->link_conditions.outage_from = FIXTURE_START + 2 * SEC;
    w->link_conditions.outage_to = FIXTURE_START + 5 * SEC;
    fixture_run(w, 15 * SEC);
    CHECK_INT(kin_playout_stats(w->player.media.playout)->underruns, 1);
    CHECK(complete(w) >= 2 * FRAMES - 3 * 24 - 2 && complete(w) < 2 * FRAMES - 3 * 24 + 2);
    CHECK_INT(shown(w), complete(w));
    CHECK_INT(w->seen[KIN_RTSP_CLIENT_FAILED], 0);
    CHECK_INT(w->sessions_ended, 0);
out:
    fixture_free(w);
}

TEST(without_udp_it_goes_on_over_tcp)
{
    struct fixture *w = NULL;
    CHECK_INT(fixture_new(&w, FRAMES, KIN_RTSP_CLIENT_AUTO, true), KIN_OK);
    w->link_conditions.loss = 1000;
    fixture_run(w, 10 * SEC);
    CHECK_INT(w->seen[KIN_RTSP_CLIENT_TRANSPORT_CHANGED], 1);
    CHECK_INT(w->sessions_ended, 1);
    CHECK(w->player.media.in_order && w->server_tcp);
    CHECK_INT(complete(w), FRAMES);
    CHECK_INT(shown(w), FRAMES);
out:
    fixture_free(w);
}

TEST(a_server_without_udp)
{
    struct fixture *w = NULL;
    CHECK_INT(fixture_new(&w, FRAMES, KIN_RTSP_CLIENT_AUTO, true), KIN_OK);
    w->udp_refused = true;
    fixture_run(w, 6 * SEC);
    CHECK_INT(w->seen[KIN_RTSP_CLIENT_TRANSPORT_CHANGED], 1);
    CHECK_INT(w->sessions_ended, 0);
    CHECK_INT(complete(w), FRAMES);
out:
    fixture_free(w);
}

TEST(pause_seek_and_resume_lose_nothing)
{
    struct fixture *w = NULL;
    kin_us to = 3 * SEC;
    CHECK_INT(fixture_new(&w, FRAMES, KIN_RTSP_CLIENT_AUTO, true), KIN_OK);
    fixture_run(w, SEC);
    fixture_pause(w);
    fixture_run(w, 30 * SEC);
    uint64_t at_pause = complete(w);
    CHECK(at_pause >= 22 && at_pause <= 26 + 12);
    CHECK_INT(kin_rtsp_client_state(w->client), KIN_RTSP_CLIENT_READY);
    fixture_play(w);
    fixture_run(w, SEC);
    CHECK(complete(w) > at_pause + 20);
    fixture_play_from(w, to);
    fixture_run(w, 10 * MS);
    uint64_t at_seek = complete(w);
    fixture_run(w, 4 * SEC);
    CHECK(complete(w) >= at_seek + 23 && complete(w) <= at_seek + 25); // from 3 s to 4 s
    CHECK_INT(packets(w).lost + partial(w), 0);
    CHECK_INT(w->seen[KIN_RTSP_CLIENT_SEEKING], 1);
    CHECK(ended(w));
out:
    fixture_free(w);
}
