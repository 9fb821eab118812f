// tui/session: states, commands, sentences and reconnecting, against a server that does what the test says.
#include <stdlib.h>

#include "client/session.h"
#include "fake_server.h"
#include "unit.h"

#define GUARD_MS 10        // how often the clock of a test is looked at
#define PATIENCE_MS 20000  // for what must come
#define OOM_PATIENCE_MS 20 // once an allocation was made to fail, anything may be missing

struct fixture {
    struct kin_loop loop;
    struct fake_server server;
    struct session *session;
    struct session_options options;
    uv_timer_t guard;
    unsigned waited_ms;
    bool (*wanted)(struct fixture *t);
    bool came, closed;
    char states[64];    // a letter for each one entered
    char messages[512]; // each with a newline
    unsigned shown, received;
    uint64_t first_shown, last_shown;
    bool look_back; // of the frame shown last
    unsigned described;
    char close_in; // callback that closes the session: 's'tate READY, 'f'rame, 'm'essage, 'd'escribed
};

// --- what the session tells

#define MINUTE_REEL                                                                                                    \
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 X-QT/90000\r\n"                     \
    "a=control:track1\r\na=range:npt=0-60\r\na=framerate:100\r\n"

static void maybe_close(struct fixture *t, char where)
{
    if (t->close_in != where || t->session == NULL)
        return;
    struct session *s = t->session;
    t->session = NULL;
    session_close(s, NULL, NULL);
}

static void on_state(void *ctx, enum kin_player_state state)
{
    struct fixture *t = ctx;
    static const char letters[KIN_PLAYER_STATE_COUNT] = "CIRPEF";
    size_t len = strlen(t->states);
    if (len + 1 < sizeof t->states)
        t->states[len] = letters[state];
    if (state == KIN_PLAYER_READY)
        maybe_close(t, 's');
}

static void on_described(void *ctx)
{
    struct fixture *t = ctx;
    t->described++;
    maybe_close(t, 'd');
}

static void on_frame(void *ctx, const struct session_frame *frame)
{
    struct fixture *t = ctx;
    if (t->shown++ == 0)
        t->first_shown = frame->number;
    t->last_shown = frame->number;
    t->look_back = frame->look_back;
    maybe_close(t, 'f');
}

static void on_received(void *ctx, const struct session_frame *frame)
{
    struct fixture *t = ctx;
    (void)frame;
    t->received++;
}

static void on_message(void *ctx, bool is_error, const char *sentence)
{
    struct fixture *t = ctx;
    size_t len = strlen(t->messages);
    snprintf(t->messages + len, sizeof t->messages - len, "%s%s\n", is_error ? "" : "(", sentence);
    maybe_close(t, 'm');
}

static const struct session_handler handler = {.on_state = on_state,
                                               .on_described = on_described,
                                               .on_frame = on_frame,
                                               .on_received = on_received,
                                               .on_message = on_message};

// --- the stage

static unsigned patience(void)
{
    return unit_starved() ? OOM_PATIENCE_MS : PATIENCE_MS;
}

static void on_guard(uv_timer_t *timer)
{
    struct fixture *t = timer->data;
    t->waited_ms += GUARD_MS;
    if (t->waited_ms >= patience())
        uv_stop(&t->loop.uv);
}

static bool fixture_open(struct fixture *t)
{
    *t = (struct fixture){.shown = 0};
    t->server.fd = -1;
    t->options = (struct session_options){.transport = KIN_RTSP_CLIENT_TCP,
                                          .cache_frames = 2,
                                          .cache_bytes_max = 1 << 20,
                                          .auto_setup = true,
                                          .auto_play = true};
    if (kin_loop_init(&t->loop) != KIN_OK)
        return false;
    uv_timer_init(&t->loop.uv, &t->guard);
    t->guard.data = t;
    return fake_open(&t->server, &t->loop);
}

