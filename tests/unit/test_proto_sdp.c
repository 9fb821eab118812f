// proto/sdp: our description, and those of the servers and cameras that people have.
#include "base/err.h"
#include "proto/rtp.h"
#include "proto/sdp.h"
#include "unit.h"

TEST(our_own_description)
{
    char text[1024];
    struct kin_wr w = kin_wr_init(text, sizeof text);
    struct kin_sdp_out out = {.session_id = 7,
                              .version = 9,
                              .name = kin_span_str("reel\r\na=evil"),
                              .address = kin_span_str("192.0.2.1"),
                              .duration = 12345000,
                              .rate_milli = 23976,
                              .uneven_frames = 240,
                              .width = 854,
                              .height = 480,
                              .bandwidth_kbps = 8000,
                              .format = KIN_PAYLOAD_JPEG,
                              .payload_type = KIN_RTP_PT_JPEG,
                              .control = "track1",
                              .tool = "kinorad"};
    kin_sdp_write(&w, &out);
    CHECK(!w.bad);
    CHECK_SPAN(kin_wr_span(&w), "v=0\r\n"
                                "o=- 7 9 IN IP4 192.0.2.1\r\n"
                                "s=reel  a=evil\r\n"
                                "c=IN IP4 0.0.0.0\r\n"
                                "t=0 0\r\n"
                                "a=tool:kinorad\r\n"
                                "a=control:*\r\n"
                                "a=range:npt=0-12.345\r\n"
                                "m=video 0 RTP/AVP 26\r\n"
                                "b=AS:8000\r\n"
                                "a=rtpmap:26 JPEG/90000\r\n"
                                "a=framerate:23.976\r\n"
                                "a=x-frames:240\r\n"
                                "a=x-dimensions:854,480\r\n"
                                "a=framesize:26 854-480\r\n"
                                "a=control:track1\r\n");
out:;
}

TEST(the_number_of_uneven_frames_is_read)
{
    static const struct {
        const char *line;
        uint32_t frames;
    } table[] = {{"a=x-frames:18\r\n", 18},
                 {"a=x-frames: 4294967295 \r\n", 4294967295},
                 {"a=x-frames:4294967296\r\n", 0},
                 {"a=x-frames:-1\r\n", 0},
                 {"a=x-frames\r\n", 0},
                 {"", 0}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char text[128];
        struct kin_wr w = kin_wr_init(text, sizeof text);
        struct kin_sdp_video v;
        kin_wr_fmt(&w, "v=0\r\nm=video 0 RTP/AVP 26\r\n%s", table[i].line);
        CHECK_INT(kin_sdp_parse(unit_guarded(text, w.len), &v, NULL), KIN_OK);
        CHECK_INT(v.uneven_frames, table[i].frames);
    }
out:
    return;
}

TEST(a_description_of_quicktime_payload)
{
    char text[512];
    struct kin_wr w = kin_wr_init(text, sizeof text);
    struct kin_sdp_out out = {.duration = -1,
                              .width = 3840,
                              .height = 2160,
                              .format = KIN_PAYLOAD_XQT,
                              .payload_type = 96,
                              .control = "track1?fmt=xqt"};
    struct kin_sdp_video v;
    kin_sdp_write(&w, &out);
    CHECK(kin_span_ends(kin_wr_span(&w),
                        "m=video 0 RTP/AVP 96\r\na=rtpmap:96 X-QT/90000\r\na=x-dimensions:3840,2160\r\n"
                        "a=framesize:96 3840-2160\r\na=control:track1?fmt=xqt\r\n"));
    CHECK_INT(kin_sdp_parse(kin_wr_span(&w), &v, NULL), KIN_OK);
    CHECK(v.format == KIN_PAYLOAD_XQT && v.payload_type == 96 && v.width == 3840 && v.height == 2160);
    CHECK_SPAN(v.control, "track1?fmt=xqt");
out:;
}

