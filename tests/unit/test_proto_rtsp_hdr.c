// proto/rtsp_hdr: header values as clients, servers and cameras write them.
#include "base/err.h"
#include "proto/rtsp_hdr.h"
#include "unit.h"

// The only spec of a list.
static int transport(const char *text, struct kin_rtsp_transport *ret)
{
    struct kin_span list = unit_guarded_str(text);
    int err = KIN_EMORE;
    return kin_rtsp_transport_next(&list, ret, &err) ? err : KIN_EMORE;
}

TEST(cseq)
{
    struct kin_rtsp_msg m;
    uint32_t v = 0;
    CHECK_INT(kin_rtsp_msg_parse(unit_guarded_str("PLAY * RTSP/1.0\nCSeq: 4294967295 \n\n"), &m), 0);
    CHECK_INT(kin_rtsp_cseq(&m, &v), 0);
    CHECK_INT(v, 4294967295);
    CHECK_INT(kin_rtsp_msg_parse(unit_guarded_str("PLAY * RTSP/1.0\nCSeq: 4294967296\n\n"), &m), 0);
    CHECK_INT(kin_rtsp_cseq(&m, &v), KIN_EBAD);
    CHECK_INT(kin_rtsp_msg_parse(unit_guarded_str("PLAY * RTSP/1.0\nCSeq: -1\n\n"), &m), 0);
    CHECK_INT(kin_rtsp_cseq(&m, &v), KIN_EBAD);
    CHECK_INT(kin_rtsp_msg_parse(unit_guarded_str("PLAY * RTSP/1.0\n\n"), &m), 0);
    CHECK_INT(kin_rtsp_cseq(&m, &v), KIN_EBAD);
out:;
}

TEST(transports_that_players_ask_for)
{
    struct kin_rtsp_transport t;
    CHECK_INT(transport("RTP/AVP/UDP;unicast;client_port=25000-25001", &t), 0); // ffmpeg
    CHECK_INT(t.profile, KIN_RTSP_AVP);
    CHECK_INT(t.lower_transport, KIN_LOWER_TRANSPORT_UDP);
    CHECK(t.lower_transport_given && t.unicast && !t.multicast && t.has_client_port && t.client_port_pair);
    CHECK_INT(t.client_port[0], 25000);
    CHECK_INT(t.client_port[1], 25001);
    CHECK_INT(transport("RTP/AVP;unicast;client_port=9354", &t), 0);
    CHECK(!t.lower_transport_given && !t.client_port_pair);
    CHECK_INT(t.client_port[0], 9354);
    CHECK_INT(t.client_port[1], 0);
    CHECK_INT(transport("rtp/avp/tcp; Unicast; interleaved = 2 - 3; mode=\"PLAY\"", &t), 0);
    CHECK_INT(t.lower_transport, KIN_LOWER_TRANSPORT_TCP);
    CHECK(t.has_interleaved && t.unicast && !t.record);
    CHECK_INT(t.interleaved[0], 2);
    CHECK_INT(t.interleaved[1], 3);
    CHECK_SPAN(t.mode, "PLAY");
    CHECK_INT(transport("RTP/SAVPF/TCP;unicast;interleaved=4", &t), 0);
    CHECK_INT(t.profile, KIN_RTSP_SAVPF);
    CHECK_INT(t.interleaved[1], 5);
    CHECK_INT(transport("RTP/AVP;multicast;ttl=16;layers=2", &t), 0);
    CHECK(t.multicast && !t.unicast);
out:;
}

TEST(transports_that_servers_answer)
{
    struct kin_rtsp_transport t;
    CHECK_INT(transport("RTP/AVP;unicast;destination=10.0.0.2;source=10.0.0.1;client_port=5000-5001;"
                        "server_port=6970-6971;ssrc=0abCDEF1",
                        &t),
              0);
    CHECK_SPAN(t.destination, "10.0.0.2");
    CHECK_SPAN(t.source, "10.0.0.1");
    CHECK(t.has_server_port && t.has_ssrc);
    CHECK_INT(t.server_port[1], 6971);
    CHECK_INT(t.ssrc, 0x0abcdef1);
    CHECK_INT(transport("RTP/AVP;unicast;interleaved=0-1;ssrc=notahexnumber", &t), 0); // a camera without "/TCP"
    CHECK_INT(t.lower_transport, KIN_LOWER_TRANSPORT_TCP);
    CHECK(!t.lower_transport_given && !t.has_ssrc);
out:;
}

