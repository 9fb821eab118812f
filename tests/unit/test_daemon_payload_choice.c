// daemon/control/payload_choice: which player gets a reel as what, and what the URL may ask for.
#include "control/payload_choice.h"
#include "unit.h"

static char control[PAYLOAD_CONTROL_MAX];
static bool retransmit = true; // rtp.retransmit is not 0
static bool fec = true;        // nor is rtp.fec

static struct kin_reel reel_of(uint16_t width, uint16_t height, enum kin_jpeg_compat compat)
{
    struct kin_reel r = {.width = width, .height = height, .compat = compat};
    r.first = (struct kin_jpeg_info){.sof = KIN_JPEG_SOF0,
                                     .bits = 8,
                                     .width = width,
                                     .height = height,
                                     .component_count = compat == KIN_JPEG_COMPAT_GRAY ? 1 : 3,
                                     .scan_count = 1};
    return r;
}

static unsigned choose(const char *query, const char *agent, const struct kin_reel *reel, struct payload_choice *ret)
{
    char reason[PAYLOAD_REASON_MAX] = "";
    struct kin_span q = kin_span_str(query), a = kin_span_str(agent);
    struct payload_request ask = {.query = unit_guarded(q.p, q.n),
                                  .user_agent = unit_guarded(a.p, a.n),
                                  .reel = reel,
                                  .retransmit = retransmit,
                                  .fec = fec};
    ask.refusal = reel->compat == KIN_JPEG_COMPAT_COMPONENTS ? "no repair helps" : NULL;
    ask.lossy = reel->compat == KIN_JPEG_COMPAT_SAMPLING_444;
    unsigned status = payload_choose(&ask, ret, reason);
    bool told = (status != 0) == (reason[0] != '\0');
    CHECK(told);
out:
    return status;
}

static void check_choice(const char *query, const char *agent, const struct kin_reel *reel, const char *name)
{
    struct payload_choice c = payload_choice_lab();
    CHECK_INT(choose(query, agent, reel, &c), 0);
    CHECK_SPAN(kin_span_str(payload_choice_name(&c)), name);
    CHECK_INT(c.content, strcmp(name, "half") == 0                                ? FRAME_REDUCED
                         : strcmp(name, "xqt") == 0 || strcmp(name, "onvif") == 0 ? FRAME_ORIGINAL
                                                                                  : FRAME_COMPATIBLE);
    CHECK_INT(c.payload_type, c.format == KIN_PAYLOAD_XQT ? 96 : 26);
out:;
}

TEST(up_to_2040_pixels_everybody_gets_rfc_2435)
{
    static const char *const agents[] = {"", "Lavf59.27.100", "libmpv", "GStreamer/1.22.0", "x"};
    struct kin_reel reel = reel_of(2040, 2040, KIN_JPEG_COMPAT_OK);
    for (size_t i = 0; i < sizeof agents / sizeof agents[0]; i++)
        check_choice("", agents[i], &reel, "jpeg");
}

TEST(above_2040_pixels_the_player_decides)
{
    static const struct {
        const char *agent;
        const char *choice;
    } table[] = {
        {"Lavf59.27.100", "xqt"},
        {"libmpv", "xqt"},
        {"mpv 0.35.1", "xqt"},
        {"OBS Studio", "xqt"},
        {"PyAV/10", "xqt"},
        {"GStreamer/1.22.0", "jpeg"},
        {"openRTSP (LIVE555 Streaming Media v2026.06.24)", "jpeg"},
        {"LibVLC/3.0.24 (LIVE555 Streaming Media v2016.11.28)", "jpeg"},
        {"", "jpeg+onvif"},
        {"Somebody's NVR", "jpeg+onvif"},
    };
    struct kin_reel wide = reel_of(2041, 16, KIN_JPEG_COMPAT_OK), high = reel_of(16, 2041, KIN_JPEG_COMPAT_OK);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        check_choice("", table[i].agent, &wide, table[i].choice);
        check_choice("a=b", table[i].agent, &high, table[i].choice);
    }
}

TEST(we_ourselves_get_the_original)
{
    struct kin_reel gray = reel_of(640, 480, KIN_JPEG_COMPAT_GRAY),
                    large = reel_of(3840, 2160, KIN_JPEG_COMPAT_HUFFMAN);
    struct kin_reel plain = reel_of(640, 480, KIN_JPEG_COMPAT_OK), wide = reel_of(2041, 16, KIN_JPEG_COMPAT_OK);
    struct payload_choice c;
    check_choice("", "Kinora/0.1.0", &gray, "xqt");
    check_choice("", "Kinora/0.1.0", &large, "xqt");
    check_choice("", "Kinora/0.1.0", &plain, "xqt"); // whose later frames may be of any kind
    check_choice("", "Kinora/0.1.0", &wide, "xqt");
    check_choice("fmt=jpeg", "Kinora/0.1.0", &plain, "jpeg");
    CHECK_INT(choose("", "Kinora/0.1.0", &gray, &c), 0);
    CHECK(strcmp(payload_choice_control(&c, control), "track1?fmt=xqt") == 0);
out:;
}