static void fixture_close(struct fixture *t)
{
    if (t->loop.uv.data == NULL && t->guard.data == NULL)
        return;
    session_close(t->session, NULL, NULL);
    fake_close(&t->server);
    uv_close((uv_handle_t *)&t->guard, NULL);
    int left = kin_loop_deinit(&t->loop);
    CHECK_INT(left, 0);
out:;
}

static int begin(struct fixture *t)
{
    char url[64];
    snprintf(url, sizeof url, "rtsp://127.0.0.1:%u/reel", t->server.port);
    return session_new(&t->loop, url, &t->options, &handler, t, &t->session);
}

// Runs the loop until it is so; false when that does not come.
static bool until(struct fixture *t, bool (*wanted)(struct fixture *t))
{
    t->waited_ms = 0;
    uv_timer_start(&t->guard, on_guard, GUARD_MS, GUARD_MS);
    while (!wanted(t) && t->waited_ms < patience())
        uv_run(&t->loop.uv, UV_RUN_ONCE);
    uv_timer_stop(&t->guard);
    return wanted(t);
}

static char state_of(const struct fixture *t)
{
    size_t len = strlen(t->states);
    return len > 0 ? t->states[len - 1] : 'C';
}

static bool is_init(struct fixture *t)
{
    return state_of(t) == 'I';
}

static bool is_ready(struct fixture *t)
{
    return state_of(t) == 'R';
}

static bool is_playing(struct fixture *t)
{
    return state_of(t) == 'P';
}

static bool has_ended(struct fixture *t)
{
    return state_of(t) == 'E';
}

static bool has_failed(struct fixture *t)
{
    return state_of(t) == 'F';
}

static bool has_shown_three(struct fixture *t)
{
    return t->shown >= 3;
}

static bool has_spoken(struct fixture *t)
{
    return t->messages[0] != '\0';
}

static bool was_asked_to_pause(struct fixture *t)
{
    return strstr(t->server.asked, "PAUSE") != NULL;
}

static bool is_gone(struct fixture *t)
{
    return t->session == NULL;
}

#define CHECK_TEXT(got, want) CHECK_SPAN(kin_span_str(got), want)

// --- playing

TEST(a_reel_plays_to_its_end)
{
    struct fixture t;
    struct session_stats stats;
    CHECK(fixture_open(&t));
    CHECK_INT(begin(&t), KIN_OK);
    CHECK(session_state(t.session) == KIN_PLAYER_CONNECTING);
    CHECK(until(&t, has_ended));
    CHECK_TEXT(t.states, "IRPE");
    CHECK_TEXT(t.messages, "");
    CHECK_TEXT(t.server.asked, "OPTIONS DESCRIBE SETUP PLAY(npt=0.000-)");
    const struct session_info *info = session_info(t.session);
    CHECK_TEXT(info->name, "A reel");
    CHECK_TEXT(info->codec, "X-QT");
    CHECK_TEXT(info->transport, "TCP interleaved 0-1");
    CHECK(info->rate_milli == 100000 && info->duration == 200000 && info->frames == FAKE_REEL_FRAMES);
    session_stats(t.session, &stats);
    CHECK_INT(t.described, 1);
    CHECK_INT(t.received, FAKE_REEL_FRAMES);
    CHECK_INT(stats.frames.expected, FAKE_REEL_FRAMES);
    CHECK_INT(stats.frames.complete, FAKE_REEL_FRAMES);
    CHECK_INT(stats.frames.shown + stats.frames.late + stats.frames.skipped, FAKE_REEL_FRAMES);
    CHECK_INT(t.first_shown, 0);
    CHECK_INT(t.last_shown, FAKE_REEL_FRAMES - 1);
    CHECK(!stats.ended_early && stats.times.first_frame_ms >= 0);
out:
    fixture_close(&t);
}