TEST(record_is_known_in_every_spelling)
{
    static const char *const modes[] = {"mode=record", "mode=\"RECORD\"", "mode=receive", "MODE = \"PLAY,RECORD\""};
    struct kin_rtsp_transport t;
    char text[64];
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        struct kin_wr w = kin_wr_init(text, sizeof text);
        kin_wr_fmt(&w, "RTP/AVP;unicast;%s", modes[i]);
        CHECK(!w.bad);
        CHECK_INT(transport(text, &t), 0);
        CHECK(t.record);
    }
out:;
}

TEST(bad_transports)
{
    static const struct {
        const char *text;
        int want;
    } rows[] = {
        {"RTP/AVP;client_port=70000", KIN_EBAD},
        {"RTP/AVP;client_port=x", KIN_EBAD},
        {"RTP/AVP;client_port=", KIN_EBAD},
        {"RTP/AVP;client_port", KIN_EBAD},
        {"RTP/AVP;client_port=-5", KIN_EBAD},
        {"RTP/AVP;client_port=5-", KIN_EBAD},
        {"RTP/AVP;client_port=5001-5000", KIN_EBAD},
        {"RTP/AVP;client_port=1-2-3", KIN_EBAD},
        {"RTP/AVP/TCP;interleaved=256", KIN_EBAD},
        {"RTP/AVP/TCP;interleaved=255", KIN_EBAD},
        {"RTP/AVP/TCP;interleaved=1-0", KIN_EBAD},
        {"RTP/AVP;server_port=65536", KIN_EBAD},
        {"RTP/UDP;client_port=x", KIN_EUNSUPPORTED},
        {"RAW/RAW/UDP;unicast;client_port=1-2", KIN_EUNSUPPORTED},
        {"MP2T/H2221/UDP", KIN_EUNSUPPORTED},
        {"/TCP", KIN_EUNSUPPORTED},
        {";", KIN_EUNSUPPORTED},
        {"RTP/AVP;;unicast;=;x=;\"", KIN_OK},
        {"RTP/AVP;client_port=0-1", KIN_OK}, // the server refuses it, with 400
        {"", KIN_EMORE},
        {" , ,", KIN_EMORE},
    };
    struct kin_rtsp_transport t;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_INT(transport(rows[i].text, &t), rows[i].want);
out:;
}

TEST(a_list_of_transports)
{
    struct kin_span list = unit_guarded_str(
        "RTP/AVP;unicast;mode=\"a,b;c\" , FOO/BAR;x,RTP/AVP;client_port=x,,RTP/AVP/TCP");
    struct kin_rtsp_transport t;
    int err;
    CHECK(kin_rtsp_transport_next(&list, &t, &err));
    CHECK_INT(err, 0);
    CHECK_SPAN(t.mode, "a,b;c");
    CHECK(kin_rtsp_transport_next(&list, &t, &err));
    CHECK_INT(err, KIN_EUNSUPPORTED);
    CHECK(kin_rtsp_transport_next(&list, &t, &err));
    CHECK_INT(err, KIN_EBAD);
    CHECK(kin_rtsp_transport_next(&list, &t, &err));
    CHECK_INT(err, 0);
    CHECK_INT(t.lower_transport, KIN_LOWER_TRANSPORT_TCP);
    CHECK(!kin_rtsp_transport_next(&list, &t, &err));
out:;
}

TEST(writing_a_transport)
{
    char text[160];
    struct kin_wr w = kin_wr_init(text, sizeof text);
    struct kin_rtsp_transport udp = {.unicast = true,
                                     .has_client_port = true,
                                     .client_port = {4000, 4001},
                                     .has_server_port = true,
                                     .server_port = {6000, 6001},
                                     .has_ssrc = true,
                                     .ssrc = 0xabcd};
    kin_rtsp_transport_write(&w, &udp);
    CHECK_SPAN(kin_wr_span(&w), "RTP/AVP;unicast;client_port=4000-4001;server_port=6000-6001;ssrc=0000ABCD");
    struct kin_rtsp_transport tcp = {.lower_transport = KIN_LOWER_TRANSPORT_TCP,
                                     .unicast = true,
                                     .has_interleaved = true,
                                     .interleaved = {0, 1},
                                     .source = kin_span_str("a;b\r\n"),
                                     .mode = kin_span_str("PLAY")};
    w = kin_wr_init(text, sizeof text);
    kin_rtsp_transport_write(&w, &tcp);
    CHECK_SPAN(kin_wr_span(&w), "RTP/AVP/TCP;unicast;source=a_b__;interleaved=0-1;mode=\"PLAY\"");
    udp.lower_transport_given = true;
    udp.client_port[1] = 0;
    udp.has_server_port = udp.has_ssrc = false;
    w = kin_wr_init(text, sizeof text);
    kin_rtsp_transport_write(&w, &udp);
    CHECK_SPAN(kin_wr_span(&w), "RTP/AVP/UDP;unicast;client_port=4000");
    w = kin_wr_init(text, 40);
    kin_rtsp_transport_write(&w, &tcp);
    CHECK(w.bad);
out:;
}