TEST(who_can_take_the_original_gets_no_conversion)
{
    struct kin_reel reel = reel_of(640, 480, KIN_JPEG_COMPAT_SAMPLING_444);
    struct kin_reel converted = reel_of(640, 480, KIN_JPEG_COMPAT_HUFFMAN);
    struct payload_choice c;
    check_choice("", "Lavf59.27.100", &reel, "xqt");
    check_choice("", "libmpv", &reel, "xqt");
    check_choice("", "GStreamer/1.22.0", &reel, "jpeg");
    check_choice("", "somebody", &reel, "jpeg");
    check_choice("fmt=jpeg", "Lavf59.27.100", &reel, "jpeg");
    check_choice("", "Lavf59.27.100", &converted, "jpeg");
    CHECK_INT(choose("", "libmpv", &reel, &c), 0);
    CHECK(strcmp(payload_choice_control(&c, control), "track1?fmt=xqt") == 0);
out:;
}

// Fault: 480x270 reached ffmpeg and OpenCV as 480x272, although the payload that keeps it exact was known.
TEST(who_can_take_the_original_gets_no_padding)
{
    static const uint16_t sizes[][2] = {{480, 270}, {1010, 600}, {641, 479}, {4, 4}, {2039, 8}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct kin_reel reel = reel_of(sizes[i][0], sizes[i][1], KIN_JPEG_COMPAT_OK);
        check_choice("", "Lavf59.27.100", &reel, "xqt"); // ffmpeg, OpenCV
        check_choice("", "libmpv", &reel, "xqt");
        check_choice("", "GStreamer/1.22.0", &reel, "jpeg");
        check_choice("", "somebody", &reel, "jpeg");
        check_choice("fmt=jpeg", "Lavf59.27.100", &reel, "jpeg");
    }
    struct kin_reel exact = reel_of(1016, 272, KIN_JPEG_COMPAT_OK);
    check_choice("", "Lavf59.27.100", &exact, "jpeg");
}

TEST(who_is_known_to_take_long_packets_gets_them_over_tcp)
{
    struct kin_reel reel = reel_of(640, 480, KIN_JPEG_COMPAT_OK);
    static const char *const takes[] = {"Kinora/0.1.0", "Lavf59.27.100", "libmpv", "GStreamer/1.22.0"};
    static const char *const may_not[] = {"", "openRTSP (LIVE555 Streaming Media v2026.06.24)", "LibVLC/3.0.24",
                                          "Somebody's NVR"};
    struct payload_choice c;
    for (size_t i = 0; i < sizeof takes / sizeof takes[0]; i++) {
        CHECK_INT(choose("", takes[i], &reel, &c), 0);
        CHECK(c.long_packets);
    }
    for (size_t i = 0; i < sizeof may_not / sizeof may_not[0]; i++) {
        CHECK_INT(choose("", may_not[i], &reel, &c), 0);
        CHECK(!c.long_packets);
    }
out:;
}

TEST(the_url_overrules_the_player)
{
    struct kin_reel reel = reel_of(3841, 2161, KIN_JPEG_COMPAT_OK);
    struct payload_choice c;
    check_choice("fmt=jpeg", "Lavf59", &reel, "jpeg");
    check_choice("fmt=xqt", "GStreamer/1.22", &reel, "xqt");
    check_choice("fmt=onvif", "", &reel, "onvif");
    check_choice("a=b&fmt=half&c=d", "Lavf59", &reel, "half");
    check_choice("fmt=xqt/track1", "", &reel, "xqt");            // the track put behind the query
    check_choice("fmt=xqt/track1?fmt=xqt", "", &reel, "xqt");    // with its own query
    check_choice("fmt=xqt?fmt=xqt", "", &reel, "xqt");           // without its own path
    check_choice("xfmt=jpeg&fmt2=half", "Lavf59", &reel, "xqt"); // other fields
    CHECK_INT(choose("fmt=half", "", &reel, &c), 0);
    CHECK(c.width == 1921 && c.height == 1081);
    CHECK(strcmp(payload_choice_control(&c, control), "track1?fmt=half") == 0);
    struct kin_reel eight_k = reel_of(7680, 4320, KIN_JPEG_COMPAT_OK);
    CHECK_INT(choose("fmt=half", "", &eight_k, &c), 0);
    CHECK(c.width == 1920 && c.height == 1080); // half of half: RFC 2435 has no words for 3840
    CHECK_INT(choose("fmt=jpeg", "Lavf59", &reel, &c), 0);
    CHECK(strcmp(payload_choice_control(&c, control), "track1?fmt=jpeg") == 0);
    CHECK_INT(choose("", "", &reel, &c), 0);
    CHECK(strcmp(payload_choice_control(&c, control), "track1") == 0);
    CHECK(c.width == 3841 && c.height == 2161);
out:;
}

