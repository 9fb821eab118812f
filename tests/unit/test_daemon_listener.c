// Inherited sockets, quoting in the log, and the settings table.
#include <string.h>

#include "base/err.h"
#include "ground/journal.h"
#include "ground/settings.h"
#include "media/rate.h"
#include "process/listener.h"
#include "unit.h"

TEST(udp_pair_is_picked_by_name_then_by_port)
{
    int pair[2];
    listeners_pick_udp((const struct listener_udp[]){{5, "rtcp", 5004}, {4, "rtp", 5005}}, 2, pair);
    CHECK_INT(pair[0], 4);
    CHECK_INT(pair[1], 5);
    listeners_pick_udp((const struct listener_udp[]){{7, "kinorad", 5005}, {6, "kinorad", 5004}}, 2, pair);
    CHECK_INT(pair[0], 6);
    CHECK_INT(pair[1], 7);
    listeners_pick_udp((const struct listener_udp[]){{7, "kinorad", 5005}, {8, "kinorad", 5007}}, 2, pair);
    CHECK_INT(pair[0], -1); // no pair, no port
    CHECK_INT(pair[1], -1);
    listeners_pick_udp(NULL, 0, pair);
    CHECK_INT(pair[0], -1);
out:
    return;
}

TEST(quoted_text_cannot_leave_its_quotes)
{
    char q[JOURNAL_QUOTED_MAX];
    char longest[2000];
    CHECK_SPAN(kin_span_str(journal_quote(kin_span_str("a b.mjpeg"), q)), "\"a b.mjpeg\"");
    CHECK_SPAN(kin_span_str(journal_quote(kin_span_str("a\" x=\"1"), q)), "\"a\\\" x=\\\"1\"");
    CHECK_SPAN(kin_span_str(journal_quote(kin_span_str("a\n\x1b[2J"), q)), "\"a\\x0a\\x1b[2J\"");
    memset(longest, '"', sizeof longest);
    size_t n = strlen(journal_quote(kin_span_make(longest, sizeof longest), q));
    CHECK(n < JOURNAL_QUOTED_MAX && q[n - 1] == '"');
out:
    return;
}

TEST(settings_have_their_defaults)
{
    struct settings s;
    int err = settings_init(&s);
    CHECK_INT(err, KIN_OK);
    CHECK_INT(s.rtp_payload_size, 1400);
    CHECK_INT(s.rtp_pacing, 70);
    CHECK_INT(s.server_session_timeout, 60000000);
    CHECK_INT(s.media_cache_size, 64 << 20);
    CHECK_INT(s.media_frame_rate.num, KIN_RATE_DEFAULT_NUM); // as kinora-prep assumes
    CHECK_SPAN(kin_span_str(s.server_listen.items[0]), "[::]:8554");
    CHECK_INT(settings_log_level(&s), KIN_LOG_INFO);
out:
    if (err == KIN_OK)
        settings_free(&s);
}