static void expect_session(const char *text, const char *id, uint32_t timeout)
{
    struct kin_span got;
    uint32_t s = 0;
    CHECK_INT(kin_rtsp_session_parse(unit_guarded_str(text), &got, &s), 0);
    CHECK_SPAN(got, id);
    CHECK_INT(s, timeout);
out:;
}

TEST(sessions)
{
    static char flood[65536];
    struct kin_span id;
    uint32_t s;
    expect_session("12345678;timeout=60", "12345678", 60);
    expect_session(" a$b-c_d ; timeout = 30 ", "a$b-c_d", 30);
    expect_session("x", "x", 60);
    expect_session("x;timeout=0", "x", 60);
    expect_session("x;timeout=-1", "x", 60);
    expect_session("x;timeout=99999999999", "x", 60);
    expect_session("x;Timeout=5;foo", "x", 5);
    CHECK_INT(kin_rtsp_session_parse(unit_guarded_str(""), &id, &s), KIN_EBAD);
    CHECK_INT(kin_rtsp_session_parse(unit_guarded_str(";timeout=5"), &id, &s), KIN_EBAD);
    CHECK_INT(kin_rtsp_session_parse(kin_span_make(NULL, 0), &id, &s), KIN_EBAD);
    memset(flood, 'x', sizeof flood);
    CHECK_INT(kin_rtsp_session_parse(unit_guarded(flood, KIN_RTSP_SESSION_MAX), &id, &s), 0);
    CHECK_INT(kin_rtsp_session_parse(unit_guarded(flood, sizeof flood), &id, &s), KIN_EBAD);
    for (size_t i = 0; i + 9 <= sizeof flood; i += 9)
        memcpy(flood + i, ";timeout=", 9);
    flood[0] = 'x';
    CHECK_INT(kin_rtsp_session_parse(unit_guarded(flood, sizeof flood), &id, &s), 0);
    CHECK_INT(s, 60);
out:;
}

static void expect_range(const char *text, kin_us start, kin_us end)
{
    struct kin_rtsp_range r;
    CHECK_INT(kin_rtsp_range_parse(unit_guarded_str(text), &r), 0);
    CHECK(!r.now);
    CHECK_INT(r.start_given ? r.start : -1, start);
    CHECK_INT(r.end_given ? r.end : -1, end);
out:;
}

TEST(ranges)
{
    struct kin_rtsp_range r;
    expect_range("npt=0.000-", 0, -1);
    expect_range("npt=0-", 0, -1);
    expect_range("npt=1.5-10", 1500000, 10000000);
    expect_range("npt = 0.000000000 - 10.041666666", 0, 10041666);
    expect_range("npt=-7.25", -1, 7250000);
    expect_range("NPT=10-5", 10000000, 5000000);
    expect_range("npt=0:01:30.25-1:00:00", 90250000, INT64_C(3600000000));
    expect_range("npt=5-;time=19970123T143720Z", 5000000, -1);
    expect_range("npt=3-now", 3000000, -1);
    expect_range("npt=1000000000-", KIN_RTSP_RANGE_MAX_US, -1);
    expect_range("npt=999999999999-", KIN_RTSP_RANGE_MAX_US, -1); // a range that no reel has, not a bad one
    expect_range("npt=99999999999999999999-", KIN_RTSP_RANGE_MAX_US, -1);
    CHECK_INT(kin_rtsp_range_parse(unit_guarded_str("npt=now-"), &r), 0);
    CHECK(r.now && !r.start_given && !r.end_given);
    CHECK_INT(kin_rtsp_range_parse(unit_guarded_str("clock=19961108T142300Z-"), &r), KIN_ERANGE);
    CHECK_INT(kin_rtsp_range_parse(unit_guarded_str("Clock = 19961108T142300.5Z - 19961108T143520Z"), &r), KIN_ERANGE);
    CHECK_INT(kin_rtsp_range_parse(unit_guarded_str("clock=now-"), &r), KIN_EBAD);
    CHECK_INT(kin_rtsp_range_parse(unit_guarded_str("clock=1996-11-08T14:23:00Z-"), &r), KIN_EBAD);
    CHECK_INT(kin_rtsp_range_parse(unit_guarded_str("clock=19961108T142300Z-later"), &r), KIN_EBAD);
    CHECK_INT(kin_rtsp_range_parse(unit_guarded_str("clock="), &r), KIN_EBAD);
    CHECK_INT(kin_rtsp_range_parse(unit_guarded_str("clocks=19961108T142300Z-"), &r), KIN_EUNSUPPORTED);
    CHECK_INT(kin_rtsp_range_parse(unit_guarded_str("smpte-24=0:10:20-;time=x"), &r), KIN_EUNSUPPORTED);
out:;
}

