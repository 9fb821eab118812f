// A viewer's session from end to end, over lines of every kind: what is shown, the position, and how it ends.
#include <math.h>

#include "fixture.h"

#define FRAMES (40 * 24)
#define INTERVAL (SEC / 24)

static const struct line {
    struct link_conditions link_conditions;
    bool loses; // frames may be missing
} lines[] = {
    {{.delay = 2 * MS}, false},
    {{.delay = 20 * MS, .loss = 20, .duplicate = 10}, true},
    {{.delay = 10 * MS, .jitter = 25 * MS}, false}, // they overtake each other
    {{.delay = 300 * MS}, false},
};
#define LINES (sizeof lines / sizeof lines[0])

static struct fixture *session(unsigned i, uint32_t frames)
{
    static const enum kin_rtsp_client_transport transports[] = {KIN_RTSP_CLIENT_UDP, KIN_RTSP_CLIENT_TCP};
    const struct line *line = &lines[i / 2];
    struct fixture *w = NULL;
    if (fixture_new(&w, frames, transports[i % 2], true) != KIN_OK) {
        fixture_free(w);
        return NULL;
    }
    w->link_conditions = line->link_conditions;
    w->control_delay = line->link_conditions.delay;
    return w;
}

// Waits for playing to begin, then plays for this long.
static bool begins(struct fixture *w, kin_us span)
{
    for (int i = 0; i < 100 && w->player.state != KIN_PLAYER_PLAYING; i++)
        fixture_run(w, 100 * MS);
    fixture_run(w, span);
    return w->player.state == KIN_PLAYER_PLAYING;
}

static bool is_near(kin_us a, kin_us b, kin_us by)
{
    return a >= b - by && a <= b + by;
}

// The picture moves as fast as it should.
static bool goes_on(struct fixture *w, double scale)
{
    kin_us from = w->shown.media_us;
    fixture_run(w, 2 * SEC);
    kin_us went = w->shown.media_us - from;
    return w->player.state == KIN_PLAYER_PLAYING &&
           is_near(went, (kin_us)(2e6 * scale), (kin_us)(3e5 * fabs(scale)) + 100 * MS);
}

// No request is under way, and both sides agree.
static bool agree(const struct fixture *w)
{
    bool playing = kin_rtsp_client_state(w->client) == KIN_RTSP_CLIENT_PLAYING;
    return kin_rtsp_client_idle(w->client) && (playing == w->sender.playing || ended(w)) &&
           !w->player.media.gate.shut && !w->player.media.gate.leaving;
}

// A test of `name` for each line, over UDP and TCP. `w` is its fixture.
#define EACH_LINE(name)                                                                                                \
    static bool name##_on(struct fixture *w, bool loses);                                                              \
    TEST(name)                                                                                                         \
    {                                                                                                                  \
        if (!unit_plain())                                                                                             \
            return;                                                                                                    \
        for (unsigned i = 0; i < 2 * LINES; i++) {                                                                     \
            struct fixture *w = session(i, FRAMES);                                                                    \
            bool done = w != NULL && name##_on(w, lines[i / 2].loses && i % 2 == 0);                                   \
            fixture_free(w);                                                                                           \
            CHECK_INT(done ? -1 : (int)i, -1);                                                                         \
        }                                                                                                              \
    out:;                                                                                                              \
    }                                                                                                                  \
    static bool name##_on(struct fixture *w, bool loses)

EACH_LINE(a_reel_from_its_beginning_to_its_end)
{
    CHECK(begins(w, 45 * SEC) || w->player.state == KIN_PLAYER_ENDED);
    CHECK_INT(w->player.state, KIN_PLAYER_ENDED);
    CHECK_INT(counts(w).frames.expected, FRAMES);
    CHECK_INT(w->misplaced + w->out_of_order, 0);
    CHECK(loses || (complete(w) == FRAMES && w->shown.number == FRAMES - 1));
    CHECK(!w->player.media.ended_early);
    for (int i = 0; i < KIN_PLAYER_NOTICE_COUNT; i++)
        CHECK(w->notices[i] == 0 || (loses && i == KIN_PLAYER_NOTICE_HOLE));
    CHECK(agree(w));
    fixture_play(w); // and once more
    CHECK(begins(w, 5 * SEC) && goes_on(w, 1));
    return true;
out:
    return false;
}