TEST(unknown_formats_are_refused)
{
    static const char *const queries[] = {"fmt=", "fmt=JPEG", "fmt=xqt2", "fmt=xq", "fmt=h264&fmt=xqt", "fmt=/track1"};
    struct kin_reel reel = reel_of(64, 48, KIN_JPEG_COMPAT_OK);
    struct payload_choice c;
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++)
        CHECK_INT(choose(queries[i], "", &reel, &c), 400);
out:;
}

TEST(formats_that_cannot_express_a_reel_are_refused)
{
    struct kin_reel progressive = reel_of(64, 48, KIN_JPEG_COMPAT_PROGRESSIVE),
                    cmyk = reel_of(64, 48, KIN_JPEG_COMPAT_COMPONENTS);
    struct payload_choice c;
    cmyk.first.component_count = 4;
    CHECK_INT(choose("fmt=onvif", "", &progressive, &c), 415);
    CHECK_INT(choose("fmt=half", "", &progressive, &c), 0);
    CHECK_INT(choose("fmt=half", "", &cmyk, &c), 415);
    struct kin_reel panorama = reel_of(16328, 16, KIN_JPEG_COMPAT_OK);
    CHECK_INT(choose("fmt=half", "", &panorama, &c), 415); // an eighth is still too large
    CHECK_INT(choose("fmt=onvif", "", &cmyk, &c), 415);
    CHECK_INT(choose("fmt=xqt", "", &cmyk, &c), 0);
    CHECK_INT(choose("fmt=jpeg", "", &cmyk, &c), 415);
    CHECK_INT(choose("", "Lavf59", &cmyk, &c), 415);
    CHECK_INT(choose("", "Kinora/0.1.0", &cmyk, &c), 0);
    CHECK_INT(choose("fmt=jpeg", "", &progressive, &c), 0); // there is a repair
out:;
}

// Eight thousand pixels square in 4:4:4, progressive: 400 MB of coefficients.
TEST(what_takes_too_much_memory_to_halve_is_refused)
{
    struct kin_reel reel = reel_of(8192, 8192, KIN_JPEG_COMPAT_PROGRESSIVE);
    struct payload_choice c;
    for (unsigned i = 0; i < 3; i++)
        reel.first.components[i] = (struct kin_jpeg_component){.h = 1, .v = 1};
    reel.first.first_scan_components = 3;
    CHECK_INT(choose("fmt=half", "", &reel, &c), 0); // row by row
    reel.first.sof = KIN_JPEG_SOF2;
    CHECK_INT(choose("fmt=half", "", &reel, &c), 415);
    CHECK_INT(choose("fmt=xqt", "", &reel, &c), 0);
out:;
}

// --- retransmission

static void check_repair(const char *query, const char *agent, enum kin_rtp_repair repair, const char *url)
{
    struct kin_reel reel = reel_of(640, 480, KIN_JPEG_COMPAT_OK);
    struct payload_choice c;
    CHECK_INT(choose(query, agent, &reel, &c), 0);
    CHECK_INT(c.repair, repair);
    CHECK_INT(c.rtx_payload_type, repair == KIN_RTP_REPAIR_RTX ? 97 : 0);
    CHECK(c.rtx_payload_type != c.payload_type);
    CHECK_SPAN(kin_span_str(payload_choice_control(&c, control)), url);
out:;
}