TEST(as_much_is_asked_for_as_is_wanted)
{
    struct fixture t;
    CHECK(fixture_open(&t));
    t.options.play_us = 2000;
    t.options.auto_play = false;
    CHECK_INT(begin(&t), KIN_OK);
    CHECK(until(&t, is_ready));
    session_seek(t.session, 100000);
    session_play(t.session);
    CHECK(until(&t, is_playing));
    CHECK_TEXT(t.server.asked, "OPTIONS DESCRIBE SETUP PLAY(npt=0.100-0.102)");
out:
    fixture_close(&t);
}

static bool has_begun_again(struct fixture *t)
{
    return t->received > FAKE_REEL_FRAMES && t->last_shown > 0 && t->last_shown < FAKE_REEL_FRAMES / 2;
}

TEST(a_loop_begins_again)
{
    struct fixture t;
    CHECK(fixture_open(&t));
    CHECK_INT(begin(&t), KIN_OK);
    session_set_loop(t.session, true);
    CHECK(until(&t, has_begun_again));
    CHECK_TEXT(t.server.asked, "OPTIONS DESCRIBE SETUP PLAY(npt=0.000-) PLAY(npt=0.000-)");
    session_set_loop(t.session, false);
    CHECK(until(&t, has_ended));
    CHECK_TEXT(t.states, "IRPE"); // it never stopped between
out:
    fixture_close(&t);
}

TEST(commands_have_their_states)
{
    struct fixture t;
    CHECK(fixture_open(&t));
    t.options.auto_setup = t.options.auto_play = false;
    CHECK_INT(begin(&t), KIN_OK);
    CHECK(until(&t, is_init));
    CHECK_INT(session_pause(t.session), KIN_ESTATE);
    CHECK_INT(session_teardown(t.session), KIN_ESTATE);
    CHECK_INT(session_step(t.session, 1), KIN_ESTATE);
    CHECK_TEXT(t.messages,
               "(nothing is playing\n(there is no session to tear down\n(there is no picture to step from\n");
    t.messages[0] = '\0';
    CHECK_INT(session_setup(t.session), KIN_OK);
    CHECK(until(&t, is_ready));
    CHECK_INT(session_setup(t.session), KIN_ESTATE);
    CHECK_INT(session_pause(t.session), KIN_ESTATE);
    CHECK_INT(session_play(t.session), KIN_OK);
    CHECK(until(&t, is_playing));
    CHECK_INT(session_play(t.session), KIN_ESTATE);
    CHECK_TEXT(t.messages, "(the session is already set up\n(nothing is playing\n(it is already playing\n");
    CHECK(until(&t, has_shown_three));
    CHECK_INT(session_pause(t.session), KIN_OK);
    CHECK(is_ready(&t));
    CHECK_INT(session_teardown(t.session), KIN_OK);
    CHECK(until(&t, is_init));
    CHECK_TEXT(t.states, "IRPRI");
out:
    fixture_close(&t);
}

TEST(pause_asks_the_server_while_it_sends)
{
    struct fixture t;
    CHECK(fixture_open(&t));
    t.server.frames = 8; // and then nothing, as if the rest came later
    t.server.no_bye = true;
    CHECK_INT(begin(&t), KIN_OK);
    CHECK(until(&t, has_shown_three));
    CHECK_INT(session_pause(t.session), KIN_OK);
    CHECK(until(&t, was_asked_to_pause));
    unsigned shown = t.shown;
    uint64_t at = t.last_shown;
    CHECK_INT(session_step(t.session, -1), KIN_OK);
    CHECK(t.last_shown + 1 == at && t.look_back);
    CHECK_INT(session_step(t.session, 1), KIN_OK);
    CHECK(t.last_shown == at && t.shown == shown + 2);
    CHECK_INT(session_seek(t.session, 0), KIN_OK); // in the cache
    CHECK_INT(t.last_shown, 0);
    CHECK_INT(session_step(t.session, -1), KIN_ESTATE);
    CHECK(strstr(t.messages, "this is the first frame\n") != NULL);
    CHECK_TEXT(t.server.asked, "OPTIONS DESCRIBE SETUP PLAY(npt=0.000-) PAUSE");
out:
    fixture_close(&t);
}