EACH_LINE(a_jump_while_it_plays)
{
    (void)loses;
    CHECK(begins(w, 3 * SEC));
    fixture_seek(w, 20 * SEC);
    CHECK_INT(w->player.position, 20 * SEC);
    fixture_run(w, 3 * SEC);
    CHECK(is_near(w->shown.media_us, 22 * SEC, 1200 * MS));
    CHECK(goes_on(w, 1) && agree(w));
    CHECK_INT(w->misplaced, 0);
    fixture_seek(w, w->shown.media_us - SEC / 2); // within the cache: no request to the server
    unsigned jumps = w->seen[KIN_RTSP_CLIENT_SEEKING];
    fixture_run(w, 100 * MS);
    CHECK(goes_on(w, 1));
    CHECK_INT(w->seen[KIN_RTSP_CLIENT_SEEKING], jumps);
    return true;
out:
    return false;
}

EACH_LINE(a_jump_while_it_stands)
{
    CHECK(begins(w, 3 * SEC));
    fixture_pause(w);
    fixture_run(w, 3 * SEC);
    CHECK_INT(w->player.state, KIN_PLAYER_READY);
    CHECK(!w->sender.playing && agree(w));
    fixture_seek(w, 20 * SEC);
    fixture_run(w, 5 * SEC);
    CHECK_INT(w->player.state, KIN_PLAYER_READY);
    CHECK(is_near(w->shown.media_us, 20 * SEC, loses ? 10 * INTERVAL : INTERVAL / 2));
    CHECK(!w->sender.playing && agree(w)); // the cache is full, and the server is paused again
    CHECK(kin_playout_ahead(w->player.media.playout) + 1 >= kin_playout_target(w->player.media.playout));
    kin_us before = w->shown.media_us;
    fixture_play(w);
    fixture_run(w, 3 * SEC);
    CHECK(is_near(w->shown.media_us, before + 3 * SEC, SEC) && goes_on(w, 1) && agree(w));
    return true;
out:
    return false;
}

EACH_LINE(jumps_while_the_cache_fills)
{
    (void)loses;
    for (int i = 0; i < 60 && w->player.media.counted == 0; i++)
        fixture_run(w, 50 * MS);
    for (int i = 1; i <= 4; i++) {
        fixture_seek(w, i * 7 * SEC);
        fixture_run(w, i * 90 * MS);
    }
    fixture_run(w, 3 * SEC);
    CHECK(is_near(w->shown.media_us, 28 * SEC + 2500 * MS, 1500 * MS));
    CHECK(goes_on(w, 1) && agree(w));
    CHECK_INT(w->misplaced, 0);
    return true;
out:
    return false;
}

EACH_LINE(steps_lead_from_frame_to_frame)
{
    CHECK(begins(w, 5 * SEC));
    fixture_step(w, 1);
    fixture_run(w, 3 * SEC);
    CHECK_INT(w->player.state, KIN_PLAYER_READY);
    uint64_t at = w->shown.number;
    for (int i = 1; i <= 40; i++) { // beyond the cache
        CHECK_INT(fixture_step(w, 1), KIN_OK);
        fixture_run(w, 2 * SEC);
        CHECK(loses ? w->shown.number > at : w->shown.number == at + 1);
        at = w->shown.number;
    }
    for (int i = 1; i <= 60; i++) {
        CHECK_INT(fixture_step(w, -1), KIN_OK);
        fixture_run(w, 2 * SEC);
        CHECK(loses ? w->shown.number <= at : w->shown.number == at - 1);
        at = w->shown.number;
    }
    fixture_run(w, 3 * SEC);
    CHECK(!w->sender.playing && agree(w));
    fixture_play(w);
    fixture_run(w, SEC);
    CHECK(goes_on(w, 1));
    return true;
out:
    return false;
}