TEST(a_description_of_the_least)
{
    char text[512];
    struct kin_wr w = kin_wr_init(text, sizeof text);
    struct kin_sdp_out out = {.ipv6 = true,
                              .duration = -1,
                              .rate_milli = 25000,
                              .format = KIN_PAYLOAD_JPEG,
                              .payload_type = KIN_RTP_PT_JPEG,
                              .control = "t"};
    kin_sdp_write(&w, &out);
    CHECK_SPAN(kin_wr_span(&w), "v=0\r\no=- 0 0 IN IP6 ::\r\ns=-\r\nc=IN IP6 ::\r\nt=0 0\r\na=type:broadcast\r\n"
                                "a=control:*\r\nm=video 0 RTP/AVP 26\r\na=rtpmap:26 JPEG/90000\r\na=framerate:25\r\n"
                                "a=control:t\r\n");
    size_t whole = w.len;
    for (size_t size = 0; size < whole; size++) {
        w = kin_wr_init(size > 0 ? text : NULL, size);
        kin_sdp_write(&w, &out);
        CHECK(w.bad);
    }
out:;
}

TEST(what_we_write_we_read)
{
    char text[1024];
    struct kin_wr w = kin_wr_init(text, sizeof text);
    struct kin_sdp_video v;
    struct kin_sdp_out out = {.duration = 10041000,
                              .name = kin_span_str("bunny"),
                              .rate_milli = 29970,
                              .width = 3840,
                              .height = 2160,
                              .format = KIN_PAYLOAD_JPEG,
                              .payload_type = KIN_RTP_PT_JPEG,
                              .control = "track1"};
    kin_sdp_write(&w, &out);
    CHECK_INT(kin_sdp_parse(unit_guarded(text, w.len), &v, NULL), 0);
    CHECK_SPAN(v.session_control, "*");
    CHECK_SPAN(v.session_name, "bunny");
    CHECK_SPAN(v.control, "track1");
    CHECK_INT(v.payload_type, 26);
    CHECK_INT(v.format, KIN_PAYLOAD_JPEG);
    CHECK_INT(v.clock_hz, 90000);
    CHECK(!v.feedback && !v.secure && v.duration_given);
    CHECK_INT(v.duration, 10041000);
    CHECK_INT(v.rate_milli, 29970);
    CHECK_INT(v.width, 3840);
    CHECK_INT(v.height, 2160);
out:;
}

TEST(gst_rtsp_server)
{
    struct kin_sdp_video v;
    CHECK_INT(kin_sdp_parse(unit_guarded_str("v=0\r\no=- 1188340656180883 1 IN IP4 127.0.0.1\r\n"
                                             "s=Session streamed with GStreamer\r\ni=rtsp-server\r\nt=0 0\r\n"
                                             "a=tool:GStreamer\r\na=type:broadcast\r\na=control:*\r\n"
                                             "a=range:npt=0-10.000000000\r\n"
                                             "m=video 0 RTP/AVPF 26\r\nc=IN IP4 0.0.0.0\r\n"
                                             "a=rtpmap:26 JPEG/90000\r\na=framerate:30\r\na=x-dimensions:2560,1440\r\n"
                                             "a=control:stream=0\r\na=ts-refclk:local\r\na=mediaclk:sender\r\n"
                                             "m=video 0 RTP/AVP 26\r\na=control:stream=1\r\n"),
                            &v, NULL),
              0);
    CHECK_SPAN(v.control, "stream=0");
    CHECK(v.feedback && !v.secure);
    CHECK_INT(v.duration, 10000000);
    CHECK_INT(v.rate_milli, 30000);
    CHECK_INT(v.width, 2560);
    CHECK_INT(v.height, 1440);
out:;
}