TEST(players_get_lost_packets_again_in_the_form_they_know)
{
    static const struct {
        const char *agent;
        enum kin_rtp_repair repair;
        const char *url;
    } table[] = {
        {"Kinora/0.1.0", KIN_RTP_REPAIR_RTX, "track1?fmt=xqt"},
        {"GStreamer/1.22.0", KIN_RTP_REPAIR_RTX, "track1"},
        {"Lavf59.27.100", KIN_RTP_REPAIR_ORIGINAL, "track1"},
        {"libmpv", KIN_RTP_REPAIR_ORIGINAL, "track1"},
        {"mpv 0.35.1", KIN_RTP_REPAIR_ORIGINAL, "track1"},
        {"OBS Studio", KIN_RTP_REPAIR_ORIGINAL, "track1"},
        {"PyAV/10", KIN_RTP_REPAIR_ORIGINAL, "track1"},
        {"openRTSP (LIVE555 Streaming Media v2026.06.24)", KIN_RTP_REPAIR_NONE, "track1"},
        {"LibVLC/3.0.24 (LIVE555 Streaming Media v2016.11.28)", KIN_RTP_REPAIR_NONE, "track1"},
        {"Somebody's NVR", KIN_RTP_REPAIR_NONE, "track1"},
        {"", KIN_RTP_REPAIR_NONE, "track1"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        check_repair("", table[i].agent, table[i].repair, table[i].url);
}

// SETUP has the control URL only, and must come to the same choice.
TEST(the_url_overrules_what_a_player_is_known_for)
{
    check_repair("rtx=1", "Somebody's NVR", KIN_RTP_REPAIR_RTX, "track1?rtx=1");
    check_repair("rtx=1", "LIVE555", KIN_RTP_REPAIR_RTX, "track1?rtx=1");
    check_repair("rtx=1", "Lavf59", KIN_RTP_REPAIR_RTX, "track1?rtx=1");
    check_repair("rtx=0", "Lavf59", KIN_RTP_REPAIR_NONE, "track1?rtx=0");
    check_repair("rtx=0", "GStreamer/1.22", KIN_RTP_REPAIR_NONE, "track1?rtx=0");
    check_repair("rtx=", "GStreamer/1.22", KIN_RTP_REPAIR_NONE, "track1?rtx=0");
    check_repair("rtx=yes", "GStreamer/1.22", KIN_RTP_REPAIR_NONE, "track1?rtx=0");
    check_repair("rtx2=1&xrtx=1", "", KIN_RTP_REPAIR_NONE, "track1"); // other fields
    check_repair("fmt=xqt&rtx=1", "", KIN_RTP_REPAIR_RTX, "track1?fmt=xqt&rtx=1");
    check_repair("rtx=1&fmt=jpeg", "Lavf59", KIN_RTP_REPAIR_RTX, "track1?fmt=jpeg&rtx=1");
    check_repair("fmt=onvif&rtx=0", "GStreamer/1.22", KIN_RTP_REPAIR_NONE, "track1?fmt=onvif&rtx=0");
    check_repair("rtx=1", "Kinora/0.1.0", KIN_RTP_REPAIR_RTX, "track1?fmt=xqt&rtx=1");
    check_repair("rtx=1/track1", "", KIN_RTP_REPAIR_RTX, "track1?rtx=1"); // the track put behind the query
    check_repair("fmt=half&rtx=1/track1?fmt=half&rtx=1", "", KIN_RTP_REPAIR_RTX, "track1?fmt=half&rtx=1");
}

TEST(nothing_is_offered_where_nothing_is_sent_again)
{
    retransmit = false;
    check_repair("", "GStreamer/1.22.0", KIN_RTP_REPAIR_NONE, "track1");
    check_repair("", "Lavf59.27.100", KIN_RTP_REPAIR_NONE, "track1");
    check_repair("rtx=1", "", KIN_RTP_REPAIR_NONE, "track1?rtx=0");
    retransmit = true;
}

// --- parity

static void check_parity(const char *query, const char *agent, bool sent, const char *url)
{
    struct kin_reel reel = reel_of(640, 480, KIN_JPEG_COMPAT_OK);
    struct payload_choice c;
    CHECK_INT(choose(query, agent, &reel, &c), 0);
    CHECK_INT(c.fec_payload_type, sent ? 98 : 0);
    CHECK_SPAN(kin_span_str(payload_choice_control(&c, control)), url);
out:;
}

TEST(parity_is_for_who_asks_for_it)
{
    check_parity("", "Kinora/0.1.0", false, "track1?fmt=xqt");
    check_parity("fec=1", "Kinora/0.1.0", true, "track1?fmt=xqt&fec=1");
    check_parity("fec=1", "", true, "track1?fec=1");
    check_parity("fec=0", "", false, "track1");
    check_parity("fec=", "", false, "track1");
    check_parity("fec=11", "", false, "track1");
    check_parity("fmt=onvif&rtx=1&fec=1", "", true, "track1?fmt=onvif&rtx=1&fec=1");
    check_parity("fec=1/track1?fec=1", "", true, "track1?fec=1"); // the track put behind the query
    fec = false;
    check_parity("fec=1", "", false, "track1");
    fec = true;
}

TEST(a_lab_client_asks_for_nothing)
{
    struct payload_choice c = payload_choice_lab();
    CHECK_INT(c.repair, KIN_RTP_REPAIR_NONE);
out:;
}
