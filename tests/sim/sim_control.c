// Client machine against server machine: long sessions, commands in any order, connections that end at any point.
#include "fixture.h"

#define HOURS 1

TEST(a_paused_session_lives_for_hours)
{
    struct fixture *w = NULL;
    CHECK_INT(fixture_new(&w, 24, KIN_RTSP_CLIENT_AUTO, true), KIN_OK);
    fixture_run(w, 200 * MS);
    fixture_pause(w);
    fixture_run(w, HOURS * 3600 * SEC);
    CHECK_INT(w->sessions_ended, 0);
    CHECK_INT(kin_rtsp_server_sessions(w->server), 1);
    CHECK_INT(w->seen[KIN_RTSP_CLIENT_FAILED], 0);
    CHECK(w->seen[KIN_RTSP_CLIENT_SENT] > HOURS * 3600 / 30); // a keepalive every 30 s
    fixture_play(w);
    fixture_run(w, 3 * SEC);
    CHECK_INT(complete(w), 24);
out:
    fixture_free(w);
}

TEST(a_client_that_fell_silent_is_forgotten)
{
    struct fixture *w = NULL;
    CHECK_INT(fixture_new(&w, 24, KIN_RTSP_CLIENT_UDP, true), KIN_OK);
    fixture_run(w, 500 * MS);
    CHECK_INT(kin_rtsp_server_sessions(w->server), 1);
    for (int s = 0; s < 100; s++) { // only the server's time goes on
        w->now += SEC;
        kin_rtsp_server_tick(w->server, w->now);
        server_pump(w);
    }
    CHECK_INT(kin_rtsp_server_sessions(w->server), 0);
out:
    fixture_free(w);
}

TEST(setup_and_teardown_again_and_again)
{
    struct fixture *w = NULL;
    CHECK_INT(fixture_new(&w, 24, KIN_RTSP_CLIENT_AUTO, false), KIN_OK);
    fixture_run(w, 100 * MS);
    for (unsigned i = 1; i <= 50; i++) {
        fixture_setup(w);
        fixture_play(w);
        fixture_run(w, (kin_us)i * MS);
        fixture_pause(w);
        fixture_teardown(w);
        fixture_run(w, 20 * MS);
        fixture_teardown(w); // again: the first one may have come before there was a session
        fixture_run(w, 100 * MS);
        CHECK_INT(w->sessions_ended, i);
        CHECK_INT(kin_rtsp_client_state(w->client), KIN_RTSP_CLIENT_INIT);
        CHECK_INT(kin_rtsp_server_sessions(w->server), 0);
    }
    CHECK_INT(w->seen[KIN_RTSP_CLIENT_REFUSED], 0);
out:
    fixture_free(w);
}

// One random command.
static void stumble(struct fixture *w)
{
    kin_us range = (kin_us)(roll(w) % 5000) * MS;
    switch (roll(w) % 6) {
    case 0:
        fixture_setup(w);
        break;
    case 1:
        fixture_play(w);
        break;
    case 2:
        fixture_play_from(w, range);
        break;
    case 3:
        fixture_pause(w);
        break;
    case 4:
        fixture_teardown(w);
        break;
    default:
        fixture_run(w, (kin_us)(roll(w) % 20) * MS);
        break;
    }
}

TEST(both_sides_agree_after_any_commands)
{
    struct fixture *w = NULL;
    CHECK_INT(fixture_new(&w, 96, KIN_RTSP_CLIENT_TCP, false), KIN_OK);
    for (unsigned round = 0; round < 40; round++) {
        for (unsigned i = 0; i < 10; i++)
            stumble(w);
        fixture_run(w, SEC / 10);
        CHECK_INT(w->seen[KIN_RTSP_CLIENT_FAILED], 0);
        CHECK(kin_rtsp_client_idle(w->client));
        CHECK_INT(kin_rtsp_server_sessions(w->server), kin_rtsp_client_state(w->client) != KIN_RTSP_CLIENT_INIT);
        if (!ended(w) && w->player.media.end.bye_at == KIN_US_NEVER)
            CHECK_INT(w->sender.playing, kin_rtsp_client_state(w->client) == KIN_RTSP_CLIENT_PLAYING);
    }
out:
    fixture_free(w);
}

TEST(a_connection_may_end_at_any_time)
{
    struct fixture *w = NULL;
    for (kin_us after = 0; after < 36 * MS; after += 5 * MS) {
        CHECK_INT(fixture_new(&w, 24, KIN_RTSP_CLIENT_AUTO, true), KIN_OK);
        fixture_run(w, after);
        fixture_cut(w);
        CHECK_INT(w->seen[KIN_RTSP_CLIENT_FAILED] + w->seen[KIN_RTSP_CLIENT_TRANSPORT_CHANGED],
                  1); // to TCP, during SETUP
        CHECK(w->trouble != KIN_RTSP_TROUBLE_NONE || w->seen[KIN_RTSP_CLIENT_TRANSPORT_CHANGED] > 0);
        fixture_run(w, 200 * SEC);
        CHECK_INT(kin_rtsp_server_sessions(w->server), 0);
        fixture_free(w);
        w = NULL;
    }
out:
    fixture_free(w);
}

TEST(a_slow_control_connection_is_no_dead_one)
{
    struct fixture *w = NULL;
    CHECK_INT(fixture_new(&w, 24, KIN_RTSP_CLIENT_AUTO, true), KIN_OK);
    w->control_delay = 4 * SEC; // eight seconds for a reply
    fixture_run(w, 60 * SEC);
    CHECK_INT(w->seen[KIN_RTSP_CLIENT_FAILED], 0);
    CHECK_INT(complete(w), 24);
out:
    fixture_free(w);
}