TEST(ffmpeg_has_no_rtpmap)
{
    struct kin_sdp_video v;
    CHECK_INT(kin_sdp_parse(unit_guarded_str("v=0\no=- 0 0 IN IP4 127.0.0.1\ns=No Name\nc=IN IP4 127.0.0.1\nt=0 0\n"
                                             "a=tool:libavformat\nm=video 0 RTP/AVP 26\nb=AS:200\n"
                                             "a=control:streamid=0"),
                            &v, NULL),
              0);
    CHECK_INT(v.format, KIN_PAYLOAD_JPEG);
    CHECK_SPAN(v.control, "streamid=0");
    CHECK_SPAN(v.session_control, "");
    CHECK(!v.duration_given);
out:;
}

TEST(cameras_offer_more_than_jpeg)
{
    struct kin_sdp_video v;
    CHECK_INT(kin_sdp_parse(unit_guarded_str("v=0 \r\ns= cam \r\na=control:rtsp://10.0.0.2/cam/\r\na=range:npt=now-\r\n"
                                             "m=audio 0 RTP/AVP 0\r\na=control:audio\r\na=x-dimensions:1,1\r\n"
                                             "m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n"
                                             "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:h264\r\n"
                                             "m=video 0 RTP/SAVPF 96 97 98\r\na=rtpmap:96 H265/90000\r\n"
                                             "a=rtpmap:97  jpeg/45000\r\na=rtpmap:98 rtx/90000\r\na=fmtp:98 apt=97\r\n"
                                             "a=framesize:97 1280-720\r\na=x-framerate: 12.5\r\n"
                                             "a=control:rtsp://10.0.0.2/cam/jpeg?x=1\r\n"),
                            &v, NULL),
              0);
    CHECK_SPAN(v.session_name, "cam");
    CHECK_SPAN(v.session_control, "rtsp://10.0.0.2/cam/");
    CHECK_SPAN(v.control, "rtsp://10.0.0.2/cam/jpeg?x=1");
    CHECK_INT(v.payload_type, 97);
    CHECK_INT(v.clock_hz, 45000);
    CHECK(v.feedback && v.secure && !v.duration_given);
    CHECK_INT(v.rate_milli, 12500);
    CHECK_INT(v.width, 1280);
    CHECK_INT(v.height, 720);
out:;
}

TEST(quicktime_and_cliprect)
{
    struct kin_sdp_video v;
    CHECK_INT(kin_sdp_parse(unit_guarded_str("v=0\na=range:npt=0-5\nm=video 0 RTP/AVP 96\na=rtpmap:96 X-QT/90000\n"
                                             "a=cliprect:0,0,480,640\na=range:npt=0:00:02-0:01:00.5\n"),
                            &v, NULL),
              0);
    CHECK_INT(v.format, KIN_PAYLOAD_XQT);
    CHECK_INT(v.width, 640);
    CHECK_INT(v.height, 480);
    CHECK_INT(v.duration, 58500000); // the media's own, not the session's
    CHECK_INT(kin_sdp_parse(unit_guarded_str("v=0\nm=video 0 RTP/AVP 96\na=rtpmap:96 X-QUICKTIME/0\n"), &v, NULL), 0);
    CHECK_INT(v.format, KIN_PAYLOAD_XQT);
    CHECK_INT(v.clock_hz, 90000);
out:;
}