static bool has_peeked(struct fixture *t)
{
    return t->last_shown == 15;
}

TEST(a_seek_while_paused_shows_one_frame)
{
    struct fixture t;
    CHECK(fixture_open(&t));
    t.server.frames = 8;
    t.server.no_bye = true;
    CHECK_INT(begin(&t), KIN_OK);
    CHECK(until(&t, has_shown_three));
    CHECK_INT(session_pause(t.session), KIN_OK);
    CHECK(until(&t, was_asked_to_pause));
    t.server.asked[0] = '\0';
    t.server.frames = FAKE_REEL_FRAMES;
    unsigned shown = t.shown;
    CHECK_INT(session_seek(t.session, 150000), KIN_OK);
    CHECK(until(&t, has_peeked));
    CHECK(until(&t, was_asked_to_pause));
    CHECK_TEXT(t.server.asked, "PLAY(npt=0.150-) PAUSE");
    CHECK_INT(t.shown, shown + 1);
    CHECK(is_ready(&t));
out:
    fixture_close(&t);
}

TEST(what_the_server_does_of_a_scale_is_told)
{
    struct fixture t;
    CHECK(fixture_open(&t));
    t.server.answers[KIN_RTSP_PLAY].headers = "Scale: 1\r\n";
    CHECK_INT(begin(&t), KIN_OK);
    CHECK_INT(session_set_rate(t.session, 2), KIN_OK);
    CHECK(until(&t, has_spoken));
    CHECK_TEXT(t.messages, "(the server plays at 1 times the normal speed instead of 2\n");
    CHECK(session_rate(t.session) == 1);
    CHECK_TEXT(t.server.asked, "OPTIONS DESCRIBE SETUP PLAY(npt=0.000- x2.0)");
out:
    fixture_close(&t);
}

// --- ends that are none

TEST(an_early_end_is_told)
{
    struct fixture t;
    struct session_stats stats;
    CHECK(fixture_open(&t));
    t.server.frames = 10;
    t.server.answers[KIN_RTSP_DESCRIBE].body = MINUTE_REEL;
    CHECK_INT(begin(&t), KIN_OK);
    CHECK(until(&t, has_ended));
    CHECK_TEXT(t.messages, "the server ended the stream before the end of the reel\n");
    session_stats(t.session, &stats);
    CHECK(stats.ended_early);
    CHECK_INT(stats.frames.complete, 10);
out:
    fixture_close(&t);
}

TEST(a_lost_connection_is_made_anew)
{
    struct fixture t;
    CHECK(fixture_open(&t));
    t.server.frames = 10;
    t.server.no_bye = t.server.hang_up_after = true;
    t.server.answers[KIN_RTSP_DESCRIBE].body = MINUTE_REEL;
    CHECK_INT(begin(&t), KIN_OK);
    CHECK(until(&t, has_failed));
    CHECK_TEXT(t.states, "IRPF");
    CHECK_TEXT(t.messages, "connection lost: the server closed it\n");
    CHECK_INT(session_pause(t.session), KIN_ESTATE);
    CHECK_INT(session_teardown(t.session), KIN_ESTATE);
    CHECK_INT(session_seek(t.session, 50000), KIN_OK); // what is in the cache can still be looked at
    t.server.hang_up_after = false;
    t.server.frames = 100;
    t.server.asked[0] = '\0';
    CHECK_INT(session_play(t.session), KIN_OK);
    CHECK(until(&t, is_playing));
    CHECK_TEXT(t.states, "IRPFCIRP");
    CHECK_TEXT(t.server.asked, "OPTIONS DESCRIBE SETUP PLAY(npt=0.050-)");
    CHECK_INT(t.server.connections, 2);
out:
    fixture_close(&t);
}

static void nobody_listens(struct fixture *t)
{
    close(t->server.fd);
    kin_acceptor_close(t->server.acceptor);
    t->server.acceptor = NULL;
    t->server.fd = -1;
}