EACH_LINE(every_speed_and_backward)
{
    static const int32_t scales[] = {2000, 500, -1000, 4000, -2000, 250, 1000};
    (void)loses;
    CHECK(begins(w, 3 * SEC));
    for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
        fixture_seek(w, 14 * SEC);
        fixture_scale(w, scales[i]);
        fixture_run(w, 2500 * MS + 2 * w->control_delay);
        CHECK_INT(w->player.scale, scales[i]);
        CHECK(goes_on(w, scales[i] / 1000.0));
        CHECK(agree(w));
    }
    return true;
out:
    return false;
}

EACH_LINE(backward_ends_at_the_first_frame)
{
    CHECK(begins(w, 5 * SEC));
    fixture_scale(w, -1000);
    fixture_run(w, 12 * SEC);
    CHECK_INT(w->player.state, KIN_PLAYER_ENDED);
    CHECK(loses ? w->shown.number < 12 : w->shown.number == 0);
    CHECK(!w->player.media.ended_early && agree(w));
    return true;
out:
    return false;
}

EACH_LINE(a_loop_goes_on_for_hours)
{
    uint64_t rounds = 0, last = 0;
    (void)loses;
    kin_player_set_loop(&w->player, true);
    CHECK(begins(w, SEC));
    for (int i = 0; i < 3600; i++) {
        fixture_run(w, SEC);
        rounds += w->shown.number < last;
        last = w->shown.number;
        CHECK_INT(w->player.state, KIN_PLAYER_PLAYING);
    }
    CHECK(rounds >= 80 && rounds <= 90); // 3600 s of 40 s each, plus the time to start over
    CHECK_INT(w->misplaced, 0);
    return true;
out:
    return false;
}

// The loop is switched on at the end, while the cache plays once more.
TEST(a_loop_may_be_asked_for_at_the_end)
{
    struct fixture *w = NULL;
    CHECK_INT(fixture_new(&w, 40, KIN_RTSP_CLIENT_TCP, true), KIN_OK);
    CHECK(!begins(w, 4 * SEC));
    CHECK_INT(w->player.state, KIN_PLAYER_ENDED);
    fixture_seek(w, 0);
    kin_player_set_loop(&w->player, true);
    fixture_play(w);
    unsigned plays = w->seen[KIN_RTSP_CLIENT_STARTED];
    fixture_run(w, 20 * SEC);
    CHECK_INT(w->player.state, KIN_PLAYER_PLAYING);
    CHECK(w->seen[KIN_RTSP_CLIENT_STARTED] >= plays + 8);
out:
    fixture_free(w);
}

// Nothing comes over UDP: the picture comes over TCP.
TEST(a_line_without_udp_turns_to_tcp)
{
    struct fixture *w = NULL;
    CHECK_INT(fixture_new(&w, FRAMES, KIN_RTSP_CLIENT_AUTO, true), KIN_OK);
    w->link_conditions.outage_to = KIN_US_NEVER;
    CHECK(begins(w, 10 * SEC));
    CHECK(w->player.media.in_order);
    CHECK_INT(w->notices[KIN_PLAYER_NOTICE_RTSP], 1);
    fixture_run(w, 40 * SEC);
    CHECK_INT(w->player.state, KIN_PLAYER_ENDED);
    CHECK_INT(counts(w).frames.complete, FRAMES);
out:
    fixture_free(w);
}

// The server is gone: that is reported, the cache stays, and play continues where the picture was.
EACH_LINE(a_server_that_is_gone_and_comes_back)
{
    (void)loses;
    CHECK(begins(w, 8 * SEC));
    w->stops_from = w->now;
    w->stops_to = KIN_US_NEVER;
    fixture_run(w, 4 * SEC);
    CHECK_INT(w->notices[KIN_PLAYER_NOTICE_NO_MEDIA], 1);
    fixture_run(w, 120 * SEC);
    CHECK_INT(w->player.state, KIN_PLAYER_FAILED);
    CHECK_INT(w->notices[KIN_PLAYER_NOTICE_RTSP_FAILED], 1);
    kin_us at = w->player.position;
    CHECK(fixture_step(w, -1) == KIN_OK && w->player.position < at);
    w->stops_to = w->now;
    at = w->player.position;
    fixture_play(w);
    CHECK(begins(w, 2 * SEC));
    CHECK(is_near(w->shown.media_us, at + 2 * SEC, 1700 * MS));
    CHECK(goes_on(w, 1) && agree(w));
    return true;
out:
    return false;
}