TEST(smpte_time_codes)
{
    expect_range("smpte-25=10:07:00-10:07:33:05.01", INT64_C(36420000000), INT64_C(36453200400));
    expect_range("smpte-25=0:00:01:12.5-", 1482000, -1); // subframe 5, not 50
    expect_range("SMPTE-25 = 00:00:00:24.99 - ", 999600, -1);
    expect_range("smpte=00:00:01:00-;time=x", 1001000, -1);
    expect_range("smpte=00:00:00:01-", 33367, -1);
    expect_range("smpte-30-drop=00:01:00:02-", 60060000, -1); // frame 1800: numbers 0 and 1 are left out
    expect_range("smpte=00:01:00-", 60060000, -1);            // means the first one there is
    expect_range("smpte=00:10:00:00-", 599999400, -1);        // frame 17982: every tenth minute has them all
    expect_range("smpte=-01:00:00:00", -1, INT64_C(3599996400));
}

static void expect_text(enum kin_rtsp_range_unit unit, kin_us start, const char *want)
{
    char text[64];
    struct kin_wr w = kin_wr_init(text, sizeof text);
    kin_rtsp_range_write(&w, &(struct kin_rtsp_range){.unit = unit, .start_given = true, .start = start});
    CHECK_SPAN(kin_wr_span(&w), want);
out:;
}

TEST(writing_smpte)
{
    expect_text(KIN_RTSP_SMPTE_25, 0, "smpte-25=00:00:00:00-");
    expect_text(KIN_RTSP_SMPTE_25, 1482000, "smpte-25=00:00:01:12.05-");
    expect_text(KIN_RTSP_SMPTE_25, INT64_C(36453200400), "smpte-25=10:07:33:05.01-");
    expect_text(KIN_RTSP_SMPTE, 1001000, "smpte=00:00:01:00-");
    expect_text(KIN_RTSP_SMPTE, 60026633, "smpte=00:00:59:29-");
    expect_text(KIN_RTSP_SMPTE, 60060000, "smpte=00:01:00:02-");
    expect_text(KIN_RTSP_SMPTE_30_DROP, 599999400, "smpte-30-drop=00:10:00:00-");
    expect_text(KIN_RTSP_SMPTE, 40000, "smpte=00:00:00:01.20-");
}

TEST(every_frame_number_of_a_day_reads_as_written)
{
    for (uint64_t n = 0; n < 24u * 107892u; n += 37) { // frames of 29.97 a second
        char text[64];
        struct kin_rtsp_range r = {.unit = KIN_RTSP_SMPTE, .start_given = true}, again;
        r.start = (kin_us)((n * 1001 * 1000000 + 15000) / 30000);
        struct kin_wr w = kin_wr_init(text, sizeof text);
        kin_rtsp_range_write(&w, &r);
        CHECK(kin_span_find(kin_wr_span(&w), '.') == kin_wr_span(&w).n);
        CHECK_INT(kin_rtsp_range_parse(kin_wr_span(&w), &again), KIN_OK);
        CHECK_INT(again.start, r.start);
    }
out:;
}