// Until another connection is there, what is in the cache stays within reach.
TEST(a_connection_that_fails_leaves_the_cache)
{
    struct fixture t;
    CHECK(fixture_open(&t));
    t.server.frames = 10;
    t.server.no_bye = t.server.hang_up_after = true;
    t.server.answers[KIN_RTSP_DESCRIBE].body = MINUTE_REEL;
    CHECK_INT(begin(&t), KIN_OK);
    CHECK(until(&t, has_failed));
    nobody_listens(&t);
    t.messages[0] = '\0';
    CHECK_INT(session_play(t.session), KIN_OK);
    CHECK(until(&t, has_failed));
    CHECK(strstr(t.messages, "cannot connect") != NULL || unit_starved());
    CHECK_INT(session_seek(t.session, 50000), KIN_OK);
    CHECK_INT(t.last_shown, 5);
out:
    fixture_close(&t);
}

// Playing is asked for, and a jump before the server has answered: once the picture stood there.
TEST(a_jump_while_play_waits_plays_on)
{
    struct fixture t;
    CHECK(fixture_open(&t));
    t.server.frames = 8;
    t.server.no_bye = true;
    t.server.answers[KIN_RTSP_DESCRIBE].body = MINUTE_REEL;
    CHECK_INT(begin(&t), KIN_OK);
    CHECK(until(&t, has_shown_three));
    t.server.frames = 6000;
    CHECK_INT(session_pause(t.session), KIN_OK);
    CHECK_INT(session_seek(t.session, 20 * KIN_US_PER_S), KIN_OK);
    session_set_rate(t.session, 2);
    CHECK_INT(session_play(t.session), KIN_OK);
    CHECK_INT(session_seek(t.session, 30 * KIN_US_PER_S), KIN_OK);
    CHECK(until(&t, is_playing));
    CHECK_INT(session_pause(t.session), KIN_OK);
    CHECK_INT(session_step(t.session, 1), KIN_OK); // and a step stops it
    CHECK(until(&t, is_ready));
out:
    fixture_close(&t);
}

TEST(a_server_that_hangs_up_at_the_end_has_ended)
{
    struct fixture t;
    CHECK(fixture_open(&t));
    t.server.no_bye = t.server.hang_up_after = true;
    CHECK_INT(begin(&t), KIN_OK);
    CHECK(until(&t, has_ended));
    CHECK_TEXT(t.messages, "");
    CHECK_INT(t.last_shown, FAKE_REEL_FRAMES - 1);
    t.server.hang_up_after = false;
    CHECK_INT(session_play(t.session), KIN_OK); // once more, over a new connection
    CHECK(until(&t, is_playing));
    CHECK(until(&t, has_ended));
    CHECK_INT(t.server.connections, 2);
    CHECK_INT(t.received, 2 * FAKE_REEL_FRAMES);
out:
    fixture_close(&t);
}

TEST(silence_after_the_last_frame_is_the_end)
{
    struct fixture t;
    CHECK(fixture_open(&t));
    t.server.no_bye = true;
    CHECK_INT(begin(&t), KIN_OK);
    CHECK(until(&t, has_ended));
    CHECK_TEXT(t.states, "IRPE");
    CHECK_TEXT(t.messages, "");
out:
    fixture_close(&t);
}

static bool has_received_all(struct fixture *t)
{
    return t->received == FAKE_REEL_FRAMES;
}