TEST(no_jpeg_names_what_there_is)
{
    static const struct {
        const char *text, *found;
    } rows[] = {
        {"v=0\nm=audio 0 RTP/AVP 0\nm=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n", "H264"},
        {"v=0\nm=video 0 RTP/AVP 33\n", "MP2T"},
        {"v=0\nm=video 0 RTP/AVP 26\na=rtpmap:26 H263-1998/90000\n", "H263-1998"},
        {"v=0\nm=video 0 udp 26\n", "video"},
        {"v=0\nm=video 0 RTP/AVP 99\n", "video"},
        {"v=0\nm=video\n", "video"},
        {"v=0\nm=\n", ""},
        {"v=0\nm=audio 0 RTP/AVP 26\n", "audio"},
        {"v=0\n", ""},
    };
    struct kin_sdp_video v;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kin_span found = kin_span_make(NULL, 0);
        CHECK_INT(kin_sdp_parse(unit_guarded_str(rows[i].text), &v, &found), KIN_EUNSUPPORTED);
        CHECK_SPAN(found, rows[i].found);
    }
    CHECK_INT(kin_sdp_parse(unit_guarded_str("{\"path\":\"/\"}"), &v, NULL), KIN_EBAD);
    CHECK_INT(kin_sdp_parse(unit_guarded_str(""), &v, NULL), KIN_EBAD);
    CHECK_INT(kin_sdp_parse(unit_guarded_str("m=video 0 RTP/AVP 26\n"), &v, NULL), KIN_EBAD);
out:;
}

TEST(unreadable_attributes_are_as_good_as_none)
{
    struct kin_sdp_video v;
    CHECK_INT(kin_sdp_parse(unit_guarded_str("v=0\nm=video 49170/2 RTP/AVP 300 x 26\na=framerate:fast\n"
                                             "a=x-dimensions:0,480\na=framesize:26 70000-1\na=cliprect:1\n"
                                             "a=range:clock=20200101T000000Z-\na=rtpmap:\na=rtpmap:26\na\nbad line\n="),
                            &v, NULL),
              KIN_EUNSUPPORTED); // rtpmap:26 without a name
    CHECK_INT(kin_sdp_parse(unit_guarded_str("v=0\nm=video 49170/2 RTP/AVP 300 x 26\na=framerate:fast\n"
                                             "a=x-dimensions:0,480\na=framesize:26 70000-1\na=cliprect:1\n"
                                             "a=range:npt=5-1\na=rtpmap:\na\nbad line\n="),
                            &v, NULL),
              0);
    CHECK_INT(v.width, 0);
    CHECK_INT(v.rate_milli, 0);
    CHECK(!v.duration_given);
out:;
}

// --- retransmission

static struct kin_span describe(char *text, size_t size, enum kin_rtp_repair repair, uint8_t fec)
{
    struct kin_wr w = kin_wr_init(text, size);
    struct kin_sdp_out out = {.duration = -1,
                              .format = KIN_PAYLOAD_JPEG,
                              .payload_type = KIN_RTP_PT_JPEG,
                              .repair = repair,
                              .rtx_payload_type = 97,
                              .fec_payload_type = fec,
                              .control = "t"};
    kin_sdp_write(&w, &out);
    return unit_guarded(text, w.len);
}