TEST(bad_ranges)
{
    static const char *const bad[] = {"",
                                      "npt",
                                      "npt=",
                                      "npt=-",
                                      "npt=5",
                                      "npt=x-",
                                      "npt=1e3-",
                                      "npt=1-2-3",
                                      "npt=0:60:00-",
                                      "npt=0:00:60-",
                                      "npt=0:00-",
                                      "npt=:0:0-",
                                      "npt=0:0:0:0-",
                                      "npt=1..2-",
                                      "npt=--5",
                                      "smpte=1-",
                                      "smpte=0:0-",
                                      "smpte=100:00:00-",
                                      "smpte=0:60:00-",
                                      "smpte=0:00:60-",
                                      "smpte=0:00:00:30-",
                                      "smpte-25=0:00:00:25-",
                                      "smpte=0:00:00:01.123-",
                                      "smpte=0:00:00.5-",
                                      "smpte=0:00:00:-",
                                      "smpte=now-",
                                      "npt=+5-",
                                      "npt=277778:00:00-"};
    struct kin_rtsp_range r;
    static char flood[8192];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_INT(kin_rtsp_range_parse(unit_guarded_str(bad[i]), &r), KIN_EBAD);
    memset(flood, '9', sizeof flood);
    memcpy(flood, "npt=0.", 6);
    flood[sizeof flood - 1] = '-';
    CHECK_INT(kin_rtsp_range_parse(unit_guarded(flood, sizeof flood), &r), 0);
    CHECK_INT(r.start, 999999);
out:;
}

static void expect_pause(const char *text, enum kin_rtsp_range_unit unit, kin_us at)
{
    struct kin_rtsp_range r;
    CHECK_INT(kin_rtsp_pause_parse(unit_guarded_str(text), &r), 0);
    CHECK(r.start_given && !r.now && !r.end_given);
    CHECK_INT(r.unit, unit);
    CHECK_INT(r.start, at);
out:;
}

TEST(pause_points)
{
    static const char *const bad[] = {"", "npt", "npt=", "npt=-", "npt=1-2", "npt=-2", "npt=x", "smpte=now", "npt=5--"};
    struct kin_rtsp_range r;
    expect_pause("npt=21", KIN_RTSP_NPT, 21000000);
    expect_pause("npt=21.5-", KIN_RTSP_NPT, 21500000);
    expect_pause(" npt = 0:00:01.5 - ;time=x", KIN_RTSP_NPT, 1500000);
    expect_pause("smpte-25=00:00:01:12", KIN_RTSP_SMPTE_25, 1480000);
    CHECK_INT(kin_rtsp_pause_parse(unit_guarded_str("npt=now-"), &r), 0);
    CHECK(r.now && !r.start_given);
    CHECK_INT(kin_rtsp_pause_parse(unit_guarded_str("clock=19961108T142300Z"), &r), KIN_ERANGE);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_INT(kin_rtsp_pause_parse(unit_guarded_str(bad[i]), &r), KIN_EBAD);
out:;
}

static void expect_written(struct kin_rtsp_range r, const char *want)
{
    char text[64];
    struct kin_wr w = kin_wr_init(text, sizeof text);
    kin_rtsp_range_write(&w, &r);
    CHECK_SPAN(kin_wr_span(&w), want);
out:;
}

TEST(writing_ranges)
{
    expect_written((struct kin_rtsp_range){.start_given = true, .start = 1500000, .end_given = true, .end = 10000000},
                   "npt=1.500-10.000");
    expect_written((struct kin_rtsp_range){.start_given = true, .start = 41667}, "npt=0.041667-");
    expect_written((struct kin_rtsp_range){.now = true}, "npt=now-");
    expect_written((struct kin_rtsp_range){.end_given = true, .end = 5}, "npt=-0.000005");
    expect_written((struct kin_rtsp_range){.start = -7}, "npt=0.000-");
}

TEST(rtp_info)
{
    struct kin_span list = unit_guarded_str("url=rtsp://h/a,b;c/track1;seq=65535;rtptime=4294967295, "
                                            "url=\"rtsp://h/2\" ; seq = 1 ,seq=3;rtptime=-4;x=y,url=z;seq=70000");
    struct kin_rtsp_rtp_info i;
    CHECK(kin_rtsp_rtp_info_next(&list, &i));
    CHECK_SPAN(i.url, "rtsp://h/a,b;c/track1");
    CHECK(i.has_seq && i.has_rtptime);
    CHECK_INT(i.seq, 65535);
    CHECK_INT(i.rtptime, 4294967295);
    CHECK(kin_rtsp_rtp_info_next(&list, &i));
    CHECK_SPAN(i.url, "rtsp://h/2");
    CHECK(i.has_seq && !i.has_rtptime);
    CHECK(kin_rtsp_rtp_info_next(&list, &i));
    CHECK_INT(i.seq, 3);
    CHECK(!i.has_rtptime);
    CHECK(kin_rtsp_rtp_info_next(&list, &i));
    CHECK(!i.has_seq);
    CHECK(!kin_rtsp_rtp_info_next(&list, &i));
out:;
}