// Five frames are late by more than anybody waits for: once they were counted as lost, and again when they came.
TEST(what_comes_behind_the_end_is_counted_once)
{
    struct fixture t;
    struct session_stats stats;
    CHECK(fixture_open(&t));
    t.server.frames = FAKE_REEL_FRAMES - 5;
    t.server.no_bye = true;
    CHECK_INT(begin(&t), KIN_OK);
    CHECK(until(&t, has_ended));
    session_stats(t.session, &stats);
    CHECK_INT(stats.frames.expected, FAKE_REEL_FRAMES);
    CHECK_INT(stats.frames.lost, 5);
    CHECK_INT(stats.frames.left_out, 5);
    for (unsigned i = 0; i < 5; i++)
        fake_picture(&t.server);
    CHECK(until(&t, has_received_all));
    session_stats(t.session, &stats);
    CHECK_INT(stats.frames.expected, FAKE_REEL_FRAMES);
    CHECK_INT(stats.frames.complete, FAKE_REEL_FRAMES);
    CHECK_INT(stats.frames.lost + stats.frames.left_out, 0);
out:
    fixture_close(&t);
}

// --- failures

static const struct failing {
    enum kin_rtsp_method method;
    struct fake_answer answer;
    const char *message;
} failures[] = {
    {KIN_RTSP_DESCRIBE, {.status = 404}, "the server has nothing by that name (404 Not Found)\n"},
    {KIN_RTSP_DESCRIBE, {.status = 415}, "the server cannot send this over RTP (415 Unsupported Media Type)\n"},
    {KIN_RTSP_DESCRIBE, {.hang_up = true}, "connection lost: the server closed it\n"},
    {KIN_RTSP_DESCRIBE,
     {.headers = "Content-Type: application/json\r\n", .body = "{\"path\":\"/\",\"entries\":[]}"},
     "this is a directory, not a reel: kinora ls lists it\n"},
    {KIN_RTSP_DESCRIBE,
     {.body = "v=0\r\ns=-\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"},
     "the stream is not Motion JPEG: it offers H264\n"},
    {KIN_RTSP_DESCRIBE, {.body = "hello"}, "the server's description of the stream cannot be read\n"},
    {KIN_RTSP_DESCRIBE,
     {.body = "v=0\r\ns=-\r\nm=video 0 RTP/SAVP 26\r\n"},
     "the stream is encrypted (SRTP), which kinora does not support yet\n"},
    {KIN_RTSP_SETUP, {.status = 453}, "the server has no room for another viewer (SETUP: 453 Not Enough Bandwidth)\n"},
    {KIN_RTSP_SETUP,
     {.headers = "Session: 1\r\nTransport: RTP/AVP;unicast;client_port=9000-9001;server_port=9002-9003\r\n"},
     "the server wants to send over UDP, which was not requested\n"},
    {KIN_RTSP_PLAY, {.status = 457}, "that position is outside the reel (PLAY: 457 Invalid Range)\n"},
    {KIN_RTSP_OPTIONS, {.hang_up = true}, NULL}, // a sentence with the port in it
};

static void check_failure(const struct failing *f)
{
    struct fixture t;
    CHECK(fixture_open(&t));
    t.server.answers[f->method] = f->answer;
    t.server.answers[f->method].times = 1;
    CHECK_INT(begin(&t), KIN_OK);
    CHECK(until(&t, has_failed));
    if (f->message != NULL)
        CHECK_TEXT(t.messages, f->message);
    else
        CHECK(strstr(t.messages, "closed the connection without answering: "
                                 "it may not be an RTSP server, or be at its connection limit\n") != NULL);
    CHECK(strchr(t.messages, '\n') == t.messages + strlen(t.messages) - 1); // one sentence
    CHECK_INT(t.shown, 0);
    CHECK_INT(session_play(t.session), KIN_OK); // and now it goes
    CHECK(until(&t, has_ended));
    CHECK_INT(t.received, FAKE_REEL_FRAMES);
out:
    fixture_close(&t);
}

TEST(every_failure_has_a_sentence_and_can_be_tried_again)
{
    for (size_t i = 0; i < sizeof failures / sizeof failures[0] && !unit_failed(); i++)
        check_failure(&failures[i]);
}

TEST(nobody_there_is_a_sentence)
{
    struct fixture t;
    CHECK(fixture_open(&t));
    nobody_listens(&t);
    CHECK_INT(begin(&t), KIN_OK);
    CHECK(until(&t, has_failed));
    CHECK_TEXT(t.states, "F");
    CHECK(strstr(t.messages, "refused") != NULL);
out:
    fixture_close(&t);
}