// The server drops the session while it is paused (454): the viewer is told, and plays again in a new one.
EACH_LINE(a_session_that_the_server_forgot)
{
    (void)loses;
    CHECK(begins(w, 3 * SEC));
    fixture_pause(w);
    fixture_run(w, 2 * SEC);
    CHECK_INT(fixture_server(w), KIN_OK);
    fixture_play(w);
    fixture_run(w, 2 * SEC);
    CHECK_INT(w->player.state, KIN_PLAYER_INIT);
    CHECK_INT(w->notices[KIN_PLAYER_NOTICE_RTSP_ERROR], 1);
    kin_us at = w->player.position;
    fixture_play(w);
    CHECK(begins(w, 3 * SEC) && goes_on(w, 1) && agree(w));
    CHECK(is_near(w->shown.media_us, at + 5 * SEC, 1700 * MS));
    return true;
out:
    return false;
}

// A bug once ended playback then, although only the connection was lost.
EACH_LINE(a_setup_that_crosses_the_close_of_an_idle_connection)
{
    (void)loses;
    CHECK(begins(w, 3 * SEC));
    fixture_teardown(w);
    fixture_run(w, 60 * SEC + w->control_delay / 2); // the SETUP arrives just after the server closed the connection
    CHECK_INT(w->seen[KIN_RTSP_CLIENT_CONNECT], 1);
    fixture_setup(w);
    fixture_play(w);
    CHECK(begins(w, 4 * SEC) && goes_on(w, 1));
    CHECK_INT(w->seen[KIN_RTSP_CLIENT_CONNECT], 2);
    CHECK_INT(w->seen[KIN_RTSP_CLIENT_FAILED], 0);
    CHECK_INT(kin_rtsp_server_sessions(w->server), 1);
    return true;
out:
    return false;
}

static void storm(struct fixture *w, unsigned commands)
{
    for (unsigned i = 0; i < commands; i++) {
        switch (roll(w) % 12) {
        case 0:
            fixture_setup(w);
            break;
        case 1:
            fixture_teardown(w);
            break;
        case 2:
        case 3:
            fixture_play(w);
            break;
        case 4:
        case 5:
            fixture_pause(w);
            break;
        case 6:
            fixture_step(w, roll(w) % 2 == 0 ? 1 : -1);
            break;
        case 7:
            fixture_scale(w, roll(w) % 2 == 0 ? 1000 : (int32_t)(roll(w) % 4000) - 2000);
            break;
        default:
            fixture_seek(w, (kin_us)(roll(w) % 40000) * MS);
            break;
        }
        uint32_t longest = roll(w) % 8 == 0 ? 3000 : 100; // draws in a fixed order, in any build
        fixture_run(w, (kin_us)(roll(w) % longest) * MS);
    }
}

EACH_LINE(any_commands_in_any_order)
{
    (void)loses;
    for (uint32_t round = 0; round < 20; round++) {
        w->prng += 7919 * round + 1;
        storm(w, 40);
        fixture_run(w, 60 * SEC);
        if (!kin_rtsp_client_idle(w->client)) // a keepalive
            fixture_run(w, SEC);
        CHECK(agree(w));
        CHECK_INT(w->seen[KIN_RTSP_CLIENT_FAILED], 0);
        CHECK_INT(kin_rtsp_server_sessions(w->server), kin_rtsp_client_state(w->client) != KIN_RTSP_CLIENT_INIT);
        CHECK(w->player.state != KIN_PLAYER_CONNECTING);
        CHECK(w->player.state != KIN_PLAYER_PLAYING || abs(w->player.scale) < 750); // slower takes more than a minute
    }
    fixture_scale(w, 1000);
    fixture_play(w);
    fixture_run(w, 2 * SEC);
    fixture_seek(w, 0);
    fixture_play(w);
    CHECK(begins(w, 3 * SEC) && goes_on(w, 1));
    CHECK_INT(w->misplaced, 0);
    return true;
out:
    return false;
}