TEST(what_lost_packets_are_asked_for_by_is_written_and_read)
{
    static const struct {
        enum kin_rtp_repair repair;
        const char *media;
    } rows[] = {
        {KIN_RTP_REPAIR_NONE, "m=video 0 RTP/AVP 26\r\na=rtpmap:26 JPEG/90000\r\na=control:t\r\n"},
        {KIN_RTP_REPAIR_ORIGINAL,
         "m=video 0 RTP/AVPF 26\r\na=rtpmap:26 JPEG/90000\r\na=rtcp-fb:26 nack\r\na=control:t\r\n"},
        {KIN_RTP_REPAIR_RTX, "m=video 0 RTP/AVPF 26 97\r\na=rtpmap:26 JPEG/90000\r\na=rtcp-fb:26 nack\r\n"
                             "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=26;rtx-time=2000\r\na=control:t\r\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[512];
        struct kin_sdp_video v;
        struct kin_span sdp = describe(text, sizeof text, rows[i].repair, 0);
        CHECK(kin_span_ends(sdp, rows[i].media));
        CHECK_INT(kin_sdp_parse(sdp, &v, NULL), KIN_OK);
        CHECK_INT(v.repair, rows[i].repair);
        CHECK_INT(v.rtx_payload_type, rows[i].repair == KIN_RTP_REPAIR_RTX ? 97 : 0);
        CHECK_INT(v.payload_type, 26);
        CHECK_INT(v.feedback, rows[i].repair != KIN_RTP_REPAIR_NONE);
    }
out:;
}

TEST(who_offers_feedback_and_which)
{
    static const struct {
        const char *media;
        enum kin_rtp_repair repair;
        unsigned rtx;
    } rows[] = {
        {"AVPF 26\na=rtcp-fb:* nack\n", KIN_RTP_REPAIR_ORIGINAL, 0},
        {"SAVPF 26\na=rtcp-fb:26  NACK \n", KIN_RTP_REPAIR_ORIGINAL, 0},
        {"AVP 26\na=rtcp-fb:26 nack\n", KIN_RTP_REPAIR_NONE, 0}, // the profile knows no feedback
        {"AVPF 26\n", KIN_RTP_REPAIR_NONE, 0},
        {"AVPF 26\na=rtcp-fb:26 nack pli\n", KIN_RTP_REPAIR_NONE, 0}, // of pictures
        {"AVPF 26\na=rtcp-fb:26 nack pli\na=rtcp-fb:26 nack\n", KIN_RTP_REPAIR_ORIGINAL, 0},
        {"AVPF 26\na=rtcp-fb:26 ack\n", KIN_RTP_REPAIR_NONE, 0},
        {"AVPF 26\na=rtcp-fb:26\n", KIN_RTP_REPAIR_NONE, 0},
        {"AVPF 26\na=rtcp-fb:\n", KIN_RTP_REPAIR_NONE, 0},
        {"AVPF 26\na=rtcp-fb:2 nack\n", KIN_RTP_REPAIR_NONE, 0},
        {"AVPF 26\na=rtcp-fb:282 nack\n", KIN_RTP_REPAIR_NONE, 0}, // 26 modulo 256
        {"AVPF 26 97\na=rtcp-fb:26 nack\na=rtpmap:97 RTX/90000\na=fmtp:97 rtx-time=9; apt=26\n", KIN_RTP_REPAIR_RTX,
         97},
        {"AVPF 97 26\na=fmtp:97 apt=26\na=rtpmap:97 rtx/90000\na=rtcp-fb:* nack\n", KIN_RTP_REPAIR_RTX, 97},
        {"AVPF 26 97\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=26\n", KIN_RTP_REPAIR_NONE, 0}, // asked for by what?
        {"AVPF 26 97\na=rtcp-fb:26 nack\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=33\n", KIN_RTP_REPAIR_ORIGINAL, 0},
        {"AVPF 26 97 98\na=rtcp-fb:26 nack\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=33\na=rtpmap:98 rtx/90000\n"
         "a=fmtp:98 apt=26\n",
         KIN_RTP_REPAIR_RTX, 98},
        {"AVPF 26 97\na=rtcp-fb:26 nack\na=rtpmap:97 rtx/90000\n", KIN_RTP_REPAIR_ORIGINAL, 0},
        {"AVPF 26 97\na=rtcp-fb:26 nack\na=fmtp:97 apt=26\n", KIN_RTP_REPAIR_ORIGINAL, 0},
        {"AVPF 26 97\na=rtcp-fb:26 nack\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=\n", KIN_RTP_REPAIR_ORIGINAL, 0},
        {"AVPF 26 97\na=rtcp-fb:26 nack\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=26x\n", KIN_RTP_REPAIR_ORIGINAL, 0},
        {"AVPF 26 97\na=rtcp-fb:26 nack\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=282\n", KIN_RTP_REPAIR_ORIGINAL, 0},
        {"AVPF 26 97\na=rtcp-fb:26 nack\na=rtpmap:97 rtx/90000\na=fmtp:97\n", KIN_RTP_REPAIR_ORIGINAL, 0},
        {"AVPF 26\na=rtcp-fb:26 nack\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=26\n", KIN_RTP_REPAIR_ORIGINAL, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[512];
        struct kin_wr w = kin_wr_init(text, sizeof text);
        struct kin_sdp_video v;
        kin_wr_fmt(&w, "v=0\nm=video 0 RTP/%s", rows[i].media);
        CHECK_INT(kin_sdp_parse(unit_guarded(text, w.len), &v, NULL), KIN_OK);
        CHECK_INT(v.payload_type, 26);
        CHECK_INT(v.repair * 1000 + v.rtx_payload_type, rows[i].repair * 1000 + rows[i].rtx);
    }
out:;
}

// --- parity

TEST(parity_is_offered_with_and_without_feedback)
{
    static const struct {
        enum kin_rtp_repair repair;
        const char *media;
    } rows[] = {
        {KIN_RTP_REPAIR_NONE, "m=video 0 RTP/AVP 26 98\r\na=rtpmap:26 JPEG/90000\r\n"
                              "a=rtpmap:98 flexfec/90000\r\na=fmtp:98 repair-window=500000\r\na=control:t\r\n"},
        {KIN_RTP_REPAIR_RTX, "m=video 0 RTP/AVPF 26 97 98\r\na=rtpmap:26 JPEG/90000\r\na=rtcp-fb:26 nack\r\n"
                             "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=26;rtx-time=2000\r\n"
                             "a=rtpmap:98 flexfec/90000\r\na=fmtp:98 repair-window=500000\r\na=control:t\r\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[512];
        struct kin_sdp_video v;
        struct kin_span sdp = describe(text, sizeof text, rows[i].repair, 98);
        CHECK(kin_span_ends(sdp, rows[i].media));
        CHECK_INT(kin_sdp_parse(sdp, &v, NULL), KIN_OK);
        CHECK_INT(v.fec_payload_type, 98);
        CHECK_INT(v.repair, rows[i].repair);
    }
out:;
}

TEST(who_offers_parity)
{
    static const struct {
        const char *media;
        unsigned fec;
    } rows[] = {
        {"AVP 26 98\na=rtpmap:98 FlexFEC/90000\n", 98},
        {"AVP 98 26\na=rtpmap:98 flexfec/90000\na=fmtp:98 repair-window=1; L=5\n", 98},
        {"AVP 26\na=rtpmap:98 flexfec/90000\n", 0},       // not of this stream
        {"AVP 26 98\na=rtpmap:98 flexfec-03/90000\n", 0}, // a draft, another format
        {"AVP 26 98\na=rtpmap:98 ulpfec/90000\n", 0},
        {"AVP 26 98\n", 0},
        {"AVP 26 26\na=rtpmap:26 flexfec/90000\n", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[256];
        struct kin_wr w = kin_wr_init(text, sizeof text);
        struct kin_sdp_video v = {.fec_payload_type = 0};
        kin_wr_fmt(&w, "v=0\nm=video 0 RTP/%s", rows[i].media);
        kin_sdp_parse(unit_guarded(text, w.len), &v, NULL);
        CHECK_INT(v.fec_payload_type, rows[i].fec);
    }
out:;
}

TEST(every_cut_of_a_description_stays_inside)
{
    static const char text[] = "v=0\r\ns=x\r\na=range:npt=0-1.5\r\nm=video 0 RTP/AVPF 26 97\r\n"
                               "a=rtpmap:26 JPEG/90000\r\na=rtcp-fb:26 nack\r\na=rtpmap:97 rtx/90000\r\n"
                               "a=fmtp:97 apt=26;rtx-time=1\r\na=rtpmap:98 flexfec/90000\r\n"
                               "a=framesize:26 1-2\r\na=cliprect:0,0,1,2\r\na=control:t\r\n";
    struct kin_sdp_video v;
    struct kin_span found;
    for (size_t n = 0; n < sizeof text; n++)
        kin_sdp_parse(unit_guarded(text, n), &v, &found);
}