TEST(a_refused_pause_plays_on)
{
    struct fixture t;
    CHECK(fixture_open(&t));
    t.server.frames = 8;
    t.server.no_bye = true;
    t.server.answers[KIN_RTSP_PAUSE].status = 455;
    CHECK_INT(begin(&t), KIN_OK);
    CHECK(until(&t, has_shown_three));
    CHECK_INT(session_pause(t.session), KIN_OK);
    CHECK(until(&t, has_spoken));
    CHECK_TEXT(t.messages, "the server cannot do that now (PAUSE: 455 Method Not Valid in This State)\n");
    CHECK_TEXT(t.states, "IRPRP");
out:
    fixture_close(&t);
}

TEST(a_server_without_udp_is_asked_again)
{
    struct fixture t;
    CHECK(fixture_open(&t));
    t.options.transport = KIN_RTSP_CLIENT_AUTO;
    t.server.answers[KIN_RTSP_SETUP] = (struct fake_answer){.status = 461, .times = 1};
    CHECK_INT(begin(&t), KIN_OK);
    CHECK(until(&t, has_ended));
    CHECK_TEXT(t.messages, "(the server refuses UDP (SETUP: 461 Unsupported transport): trying TCP\n");
    CHECK_TEXT(t.server.asked, "OPTIONS DESCRIBE SETUP SETUP PLAY(npt=0.000-)");
    CHECK_INT(t.received, FAKE_REEL_FRAMES);
out:
    fixture_close(&t);
}

TEST(urls_of_another_kind_are_refused)
{
    static const char *const urls[] = {"http://127.0.0.1/x", "", "rtsp://", "reel.mjpeg", "rtsp://h:99999/"};
    struct fixture t;
    char *endless = NULL;
    CHECK(fixture_open(&t));
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
        CHECK_INT(session_new(&t.loop, urls[i], &t.options, &handler, &t, &t.session), KIN_EBAD);
    endless = malloc(70000);
    CHECK(endless != NULL);
    memset(endless, 'a', 69999);
    memcpy(endless, "rtsp://h/", 9);
    endless[69999] = '\0';
    CHECK_INT(session_new(&t.loop, endless, &t.options, &handler, &t, &t.session), KIN_EBAD);
out:
    free(endless);
    fixture_close(&t);
}

// --- leaving

TEST(a_callback_may_close_the_session)
{
    static const char places[] = "dsf";
    for (size_t i = 0; i < sizeof places - 1 && !unit_failed(); i++) {
        struct fixture t;
        CHECK(fixture_open(&t));
        t.close_in = places[i];
        CHECK_INT(begin(&t), KIN_OK);
        CHECK(until(&t, is_gone));
    out:
        fixture_close(&t);
    }
}

TEST(a_sentence_may_be_the_last)
{
    struct fixture t;
    CHECK(fixture_open(&t));
    t.close_in = 'm';
    t.server.answers[KIN_RTSP_DESCRIBE].status = 404;
    CHECK_INT(begin(&t), KIN_OK);
    CHECK(until(&t, is_gone));
    CHECK_TEXT(t.states, "");
out:
    fixture_close(&t);
}

static void note_closed(void *ctx)
{
    ((struct fixture *)ctx)->closed = true;
}

static bool is_closed(struct fixture *t)
{
    return t->closed;
}

TEST(leaving_says_teardown)
{
    struct fixture t;
    CHECK(fixture_open(&t));
    CHECK_INT(begin(&t), KIN_OK);
    CHECK(until(&t, is_playing));
    session_close(t.session, note_closed, &t);
    t.session = NULL;
    CHECK(until(&t, is_closed));
    CHECK_TEXT(t.server.asked, "OPTIONS DESCRIBE SETUP PLAY(npt=0.000-) TEARDOWN");
out:
    fixture_close(&t);
}