TEST(scales)
{
    int32_t v = 0;
    CHECK_INT(kin_rtsp_scale_parse(unit_guarded_str("1.5"), &v), 0);
    CHECK_INT(v, 1500);
    CHECK_INT(kin_rtsp_scale_parse(unit_guarded_str("-2"), &v), 0);
    CHECK_INT(v, -2000);
    CHECK_INT(kin_rtsp_scale_parse(unit_guarded_str("+0.0625"), &v), 0);
    CHECK_INT(v, 63);
    CHECK_INT(kin_rtsp_scale_parse(unit_guarded_str(""), &v), KIN_EBAD);
    CHECK_INT(kin_rtsp_scale_parse(unit_guarded_str("--1"), &v), KIN_EBAD);
    CHECK_INT(kin_rtsp_scale_parse(unit_guarded_str("-99999999999"), &v), 0); // absurd, but a number: to be clamped
    CHECK_INT(v, -1000000000);
    CHECK_INT(kin_rtsp_scale_parse(unit_guarded_str("0.0001"), &v), 0);
    CHECK_INT(v, 1);
    CHECK_INT(kin_rtsp_scale_parse(unit_guarded_str("-0.0"), &v), 0);
    CHECK_INT(v, 0);
    CHECK_INT(kin_rtsp_scale_parse(unit_guarded_str("-99999999999999999999.5"), &v), 0);
    CHECK_INT(v, -1000000000);
    CHECK_INT(kin_rtsp_scale_parse(unit_guarded_str("9999999999999999999x"), &v), KIN_EBAD);
    CHECK_INT(kin_rtsp_scale_parse(unit_guarded_str("1.2.3"), &v), KIN_EBAD);
    CHECK_INT(kin_rtsp_scale_parse(unit_guarded_str("-."), &v), KIN_EBAD);
    CHECK_INT(kin_rtsp_scale_parse(unit_guarded_str("1x"), &v), KIN_EBAD);
out:;
}

TEST(public_methods)
{
    CHECK_INT(kin_rtsp_public_parse(unit_guarded_str(" OPTIONS,DESCRIBE ,x, play")), 3);
    CHECK_INT(kin_rtsp_public_parse(unit_guarded_str("GET_PARAMETER")), 1 << KIN_RTSP_GET_PARAMETER);
    CHECK_INT(kin_rtsp_public_parse(unit_guarded_str("")), 0);
out:;
}

TEST(writing_scales)
{
    static const struct {
        int32_t milli;
        const char *text;
    } rows[] = {{1000, "1.0"},   {-4000, "-4.0"}, {1500, "1.5"}, {125, "0.125"},
                {-250, "-0.25"}, {16000, "16.0"}, {0, "0.0"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[16];
        int32_t again;
        struct kin_wr w = kin_wr_init(text, sizeof text);
        kin_rtsp_scale_write(&w, rows[i].milli);
        CHECK_SPAN(kin_wr_span(&w), rows[i].text);
        CHECK_INT(kin_rtsp_scale_parse(kin_wr_span(&w), &again), KIN_OK);
        CHECK_INT(again, rows[i].milli);
    }
out:;
}

TEST(accepted_types)
{
    CHECK(kin_rtsp_accepts(unit_guarded_str(""), "application/sdp"));
    CHECK(kin_rtsp_accepts(unit_guarded_str("application/rtsl, Application/SDP;level=-2"), "application/sdp"));
    CHECK(kin_rtsp_accepts(unit_guarded_str("*/*"), "application/json"));
    CHECK(kin_rtsp_accepts(unit_guarded_str("application/*;q=0.5"), "application/json"));
    CHECK(!kin_rtsp_accepts(unit_guarded_str("application/sdp"), "application/json"));
    CHECK(!kin_rtsp_accepts(unit_guarded_str("text/*"), "application/json"));
    CHECK(!kin_rtsp_accepts(unit_guarded_str("application/json; q=0.0"), "application/json"));
    CHECK(!kin_rtsp_accepts(unit_guarded_str("application/jsonx,application/jso,/*"), "application/json"));
out:;
}
